"""The right of the desk: whom we ring, whether we may, and how the call stands, in words."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from outreach.dialer import clicks
from outreach.dialer.carrier import LegOf
from outreach.ledger.attempts import CallAttempt
from outreach.ledger.desk import Line
from outreach.ledger.people import User
from outreach.ledger.standing import duty_of
from outreach.ledger.touches import Touch
from outreach.rules import hours, states
from outreach.rules.hours import Window
from outreach.rules.outcomes import ANSWERED, Outcome
from outreach.rules.policy import Policy
from outreach.rules.zones import Place, city

UNANSWERED = {
    Outcome.MACHINE: "A machine answered.",
    Outcome.VOICEMAIL_LEFT: "Voicemail left.",
    Outcome.FAX: "A fax answered.",
    Outcome.NO_ANSWER: "No answer.",
    Outcome.BUSY: "Busy.",
    Outcome.BAD_NUMBER: "This number does not exist.",
    Outcome.BLOCKED: "The carrier blocked the call.",
    Outcome.FAILED: "The call failed.",
    Outcome.CANCELED: "Canceled.",
    Outcome.REP_NO_ANSWER: "Your phone was not picked up.",
    Outcome.ABANDONED: "They hung up before you were connected.",
    Outcome.NOT_PLACED: "Nothing was dialled.",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One planned call and its newest attempt."""

    line: Line
    there: str
    """what time it is with them, and when they may be called"""
    why_grey: str | None
    now: datetime

    @property
    def attempt(self) -> CallAttempt | None:
        return self.line.last

    @property
    def live(self) -> bool:
        return self.attempt is not None and self.attempt.state in states.CALL_LIVE

    @property
    def must_save(self) -> bool:
        """Somebody answered, and nobody has said yet what came of it."""
        return _unsaved(self.attempt, *ANSWERED)

    @property
    def may_save(self) -> bool:
        """While it is live; and after it, where the rep may have talked to a person or a machine."""
        return self.live or _unsaved(self.attempt, *ANSWERED, Outcome.MACHINE)

    @property
    def mood(self) -> str:
        """A class for the eye."""
        if self.live:
            return "live"
        return "over" if self.attempt and not self.may_save else ""

    @property
    def words(self) -> str:
        """How the newest call stands."""
        if self.attempt is None:
            return ""
        whom = self.line.way.name if self.line.way else self.line.account.name
        return _live_words(self.attempt, whom) if self.live else _end_words(self.attempt)

    @property
    def talking(self) -> str:
        """For how long, in minutes and seconds."""
        since = self.attempt.connected_at if self.attempt and self.live else None
        seconds = int((self.now - since).total_seconds()) if since else 0
        return f"{seconds // 60}:{seconds % 60:02d}" if since else ""


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits at the desk, when, and by which policy."""

    session: Session
    rep: User
    policy: Policy
    now: datetime
    rings_first: LegOf = "rep"
    _grey: dict[int, str | None] = field(default_factory=dict)
    """touch id -> why its button does nothing: a page asks more than once, and the gate reads a lot"""

    def call(self, line: Line, trouble: str | None) -> Call:
        """`trouble`: why nobody at all can be called just now."""
        return Call(line, self._there(line), trouble or self._why_grey(line), self.now)

    def may_call(self, line: Line) -> bool:
        """Whether the button would do something. The gate is asked only of those who are awake."""
        not_yet = line.touch.not_before and self.now < line.touch.not_before
        return not not_yet and self._awake(line) and self._why_grey(line) is None

    def standing(self, line: Line) -> str:
        """How a line of the queue stands, in two or three words."""
        touch, last = line.touch, line.last
        if touch.state == "started":
            return "on the phone"
        if _unsaved(last, *ANSWERED):
            return "to be saved"
        if touch.state != "open":
            ended = last and (last.disposition or last.outcome)
            return (ended or touch.reason or touch.state).replace("_", " ")
        if line.way is None:
            return "nobody to call"
        if touch.not_before and self.now < touch.not_before:
            return f"from {_clock(touch.not_before, line.way.place)}"
        return touch.step.replace("_", " ")

    def _why_grey(self, line: Line) -> str | None:
        if line.touch.id not in self._grey:
            self._grey[line.touch.id] = self._ask(line.touch)
        return self._grey[line.touch.id]

    def _ask(self, touch: Touch) -> str | None:
        if touch.destination_id is None:
            return "There is no number to call: find a contact."
        number_id, first = touch.destination_id, self.rings_first
        grey = clicks.why_grey(self.session, touch, number_id, self.rep, self.policy, self.now, first)
        return grey.words if grey else None

    def _awake(self, line: Line) -> bool:
        if line.way is None:
            return False
        today, duty = self.policy.today(self.now), duty_of(self.rep, self.policy)
        window = hours.call_window(line.way.place, today, self.policy, duty)
        return isinstance(window, Window) and window.holds(self.now)

    def _there(self, line: Line) -> str:
        place = line.way.place if line.way else Place()
        if not place.zones:
            return "Their time zone is not known."
        local = _clock(self.now, place)
        window = hours.next_call_window(place, self.now, self.policy, duty_of(self.rep, self.policy))
        if not isinstance(window, Window):
            return f"{local}; {window.why}"
        if window.holds(self.now):
            return f"{local}, open until {window.closes.astimezone(ZoneInfo(place.zones[0])):%H:%M}"
        return f"{local}; {hours.opens_in_words(window, place, self.now)}"


def _clock(moment: datetime, place: Place) -> str:
    """What a clock shows there."""
    zone = place.zones[0] if place.zones else "UTC"
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M} in {city(zone)}"


def _unsaved(call: CallAttempt | None, *outcomes: Outcome) -> bool:
    return call is not None and call.outcome in outcomes and call.wrapped_at is None


def _live_words(call: CallAttempt, whom: str) -> str:
    match states.progress(call.state, call.progress):
        case "placing":
            return "Placing the call…"
        case "ringing":
            return f"Ringing {whom}…"
        case "connected":
            return f"Connected to {whom}"
        case "unknown":
            return "The carrier did not answer: asking whether anything rings. It is not dialled again."
        case _ if call.bridging_at:
            return f"Dialling {whom}…"
        case _:
            return "Your phone rings: pick up, press any key."


def _end_words(call: CallAttempt) -> str:
    outcome = Outcome(call.outcome or Outcome.UNKNOWN)
    if outcome in ANSWERED:
        return "Saved." if call.wrapped_at else "Answered. What came of it?"
    return UNANSWERED.get(outcome, "Nobody knows how this call ended.")
