"""SES at the door and in the digest: SNS's papers, who may sign, and what events do in whatever order."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.errands import NoErrands
from outreach.ledger.base import Ledger
from outreach.ledger.destinations import Destination
from outreach.ledger.inbox import Event
from outreach.ledger.letters import Letter
from outreach.ledger.log import LogEntry
from outreach.ledger.tasks import Task
from outreach.news import News
from outreach.office import Addresses, DoorKeys, Office
from outreach.webhooks import door, sns
from outreach.webhooks.digest import digest
from outreach.webhooks.sns import TroubleError, is_amazons
from tests.sandbox.playing import open_door
from tests.web.cast import seed
from tests.webhooks.amazon import (
    CERTIFICATE_URL,
    OTHER_KEY,
    TOPIC,
    Amazon,
    certificate,
    invitation,
    notice,
    signed,
)
from tests.webhooks.test_sendgrid_mail import HARBOR, MID, WALL, StillClock, write_letter

REF = "0100018f2b3c4d5e-11111111-2222-3333-4444-555555555555-000000"
ADDRESS = "ap@harbor.example"


@dataclass
class AtTheDoor:
    """The door with one letter of Harbor's that SES has taken."""

    office: Office
    client: FlaskClient
    amazon: Amazon

    def send(self, notice: Any) -> int:
        body = notice if isinstance(notice, bytes) else json.dumps(notice).encode()
        return self.client.post(
            "/webhooks/ses", data=body, content_type="text/plain; charset=UTF-8"
        ).status_code

    def tell(self, *events: Any) -> None:
        for n, event in enumerate(events):
            assert self.send(signed(notice(event, WALL, n))) == 204
        digest(self.office)

    def rows(self, table: Any, *where: Any) -> list[Any]:
        with self.office.ledger.reading() as session:
            return list(session.scalars(select(table).where(*where).order_by(table.id)))

    @property
    def letter(self) -> Letter:
        return self.rows(Letter)[0]  # type: ignore[no-any-return]

    @property
    def address(self) -> Destination:
        return self.rows(Destination, Destination.id == self.letter.destination_id)[0]  # type: ignore[no-any-return]

    def told(self) -> list[str]:
        return [entry.what for entry in self.rows(LogEntry, LogEntry.about == MID)]


@pytest.fixture
def ses(ledger: Ledger, tmp_path: Path) -> AtTheDoor:
    with ledger.writing() as session:
        seed(session)
    write_letter(ledger, ref=REF)
    with ledger.writing() as session:
        session.get_one(Letter, MID).provider = "ses"
    amazon = Amazon()
    office = Office(
        ledger=ledger,
        clock=StillClock(),
        errands=NoErrands(),
        news=News(None),
        files=tmp_path,
        addresses=Addresses("https://outreach.example", "billing@outreach.example", "reply.outreach.example"),
        keys=DoorKeys(ses_topics=(TOPIC,), sns=amazon),
        secret_keys=("k",),
    )
    app = Flask("door")
    app.register_blueprint(door.bp)
    app.extensions["office"] = office
    return AtTheDoor(office, app.test_client(), amazon)


def event(kind: str, n: int = 0, **own: Any) -> dict[str, Any]:
    """As SES publishes it; `own` is what stands under its own name."""
    at = (WALL + timedelta(seconds=n)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    part = {"Rendering Failure": "failure", "DeliveryDelay": "deliveryDelay"}.get(kind, kind.lower())
    mail = {
        "timestamp": WALL.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "messageId": REF,
        "source": "billing@outreach.example",
        "destination": [ADDRESS],
        "tags": {"ses:configuration-set": ["letters"], "mid": [MID]},
    }
    return {"eventType": kind, "mail": mail, part: {"timestamp": at, **own}}


def bounce(
    kind: str, subtype: str, words: str = "smtp; 550 5.1.1 no such user", n: int = 0
) -> dict[str, Any]:
    who = [{"emailAddress": ADDRESS, "action": "failed", "status": "5.1.1", "diagnosticCode": words}]
    return event("Bounce", n, bounceType=kind, bounceSubType=subtype, bouncedRecipients=who)


def complaint(**own: Any) -> dict[str, Any]:
    return event("Complaint", 5, complainedRecipients=[{"emailAddress": ADDRESS}], **own)


DELIVERY = event("Delivery", recipients=[ADDRESS], smtpResponse="250 ok")


# Papers


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    "more", [{}, {"Subject": "Amazon SES Email Event Notification"}], ids=["plain", "subject"]
)
def test_good_papers(ses: AtTheDoor, version: str, more: dict[str, Any]) -> None:
    assert ses.send(signed(notice(DELIVERY, WALL, SignatureVersion=version, **more))) == 204
    [kept] = ses.rows(Event)
    assert (kept.provider, kept.kind, kept.about, kept.state) == ("ses", "Delivery", MID, "new")
    assert ses.amazon.asked == [CERTIFICATE_URL]


