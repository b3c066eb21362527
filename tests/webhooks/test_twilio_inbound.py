"""Somebody calls us: who takes the call; what was left, told in three reports in any order, is one row."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import inspect, update
from werkzeug.test import TestResponse

from outreach.dialer.clicks import Requested
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.firings import Firing
from outreach.ledger.inbound_calls import FORGOTTEN, InboundCall
from outreach.ledger.inbox import Event
from outreach.ledger.log import LogEntry, LogText
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.touches import Touch, TouchFiring
from outreach.ledger.voicemails import Voicemail
from outreach.webhooks.digest import digest
from tests.dialer.centre import ACCOUNT, ANA, HARBOR, OAK, SUMMIT, Desk
from tests.hand_clock import HandClock
from tests.web.cast import NOW
from tests.webhooks.visitor import Visitor, verbs

CALL, LEG, RECORDING = "CA" + "1" * 32, "CA" + "2" * 32, "RE" + "3" * 32
CAY = "+12135550102"
OURS = "+12125550190"
NIGHT = NOW - timedelta(hours=5)
SAYS = "This is Al. Call me at ext 4, please."
ASKED = ("Gather", "Say", "Hangup")


def call_in(twilio: Visitor, number: str, call: str = CALL, account: str = ACCOUNT) -> TestResponse:
    form = {"CallSid": call, "AccountSid": account, "From": number, "To": OURS, "CallStatus": "ringing"}
    return twilio.post("inbound", form)


def rep_leg(twilio: Visitor, **more: str) -> TestResponse:
    form = {"CallSid": LEG, "AccountSid": ACCOUNT, "ParentCallSid": CALL, **more}
    return twilio.post(f"inbound?leg=rep&call={CALL}", form)


def offer_over(twilio: Visitor, status: str = "no-answer") -> TestResponse:
    form = {"CallSid": CALL, "AccountSid": ACCOUNT, "DialCallStatus": status}
    return twilio.post(f"dial-done?leg=rep&call={CALL}", form)


def report(twilio: Visitor, kind: str, *, account: str = ACCOUNT, **more: str) -> TestResponse:
    form = {"CallSid": CALL, "AccountSid": account, "RecordingSid": RECORDING, **more}
    return twilio.post(kind, form)


REPORTS: Mapping[str, Mapping[str, str]] = {
    "voicemail": {"RecordingDuration": "6", "From": "+13035550107"},
    "recording": {"RecordingDuration": "6", "RecordingStatus": "completed"},
    "transcription": {
        "TranscriptionText": SAYS,
        "TranscriptionStatus": "completed",
        "From": "+13035550107",
    },
}


def dialled(response: TestResponse) -> str | None:
    """The number a document rings."""
    return ElementTree.fromstring(response.data).findtext("Dial/Number")  # noqa: S314 - our own


class StillClock(HandClock):
    def wall(self) -> datetime:
        return self.at


def kept(desk: Desk) -> list[Any]:
    """Everything a voicemail leaves behind, without what is drawn by lot."""
    (voicemail,) = desk.rows(Voicemail)
    row = {column.key: getattr(voicemail, column.key) for column in inspect(Voicemail).column_attrs}
    del row["id"]
    entries = desk.rows(LogEntry, LogEntry.about == voicemail.id)
    texts = {text.id: text.body for text in desk.rows(LogText)}
    first = next(one.sequence for one in entries if one.refines is None)
    log = [(one.what, one.at, one.refines == first, texts.get(one.text_id)) for one in entries]
    firings = desk.rows(Firing, Firing.subject == voicemail.id)
    calls = desk.rows(Touch, Touch.channel == "call", Touch.tier == 0)
    return [row, sorted(log), [(one.step, one.call_side) for one in firings], [one.reasons for one in calls]]


# who takes the call


def test_the_rep_on_duty_is_rung_and_told_who_calls(twilio: Visitor) -> None:
    answer = call_in(twilio, twilio.desk.number(HARBOR))
    assert verbs(answer) == ["Say", "Dial"]
    assert dialled(answer) == ANA
    assert b"Thank you for calling Meridian Field Services" in answer.data
    assert b"Harbor" not in answer.data, "whoever calls is not told whose number it is"
    dial = ElementTree.fromstring(answer.data).find("Dial")  # noqa: S314 - our own
    assert dial is not None
    assert (dial.get("answerOnBridge"), dial.get("timeout"), dial.get("callerId")) == ("true", "20", OURS)
    told = rep_leg(twilio)
    assert b"Harbor Clinic, account HARBOR, is calling" in told.data
    assert verbs(told) == ["Gather", "Hangup"]


def test_a_key_takes_the_call_and_it_is_logged_once(twilio: Visitor) -> None:
    call_in(twilio, twilio.desk.number(HARBOR))
    rep_leg(twilio)
    assert verbs(rep_leg(twilio, Digits="1")) == []
    assert verbs(rep_leg(twilio, Digits="1")) == []
    assert verbs(offer_over(twilio, "completed")) == ["Hangup"]
    digest(twilio.desk.office)
    (entry,) = twilio.desk.rows(LogEntry, LogEntry.what == "call taken")
    assert (entry.actor, entry.direction, entry.account_id, entry.about) == ("ana", "in", HARBOR, CALL)
    (account,) = twilio.desk.rows(Account, Account.id == HARBOR)
    assert str(account.reached_on) == "2026-11-23"
    assert {event.state for event in twilio.desk.events()} == {"digested"}


def test_nobody_picks_up_and_a_message_may_be_left(twilio: Visitor) -> None:
    call_in(twilio, twilio.desk.number(HARBOR))
    rep_leg(twilio)
    answer = offer_over(twilio)
    assert verbs(answer) == ["Say", "Record", "Say", "Hangup"]
    assert verbs(rep_leg(twilio, Digits="1")) == ["Say", "Hangup"], (
        "too late: the caller speaks to the machine"
    )
    record = ElementTree.fromstring(answer.data).find("Record")  # noqa: S314 - our own
    assert record is not None
    assert record.get("maxLength") == "180"
    assert record.get("transcribe") == "true"
    assert "/webhooks/twilio/voicemail" in str(record.get("action"))


@pytest.mark.parametrize(
    ("columns", "rung"),
    [
        ({"active": True}, ANA),
        ({"active": False}, CAY),
        ({"hours": "13:00-17:00"}, CAY),
        ({"phone": None}, CAY),
        ({"hours": "13:00-17:00", "cover_id": None}, None),
    ],
)
def test_the_rep_else_the_cover_else_the_machine(
    twilio: Visitor, columns: dict[str, Any], rung: str | None
) -> None:
    with twilio.desk.ledger.writing() as session:
        session.execute(update(User).where(User.login == "ana").values(columns))
    assert dialled(call_in(twilio, twilio.desk.number(HARBOR))) == rung


@pytest.mark.parametrize("at", [NIGHT, NOW - timedelta(days=1), NOW + timedelta(days=3)])
def test_off_duty_nobody_is_rung(twilio: Visitor, at: datetime) -> None:
    """By night, on a Sunday, on Thanksgiving."""
    twilio.desk.clock.at = at
    assert verbs(call_in(twilio, twilio.desk.number(HARBOR))) == ["Say", "Record", "Say", "Hangup"]


def test_a_rep_on_a_call_is_not_rung(twilio: Visitor) -> None:
    assert isinstance(twilio.desk.click(SUMMIT), Requested)
    assert dialled(call_in(twilio, twilio.desk.number(HARBOR))) == CAY
    assert dialled(call_in(twilio, twilio.desk.number(HARBOR), LEG)) is None, "the cover is rung already"
    twilio.desk.clock.ahead = FORGOTTEN + timedelta(minutes=1)
    assert dialled(call_in(twilio, twilio.desk.number(HARBOR), "CA" + "9" * 32)) == CAY


def test_the_same_question_gets_the_same_answer(twilio: Visitor) -> None:
    first = call_in(twilio, twilio.desk.number(HARBOR)).data
    offer_over(twilio)
    assert call_in(twilio, twilio.desk.number(HARBOR)).data == first
    assert len(twilio.desk.rows(InboundCall)) == 1


@pytest.mark.parametrize(
    "shown", ["", "anonymous", "+266696687", "+7378742833", "Restricted", "+19175550199", "'"]
)
def test_whoever_is_not_known_speaks_to_the_machine(twilio: Visitor, shown: str) -> None:
    assert verbs(call_in(twilio, shown)) == ["Say", "Record", "Say", "Hangup"]
    (call,) = twilio.desk.rows(InboundCall)
    assert (call.account_id, call.from_number) == (None, shown if shown == "+19175550199" else None)


def test_a_name_is_no_verb(twilio: Visitor) -> None:
    with twilio.desk.ledger.writing() as session:
        name = "</Say><Dial>+19005550100</Dial><Say>"
        session.execute(update(Account).where(Account.id == HARBOR).values(name=name))
    call_in(twilio, twilio.desk.number(HARBOR))
    told = rep_leg(twilio)
    assert verbs(told) == ["Gather", "Hangup"]
    assert b"+1900" in told.data


def test_a_caller_who_hung_up_is_not_put_through(twilio: Visitor) -> None:
    assert verbs(rep_leg(twilio)) == ["Say", "Hangup"], "nor is one that never was"


# whose number it is


def share(desk: Desk, *account_ids: int) -> None:
    """Harbor's number becomes that of these accounts too."""
    with desk.ledger.writing() as session:
        phone = session.query(Destination).filter_by(address=desk.number(HARBOR)).one()
        session.execute(update(Contact).where(Contact.account_id.in_(account_ids)).values(phone_id=phone.id))


