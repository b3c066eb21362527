"""What a plan came to: the document of `outreach plan --json` (interface.md)."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from outreach.campaigns.planning.judging import PLACELESS, Verdict
from outreach.campaigns.planning.triggers import NEW
from outreach.ledger.roster import OpenFiring
from outreach.rules.cadence import days_past_due
from outreach.rules.steps import Channel


class Line(NamedTuple):
    """A firing as the plan found or made it, before the places of the day were given out."""

    account: str
    firing: OpenFiring
    state: str
    why: str | None
    rules: Mapping[Channel, str]
    """the rule that keeps a side without a touch"""


@dataclass
class PlanResult:
    """Counts, and with a listing every firing that is open or was ended by this plan."""

    day: date
    touch_day: date
    fired: Counter[str] = field(default_factory=Counter)
    touches: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    """rule -> accounts it keeps from a call or a letter"""
    written: int = 0
    """rows; 0 when everything was planned already"""
    lines: list[Line] = field(default_factory=list)
    touched: dict[tuple[int, Channel], date] = field(default_factory=dict)
    """(account, channel) -> day of the touch that what was free rides on"""
    carried: Mapping[str, Mapping[int, Any]] = field(default_factory=dict)
    """channel -> firing -> the touch that carried it before this plan"""
    idle: Collection[int] = ()
    """touches of before that this plan ends: they carry nothing any more"""

    def counts(self) -> dict[str, Any]:
        """The document without its firings."""
        return {
            "date": self.day.isoformat(),
            "touch_date": self.touch_day.isoformat(),
            "fired": dict(sorted(self.fired.items())),
            "touches": {channel.value: self.touches[channel.value] for channel in Channel},
            "left_out": dict(sorted(self.left_out.items())),
        }

    def to_json(self) -> dict[str, Any]:
        """The whole document."""
        return self.counts() | {"firings": self.firings()}

    def firings(self) -> list[dict[str, Any]]:
        """By account, subject and place on the ladder."""
        return [self._firing(line) for line in sorted(self.lines, key=_place)]

    def changes(self) -> dict[str, Any]:
        """What this plan adds to, and ends of, what was planned before it: for a dry run."""
        lines = sorted(self.lines, key=_place)
        return {
            "fires": [self._firing(one) for one in lines if one.firing.id == NEW and one.state == "open"],
            "ends": [self._firing(one) for one in lines if one.firing.id != NEW and one.state != "open"],
            "touches": sorted(self._new_touches(lines), key=lambda one: tuple(one.values())),
            "drops": sorted(self._dropped(lines), key=lambda one: tuple(one.values())),
        }

    def _new_touches(self, lines: Iterable[Line]) -> Iterator[dict[str, str]]:
        """One an account and channel."""
        seen = set()
        for line in lines:
            for channel, rule in line.rules.items():
                key = (line.firing.account_id, channel)
                if rule == PLACELESS[channel] and key in self.touched and key not in seen:
                    seen.add(key)
                    yield _touch(line.account, channel, self.touched[key])

    def _dropped(self, lines: Iterable[Line]) -> Iterator[dict[str, str]]:
        """Touches with nothing left to say."""
        seen = set()
        for line in lines:
            for channel in Channel:
                touch = self.carried.get(channel, {}).get(line.firing.id)
                if touch and touch.id in self.idle and touch.id not in seen:
                    seen.add(touch.id)
                    yield _touch(line.account, channel, touch.day)

    def list_firings(self, verdict: Verdict) -> None:
        """Keep an account's firings for the document."""
        account = verdict.facts.member.number
        for number, firing in enumerate(verdict.triggered.open):
            rules = {one: side.rules[number][0] for one, side in verdict.sides.items() if side.rules[number]}
            self.lines.append(Line(account, firing, "open", None, rules))
        for firing, how, why in verdict.triggered.ended:
            self.lines.append(Line(account, firing, how, why, {}))

    def _firing(self, line: Line) -> dict[str, Any]:
        firing, invoice = line.firing, line.firing.invoice
        touches = list(self._touches(line))
        placed = {touch["channel"] for touch in touches}
        rules = {channel.value: rule for channel, rule in line.rules.items() if channel not in placed}
        return {
            "account": line.account,
            "step": firing.step.name,
            "subject": firing.subject,
            "cycle": firing.cycle,
            "days_past_due": days_past_due(invoice.due_on, self.day) if invoice else None,
            "state": line.state,
            "why": line.why,
            "touches": touches,
            "rule": ", ".join(dict.fromkeys(rules.values())) or None,
            "rules": rules,
        }

    def _touches(self, line: Line) -> Iterator[dict[str, Any]]:
        for channel in Channel:
            before = self.carried[channel].get(line.firing.id)
            now = self.touched.get((line.firing.account_id, channel))
            if line.state == "open" and before:
                yield {"channel": channel.value, "date": before.day.isoformat()}
            elif now and line.rules.get(channel) == PLACELESS[channel]:
                yield {"channel": channel.value, "date": now.isoformat()}


def _touch(account: str, channel: Channel, day: date) -> dict[str, str]:
    return {"date": day.isoformat(), "channel": channel.value, "account": account}


def _place(line: Line) -> tuple[str, str, int, str]:
    """An invoice's firings in the order of its ladder."""
    return line.account, line.firing.subject, line.firing.step.rung, line.firing.cycle
