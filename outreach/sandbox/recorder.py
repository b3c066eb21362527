"""`<Record>`: what a caller says after the tone is kept, and told in two reports that keep no order."""

import io
import math
import secrets
import wave
from array import array
from collections.abc import Iterator
from email.utils import format_datetime
from urllib.parse import urljoin

from outreach.sandbox.callbacks import Params, Target
from outreach.sandbox.leg import API_VERSION, Leg
from outreach.sandbox.truth import Recording
from outreach.sandbox.twiml import Verb

LETTERS_A_SECOND = 15
TRANSCRIBED = range(2, 121)
"""seconds of sound that Twilio writes down"""
SILENT = "16102"
"""why a recording is absent"""
RATE, LOUDNESS, LONGEST_TONE = 8000, 9000, 3


async def record(leg: Leg, verb: Verb, here: Target) -> Params | None:
    """What `<Record action>` is told; None for an empty recording, after which the next verb runs."""
    says = leg.call.says or ""
    recording = Recording(
        sid="RE" + secrets.token_hex(16),
        call_sid=leg.call.sid,
        from_=leg.call.from_,
        at=leg.world.clock.now(),
        seconds=_length(says, verb.seconds("maxLength", 3600)),
        says=says,
    )
    await leg.live(recording.seconds or verb.seconds("timeout", 5))
    leg.world.truth.note_recording(recording)
    for target, params, seconds in _reports(leg, verb, here, recording):
        leg.report_later(target, params, seconds)
    if not says:
        return None
    return _about(leg, recording) | {"RecordingDuration": str(recording.seconds), "Digits": "hangup"}


def _length(says: str, longest: int) -> int:
    return min(longest, max(2, round(len(says) / LETTERS_A_SECOND))) if says else 0


def _reports(
    leg: Leg, verb: Verb, here: Target, recording: Recording
) -> Iterator[tuple[Target, Params, float]]:
    status = "completed" if recording.says else "absent"
    told = verb.get("recordingStatusCallbackEvent", "completed").split()
    if verb.get("recordingStatusCallback") and status in told:
        target = Target(urljoin(here.url, verb.get("recordingStatusCallback")))
        yield target, _about(leg, recording) | _recorded(recording, status), leg.between(1, 20, "recorded")
    if verb.get("transcribe") == "true" and recording.says:
        target = Target(urljoin(here.url, verb.get("transcribeCallback")))
        written = _about(leg, recording) | _written(leg, recording)
        yield target, written, leg.between(1, 60, "transcribed")


def _about(leg: Leg, recording: Recording) -> Params:
    account = leg.world.keys.account_sid
    url = f"https://api.twilio.com/{API_VERSION}/Accounts/{account}/Recordings/{recording.sid}"
    return {"RecordingSid": recording.sid, "RecordingUrl": url}


def _recorded(recording: Recording, status: str) -> Params:
    return {
        "RecordingStatus": status,
        "RecordingDuration": str(recording.seconds),
        "RecordingChannels": "1",
        "RecordingSource": "RecordVerb",
        "RecordingTrack": "inbound",
        "RecordingStartTime": format_datetime(recording.at),
        **({"ErrorCode": SILENT} if status == "absent" else {}),
    }


def _written(leg: Leg, recording: Recording) -> Params:
    done = recording.seconds in TRANSCRIBED
    sid = "TR" + secrets.token_hex(16)
    url = f"https://api.twilio.com/{API_VERSION}/Accounts/{leg.world.keys.account_sid}/Transcriptions/{sid}"
    return {
        "TranscriptionSid": sid,
        "TranscriptionUrl": url,
        "TranscriptionStatus": "completed" if done else "failed",
        "TranscriptionText": recording.says if done else "",
    }


def sound(recording: Recording) -> bytes:
    """A short tone as WAV: each recording has its own."""
    pitch = 300 + int(recording.sid[2:6], 16) % 400
    samples = range(RATE * min(LONGEST_TONE, recording.seconds))
    tone = array("h", (int(LOUDNESS * math.sin(2 * math.pi * pitch * n / RATE)) for n in samples))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(tone.tobytes())
    return file.getvalue()
