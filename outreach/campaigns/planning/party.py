"""Who is contacted about an account, by whom, and what that is worth."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from outreach.campaigns.planning.gathering import SILENCE, Facts
from outreach.campaigns.planning.scene import Scene
from outreach.ledger.reach import Way, choose
from outreach.ledger.roster import OpenFiring
from outreach.rules.cadence import weeks_unreached
from outreach.rules.commitments import asked
from outreach.rules.outcomes import closes
from outreach.rules.plan_day import Balance
from outreach.rules.standing import Standing
from outreach.rules.steps import REPLY_WAITING, Channel, Step


class Worth(NamedTuple):
    """What an account is worth contacting for, by its main currency."""

    balance: Balance
    asked: int
    about_usd: int | None
    """of all its currencies; None: there is no rate for any"""
    reached_on: date | None
    rang_on: date | None
    mrr_past_due: bool = False
    """in whatever currency"""
    broken: bool = False
    """a promise of theirs stands broken"""


class Party:
    """Who is contacted about an account, and by whom."""

    def __init__(self, facts: Facts, scene: Scene) -> None:
        self.facts, self.scene = facts, scene
        self.customer = scene.customer(facts.member)
        self.desk = scene.desk(facts.member)
        self.is_family = self.customer.id in scene.parents
        """whether others may share its touches"""
        wrote = self.customer.id in scene.wrote
        self.reply_waiting = wrote or any(one.step is REPLY_WAITING for one in facts.firings)
        total_open = any(balance.total_open > 0 for balance in facts.balances)
        talk = facts.talk if facts.talk is not SILENCE else None  # most are silent, and told apart often
        account = (facts.member.barred, total_open, self.reply_waiting, talk)
        self.kind = (*account, self.desk is None)
        """all that the gate's rules look at, but not who it is"""
        self._worth: Worth | None = None

    def standing(self, step: Step, channel: Channel, way: Way | None, on: date) -> Standing:
        """The gate's facts on one channel, all but what covers a firing."""
        facts, totals = self.facts, [balance.total_open for balance in self.facts.balances]
        written = way is not None and (way.destination_id, on) in self.scene.agenda.written_to
        said = facts.talk.said if on == self.scene.day.touch_on else ()
        return self.scene.standings[channel]._replace(
            barred=facts.member.barred,
            total_open=max(totals, default=0),
            reply_waiting=self.reply_waiting,
            conversation_on=facts.talk.conversation_on,
            spoken_today=any(closes(one, step) for one in said),
            automatic_on=on if written else None,
            duty=self.desk.duty if self.desk else None,
            **(way.facts() if way else {}),
        )

    def way(self, channel: Channel, need: str, firings: Sequence[OpenFiring]) -> Way | None:
        """The number or address for a need: the first contact's, or the next one's to be called by now."""
        if channel is Channel.EMAIL:
            return choose(self.facts.ways.mails, need)
        return choose(self.facts.ways.calls, need, int(self._is_next_contacts_turn(firings)))

    def _is_next_contacts_turn(self, firings: Sequence[OpenFiring]) -> bool:
        """After two weeks of `overdue_31` in which nobody was reached."""
        patience = self.scene.in_force.policy.cadence.next_contact_after_weeks
        weeks = (weeks_unreached(one.cycle, one.run, self.customer.reached_on) for one in firings if one.run)
        return any(unreached >= patience for unreached in weeks)

    def worth(self) -> Worth:
        """What is asked of the account, and when it was last in touch."""
        if self._worth is None:
            self._worth = self._reckon()
        return self._worth

    def _reckon(self) -> Worth:
        facts, day = self.facts, self.scene.day
        sums = []
        for balance in facts.balances or (Balance(facts.member.id, day.policy.organization.currency),):
            left = asked(balance.asked, balance.credits, day.minimum(balance.currency))
            sums.append((day.rates.about_usd(left, balance.currency, day.on), left, balance))
        _, left, main = max(sums, key=lambda one: (one[0] or 0, one[1])) if len(sums) > 1 else sums[0]
        known = [usd for usd, _, _ in sums if usd is not None]
        value = sum(known) if known else None
        broken = facts.member.broken_on is not None
        mrr = any(balance.mrr_months for balance in facts.balances)
        return Worth(main, left, value, self.customer.reached_on, self.customer.rang_on, mrr, broken)