@pytest.mark.parametrize(
    ("columns", "account_id", "how"),
    [
        ({OAK: {"parent_id": HARBOR}}, HARBOR, "the parent of 2 accounts with this number"),
        ({OAK: {"reached_on": NOW.date()}}, OAK, "the one in touch last of 2 accounts with this number"),
        ({HARBOR: {"rang_on": NOW.date()}}, HARBOR, "the one in touch last of 2 accounts with this number"),
    ],
)
def test_a_number_of_several_accounts(
    twilio: Visitor, columns: dict[int, dict[str, Any]], account_id: int, how: str
) -> None:
    share(twilio.desk, OAK)
    number = twilio.desk.number(HARBOR)
    with twilio.desk.ledger.writing() as session:
        for id_, values in columns.items():
            session.execute(update(Account).where(Account.id == id_).values(values))
    call_in(twilio, number)
    (call,) = twilio.desk.rows(InboundCall)
    assert (call.account_id, call.matched_by) == (account_id, how)


def test_the_one_called_last_with_it(twilio: Visitor) -> None:
    share(twilio.desk, OAK)
    number = twilio.desk.number(HARBOR)
    assert isinstance(twilio.desk.click(HARBOR), Requested)
    call_in(twilio, number)
    (call,) = twilio.desk.rows(InboundCall)
    assert call.matched_by == "the one called last of 2 accounts with this number"
    assert call.account_id == HARBOR


