"""Voicemails in the inbox: heard in parts, given to an account, called back, answered by hand."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from outreach.dialer import answering
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Promise
from outreach.ledger.firings import Firing
from outreach.ledger.log import LogEntry
from outreach.ledger.touches import Touch, TouchFiring
from outreach.ledger.voicemails import Voicemail
from outreach.office import Office
from tests.hand_clock import HandClock
from tests.web.conftest import SignedIn
from tests.web.voicemail_rows import leave_voicemail

SUMMIT, STRANGER = "+13035550107", "+19175550199"


@pytest.fixture
def summits(office: Office) -> str:
    with office.ledger.writing() as session:
        return leave_voicemail(session, office.files, SUMMIT)


@pytest.fixture
def strangers(office: Office) -> str:
    with office.ledger.writing() as session:
        return leave_voicemail(session, office.files, STRANGER)


def one(ledger: Ledger, table: type[Any], *where: Any) -> Any:
    with ledger.reading() as session:
        return session.scalars(select(table).where(*where)).one()


def test_the_inbox_says_who_when_and_until_when(signed_in: SignedIn, summits: str, clock: HandClock) -> None:
    page = signed_in("ana").get("/inbox").text
    for words in ("Summit Dental", "+1 303-555-0107", "Mon Nov 23, 08:00", "due Mon Nov 23, 12:00"):
        assert words in page
    assert "Please call me back." in page
    assert "1 to call back." in page
    clock.at = clock.at.replace(hour=21)
    page = signed_in("ana").get("/inbox").text
    assert "overdue since Mon Nov 23, 12:00" in page
    assert "1 to call back, 1 overdue." in page


def test_its_words_are_read_as_those_of_a_reply(office: Office, signed_in: SignedIn) -> None:
    with office.ledger.writing() as session:
        leave_voicemail(session, office.files, SUMMIT, "Hello. We will pay $380.00 on Friday.")
        leave_voicemail(session, office.files, STRANGER, "Hello there.")
    page = signed_in("ana").get("/inbox").text
    said = '<span class="tag">promise</span> Fri Nov 27 380.00 USD'
    assert (said in page, page.count("as it reads")) == (True, 1)


def test_call_back_leads_to_the_call_on_the_desk(ledger: Ledger, signed_in: SignedIn, summits: str) -> None:
    firing = one(ledger, Firing, Firing.subject == summits)
    carries = select(TouchFiring.touch_id).where(TouchFiring.firing_id == firing.id)
    touch = one(ledger, Touch, Touch.id.in_(carries))
    assert f'href="/desk/{touch.id}"' in signed_in("ana").get("/inbox").text
    assert "voicemail of Nov 23 at 08:00" in signed_in("ana").get(f"/desk/{touch.id}").text


def test_the_whole_sound(signed_in: SignedIn, summits: str) -> None:
    answer = signed_in("ana").get(f"/voicemails/{summits}/audio")
    assert (answer.status_code, answer.mimetype, answer.data[:4]) == (200, "audio/wav", b"RIFF")
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=3600"


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-20", -20, None)]
)
def test_a_part_of_it(signed_in: SignedIn, summits: str, asked: str, first: int, last: int | None) -> None:
    ana, path = signed_in("ana"), f"/voicemails/{summits}/audio"
    whole, part = ana.get(path).data, ana.get(path, Range=asked)
    assert (part.status_code, part.data) == (206, whole[first:last])
    assert part.headers["Content-Range"].endswith(f"/{len(whole)}")


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=0-1,5-9"])
def test_a_part_that_there_is_not(signed_in: SignedIn, summits: str, asked: str) -> None:
    answer = signed_in("ana").get(f"/voicemails/{summits}/audio", Range=asked)
    assert answer.status_code == 416


@pytest.mark.parametrize("asked", ["bytes=", "apples=0-9", "bytes=x-y"])
def test_a_range_that_is_none_is_the_whole(signed_in: SignedIn, summits: str, asked: str) -> None:
    assert signed_in("ana").get(f"/voicemails/{summits}/audio", Range=asked).status_code in (200, 416)


def test_another_reps_is_not_there(signed_in: SignedIn, summits: str) -> None:
    ben = signed_in("ben")
    assert ben.get(f"/voicemails/{summits}/audio").status_code == 404
    assert "Summit" not in ben.get("/inbox").text
    assert ben.post(f"/voicemails/{summits}/answered", why="x").status_code == 404
    assert signed_in("sam").get(f"/voicemails/{summits}/audio").status_code == 200


def test_a_sound_that_has_not_come_is_said(ledger: Ledger, signed_in: SignedIn, summits: str) -> None:
    with ledger.writing() as session:
        voicemail = session.get_one(Voicemail, summits)
        voicemail.paper_id, voicemail.audio = None, "awaited"
    assert "The sound is on its way." in signed_in("ana").get("/inbox").text
    assert signed_in("ana").get(f"/voicemails/{summits}/audio").status_code == 404


def test_a_stranger_is_given_to_an_account_and_owed(
    ledger: Ledger, signed_in: SignedIn, strangers: str
) -> None:
    ana = signed_in("ana")
    assert "Unknown caller" in ana.get("/inbox").text
    assert "Unknown caller" in signed_in("ben").get("/inbox").text, "nobody knows yet whose it is"
    ana.post(f"/voicemails/{strangers}/assign", account="OAK")
    assert "There is no account OAK here" in ana.get("/inbox").text, "Oakmont is ben's"
    assert ana.post(f"/voicemails/{strangers}/assign", account=" SUMMIT ").location == "/inbox"
    voicemail = one(ledger, Voicemail)
    assert (voicemail.account_id, voicemail.state, voicemail.matched_by) == (7, "waiting", "assigned by ana")
    assert one(ledger, Firing, Firing.subject == strangers).call_side == "open"
    assert one(ledger, LogEntry, LogEntry.what == "voicemail received").account_id == 7
    assert one(ledger, LogEntry, LogEntry.what == "voicemail transcribed").refines
    ana.post(f"/voicemails/{strangers}/assign", account="HARBOR")
    assert "has an account already" in ana.get("/inbox").text
    assert one(ledger, Voicemail).account_id == 7


def test_answered_by_hand_ends_what_was_owed(ledger: Ledger, signed_in: SignedIn, summits: str) -> None:
    ana = signed_in("ana")
    ana.post(f"/voicemails/{summits}/answered", why=" ")
    assert "Say why it needs no call" in ana.get("/inbox").text
    assert ana.post(f"/voicemails/{summits}/answered", why="she wrote as well").location == "/inbox"
    voicemail = one(ledger, Voicemail)
    assert (voicemail.state, voicemail.answered_by, voicemail.answered_why) == (
        *("answered", "ana"),
        "she wrote as well",
    )
    assert one(ledger, Firing, Firing.subject == summits).state == "done"
    entry = one(ledger, LogEntry, LogEntry.what == "voicemail answered")
    assert (entry.actor, entry.about, entry.refines is not None) == ("ana", summits, True)
    assert "Nobody waits for a call back." in ana.get("/inbox").text
    ana.post(f"/voicemails/{summits}/answered", why="again")
    assert "answered already" in ana.get("/inbox").text
    touch = one(ledger, Touch, Touch.account_id == 7, Touch.channel == "call")
    assert touch.state == "open", "its other reasons go on"


def test_a_stranger_may_be_put_away(ledger: Ledger, signed_in: SignedIn, strangers: str) -> None:
    signed_in("ben").post(f"/voicemails/{strangers}/answered", why="sells copiers")
    assert one(ledger, Voicemail).state == "answered"
    assert one(ledger, LogEntry, LogEntry.what == "voicemail answered").account_id is None


def test_news_of_others_do_not_swap_the_list(office: Office, signed_in: SignedIn, summits: str) -> None:
    ana = signed_in("ana")
    shown = ana.get("/inbox").text.split("/voicemails/news?shown=")[1].split('"')[0]
    assert "Show what has changed" not in ana.get(f"/voicemails/news?shown={shown}").text
    with office.ledger.writing() as session:
        leave_voicemail(session, office.files, STRANGER)
    assert "Show what has changed" in ana.get(f"/voicemails/news?shown={shown}").text


def test_the_desk_says_who_is_calling(office: Office, signed_in: SignedIn, clock: HandClock) -> None:
    with office.ledger.writing() as session:
        answering.pick_up(session, "twilio", "CA1", SUMMIT, now=clock.now(), wall=clock.wall())
    assert "is calling you." in signed_in("ana").get("/desk").text
    assert "is calling you." not in signed_in("cay").get("/desk").text


def test_a_promise_is_confirmed_with_one_key(office: Office, ledger: Ledger, signed_in: SignedIn) -> None:
    with office.ledger.writing() as session:
        said = leave_voicemail(session, office.files, SUMMIT, "Hello. We will pay $380.00 on Friday.")
    ana = signed_in("ana")
    assert f'action="/voicemails/{said}/promise"' in ana.get("/inbox").text
    assert ana.post(f"/voicemails/{said}/promise").location == "/inbox"
    made = one(ledger, Promise, Promise.account_id == 7)
    assert (made.source, made.amount_minor, made.due_on) == ("voicemail", 38_000, date(2026, 11, 27))
    assert made.words == "We will pay $380.00 on Friday."
    assert one(ledger, Voicemail).answered_why == "promise taken"
    assert one(ledger, Firing, Firing.subject == said).call_side == "done"
    ana.post(f"/voicemails/{said}/promise")
    assert "has been answered already" in ana.get("/inbox").text


@pytest.mark.parametrize("says", ["Please call me back.", "We will pay €380.00 on Friday."])
def test_what_it_does_not_promise_is_not_taken_and_the_call_stays_owed(
    office: Office, ledger: Ledger, signed_in: SignedIn, says: str
) -> None:
    with office.ledger.writing() as session:
        said = leave_voicemail(session, office.files, SUMMIT, says)
    signed_in("ana").post(f"/voicemails/{said}/promise")
    assert one(ledger, Voicemail).state == "waiting"
    assert signed_in("ben").post(f"/voicemails/{said}/promise").status_code == 404
