"""Letters from due to delivered, and whatever may go wrong in between."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.ledger import papers, policies
from outreach.ledger.commitments import Hold
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter
from outreach.ledger.papers import Paper
from outreach.ledger.plans import Plan
from outreach.ledger.receivables import Invoice
from outreach.ledger.stops import Stop
from outreach.ledger.touches import Touch, TouchFiring
from outreach.mail import posting
from outreach.mail.addresses import letter_of
from outreach.mail.committing import commit
from outreach.mail.sendgrid_mail import SendGridMailer
from outreach.mail.sending_again import NotInDoubtError, send_again
from tests.mail.post_office import (
    EAST,
    HARBOR,
    KEY,
    LAKE,
    NORTH,
    OAK,
    RIDGE,
    SUMMIT,
    PostOffice,
    letter_touch,
    state_of,
)
from tests.web.cast import NOW, POLICY, TODAY


def test_a_due_letter_leaves_arrives_and_is_in_the_log_once(office: PostOffice) -> None:
    office.plan(HARBOR)
    office.answers(HARBOR, "delivered")

    progress = office.send()
    office.settle_down()

    letter = office.letter(HARBOR)
    assert (progress.sent, letter.state) == (1, "delivered")
    assert [arrived["mid"] for arrived in office.arrived()] == [letter.id]
    sent, delivered = office.entries(letter.id)
    assert (sent.what, sent.refines, sent.actor) == ("letter sent", None, "outreach")
    assert (delivered.what, delivered.refines) == ("letter delivered", sent.sequence)
    assert office.touch(HARBOR).state == "done"
    assert (office.firing(HARBOR).email_side, office.firing(HARBOR).emails) == ("done", 1)


def test_what_left_is_kept_and_replies_find_home(office: PostOffice) -> None:
    office.plan(HARBOR)
    office.send()

    letter, sent = office.letter(HARBOR), office.request(HARBOR)
    with office.ledger.reading() as session:
        paper = session.get_one(Paper, letter.paper_id)
    kept = papers.read(office.folder / "files", paper).decode()
    assert sent["content"][0]["value"][:200].splitlines()[2] in kept
    assert sent["custom_args"] == {"mid": letter.id}
    assert letter_of(sent["reply_to"]["email"], [KEY]) == letter.id
    assert sent["headers"]["Auto-Submitted"] == "auto-generated"
    assert sent["tracking_settings"]["click_tracking"]["enable"] is False


def test_the_whole_cast_at_once(office: PostOffice) -> None:
    """Who may be written to is; who may not says by which rule."""
    office.plan()

    office.send()

    assert state_of(office) == {
        "Harbor Clinic": ("done", "letter sent"),
        "St. Anne's": ("done", "letter sent"),  # half of it is promised, the other half is asked
        "Ridgeway Logistics": ("done", "letter sent"),
        "Lakeside Fitness": ("done", "letter sent"),
        "Northfield Schools": ("skipped", "held by dispute"),
        "Eastgate Builders": ("open", None),
        "Summit Dental": ("done", "letter sent"),
        "Oakmont Hotels": ("done", "letter sent"),
        "Nobody's Account": ("done", "letter sent"),
    }
    assert office.firing(NORTH).email_rule == "held by dispute"
    assert office.firing(EAST).email_rule == "outside hours"  # it is seven in the morning in Pago Pago
    assert len(office.arrived()) == 7
    office.clock.at += timedelta(hours=1)
    office.send()
    assert (office.touch(EAST).state, len(office.arrived())) == ("done", 8)


def test_accounts_with_one_address_get_one_letter(office: PostOffice) -> None:
    """An AP desk that serves several accounts: one request, a section and an entry in the log for each."""
    office.plan(HARBOR, RIDGE)
    with office.ledger.writing() as session:
        shared = session.scalars(select(Contact.email_id).where(Contact.account_id == RIDGE)).one()
        for table in (Contact, Touch):
            column = "email_id" if table is Contact else "destination_id"
            mine = (table.account_id == HARBOR,) + ((Touch.channel == "email",) if table is Touch else ())
            session.execute(update(table).where(*mine).values({column: shared}))

    office.send()

    letter = office.letter(RIDGE)  # its step decides
    assert len(office.arrived()) == 1
    assert set(letter.covers) == {str(HARBOR), str(RIDGE)}
    assert {entry.account_id for entry in office.entries(letter.id)} == {HARBOR, RIDGE}
    assert (office.touch(HARBOR).state, office.touch(RIDGE).state) == ("done", "done")
    text = office.request(RIDGE)["content"][0]["value"]
    assert "Harbor Clinic (account HARBOR)" in text
    assert "Ridgeway Logistics (account RIDGE)" in text


def test_one_letter_a_day_and_three_days_between_for_an_address(office: PostOffice) -> None:
    office.plan(RIDGE)
    office.send()
    _one_more(office, RIDGE, "overdue_31")

    office.send()

    assert (office.touch(RIDGE).state, office.touch(RIDGE).reason) == ("skipped", "minimum gap")
    assert len(office.arrived()) == 1


@pytest.mark.parametrize(
    ("between", "rule"),
    [
        (
            lambda s: s.execute(update(Destination).values(suppressed_at=NOW, suppressed_why="stop")),
            "suppressed",
        ),
        (lambda s: s.execute(update(Invoice).values(open_minor=0)), "nothing asked"),
        (lambda s: s.execute(update(Contact).values(do_not_mail=True)), "do not mail"),
    ],
    ids=["opted out", "paid", "do not mail"],
)
def test_a_stop_between_draft_and_intent_wins(
    office: PostOffice, between: Callable[[Session], object], rule: str
) -> None:
    office.plan(HARBOR)
    batch = posting._next_batch(office.room)
    assert batch
    assert len(batch.drafts) == 1
    with office.ledger.writing() as session:
        between(session)

    intents = commit(office.room, batch.drafts, batch.due)

    assert list(intents.letters) == []
    assert (office.touch(HARBOR).state, office.touch(HARBOR).reason) == ("skipped", rule)


def test_a_part_payment_between_draft_and_intent_is_told(office: PostOffice) -> None:
    """What leaves was true when it left: the draft with the old amount is dropped and written anew."""
    office.plan(HARBOR)
    batch = posting._next_batch(office.room)
    assert batch
    with office.ledger.writing() as session:
        session.execute(update(Invoice).where(Invoice.account_id == HARBOR).values(open_minor=70_000))

    assert list(commit(office.room, batch.drafts, batch.due).letters) == []
    assert office.touch(HARBOR).state == "open"
    office.send()

    assert office.request(HARBOR)["subject"].endswith("700.00 USD")


def test_a_rule_that_may_pass_within_the_day_makes_the_letter_wait(office: PostOffice) -> None:
    office.plan(HARBOR)
    with office.ledger.writing() as session:
        session.add(Stop(scope="emails", why="moving house", set_by="sam", set_at=NOW))
    office.send()
    assert (office.touch(HARBOR).state, office.firing(HARBOR).email_rule) == ("open", "paused")

    with office.ledger.writing() as session:
        session.execute(update(Stop).values(lifted_at=NOW, lifted_by="sam"))
    office.clock.at += timedelta(minutes=16)
    office.send()

    assert office.touch(HARBOR).state == "done"


def test_a_letter_the_provider_refuses_has_failed_for_all_to_see(office: PostOffice) -> None:
    office.plan(HARBOR)

    posting.send_due(replace(office.room, mail_from="nobody at home"))

    letter = office.letter(HARBOR)
    assert (letter.state, office.touch(HARBOR).state) == ("refused", "failed")
    assert letter.detail
    assert letter.detail.startswith("SendGrid does not accept this letter: from")
    assert [entry.what for entry in office.entries(letter.id)] == ["letter refused"]
    assert [task.title for task in office.tasks(HARBOR)] == [f"The letter was not sent: {letter.detail}"]
    assert office.firing(HARBOR).email_side == "open"  # the next plan makes a new touch
    assert office.arrived() == []


def test_a_refused_key_stops_all_mail_until_somebody_mends_it(office: PostOffice) -> None:
    office.plan(HARBOR, OAK)
    office.mailer = SendGridMailer("SG.somebody else's", host=office.sandbox.url)

    office.send()

    [stop] = office.rows(Stop)
    assert (stop.scope, stop.lifted_at) == ("emails", None)
    assert "SENDGRID_API_KEY" in stop.why
    assert (office.touch(HARBOR).state, office.touch(OAK).state) == ("open", "open")
    assert [task.for_role for task in office.tasks(None)] == ["admin"]

    office.mailer = SendGridMailer(office.sandbox.keys.sendgrid_api_key, host=office.sandbox.url)
    with office.ledger.writing() as session:
        session.execute(update(Stop).values(lifted_at=NOW, lifted_by="ada"))
    office.clock.at += timedelta(minutes=16)
    office.send()
    assert len(office.arrived()) == 2


def test_asked_to_slow_down_we_wait_and_send_once(office: PostOffice) -> None:
    office.plan(HARBOR)
    office.sandbox.faults(answers={"throttled": 1.0, "retry_after": 300})

    progress = office.send()

    assert (progress.refused, office.touch(HARBOR).state) == (1, "open")
    office.sandbox.faults()
    office.plan(OAK)
    assert office.send().again_at  # the provider wants nothing for now, of anybody
    assert office.arrived() == []
    office.clock.ahead = timedelta(minutes=16)
    office.clock.at += timedelta(minutes=16)
    office.send()

    assert office.touch(HARBOR).state == "done"
    assert sorted(arrived["to"] for arrived in office.arrived()) == ["ap@harbor.example", "ap@oak.example"]
    assert sorted(letter.state for letter in office.rows(Letter)) == ["accepted", "accepted", "refused"]


def test_a_line_that_is_down_sends_nothing_and_loses_nothing(office: PostOffice) -> None:
    office.plan(HARBOR)
    office.mailer = SendGridMailer("SG.key", host="http://127.0.0.1:9")

    office.send()

    assert office.touch(HARBOR).state == "open"
    assert office.letter(HARBOR).detail == "SendGrid cannot be reached"


def test_a_lost_answer_is_settled_by_the_reports(office: PostOffice) -> None:
    office.plan(HARBOR)
    office.answers(HARBOR, "delivered")
    office.sandbox.faults(answers={"lost": 1.0})

    progress = office.send()
    assert progress.unknown == 1
    office.settle_down()

    letter = office.letter(HARBOR)
    assert (letter.state, office.touch(HARBOR).state) == ("delivered", "done")
    assert letter.provider_ref == office.arrived()[0]["message_id"]
    assert [entry.what for entry in office.entries(letter.id)] == ["letter sent", "letter delivered"]


def test_a_report_that_comes_before_the_answer(office: PostOffice) -> None:
    office.plan(HARBOR)
    office.answers(HARBOR, "delivered")
    office.sandbox.faults(webhooks={"early": 1.0, "duplicate": 1.0})

    office.send()
    office.settle_down()

    letter = office.letter(HARBOR)
    assert (letter.state, office.firing(HARBOR).emails) == ("delivered", 1)
    assert [entry.what for entry in office.entries(letter.id)] == ["letter sent", "letter delivered"]


@pytest.mark.parametrize("fault", ["lost", "garbled", "error_accepted", "error", "dropped"])
def test_nobody_hears_of_it_and_nobody_sends_it_again(office: PostOffice, fault: str) -> None:
    """Whatever became of it: unknown, then shown to a person, and at most one at the provider (P1)."""
    office.plan(HARBOR)
    office.sandbox.faults(answers={fault: 1.0}, webhooks={"lost": 1.0})
    office.send()
    office.sandbox.faults(webhooks={"lost": 1.0})

    office.clock.at += timedelta(minutes=119)
    assert posting.settle_doubts(office.room) == 0
    office.clock.at += timedelta(minutes=2)
    posting.settle_doubts(office.room)
    office.send()

    letter = office.letter(HARBOR)
    assert (letter.state, office.touch(HARBOR).state) == ("unconfirmed", "unconfirmed")
    assert [entry.what for entry in office.entries(letter.id)] == ["letter unconfirmed"]
    assert office.firing(HARBOR).email_side == "done"  # for the gap it counts as sent
    assert len(office.arrived()) == (fault in ("lost", "garbled", "error_accepted"))


def test_what_goes_wrong_with_one_letter_in_doubt_stops_no_other(office: PostOffice) -> None:
    office.plan(HARBOR, OAK)
    office.sandbox.faults(answers={"error": 1.0})
    office.send()
    with office.ledger.writing() as session:
        session.get_one(Letter, office.letter(HARBOR).id).covers = {"nobody": []}  # no code of ours writes it
    office.clock.at += timedelta(hours=3)
    assert posting.settle_doubts(office.room) == 1
    assert office.letter(OAK).state == "unconfirmed"


def test_a_person_may_have_it_sent_again_once(office: PostOffice) -> None:
    office.plan(HARBOR)
    office.sandbox.faults(answers={"error": 1.0})
    office.send()
    office.clock.at += timedelta(hours=3)
    posting.settle_doubts(office.room)
    office.sandbox.faults()

    first = office.letter(HARBOR).id
    send_again(office.ledger, first, by="ana", now=office.clock.now())
    with pytest.raises(NotInDoubtError, match="ana has had it sent again"):
        send_again(office.ledger, first, by="cay", now=office.clock.now())
    office.send()

    assert len(office.arrived()) == 1
    [again] = [letter for letter in office.rows(Letter) if letter.id != first]
    assert (again.state, again.automatic, again.actor) == ("accepted", False, "ana")
    assert [entry.actor for entry in office.entries(again.id)] == ["ana"]


def test_what_is_known_is_not_sent_again(office: PostOffice) -> None:
    office.plan(HARBOR)
    office.send()

    with pytest.raises(NotInDoubtError, match="it is accepted"):
        send_again(office.ledger, office.letter(HARBOR).id, by="ana", now=NOW)


def test_two_workers_at_once_send_each_letter_once(office: PostOffice) -> None:
    office.plan()

    with ThreadPoolExecutor(2) as workers:
        done = list(workers.map(lambda _: posting.send_due(office.room), range(2)))

    assert sum(progress.sent for progress in done) == 7
    mids = [arrived["mid"] for arrived in office.arrived()]
    assert len(mids) == len(set(mids)) == 7


def test_a_name_that_would_forge_a_header_spoils_its_own_letter_only(office: PostOffice) -> None:
    office.plan(HARBOR, OAK)
    with office.ledger.writing() as session:
        forged = "Maria\r\nBcc: everyone@example.com"
        session.execute(update(Contact).where(Contact.account_id == HARBOR).values(name=forged))

    progress = office.send()

    assert (progress.sent, progress.unwritable) == (1, 1)
    assert (office.letter(HARBOR).state, office.touch(HARBOR).state) == ("refused", "failed")
    assert "the contact's name holds a line break" in str(office.letter(HARBOR).detail)
    assert office.touch(OAK).state == "done"


def test_a_template_at_fault_is_stopped_after_three_letters(office: PostOffice, bad_templates: Path) -> None:
    """Three follow-ups cannot be written: nobody gets nonsense, the step is stopped, the others go."""
    office.plan(HARBOR, SUMMIT, OAK, RIDGE)
    from outreach.mail.letter_templates import Templates

    progress = posting.send_due(replace(office.room, templates=Templates(bad_templates)))

    assert (progress.sent, progress.unwritable) == (1, 3)
    assert [arrived["to"] for arrived in office.arrived()] == ["ap@ridge.example"]
    [stop] = office.rows(Stop)
    assert stop.scope == "step:followup_5"
    assert "has no attribute" in stop.why
    assert len(office.tasks(HARBOR)) == 1


@pytest.mark.parametrize("go_live", ["2026-11-20", "2026-01-01"])
def test_the_first_week_is_slow(office: PostOffice, go_live: str) -> None:
    """However old what fires may be: it begins with the first plan."""
    slow = POLICY + f"go_live_on = {go_live}\n[mail]\nfirst_week_per_day = 2\n"
    with office.ledger.writing() as session:
        policies.load(session, slow, actor="test", why="a gentle start", now=NOW)
        session.add(Plan(day=TODAY, touch_day=TODAY, policy_id=1, started_at=NOW))
    office.plan(HARBOR, OAK, RIDGE, LAKE)

    office.send()

    assert len(office.arrived()) == 2
    ends = sorted(office.touch(one).reason or "" for one in (HARBOR, OAK, RIDGE, LAKE))
    assert ends == ["first week's limit", "first week's limit", "letter sent", "letter sent"]


def test_a_statement_carries_its_pdf_and_the_pdf_is_kept(office: PostOffice) -> None:
    office.fire(RIDGE, "statement")
    office.plan(RIDGE)

    office.send()

    letter, [pdf] = office.letter(RIDGE), office.request(RIDGE)["attachments"]
    assert (pdf["filename"], pdf["type"]) == ("statement-2026-11-23.pdf", "application/pdf")
    with office.ledger.reading() as session:
        paper = session.get_one(Paper, letter.attachment_id)
    assert papers.read(office.folder / "files", paper).startswith(b"%PDF")
    assert paper.retention == "statement"


@pytest.mark.parametrize(("call_side", "email_side"), [("open", "open"), ("done", "done")])
def test_a_final_check_has_a_place_for_a_second_letter_while_it_is_called(
    office: PostOffice, call_side: str, email_side: str
) -> None:
    office.fire(EAST, "final_check")
    office.clock.at += timedelta(hours=1)
    office.plan(EAST)
    with office.ledger.writing() as session:
        session.execute(update(Firing).where(Firing.account_id == EAST).values(call_side=call_side))

    office.send()

    assert (office.firing(EAST).email_side, office.firing(EAST).emails) == (email_side, 1)


def _one_more(office: PostOffice, account_id: int, step: str) -> None:
    """Another letter for the account, the next day."""
    office.clock.at += timedelta(days=1)
    with office.ledger.writing() as session:
        contact = session.scalars(select(Contact).where(Contact.account_id == account_id)).one()
        firing = Firing(
            account_id=account_id,
            step=step,
            subject="again",
            cycle="again",
            fired_on=TODAY,
            raw_on=TODAY,
            touch_on=TODAY,
            email_side="open",
            created_at=NOW,
        )
        touch = letter_touch(account_id, step, contact)
        touch.day = TODAY + timedelta(days=1)
        session.add_all([firing, touch])
        session.flush()
        session.add(TouchFiring(touch_id=touch.id, firing_id=firing.id))


def test_a_confirmation_leaves_where_all_is_promised_and_ends_the_email_side(office: PostOffice) -> None:
    office.plan(HARBOR)
    promise_everything(office, HARBOR)
    confirm(office, HARBOR)
    progress = office.send()
    (letter,) = office.rows(Letter, Letter.account_id == HARBOR)
    assert (letter.step, letter.actor, letter.automatic, letter.state) == (
        "confirmation",
        "ana",
        False,
        "accepted",
    )
    assert (progress.sent, progress.held_back) == (1, 1)
    assert office.firing(HARBOR).email_side == "done"
    written = office.rows(Touch, Touch.account_id == HARBOR, Touch.channel == "email")
    assert {touch.step: touch.state for touch in written} == {"confirmation": "done", "followup_5": "skipped"}
    (address,) = office.rows(Destination, Destination.id == letter.destination_id)
    assert address.mailed_on == TODAY


@pytest.mark.parametrize(("also", "mailed_on"), [(None, None), ("overdue_31", TODAY)])
def test_a_statement_begins_the_gap_where_it_duns_besides(
    office: PostOffice, also: str | None, mailed_on: date | None
) -> None:
    office.plan(RIDGE)
    office.fire(RIDGE, "statement")
    with office.ledger.writing() as session:
        touch = session.get_one(Touch, office.touch(RIDGE).id)
        touch.step = "statement"
        if also:
            same = {"account_id": RIDGE, "subject": "RIDGE", "cycle": "2026-W48", "email_side": "open"}
            days = {"fired_on": TODAY, "raw_on": TODAY, "touch_on": TODAY, "created_at": NOW}
            firing = Firing(step=also, **same, **days)
            session.add(firing)
            session.flush()
            session.add(TouchFiring(touch_id=touch.id, firing_id=firing.id))

    office.send()

    letter = office.letter(RIDGE)
    (address,) = office.rows(Destination, Destination.id == letter.destination_id)
    assert (letter.step, address.mailed_on) == ("statement", mailed_on)


def test_a_confirmation_goes_by_itself_and_first(office: PostOffice) -> None:
    office.plan(HARBOR, OAK)
    with office.ledger.writing() as session:
        harbor = session.scalars(select(Contact).where(Contact.account_id == HARBOR)).one()
        session.execute(update(Contact).where(Contact.account_id == OAK).values(email_id=harbor.email_id))
        session.execute(update(Touch).where(Touch.account_id == OAK).values(destination_id=harbor.email_id))
    confirm(office, HARBOR)
    office.send()
    first, *later = office.rows(Letter)
    assert (first.step, set(first.covers)) == ("confirmation", {str(HARBOR)})
    assert later == []
    assert "minimum gap" in {touch.reason for touch in office.rows(Touch, Touch.account_id == OAK)}


def confirm(office: PostOffice, account_id: int) -> None:
    """As the desk asks for it."""
    with office.ledger.writing() as session:
        contact = session.scalars(select(Contact).where(Contact.account_id == account_id)).one()
        touch = letter_touch(account_id, "confirmation", contact)
        touch.n, touch.asked_by = 2, "ana"
        session.add(touch)
        session.flush()
        firing = session.scalars(select(Firing).where(Firing.account_id == account_id)).one()
        session.add(TouchFiring(touch_id=touch.id, firing_id=firing.id))


def promise_everything(office: PostOffice, account_id: int) -> None:
    with office.ledger.writing() as session:
        for invoice in session.scalars(select(Invoice).where(Invoice.account_id == account_id)):
            session.add(
                Hold(account_id=account_id, invoice_id=invoice.id, kind="promise", since=TODAY, until=TODAY)
            )
