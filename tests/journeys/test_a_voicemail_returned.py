"""A person calls while nobody is there: left, heard, called back, answered, and all of it in the log once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.campaigns.conversations import wrapup
from outreach.campaigns.conversations.wrapup import WrapUp
from outreach.ledger.base import Ledger
from outreach.ledger.firings import Firing
from outreach.ledger.log import LogEntry, LogText
from outreach.ledger.voicemails import Voicemail
from outreach.rules.outcomes import Disposition
from tests.dialer.centre import SUMMIT, Centre, call_centre
from tests.web.cast import NOW

SAYS = "This is Al Reyes. Please call me about the last invoice."


@pytest.fixture
def centre(ledger: Ledger, redis_url: str, tmp_path: Path) -> Iterator[Centre]:
    with call_centre(ledger, redis_url, tmp_path) as running:
        yield running


def story(centre: Centre) -> list[tuple[str, str | None]]:
    """What of the log speaks of Summit's voicemail or the call about it, with its words."""
    query = select(LogEntry.what, LogText.body).outerjoin(LogText, LogText.id == LogEntry.text_id)
    with centre.ledger.reading() as session:
        about = (LogEntry.step == "voicemail_return") & (LogEntry.what != "call refined")
        return [(what, body) for what, body in session.execute(query.where(about).order_by(LogEntry.id))]


def test_left_at_night_and_returned_in_the_morning(centre: Centre) -> None:
    morning, centre.clock.at = centre.clock.at, NOW - timedelta(hours=5)
    centre.call_in(centre.number(SUMMIT), SAYS)
    (voicemail,) = centre.rows(Voicemail)
    assert (voicemail.account_id, voicemail.state, voicemail.transcript) == (SUMMIT, "waiting", SAYS)
    assert voicemail.due_at.isoformat() == "2026-11-23T20:00:00+00:00", "noon in Los Angeles"
    assert centre.fetch_recordings() == [voicemail.id]
    assert centre.fetch_recordings() == [], "what is kept is not fetched again"

    centre.clock.at = morning
    centre.sandbox.script(numbers={centre.number(SUMMIT): "human"})
    attempt_id = centre.dial(SUMMIT)
    wrap = WrapUp(disposition=Disposition.DOCUMENTS_REQUESTED, note="sent")
    wrapup.save(centre.ledger, centre.clock, attempt_id, wrap, by="ana")
    (answered,) = centre.rows(Voicemail)
    assert (answered.state, answered.answered_by, answered.answered_at) == ("answered", "ana", morning)
    (firing,) = centre.rows(Firing, Firing.step == "voicemail_return")
    assert (firing.state, firing.call_side, firing.subject) == ("done", "done", voicemail.id)
    assert story(centre) == [
        ("voicemail received", None),
        ("voicemail transcribed", SAYS),
        ("call ended", None),
        ("call saved", "sent"),
    ]