GOOD = signed(notice(DELIVERY, WALL))
FALSE_PAPERS: dict[str, Any] = {
    "empty": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "endless": b"[" * 100_000,
    "not UTF-8": b'{"Type": "\xff\xfe"}',
    "raw delivery": DELIVERY,
    "no signature": notice(DELIVERY, WALL),
    "no base64": {**GOOD, "Signature": "?"},
    "a number": {**GOOD, "Signature": 7},
    "another message": {**GOOD, "Message": "{}"},
    "another id": {**GOOD, "MessageId": "22b80b92-fdea-4c2c-8f9d-000000000007"},
    "another time": {**GOOD, "Timestamp": "2026-11-23T18:00:01.000Z"},
    "a subject added": {**GOOD, "Subject": "new"},
    "another type": {**GOOD, "Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": "https://x"},
    "an unknown type": signed(notice(DELIVERY, WALL, Type="Other")),
    "no message": signed({k: v for k, v in notice(DELIVERY, WALL).items() if k != "Message"}),
    "version 1 said of 2": {**GOOD, "SignatureVersion": "1"},
    "an unknown version": {**GOOD, "SignatureVersion": "3"},
    "another key": signed(notice(DELIVERY, WALL), OTHER_KEY),
    "no time": signed(notice(DELIVERY, WALL, Timestamp="soon")),
    "half a character": signed({**notice("x", WALL)}) | {"Message": "\ud800"},
}


@pytest.mark.parametrize("body", FALSE_PAPERS.values(), ids=FALSE_PAPERS)
def test_false_papers_leave_no_row(ses: AtTheDoor, body: Any) -> None:
    assert ses.send(body) == 403
    assert ses.rows(Event) == []


@pytest.mark.parametrize(
    "topic",
    [
        "arn:aws:sns:us-east-1:123456789012:letters2",
        "arn:aws:sns:us-east-1:999999999999:letters",
        "arn:aws:sns:eu-west-1:123456789012:letters",
        "ARN:AWS:SNS:US-EAST-1:123456789012:LETTERS",
        "",
        None,
    ],
)
def test_a_topic_of_somebody_else(ses: AtTheDoor, topic: Any) -> None:
    """Anybody may open a topic at Amazon, and Amazon signs for it: only ours counts, and nothing is asked."""
    assert ses.send(signed(notice(DELIVERY, WALL, TopicArn=topic))) == 403
    assert ses.amazon.asked == []


FILE = f"SimpleNotificationService-{'0a' * 16}.pem"