# what was left


@pytest.fixture
def still(staffed: Desk) -> Visitor:
    """Time stands still, so that rows can be compared to the last column."""
    clock = StillClock(NIGHT)
    return Visitor(Desk(replace(staffed.office, clock=clock), clock))


def orders() -> Iterator[tuple[str, ...]]:
    """Every order of the three reports, each of them also told twice in every place."""
    for order in permutations(REPORTS):
        yield order
        for again in order:
            yield (*order, again)
            yield (again, *order)


@pytest.mark.parametrize("digested", ["each by itself", "all at once"])
def test_in_any_order_the_rows_are_the_same(still: Visitor, digested: str) -> None:
    seen = []
    for order in orders():
        _forget(still.desk)
        call_in(still, still.desk.number(SUMMIT))
        for kind in order:
            report(still, kind, **REPORTS[kind])
            if digested == "each by itself":
                digest(still.desk.office)
        digest(still.desk.office)
        seen.append(kept(still.desk))
    for one in seen:
        assert one == seen[0]
    row, log, firings, reasons = seen[0]
    assert (row["account_id"], row["state"], row["transcript"], row["seconds"]) == (
        SUMMIT,
        "waiting",
        SAYS,
        6,
    )
    assert row["due_at"] == NIGHT + timedelta(hours=7), "noon in Los Angeles, four hours after eight"
    assert log == [
        ("voicemail received", NIGHT, False, None),
        ("voicemail transcribed", NIGHT, True, SAYS),
    ]
    assert firings == [("voicemail_return", "open")]
    assert reasons == [["voicemail of Nov 23 at 05:00", "INV-1012 is 5 days past due, 380.00 USD"]]


def _forget(desk: Desk) -> None:
    """Back to before the call: the rows that it made, all but the log, which forgets nothing."""
    with desk.ledger.writing() as session:
        for firing in session.query(Firing).filter_by(step="voicemail_return"):
            session.query(TouchFiring).filter_by(firing_id=firing.id).delete()
            session.delete(firing)
        for table in (Event, Voicemail, InboundCall):
            session.query(table).delete()
        for touch in session.query(Touch).filter_by(tier=0):
            touch.tier, touch.reasons, touch.not_before = 7, touch.reasons[1:], None


