"""A letter by Amazon SES, from the intent to its last report, over the wire and through the door."""

from functools import partial

import pytest

from outreach.ledger.destinations import Destination
from outreach.mail.ses_mail import SesMailer, connect
from outreach.sandbox import seal
from tests.mail.post_office import HARBOR, PostOffice


@pytest.fixture
def by_ses(office: PostOffice) -> PostOffice:
    keys = {"aws_access_key_id": office.sandbox.keys.aws_access_key_id, "aws_secret_access_key": "secret"}
    there = partial(connect, url=office.sandbox.url, region_name=seal.REGION, **keys)
    office.mailer = SesMailer("letters", connect=there)
    return office


@pytest.mark.parametrize(
    ("behaviour", "state", "told"),
    [
        ("delivered", "delivered", ["letter delivered", "letter sent"]),
        ("bounced", "bounced", ["letter bounced", "letter sent"]),
        ("blocked", "deferred", ["letter blocked", "letter sent"]),
        ("complained", "delivered", ["letter complained", "letter delivered", "letter sent"]),
    ],
)
def test_reports_reach_the_log_once(by_ses: PostOffice, behaviour: str, state: str, told: list[str]) -> None:
    by_ses.plan(HARBOR)
    by_ses.answers(HARBOR, behaviour)
    by_ses.sandbox.faults(webhooks={"duplicate": 1.0, "early": 1.0})
    by_ses.send()
    by_ses.settle_down()
    letter = by_ses.letter(HARBOR)
    assert (letter.provider, letter.state) == ("ses", state)
    assert letter.provider_ref == by_ses.arrived()[0]["message_id"]
    assert sorted(entry.what for entry in by_ses.entries(letter.id)) == told
    [address] = by_ses.rows(Destination, Destination.id == letter.destination_id)
    marked = {"bounced": (True, False), "complained": (False, True)}.get(behaviour, (False, False))
    assert (bool(address.bad_at), bool(address.suppressed_at)) == marked
    assert [task.kind for task in by_ses.tasks(HARBOR)] == (["right contact"] if any(marked) else [])


def test_a_lost_answer_is_settled_by_the_reports(by_ses: PostOffice) -> None:
    by_ses.plan(HARBOR)
    by_ses.answers(HARBOR, "delivered")
    by_ses.sandbox.faults(answers={"lost": 1.0})
    assert by_ses.send().unknown == 1
    by_ses.settle_down()
    assert by_ses.letter(HARBOR).state == "delivered"
    assert len(by_ses.arrived()) == 1
