"""What is more than 31 days past due, judged gross, then net, and who would close the gap (product.md 6)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from outreach.ledger.as_of import overdue_shares
from outreach.ledger.policies import InForce
from outreach.rules.money import Rates, decimal
from outreach.rules.overdue import Closer, Overdue, Share, overdue, shortest_list

PARTS = ("gross", "unapplied", "disputed", "promised", "net")


def overdue_31(session: Session, on: date, in_force: InForce) -> dict[str, Any]:
    """The document's `over_31`: amounts by currency, about USD beside the target, and the shortest list."""
    policy, rates = in_force.policy, in_force.rates
    shares = overdue_shares(session, on, policy.cadence.overdue_31)
    limit, parts = policy.targets.overdue_31, _parts(shares)
    judged = overdue(parts["gross"].items(), limit, rates, on)
    return {
        "formula": f"open invoices more than {policy.cadence.overdue_31} days past due, judged gross",
        "about_usd": decimal(judged.cents, "USD"),
        "below": decimal(limit, "USD"),
        "met": judged.is_met,
        **{name: _amounts(parts[name]) for name in PARTS},
        "net_about_usd": decimal(overdue(parts["net"].items(), limit, rates, on).cents, "USD"),
        "unrated": list(judged.unrated),
        "closing": _closing(judged, shares, rates, on),
    }


def _parts(shares: Sequence[Share]) -> Mapping[str, Counter[str]]:
    """What makes up gross and net, by currency; nothing is taken off twice."""
    found: dict[str, Counter[str]] = {name: Counter() for name in PARTS}
    for share in shares:
        net = share.gross - sum(share.held)
        for name, amount in zip(PARTS, (share.gross, *share.held, net), strict=True):
            found[name][share.currency] += amount
    return found


def _closing(judged: Overdue, shares: Sequence[Share], rates: Rates, on: date) -> dict[str, Any]:
    """The fewest accounts whose paying would bring the sum below the target."""
    chosen = shortest_list(shares, judged.limit, rates, on)
    return {
        "gap": "0.00" if judged.is_met else decimal(judged.gap, "USD"),
        "about_usd": decimal(sum(one.cents for one in chosen), "USD"),
        "accounts": [_closer(one) for one in chosen],
    }


def _closer(one: Closer) -> dict[str, Any]:
    return {
        "account": one.account,
        "amounts": _amounts(one.amounts),
        "about_usd": decimal(one.cents, "USD"),
    }


def _amounts(amounts: Mapping[str, int]) -> dict[str, str]:
    return {currency: decimal(amount, currency) for currency, amount in sorted(amounts.items())}
