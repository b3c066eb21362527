"""Twilio's recordings: what its callbacks say of one, and its sound, asked for at Twilio itself.

The address is made of our own account and the recording's id. A callback brings an address along too
(`RecordingUrl`): it is never read, because whoever could forge it would send us anywhere (trust.md 4, row 6).
"""

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests

from outreach.dialer.carrier import CarrierError, NoSoundError, Sound
from outreach.dialer.voicemails import Heard

RECORDING = re.compile(r"RE[0-9a-fA-F]{32}")
LARGEST = 8 * 1024 * 1024
"""bytes; three minutes of telephone sound are less than 3 MB"""
TIMEOUT, LONGEST = (3.0, 10.0), 20.0
"""seconds for a connection and for each part of the answer; for all of it"""
CHUNK = 64 * 1024


def fetch(
    session: requests.Session, base_url: str, account_sid: str, login: tuple[str, str], ref: str
) -> Sound:
    """The sound of a recording of ours. Raises NoSoundError where there is none (yet), CarrierError."""
    if not RECORDING.fullmatch(ref):
        raise NoSoundError(f"{ref!r} is no recording's id")
    url = f"{base_url}/2010-04-01/Accounts/{account_sid}/Recordings/{ref}.wav"
    try:
        with session.get(url, auth=login, timeout=TIMEOUT, stream=True, allow_redirects=False) as answer:
            if answer.status_code == 404:
                raise NoSoundError("Twilio has no such recording")
            if answer.status_code != 200:
                raise CarrierError(f"Twilio answered {answer.status_code}")
            return _sound(_read(answer))
    except requests.RequestException as error:
        raise CarrierError(f"Twilio could not be asked: {type(error).__name__}") from error


def _read(answer: requests.Response) -> bytes:
    until, parts, size = time.monotonic() + LONGEST, [], 0
    for part in answer.iter_content(CHUNK):
        parts.append(part)
        size += len(part)
        if size > LARGEST or time.monotonic() > until:
            raise CarrierError("the recording is too large, or comes too slowly")
    return b"".join(parts)


def _sound(content: bytes) -> Sound:
    """By its first bytes, whatever its sender calls it: it is played in a browser."""
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return Sound(content, "audio/wav")
    if content[:3] == b"ID3" or content[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return Sound(content, "audio/mpeg")
    raise CarrierError("what Twilio sent is no sound")


def read(kind: str, form: Mapping[str, str]) -> Heard:
    """`kind`: voicemail (the `<Record>` is over, something was said), recording or transcription."""
    said = Heard(provider="twilio", ref=form["RecordingSid"], call_ref=form["CallSid"])
    if kind == "transcription":
        return replace(said, number=form.get("From"), **_written(form))
    if kind == "recording":
        return replace(said, seconds=_seconds(form), **_recorded(form.get("RecordingStatus")))
    return replace(said, number=form.get("From"), seconds=_seconds(form))


def _written(form: Mapping[str, str]) -> dict[str, Any]:
    text = form.get("TranscriptionText", "").strip()
    done = form.get("TranscriptionStatus") == "completed" and bool(text)
    return {"transcript": text if done else None, "not_transcribed": not done}


def _recorded(status: str | None) -> dict[str, Any]:
    if status == "completed":
        return {"sound": "there"}
    return {"empty": status == "absent", "sound": "none"} if status in ("absent", "failed") else {}


def _seconds(form: Mapping[str, str]) -> int | None:
    text = form.get("RecordingDuration", "")
    return int(text) if text.isdecimal() and len(text) < 6 and int(text) else None
