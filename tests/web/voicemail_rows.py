"""A voicemail with its sound, for pages that show one."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from outreach.campaigns.conversations import returning
from outreach.dialer import answering
from outreach.dialer.voicemails import Heard
from outreach.ledger import papers
from outreach.sandbox import recorder
from outreach.sandbox.truth import Recording
from tests.web.cast import NOW

WALL = NOW


def leave_voicemail(
    session: Session, files: Path, number: str, says: str = "Please call me back.", *, hours_ago: float = 2
) -> str:
    """Somebody calls from that number, leaves a message, and its sound has come. Its id."""
    at, ref = NOW - timedelta(hours=hours_ago), f"{abs(hash((number, says))) % 16**32:032x}"
    answering.pick_up(session, "twilio", f"CA{ref}", number, now=at, wall=WALL)
    answering.leave(session, "twilio", f"CA{ref}", wall=WALL)
    heard = Heard("twilio", f"RE{ref}", f"CA{ref}", transcript=says, seconds=17)
    voicemail = returning.take_in(session, heard, now=at, wall=WALL)
    assert voicemail is not None
    sound = recorder.sound(Recording(f"RE{ref}", f"CA{ref}", number, at, 2, says))
    paper = papers.record(
        session,
        papers.write(files, sound),
        size=len(sound),
        media_type="audio/wav",
        retention="voicemail",
        now=NOW,
    )
    voicemail.paper_id, voicemail.audio = paper.id, "kept"
    return voicemail.id
