"""SendGrid's words in ours."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from outreach.mail.sendgrid_reports import NoEventError, clean, translate

VECTORS = Path(__file__).parents[2].parent / "shared" / "data" / "sendgrid" / "anymail_events.json"
OURS = {
    "queued": "processed",
    "delivered": "delivered",
    "rejected": "dropped",
    "bounced": "bounced",
    "deferred": "deferred",
    "opened": "opened",
    "clicked": None,
}
FACTS: dict[str, Any] = {"event": "delivered", "email": "ap@x.example", "timestamp": 1461095250}


def test_labelled_events_of_others() -> None:
    if not VECTORS.exists():
        pytest.skip("../shared/data/sendgrid is not here")
    for vector in json.loads(VECTORS.read_text()):
        for event in vector["events"]:
            report = translate(event)
            if vector["anymail_event_type"]:
                assert (report.kind if report else None) == OURS[vector["anymail_event_type"]]
            if report:
                assert report.at == datetime.fromtimestamp(event["timestamp"], UTC)


@pytest.mark.parametrize(
    ("more", "kind", "objection"),
    [
        ({"event": "bounce", "type": "bounce"}, "bounced", ""),
        ({"event": "bounce", "type": "blocked"}, "blocked", ""),
        ({"event": "bounce"}, "bounced", ""),
        ({"event": "dropped", "reason": "Bounced Address"}, "dropped", "bad"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "dropped", "suppressed"),
        ({"event": "dropped", "reason": "Recipient List over Package Quota"}, "dropped", ""),
        ({"event": "group_unsubscribe"}, "unsubscribed", ""),
    ],
)
def test_kinds_and_what_they_say_of_the_address(more: dict[str, str], kind: str, objection: str) -> None:
    report = translate(FACTS | more)
    assert report
    assert (report.kind, report.objection) == (kind, objection)


@pytest.mark.parametrize("name", ["click", "group_resubscribe", "account_status_change", ""])
def test_events_that_are_not_about_a_letter_s_life(name: str) -> None:
    assert translate(FACTS | {"event": name}) is None


def test_ids_with_dots_in_them() -> None:
    """Older ids hold dots, so that cutting at the first would find nothing (providers.md B2.1)."""
    report = translate(
        FACTS
        | {
            "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
            "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        }
    )
    assert report
    assert report.ref == "14c5d75ce93.dfd.64b469"
    assert report.refs[0] == "14c5d75ce93.dfd.64b469"


def test_a_message_id_of_somebody_else_s_is_not_ours() -> None:
    report = translate(FACTS | {"sg_message_id": "abc.filter", "smtp-id": "<152712433591.85282@example.com>"})
    assert report
    assert report.ref == ""
    assert "abc" in report.refs


@pytest.mark.parametrize("lacking", ["event", "email", "timestamp"])
def test_no_event(lacking: str) -> None:
    with pytest.raises(NoEventError):
        translate({name: value for name, value in FACTS.items() if name != lacking})


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("a\r\nb", "a b"),
        ("\x1b[31mred", "[31mred"),
        (None, ""),
        (7, ""),
        ("x" * 1000, "x" * 300),
        ("\ud800", ""),
    ],
)
def test_clean(theirs: object, ours: str) -> None:
    assert clean(theirs) == ours