@pytest.mark.parametrize(
    "url",
    [
        f"http://sns.us-east-1.amazonaws.com/{FILE}",
        f"https://sns.us-east-1.amazonaws.com.evil.example/{FILE}",
        f"https://sns.us-east-1.amazonaws.com@evil.example/{FILE}",
        f"https://evil.example@sns.us-east-1.amazonaws.com/{FILE}",
        f"https://sns.us-east-1.amazonaws.com:8443/{FILE}",
        f"https://sns.us-east-1.amazonaws.com.cn/{FILE}",
        f"https://sns.eu-west-1.amazonaws.com/{FILE}",
        f"https://sns.us-east-1.amazonaws.com/../{FILE}",
        f"https://sns.us-east-1.amazonaws.com/bucket/{FILE}",
        f"https://sns.us-east-1.amazonaws.com/{FILE}?x=1",
        f"https://sns.us-east-1.amazonaws.com/{FILE}#x",
        f"https://sns.us-east-1.amazonaws.com/{FILE}\n",
        f"https://sns.us-east-1.amazonaws.com\\@evil.example/{FILE}",
        f"https://snsxus-east-1.amazonaws.com/{FILE}",
        f"https://sns.us-east-1.amazonaws.com/{FILE[:-4]}.txt",
        f"https://s3.us-east-1.amazonaws.com/sns.us-east-1.amazonaws.com/{FILE}",
        f"https://ѕns.us-east-1.amazonaws.com/{FILE}",
        f"HTTPS://SNS.US-EAST-1.AMAZONAWS.COM/{FILE}",
        f"//sns.us-east-1.amazonaws.com/{FILE}",
        "file:///etc/passwd",
        "",
        None,
        7,
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_looked_at(ses: AtTheDoor, url: Any) -> None:
    assert ses.send(signed(notice(DELIVERY, WALL, SigningCertURL=url))) == 403
    assert ses.amazon.asked == []


def test_each_partition_has_a_home_of_its_own() -> None:
    china = "arn:aws-cn:sns:cn-north-1:123456789012:letters"
    assert is_amazons(f"https://sns.cn-north-1.amazonaws.com.cn/{FILE}", china)
    assert not is_amazons(f"https://sns.cn-north-1.amazonaws.com/{FILE}", china)
    government = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:letters"
    assert is_amazons(f"https://sns.us-gov-west-1.amazonaws.com/{FILE}", government)
    assert not is_amazons(CERTIFICATE_URL, "no topic")


@pytest.mark.parametrize(
    "pem", [b"", b"nonsense", certificate(OTHER_KEY)], ids=["none", "nonsense", "another"]
)
def test_a_certificate_that_does_not_fit(ses: AtTheDoor, pem: bytes) -> None:
    ses.amazon.pem = pem
    assert ses.send(GOOD) == 403


def test_when_amazon_cannot_be_asked_they_must_try_again(ses: AtTheDoor) -> None:
    ses.amazon.trouble = TroubleError("down")
    assert ses.send(GOOD) == 503
    ses.amazon.trouble = None
    assert ses.send(GOOD) == 204


@pytest.mark.parametrize(
    "keys",
    [DoorKeys(), DoorKeys(ses_topics=(TOPIC,)), DoorKeys(sns=Amazon())],
    ids=["nothing", "no Amazon", "no topic"],
)
def test_not_connected(ses: AtTheDoor, keys: DoorKeys) -> None:
    ses.client.application.extensions["office"] = replace(ses.office, keys=keys)
    assert ses.send(GOOD) == 403


def test_other_paths_lead_nowhere(ses: AtTheDoor) -> None:
    for path in ("/webhooks/ses/events", "/webhooks/sendgrid", "/webhooks/twilio", "/webhooks/nobody"):
        assert ses.client.post(path, data=json.dumps(GOOD)).status_code == 404


@pytest.mark.parametrize(("late", "state"), [(0, "new"), (sns.STALE, "new"), (sns.STALE + 1, "quarantined")])
def test_how_old_a_notice_may_be(ses: AtTheDoor, late: int, state: str) -> None:
    assert ses.send(signed(notice(DELIVERY, WALL - timedelta(seconds=late)))) == 204
    assert [kept.state for kept in ses.rows(Event)] == [state]


# The subscription


def test_an_invitation_of_our_topic_is_accepted_by_the_api(ses: AtTheDoor) -> None:
    """Never at the address it names."""
    assert ses.send(signed(invitation(WALL))) == 204
    digest(ses.office)
    assert ses.amazon.confirmed == [(TOPIC, "t" * 64)]
    assert [(kept.state, kept.kind) for kept in ses.rows(Event)] == [("digested", "SubscriptionConfirmation")]


@pytest.mark.parametrize(
    "bad",
    [
        signed(invitation(WALL, TopicArn="arn:aws:sns:us-east-1:999999999999:letters")),
        signed(invitation(WALL), OTHER_KEY),
        {**signed(invitation(WALL)), "Token": "another"},
        {**signed(invitation(WALL)), "SubscribeURL": "https://another.example"},
        signed({name: value for name, value in invitation(WALL).items() if name != "Token"}),
        signed(invitation(WALL - timedelta(days=2))),
    ],
    ids=["topic", "key", "token", "address", "no token", "stale"],
)
def test_no_other_invitation_is_accepted(ses: AtTheDoor, bad: Any) -> None:
    assert ses.send(bad) in (403, 204)
    assert ses.amazon.confirmed == []


def test_an_invitation_that_cannot_be_accepted_now_comes_again(ses: AtTheDoor) -> None:
    assert ses.send(GOOD) == 204
    ses.amazon.confirm = _broken  # type: ignore[method-assign]
    assert ses.send(signed(invitation(WALL))) == 503
    assert len(ses.rows(Event)) == 1


def _broken(topic: str, token: str) -> None:
    raise RuntimeError("AccessDenied")


def test_the_end_of_a_subscription_is_shown_to_a_person(ses: AtTheDoor) -> None:
    assert ses.send(signed(invitation(WALL, Type="UnsubscribeConfirmation"))) == 204
    digest(ses.office)
    [kept] = ses.rows(Event)
    assert kept.state == "parked"
    assert ses.amazon.confirmed == []


# What is kept and what it does


def test_a_replay_changes_nothing(ses: AtTheDoor) -> None:
    for _ in range(5):
        ses.tell(DELIVERY, event("Open", 9))
    assert len(ses.rows(Event)) == 2
    assert ses.told() == ["letter sent", "letter delivered", "letter opened"]


def test_the_same_event_in_another_notice_is_the_same_event(ses: AtTheDoor) -> None:
    ses.send(signed(notice(DELIVERY, WALL, 1)))
    ses.send(signed(notice(DELIVERY, WALL + timedelta(seconds=20), 2)))
    assert len(ses.rows(Event)) == 1


def test_an_event_is_kept_as_it_came(ses: AtTheDoor) -> None:
    body = json.dumps(GOOD, indent=2).encode()
    ses.send(body)
    assert ses.rows(Event)[0].body == body


@pytest.mark.parametrize(
    ("given", "state", "bad", "suppressed", "task"),
    [
        (event("Send"), "accepted", False, False, None),
        (DELIVERY, "delivered", False, False, None),
        (
            event("DeliveryDelay", delayedRecipients=[{"emailAddress": ADDRESS}]),
            "deferred",
            False,
            False,
            None,
        ),
        (bounce("Permanent", "General"), "bounced", True, False, "right contact"),
        (bounce("Permanent", "NoEmail"), "bounced", True, False, "right contact"),
        (bounce("Permanent", "OnAccountSuppressionList"), "dropped", True, False, "right contact"),
        (bounce("Permanent", "Suppressed"), "dropped", True, False, "right contact"),
        (bounce("Transient", "MailboxFull"), "deferred", False, False, None),
        (bounce("Undetermined", "Undetermined"), "deferred", False, False, None),
        (complaint(complaintFeedbackType="abuse"), "accepted", False, True, "right contact"),
        (complaint(complaintFeedbackType="not-spam"), "accepted", False, False, None),
        (complaint(complaintSubType="OnAccountSuppressionList"), "dropped", False, True, "right contact"),
        (event("Reject", reason="Bad content"), "dropped", False, False, "letter dropped"),
        (event("Rendering Failure", errorMessage="x"), "dropped", False, False, "letter dropped"),
        (event("Open", ipAddress="203.0.113.7"), "accepted", False, False, None),
        (event("Click", link="https://x"), "accepted", False, False, None),
        (
            event("Subscription", newTopicPreferences={"unsubscribeAll": True}),
            "accepted",
            False,
            True,
            "right contact",
        ),
    ],
    ids=lambda value: value["eventType"] if isinstance(value, dict) else None,
)
def test_what_an_event_does(
    ses: AtTheDoor, given: Any, state: str, bad: bool, suppressed: bool, task: str | None
) -> None:
    ses.tell(given)
    assert [kept.state for kept in ses.rows(Event)] == ["digested"]
    assert ses.letter.state == state
    assert (ses.address.bad_at is not None, ses.address.suppressed_at is not None) == (bad, suppressed)
    assert [one.kind for one in ses.rows(Task, Task.account_id == HARBOR)] == ([task] if task else [])


def test_why_it_came_back(ses: AtTheDoor) -> None:
    ses.tell(bounce("Permanent", "General"))
    assert ses.address.bad_why == "smtp; 550 5.1.1 no such user"


@pytest.mark.parametrize("backwards", [False, True])
def test_the_end_does_not_depend_on_the_order(ses: AtTheDoor, backwards: bool) -> None:
    life = [event("Send"), DELIVERY, event("Open", 4), bounce("Permanent", "General", n=9)]
    ses.tell(*(life[::-1] if backwards else life))
    assert ses.letter.state == "bounced"
    assert sorted(ses.told()) == ["letter bounced", "letter delivered", "letter opened", "letter sent"]


def test_a_letter_without_its_tag_is_known_by_the_id_that_ses_gave_it(ses: AtTheDoor) -> None:
    nameless = bounce("Permanent", "General")
    nameless["mail"]["tags"] = {}
    ses.tell(nameless)
    assert ses.letter.state == "bounced"


def test_an_unknown_letter_waits(ses: AtTheDoor) -> None:
    stranger = event("Send")
    stranger["mail"] |= {"tags": {"mid": ["b" * 15]}, "messageId": "x"}
    ses.tell(stranger)
    assert [kept.state for kept in ses.rows(Event)] == ["waiting"]


@pytest.mark.parametrize(
    "nonsense",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        "null",
        "7",
        "[" * 10_000,
        {},
        {"eventType": "Bounce"},
        {"eventType": "Bounce", "mail": []},
        {"eventType": ["Bounce"], "mail": {"destination": [ADDRESS]}},
        {"eventType": "Send", "mail": {"destination": [ADDRESS], "timestamp": "soon"}},
        {"eventType": "Send", "mail": {"destination": [], "timestamp": "2026-11-23T18:00:00Z"}},
        {"eventType": "Bounce", "mail": {"destination": {"a": 1}, "tags": 7}, "bounce": [7]},
        {"eventType": "De\x00livery", "mail": {"tags": {"mid": [{}]}}},
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_event_that_makes_no_sense_holds_up_no_other(ses: AtTheDoor, nonsense: Any) -> None:
    ses.tell(nonsense, bounce("Permanent", "General"))
    assert ses.letter.state == "bounced"
    assert {kept.state for kept in ses.rows(Event)} <= {"digested", "parked"}


# Amazon itself


@contextmanager
def amazon_at(answer: Callable[[], tuple[int, str, str]]) -> Iterator[list[Any]]:
    """Answers of a server on loopback, for whatever address is asked."""
    with open_door() as here:
        here.answers["/c.pem"] = lambda post: answer()
        yield [f"{here.url}/c.pem", here]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [(200, "PEM", b"PEM"), (403, "no", b""), (404, "no", b""), (302, "", b""), (200, "x" * 20_001, b"")],
)
def test_a_certificate_is_asked_for_once(status: int, body: str, expected: bytes) -> None:
    with amazon_at(lambda: (status, "text/plain", body)) as (url, here):
        asked = sns.Sns()
        assert [asked.certificate(url) for _ in range(3)] == [expected] * 3
        assert len(here.posts) == (1 if expected else 3)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_of_amazons(status: int) -> None:
    with amazon_at(lambda: (status, "text/plain", "")) as (url, _), pytest.raises(TroubleError):
        sns.Sns().certificate(url)
    with pytest.raises(TroubleError):
        sns.Sns().certificate("http://127.0.0.1:9/c.pem")


def test_made_up_addresses_are_not_asked_for_without_end() -> None:
    with amazon_at(lambda: (404, "text/plain", "")) as (url, here):
        asked = sns.Sns()
        for n in range(sns.MOST_A_MINUTE):
            asked.certificate(f"{url}?{n}")
        with pytest.raises(TroubleError):
            asked.certificate(url)
        assert len(here.posts) == sns.MOST_A_MINUTE
