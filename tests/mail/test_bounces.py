"""Who is at fault when a letter comes back, and what follows for the address and the account."""

import pytest
from sqlalchemy import select

from outreach.ledger import letters, reach
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.touches import Touch
from outreach.mail import sendgrid_reports, ses_reports
from outreach.mail.bounces import is_hard, is_passing
from outreach.mail.reports import Kind, Report, hear
from outreach.mail.smtp_mail import SmtpMailer
from outreach.rules.policy import Policy
from outreach.rules.steps import FOLLOWUP_5, Channel
from tests.mail.mail_server import MailServer, serving
from tests.mail.post_office import HARBOR, OAK, PostOffice
from tests.web.cast import NOW, POLICY, TODAY

RULES = Policy.parse(POLICY)


@pytest.mark.parametrize(
    ("words", "hard", "passing"),
    [
        ("550 5.1.1 no such user", True, False),
        ("5.1.2 host unknown", True, False),
        ("smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound", True, False),
        ("550 User unknown", True, False),
        ("550 5.0.0 the account does not exist", True, False),
        ("551 has moved, please try elsewhere", True, False),
        ("550 5.7.1 refused by policy", False, True),
        ("552 5.2.2 mailbox full", False, True),
        ("550 5.3.4 message too big", False, True),
        ("451 4.7.1 greylisted", False, True),
        ("450 4.1.1 user unknown", False, False),  # for now, says the server: nothing is proved
        ("553 5.1.8 sender's domain does not exist", False, False),
        ("550 5.1.7 bad sender", False, False),
        ("550 5.0.0 rejected", False, False),
        ("550 rejected by 10.5.1.1.7", False, False),
        ("", False, False),
    ],
)
def test_whose_fault(words: str, hard: bool, passing: bool) -> None:
    assert (is_hard(words), is_passing(words)) == (hard, passing)


def test_a_hard_bounce_ends_the_address_and_asks_once(office: PostOffice) -> None:
    """For every account that uses it; what the provider says of it later opens no second task."""
    _share_address(office, HARBOR, OAK)
    office.plan(HARBOR)
    office.answers(HARBOR, "bounced")
    office.send()
    office.settle_down()

    address = _address(office, HARBOR)
    assert (office.letter(HARBOR).state, bool(address.bad_at)) == ("bounced", True)
    assert address.bad_why == "550 5.1.1 The email account that you tried to reach does not exist."
    [task] = office.tasks(HARBOR)
    assert (task.kind, task.due_on > TODAY, task.owner_id is not None) == ("right contact", True, True)
    assert task.title.startswith("Find the right contact: a letter to ap@harbor.example came back (550 5.1.1")
    assert [entry.what for entry in office.entries(office.letter(HARBOR).id)] == [
        "letter sent",
        "letter bounced",
    ]
    office.plan(OAK)
    _redirect(office, OAK)
    office.send()
    assert (office.touch(OAK).state, office.touch(OAK).reason) == ("skipped", "bad address")
    assert office.tasks(OAK) == []


def test_one_task_however_many_objections(office: PostOffice) -> None:
    office.plan(HARBOR)
    office.send()
    kinds: tuple[Kind, ...] = ("complained", "unsubscribed", "bounced")
    for kind in kinds:
        report = Report(kind=kind, at=NOW, address="ap@harbor.example", mid="", why="550 5.1.1")
        with office.ledger.writing() as session:
            [letter] = letters.lock(session, [office.letter(HARBOR).id])
            hear(session, letter, report, RULES, certain=True, now=NOW, at=NOW)
    [task] = office.tasks(HARBOR)
    assert task.title == "Find the right contact: ap@harbor.example called our letter spam"
    assert _address(office, HARBOR).suppressed_why == "550 5.1.1"


def test_the_next_letter_goes_to_the_next_contact(office: PostOffice) -> None:
    office.plan(HARBOR)
    second = _second_contact(office, HARBOR)
    assert _chosen(office, HARBOR) == "ap@harbor.example"
    office.answers(HARBOR, "bounced")
    office.send()
    office.settle_down()
    assert _chosen(office, HARBOR) == second


