"""What the commands of the desk share: a ledger, the moment, who asks; and one sentence for a mistake."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import click

from outreach.bootstrap import clock_of, ledger_only
from outreach.cli.output import Failure
from outreach.ledger import policies
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.ledger.naming import Unclear
from outreach.rules.policy import Policy

by_option = click.option("--by", required=True, metavar="LOGIN", help="Who says so.")


def operator() -> str:
    """Who runs the command as the machine knows them; in many a container it knows nobody."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"


@dataclass(frozen=True)
class Desk:
    """Where a command works."""

    ledger: Ledger
    clock: Clock
    policy: Policy
    now: datetime

    @property
    def today(self) -> date:
        return self.policy.today(self.now)


@contextmanager
def at_desk() -> Iterator[Desk]:
    """A ledger and its policy; what cannot be done as it was asked for becomes its sentence."""
    with ledger_only() as ledger:
        clock = clock_of(ledger)
        with ledger.reading() as session:
            policy = policies.in_force(session).policy
        try:
            yield Desk(ledger, clock, policy, clock.now())
        except Unclear as mistake:
            raise Failure(str(mistake), exit_code=2) from None
