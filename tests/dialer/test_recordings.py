"""The sound of a voicemail: asked for at our own account only, kept once, and missed aloud."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from sqlalchemy import update

from outreach.dialer import twilio_recordings
from outreach.dialer.carrier import CarrierError, NoSoundError
from outreach.dialer.twilio_voice import TwilioVoice
from outreach.ledger import papers
from outreach.ledger.papers import Paper
from outreach.ledger.tasks import Task
from outreach.ledger.voicemails import Voicemail
from tests.dialer.centre import SUMMIT, Centre
from tests.web.cast import NOW
from tests.webhooks.visitor import signature

SAYS = "This is Al Reyes. Please call me."
REF = "RE" + "3" * 32
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "


class Twilio(BaseHTTPRequestHandler):
    """Answers every request with what the test says, and notes that it was asked."""

    asked: list[str]
    status, content, moved = 200, WAV, ""

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(self.status)
        if self.moved:
            self.send_header("Location", self.moved)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *args: object) -> None:
        """Keeps the tests' output clean."""


@contextmanager
def answering(**how: object) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Asked", (Twilio,), {"asked": asked, **how}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def carrier(url: str) -> TwilioVoice:
    return TwilioVoice("AC" + "0" * 32, "token", base_url="https://outreach.example", url=url)


def test_it_is_asked_for_by_its_id_at_our_own_account() -> None:
    with answering() as (url, asked):
        sound = carrier(url).recording(REF)
    assert (sound.content, sound.media_type) == (WAV, "audio/wav")
    assert asked == [f"/2010-04-01/Accounts/AC{'0' * 32}/Recordings/{REF}.wav"]


@pytest.mark.parametrize("ref", ["", "RE1", "../../Calls", f"{REF}/x", "http://127.0.0.1/RE", REF + "\n"])
def test_what_is_no_id_asks_nobody(ref: str) -> None:
    with answering() as (url, asked), pytest.raises(NoSoundError):
        carrier(url).recording(ref)
    assert asked == []


def test_a_redirect_is_not_followed() -> None:
    with (
        answering() as (canary, seen),
        answering(status=302, moved=canary, content=b"") as (url, _),
        pytest.raises(CarrierError, match="302"),
    ):
        carrier(url).recording(REF)
    assert seen == []


@pytest.mark.parametrize("content", [b"", b"<html><script>alert(1)</script>", b"RIFF____AVI ", b"%PDF-1.7"])
def test_what_is_no_sound_is_not_kept(content: bytes) -> None:
    with answering(content=content) as (url, _), pytest.raises(CarrierError, match="no sound"):
        carrier(url).recording(REF)


def test_what_is_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio_recordings, "LARGEST", 1000)
    with answering(content=WAV + bytes(2000)) as (url, _), pytest.raises(CarrierError, match="too large"):
        carrier(url).recording(REF)


@pytest.mark.parametrize(("status", "error"), [(404, NoSoundError), (401, CarrierError), (503, CarrierError)])
def test_what_twilio_refuses_is_not_there(status: int, error: type[CarrierError]) -> None:
    with answering(status=status, content=b"") as (url, _), pytest.raises(error):
        carrier(url).recording(REF)


def test_no_connection_is_no_sound() -> None:
    with pytest.raises(CarrierError, match="could not be asked"):
        carrier("http://127.0.0.1:9").recording(REF)


@pytest.fixture
def left(centre: Centre) -> Centre:
    """Summit has left a message by night."""
    centre.clock.at = NOW - timedelta(hours=5)
    centre.call_in(centre.number(SUMMIT), SAYS)
    return centre


def test_it_is_fetched_once_and_kept_as_a_paper(left: Centre) -> None:
    (voicemail,) = left.rows(Voicemail)
    assert left.fetch_recordings() == [voicemail.id]
    (kept,) = left.rows(Voicemail)
    (paper,) = left.rows(Paper)
    assert (kept.audio, kept.paper_id, paper.media_type, paper.retention) == (
        *("kept", paper.id),
        *("audio/wav", "voicemail"),
    )
    assert papers.read(left.office.files, paper)[:4] == b"RIFF"
    left.sandbox.faults(answers={"error": 1.0})
    assert left.fetch_recordings() == []


def test_it_is_asked_for_again_less_and_less_often_and_then_missed_aloud(left: Centre) -> None:
    left.sandbox.faults(answers={"error": 1.0})
    assert left.fetch_recordings() == []
    assert left.fetch_recordings() == [], "not due yet"
    (voicemail,) = left.rows(Voicemail)
    assert (voicemail.audio, voicemail.tries) == ("awaited", 1)
    left.clock.ahead = timedelta(hours=23)
    assert left.fetch_recordings() == []
    assert left.rows(Task, Task.kind == "audio never came") == []
    left.clock.ahead = timedelta(hours=25)
    assert left.fetch_recordings() == [voicemail.id]
    (task,) = left.rows(Task, Task.kind == "audio never came")
    assert (task.account_id, "Summit Dental" in task.title) == (SUMMIT, True)
    (given_up,) = left.rows(Voicemail)
    assert (given_up.audio, given_up.tries, given_up.state) == ("never came", 3, "waiting")
    assert left.fetch_recordings() == []


def test_a_hostile_address_in_a_report_is_never_asked(left: Centre) -> None:
    """The door has digested the carrier's own reports; these bring addresses along, and another name."""
    with answering() as (canary, seen):
        for url in (canary, "http://169.254.169.254/latest/meta-data", "file:///etc/passwd"):
            form = {
                "CallSid": "CA" + "7" * 32,
                "AccountSid": left.sandbox.keys.account_sid,
                "RecordingSid": f"RE{abs(hash(url)) % 16**32:032x}",
                "RecordingUrl": url,
                "RecordingStatus": "completed",
            }
            _post_signed(left, form)
        left.settle_down()
        left.fetch_recordings()
    assert seen == []
    assert {one.audio for one in left.rows(Voicemail)} == {"kept", "awaited"}
    assert len(left.rows(Voicemail)) == 4


def _post_signed(centre: Centre, form: dict[str, str]) -> None:
    url = f"{centre.office.addresses.base_url}/webhooks/twilio/recording"
    signed = signature(url, form, centre.sandbox.keys.auth_token)
    headers = {"X-Twilio-Signature": signed}
    assert requests.post(url, data=form, headers=headers, timeout=10).status_code == 204


def test_of_a_carrier_that_is_not_connected_any_more_nothing_is_asked(left: Centre) -> None:
    with left.ledger.writing() as session:
        session.execute(update(Voicemail).values(provider="another"))
    assert left.fetch_recordings() == []
    (voicemail,) = left.rows(Voicemail)
    assert voicemail.tries == 1