def test_a_soft_bounce_spares_the_address(office: PostOffice) -> None:
    office.plan(HARBOR)
    office.answers(HARBOR, "blocked")
    office.send()
    office.settle_down()
    assert (_address(office, HARBOR).bad_at, office.tasks(HARBOR)) == (None, [])


@pytest.mark.parametrize(
    ("says", "bad", "task"),
    [
        ("550 5.1.1 no such user", True, "right contact"),
        ("550 5.7.1 not from you", False, "letter refused"),
        ("552 5.2.2 mailbox full", False, "letter refused"),
    ],
)
def test_what_a_mail_server_says_at_once(office: PostOffice, says: str, bad: bool, task: str) -> None:
    office.plan(HARBOR)
    with serving() as mail:
        mail.says["RCPT"] = says
        _send_by(office, mail)

    letter = office.letter(HARBOR)
    assert (letter.state, bool(_address(office, HARBOR).bad_at)) == ("refused", bad)
    assert [one.kind for one in office.tasks(HARBOR)] == [task]
    assert [entry.what for entry in office.entries(letter.id)] == ["letter refused"]
    assert (office.touch(HARBOR).state, office.firing(HARBOR).email_side) == ("failed", "open")


def _send_by(office: PostOffice, mail: MailServer) -> None:
    office.mailer = SmtpMailer(f"smtp://127.0.0.1:{mail.port}")
    try:
        office.send()
    finally:
        office.mailer.close()


def _address(office: PostOffice, account_id: int) -> Destination:
    [contact] = office.rows(Contact, Contact.account_id == account_id, Contact.rank == 1)
    [found] = office.rows(Destination, Destination.id == contact.email_id)
    return found  # type: ignore[no-any-return]


def _second_contact(office: PostOffice, account_id: int) -> str:
    with office.ledger.writing() as session:
        address = Destination(kind="email", address="cfo@harbor.example", created_at=NOW)
        session.add(address)
        session.flush()
        session.add(Contact(account_id=account_id, name="Cleo", rank=2, email_id=address.id))
    return "cfo@harbor.example"


def _chosen(office: PostOffice, account_id: int) -> str | None:
    with office.ledger.reading() as session:
        found = reach.ways(session, [account_id], Channel.EMAIL, RULES)[account_id]
        way = reach.choose(found, reach.need_of(FOLLOWUP_5, Channel.EMAIL))
    return way.address if way else None


def _share_address(office: PostOffice, first: int, second: int) -> None:
    with office.ledger.writing() as session:
        shared = session.scalars(select(Contact.email_id).where(Contact.account_id == first)).one()
        session.scalars(select(Contact).where(Contact.account_id == second)).one().email_id = shared


def _redirect(office: PostOffice, account_id: int) -> None:
    """The planned letter goes where the contact's address is now."""
    with office.ledger.writing() as session:
        contact = session.scalars(select(Contact).where(Contact.account_id == account_id)).one()
        touch = session.get_one(Touch, office.touch(account_id).id)
        touch.destination_id = contact.email_id


@pytest.mark.parametrize(
    ("status", "why", "kind"),
    [
        ("5.1.1", "550 5.1.1 no such user", "bounced"),
        ("5.0.0", "500 unknown recipient", "bounced"),
        ("5.0.0", "rejected", "bounced"),  # SendGrid and SES call it hard, and nothing speaks against it
        ("5.2.2", "552 5.2.2 mailbox full", "blocked"),
        ("5.7.1", "550 5.7.1 policy", "blocked"),
        ("4.4.7", "expired", "blocked"),
        ("", "", "bounced"),
    ],
)
def test_a_provider_s_hard_bounce_is_weighed(status: str, why: str, kind: str) -> None:
    at = int(NOW.timestamp())
    event = {"event": "bounce", "type": "bounce", "email": "a@b.example", "timestamp": at}
    by_sendgrid = sendgrid_reports.translate({**event, "status": status, "reason": why})
    who = {"emailAddress": "a@b.example", "status": status, "diagnosticCode": f"smtp; {why}"}
    own = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [who]}
    mail = {"messageId": "m", "timestamp": NOW.isoformat()}
    by_ses = ses_reports.translate({"eventType": "Bounce", "mail": mail, "bounce": own})
    assert by_sendgrid
    assert by_ses
    assert (by_sendgrid.kind, by_ses.kind) == (kind, kind)
