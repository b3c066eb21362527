"""What truly happened: every request, call and letter, in memory and in a file only ever appended to."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import orjson

ENDED = ("completed", "busy", "failed", "no-answer", "canceled")


@dataclass
class Request:
    """One request that asked for a call or a letter, and what its sender was told."""

    at: datetime
    provider: str  # twilio | connect | sendgrid | ses
    order: str | None  # the attempt id of the URL or the attributes, or the custom argument `mid`
    accepted: list[str]  # what it made: CallSid, contact id or letter numbers; empty when refused
    answer: int | None  # HTTP status; None when the sender never saw an answer
    fault: str | None


@dataclass
class Call:
    """One leg. `seconds` are those of the call's life, as billed; times are wall-clock."""

    sid: str
    to: str
    from_: str
    # outbound-api: the rep's phone; outbound-dial, outbound-contact: the customer's; inbound: a caller's
    direction: str
    created_at: datetime
    behaviour: str
    attempt: str | None = None
    parent_sid: str | None = None
    status: str = "queued"
    ringing_at: datetime | None = None  # set: this number truly rang
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: int = 0
    answered_by: str | None = None
    digits: str | None = None  # dialled after the answer: an extension
    key: str | None = None  # pressed by the person
    says: str | None = None  # inbound: what its caller says after the tone
    notices: list[dict[str, Any]] = field(default_factory=list)  # Twilio's debugger entries
    contact: dict[str, Any] = field(default_factory=dict)  # what only Connect knows of it

    @property
    def talked(self) -> bool:
        """A person was there."""
        return bool(self.answered_at) and self.behaviour in ("human", "answered")

    @property
    def ended(self) -> bool:
        return self.status in ENDED


@dataclass
class Letter:
    """One accepted letter to one recipient."""

    number: int
    message_id: str
    mid: str | None
    to: str
    subject: str
    accepted_at: datetime
    behaviour: str
    body: tuple[int, int]  # where its request lies in the file of bodies: offset, length
    events: list[str] = field(default_factory=list)


@dataclass
class Recording:
    """What a caller left. One without words is empty: Twilio says `absent`, and has no sound of it."""

    sid: str
    call_sid: str
    from_: str
    at: datetime
    seconds: int
    says: str


@dataclass
class Reply:
    """A mail that somebody wrote to us, and what the door said to it."""

    number: int
    to: str
    sender: str
    message_id: str
    kind: str  # what they meant by it, or "ordered"
    written_at: datetime
    posts: int = 0
    answer: int | None = None  # the last HTTP status; None when the door did not answer


class Truth:
    """Appends a line for every change; the last line about a thing is what holds."""

    def __init__(self, lines: BinaryIO, bodies: BinaryIO) -> None:
        self._lines, self._bodies = lines, bodies
        self.clear()

    def clear(self) -> None:
        self.requests: list[Request] = []
        self.calls: dict[str, Call] = {}
        self.letters: dict[int, Letter] = {}
        self.recordings: dict[str, Recording] = {}
        self.replies: dict[int, Reply] = {}
        self.suppressed: dict[str, str] = {}  # address -> the reason SendGrid drops letters to it
        self._tried: Counter[str] = Counter()

    def close(self) -> None:
        self._lines.close()
        self._bodies.close()

    def tried(self, name: str) -> int:
        """How often this number was rung, or this address written to, before."""
        return self._tried[name]

    def note_request(self, request: Request) -> None:
        self.requests.append(request)
        self._append("request", request)

    def note_call(self, call: Call) -> None:
        self._keep_call(call)
        self._append("call", call)

    def note_letter(self, letter: Letter) -> None:
        self._keep_letter(letter)
        self._append("letter", letter)

    def note_recording(self, recording: Recording) -> None:
        self.recordings[recording.sid] = recording
        self._append("recording", recording)

    def note_reply(self, reply: Reply) -> None:
        self.replies[reply.number] = reply
        self._append("reply", reply)

    def _keep_call(self, call: Call) -> None:
        self._tried[call.to] += call.sid not in self.calls
        self.calls[call.sid] = call

    def _keep_letter(self, letter: Letter) -> None:
        self._tried[letter.to] += letter.number not in self.letters
        self.letters[letter.number] = letter

    def suppress(self, address: str, reason: str) -> None:
        self.suppressed[address] = reason
        self._append("suppressed", {"address": address, "reason": reason})

    def reset(self) -> None:
        self.clear()
        self._append("reset", {})

    def keep_body(self, body: bytes) -> tuple[int, int]:
        offset = self._bodies.seek(0, 2)
        self._bodies.write(body)
        return offset, len(body)

    def body(self, letter: Letter) -> bytes:
        offset, length = letter.body
        self._bodies.seek(offset)
        return self._bodies.read(length)

    def report(self) -> dict[str, Any]:
        """Everything, ready for orjson."""
        return {
            "requests": self.requests,
            "calls": list(self.calls.values()),
            "letters": list(self.letters.values()),
            "recordings": list(self.recordings.values()),
            "replies": list(self.replies.values()),
            "suppressed": self.suppressed,
        }

    def recall(self, lines: BinaryIO) -> None:
        """Takes in what an earlier run wrote. Its live calls were cut off with it."""
        for line in lines:
            for kind, values in orjson.loads(line).items():
                self._recall_one(kind, values)
        for call in self.calls.values():
            if not call.ended:
                call.status = "failed"

    def _recall_one(self, kind: str, values: dict[str, Any]) -> None:
        values = {name: _moment(name, value) for name, value in values.items()}
        if kind == "request":
            self.requests.append(Request(**values))
        elif kind == "call":
            self._keep_call(Call(**values))
        elif kind == "letter":
            self._keep_letter(Letter(**{**values, "body": tuple(values["body"])}))
        elif kind == "recording":
            self.recordings[values["sid"]] = Recording(**values)
        elif kind == "reply":
            self.replies[values["number"]] = Reply(**values)
        elif kind == "suppressed":
            self.suppressed[values["address"]] = values["reason"]
        elif kind == "reset":
            self.clear()

    def _append(self, kind: str, record: object) -> None:
        self._lines.write(orjson.dumps({kind: record}) + b"\n")


def _moment(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if value and (name == "at" or name.endswith("_at")) else value


def open_truth(path: Path | None) -> Truth:
    """The truth kept at `path` (bodies of letters beside it, in `<path>.bodies`), or for this run only.

    Unbuffered, so that what was accepted is on record when the sandbox is killed.
    """
    if path is None:
        return Truth(TemporaryFile(buffering=0), TemporaryFile(buffering=0))
    path.parent.mkdir(parents=True, exist_ok=True)
    lines, bodies = open(path, "ab", buffering=0), open(f"{path}.bodies", "a+b", buffering=0)  # noqa: SIM115
    truth = Truth(lines, bodies)
    with open(path, "rb") as earlier:
        truth.recall(earlier)
    return truth