@pytest.mark.parametrize("missing", REPORTS)
def test_one_of_the_three_never_comes(still: Visitor, missing: str) -> None:
    call_in(still, still.desk.number(SUMMIT))
    for kind in REPORTS:
        if kind != missing:
            report(still, kind, **REPORTS[kind])
    digest(still.desk.office)
    (voicemail,) = still.desk.rows(Voicemail)
    assert (voicemail.account_id, voicemail.state, voicemail.audio) == (SUMMIT, "waiting", "awaited")
    assert voicemail.transcript == (None if missing == "transcription" else SAYS)
    assert len(still.desk.rows(Firing, Firing.subject == voicemail.id)) == 1
    assert len(still.desk.rows(LogEntry, LogEntry.what == "voicemail received")) == 1


def test_a_transcription_that_failed_says_so(still: Visitor) -> None:
    call_in(still, still.desk.number(SUMMIT))
    report(still, "transcription", TranscriptionStatus="failed", TranscriptionText="")
    digest(still.desk.office)
    (voicemail,) = still.desk.rows(Voicemail)
    assert (voicemail.state, voicemail.transcription) == ("waiting", "failed")


@pytest.mark.parametrize("order", [("recording", "voicemail"), ("voicemail", "recording")])
def test_an_empty_recording_is_owed_nothing_unless_something_was_said(
    still: Visitor, order: tuple[str, ...]
) -> None:
    empty = {"recording": {"RecordingStatus": "absent", "RecordingDuration": "0"}, "voicemail": {}}
    call_in(still, still.desk.number(SUMMIT))
    report(still, order[0], **empty[order[0]])
    digest(still.desk.office)
    if order[0] == "recording":
        (voicemail,) = still.desk.rows(Voicemail)
        assert (voicemail.state, voicemail.audio) == ("empty", "absent")
        assert still.desk.rows(Firing, Firing.step == "voicemail_return") == []
    report(still, order[1], **empty[order[1]])
    digest(still.desk.office)
    (voicemail,) = still.desk.rows(Voicemail)
    assert (voicemail.state, voicemail.audio) == ("waiting", "absent")


def test_an_unknown_caller_lands_in_the_inbox_only(still: Visitor) -> None:
    call_in(still, "+19175550199")
    for kind, form in REPORTS.items():
        report(still, kind, **form)
    digest(still.desk.office)
    (voicemail,) = still.desk.rows(Voicemail)
    assert (voicemail.state, voicemail.account_id, voicemail.from_number) == (
        *("unassigned", None),
        "+19175550199",
    )
    assert still.desk.rows(Firing, Firing.step == "voicemail_return") == []
    assert still.desk.rows(LogEntry, LogEntry.about == voicemail.id) == []


def test_a_card_number_is_not_kept(still: Visitor) -> None:
    call_in(still, still.desk.number(SUMMIT))
    said = "My card is 4111 1111 1111 1111, invoice 4111111111111112."
    report(still, "transcription", TranscriptionStatus="completed", TranscriptionText=said)
    digest(still.desk.office)
    (voicemail,) = still.desk.rows(Voicemail)
    assert voicemail.transcript == "My card is [card number], invoice 4111111111111112."


# papers


@pytest.mark.parametrize("kind", [*REPORTS, "inbound"])
@pytest.mark.parametrize("account", ["AC" + "f" * 32, "", None])
def test_of_another_account_is_none_of_ours(twilio: Visitor, kind: str, account: str | None) -> None:
    form = {"CallSid": CALL, "RecordingSid": RECORDING, "From": "+13035550107", **REPORTS.get(kind, {})}
    form |= {"AccountSid": account} if account is not None else {}
    assert twilio.post(kind, form).status_code == 403
    assert twilio.desk.events() == []


@pytest.mark.parametrize("recording", ["", "RE1", "../Calls", "RE" + "g" * 32, f"{RECORDING}/../x"])
def test_a_recording_that_is_none_is_put_aside(twilio: Visitor, recording: str) -> None:
    form = {"CallSid": CALL, "AccountSid": ACCOUNT, "RecordingSid": recording, "RecordingStatus": "completed"}
    assert twilio.post("recording", form).status_code == 204
    assert [event.state for event in twilio.desk.events()] == ["quarantined"]
    digest(twilio.desk.office)
    assert twilio.desk.rows(Voicemail) == []


@pytest.mark.parametrize("path", ["inbound?leg=rep", "inbound?leg=rep&call=x", "dial-done?leg=rep&call="])
def test_a_rep_leg_of_no_call_is_put_aside(twilio: Visitor, path: str) -> None:
    assert twilio.post(path, {"CallSid": CALL, "AccountSid": ACCOUNT}).status_code == 204
    assert [event.state for event in twilio.desk.events()] == ["quarantined"]
