"""What goes wrong on request, how often, and the dice that decide.

seed = 3
[answers]               # of our API; at most one of them per request, shares of 1
late = 0.1              # accepted, answered after late_ms
lost = 0.05             # accepted, the connection drops before the answer
hung = 0.02             # accepted, no answer for hung_ms: the client times out
garbled = 0.01          # accepted, the answer's body is cut in half
error_accepted = 0.03   # accepted, answered 500
error = 0.05            # not accepted, answered 500
dropped = 0.02          # not accepted, the connection drops
throttled = 0.05        # not accepted, answered 429
[webhooks]              # each drawn on its own
duplicate = 0.2
shuffled = 0.2          # held back up to spread_ms, later ones overtake it
lost = 0.05
early = 0.1             # the first report arrives before the API's answer
late_amd = 0.1          # the machine detection's result arrives after the call's end
[calls]
queued = 0.1            # stays `queued` for queue_ms before it is dialled
"""

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from outreach.sandbox.chance import pick, unit


@dataclass(frozen=True)
class Answers:
    late: float = 0.0
    lost: float = 0.0
    hung: float = 0.0
    garbled: float = 0.0
    error_accepted: float = 0.0
    error: float = 0.0
    dropped: float = 0.0
    throttled: float = 0.0
    late_ms: int = 250
    hung_ms: int = 30_000
    retry_after: int = 1  # seconds


@dataclass(frozen=True)
class Webhooks:
    duplicate: float = 0.0
    shuffled: float = 0.0
    lost: float = 0.0
    early: float = 0.0
    late_amd: float = 0.0
    spread_ms: int = 500


@dataclass(frozen=True)
class Calls:
    queued: float = 0.0
    queue_ms: int = 2_000


@dataclass(frozen=True)
class Faults:
    """Shares are of 1; times are real milliseconds, whatever the sandbox's speed."""

    answers: Answers = field(default_factory=Answers)
    webhooks: Webhooks = field(default_factory=Webhooks)
    calls: Calls = field(default_factory=Calls)
    seed: int = 1


class Dice:
    """Draws by the faults in force; the n-th draw of a kind is always the same for one seed."""

    def __init__(self, faults: Faults, drawn: Counter[str] | None = None) -> None:
        self.faults = faults
        self.drawn = Counter[str]() if drawn is None else drawn
        """how many reports suffered what, by the names in [webhooks]"""
        self._draws: dict[str, int] = {}

    def _unit(self, kind: str) -> float:
        nth = self._draws[kind] = self._draws.get(kind, 0) + 1
        return unit(self.faults.seed, kind, nth)

    def answer(self) -> str | None:
        """The fault of one answer of our API, or None."""
        return pick(self._unit("answer"), shares(self.faults.answers))

    def happens(self, kind: str) -> bool:
        """Whether this report suffers `kind`, a name in [webhooks]."""
        share: float = getattr(self.faults.webhooks, kind)
        drawn = self._unit(kind) < share
        self.drawn[kind] += drawn
        return drawn

    def deliveries(self) -> list[float]:
        """The real seconds to hold back each copy of one report: [] is lost, [0] is as it should be."""
        if self.happens("lost"):
            return []
        first = self._spread() if self.happens("shuffled") else 0.0
        return [first, self._spread()] if self.happens("duplicate") else [first]

    def queue_seconds(self) -> float:
        """The real seconds a new call waits in the carrier's queue."""
        calls = self.faults.calls
        return calls.queue_ms / 1000 if self._unit("queued") < calls.queued else 0.0

    def _spread(self) -> float:
        return self._unit("spread") * self.faults.webhooks.spread_ms / 1000


def shares(part: Answers | Webhooks | Calls) -> dict[str, float]:
    return {name: value for name, value in vars(part).items() if isinstance(value, float)}


def read(path: Path) -> Faults:
    """Raises ValueError with one sentence that names the file and what is wrong in it."""
    try:
        return parse(tomllib.loads(path.read_text()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValueError) as error:
        raise ValueError(f"the faults {path} cannot be used: {error}") from error


def parse(table: Mapping[str, Any]) -> Faults:
    """Raises ValueError naming the key that is unknown or out of range."""
    none = Faults()
    unknown = sorted(set(table) - set(vars(none)))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no known part; use {', '.join(vars(none))}")
    faults = Faults(
        _fill(none.answers, table.get("answers", {})),
        _fill(none.webhooks, table.get("webhooks", {})),
        _fill(none.calls, table.get("calls", {})),
        _value("seed", none.seed, table.get("seed", none.seed)),
    )
    if sum(shares(faults.answers).values()) > 1:
        raise ValueError("the shares in [answers] add up to more than 1")
    return faults


Part = TypeVar("Part", Answers, Webhooks, Calls)


def _fill(part: Part, table: Any) -> Part:
    if not isinstance(table, Mapping):
        raise ValueError("answers, webhooks and calls are tables of names and values")
    known = vars(part)
    return replace(part, **{name: _value(name, known.get(name), value) for name, value in table.items()})


def _value(name: str, default: object, value: Any) -> Any:
    if default is None:
        raise ValueError(f"{name!r} is no known fault")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(default, float) and not (number and 0 <= value <= 1):
        raise ValueError(f"{name!r} must be a share from 0 to 1")
    if isinstance(default, int) and not (number and value == int(value) >= 0):
        raise ValueError(f"{name!r} must be a whole number")
    return type(default)(value)  # type: ignore[call-arg]
