"""The figures a supervisor answers for, of any day, in one document: `outreach metrics` (product.md 6)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from outreach.ledger import as_of, keeping, lateness, promises
from outreach.ledger.as_of import Balance
from outreach.ledger.coverage import coverage, newest_as_of
from outreach.ledger.day_work import calls
from outreach.ledger.policies import InForce
from outreach.ledger.promises import Judging
from outreach.reports import day_work
from outreach.reports.key_figures import TITLES, KeyFigures, key_figures
from outreach.reports.overdue_31 import overdue_31
from outreach.rules.aging import BUCKETS
from outreach.rules.explained import Explained, share
from outreach.rules.lateness import formula as lateness_formula
from outreach.rules.money import decimal
from outreach.rules.policy import Lateness, Policy

LEDGER = (
    "open_total",
    "buckets",
    "over_31_days",
    "over_31",
    "by_currency",
    "kept_rate",
    "routinely_late",
)
"""what of the document rests on the ledger alone, so that it changes only where something was recorded"""

FORMULAS = {
    "open_total": "gross less payments and credits applied, dated on or before the day; by currency",
    "buckets": "what is open by days past due, credits and receipts by their own date: the sum is the ledger",
    "over_31_days": "open invoices more than {over_31} days past due, gross",
    "customers_called": "customers with at least one call that rang",
    "target": "{target} customers for each rep who called or had calls to make",
    "by_now": "the target, spread evenly over each rep's duty hours",
    "right_party_contacts": "calls answered, less wrong numbers, nobody there, and messages left",
    "promises": "promises made on the day",
    "root_causes": "the newest cause given for each invoice within 90 days, by what was open of it then",
    "campaigns": "touches of the last 14 days by step and day, and customers who paid within 14 days",
    "not_contacted": "accounts by the rule that kept them from a call, a letter or both on the day",
}


def metrics(session: Session, on: date, in_force: InForce, now: datetime) -> dict[str, Any]:
    """Every figure of a day by what is known now; it commits nothing. Amounts are text, shares numbers."""
    policy, newest = in_force.policy, newest_as_of(session)
    standing, by_currency = list(as_of.balances(session, on)), key_figures(session, on, policy)
    judging = Judging(on, None if newest is None else min(on, newest), keeping.bounced_since(session, on))
    made, kept = calls(session, on), _kept_rate(session, judging)
    shares = day_work.shares(session, on, made, policy, now)
    totals = _totals(standing, policy.organization.currency)
    late, ours = overdue_31(session, on, in_force), by_currency[policy.organization.currency]
    document = {
        "as_of": on.isoformat(),
        "known_at": now.isoformat(),
        "currency": policy.organization.currency,
        "open_total": _amounts(totals),
        "buckets": _buckets(standing, totals),
        "over_31_days": _amounts(dict.fromkeys(totals, 0)) | late["gross"],
        "over_31": late,
        **_values(ours),
        "kept_rate": _value(kept),
        "by_currency": {currency: _told(figures) for currency, figures in by_currency.items()},
        "activity": day_work.activity(session, on, made, policy, now) | _values(shares),
        "campaigns": list(day_work.campaign_lines(session, judging)),
        "not_contacted": day_work.not_contacted(session, on),
        "routinely_late": _routinely_late(session, on, policy.lateness),
        "notes": list(_notes(session, on, judging, by_currency, late)),
    }
    worked_out = {name: one.to_json() for name, one in {**ours, "kept_rate": kept, **shares}.items()}
    return document | {"explained": _plainly(document, policy) | worked_out}


def _kept_rate(session: Session, judging: Judging) -> Explained:
    """Of the promises of 90 days whose grace day is over by what the ledger knew."""
    counts = {
        which: sum(count for _, count, _ in session.execute(promises.judged(which, judging)))
        for which in ("kept", "broken")
    }
    return share(
        counts["kept"],
        sum(counts.values()),
        "kept / promises whose grace day is over x 100, of the last 90 days",
        ("kept", "promises whose grace day is over"),
    )


def _totals(standing: Sequence[Balance], ours: str) -> Mapping[str, int]:
    """Currency -> what is open, of our own currency and of every one with anything open."""
    return {
        currency: sum(one.amount for one in standing if one.currency == currency)
        for currency in sorted({ours, *(one.currency for one in standing)})
    }


def _buckets(standing: Sequence[Balance], currencies: Iterable[str]) -> dict[str, dict[str, str]]:
    """Bucket -> currency -> amount."""
    amounts = {(one.bucket, one.currency): one.amount for one in standing}
    return {
        bucket: _amounts({currency: amounts.get((bucket, currency), 0) for currency in currencies})
        for bucket in BUCKETS
    }


def _routinely_late(session: Session, on: date, rule: Lateness) -> list[dict[str, Any]]:
    return [
        {
            "account": one.number,
            "name": one.name,
            "due": one.due,
            "late": len(one.days_late),
            "median_days": one.median_days,
        }
        for one in lateness.routinely_late(session, on, rule).values()
    ]


def _told(figures: KeyFigures) -> dict[str, Any]:
    return _values(figures) | {"explained": {name: one.to_json() for name, one in figures.items()}}


def _plainly(document: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """The formula of what is counted or added up; lists stand where they are, and are not repeated."""
    words = {"over_31": policy.cadence.overdue_31, "target": policy.desk.target}
    plain = {name: formula.format(**words) for name, formula in FORMULAS.items()}
    plain["routinely_late"] = lateness_formula(policy.lateness)
    known = {**document["activity"], **document}
    return {
        name: {"formula": formula} | ({} if isinstance(known[name], list) else {"value": known[name]})
        for name, formula in plain.items()
    }


def _notes(
    session: Session,
    on: date,
    judging: Judging,
    by_currency: Mapping[str, KeyFigures],
    late: Mapping[str, Any],
) -> Iterator[str]:
    """What a reader has to know: what is missing, and what the figures rest on."""
    if judging.as_of is None:
        yield "No file of invoices has been imported yet."
    elif judging.as_of < on:
        yield f"The newest file speaks of {judging.as_of}: nothing later is known."
    for one in coverage(session).values():
        if one.begins and one.begins > on:
            yield f"The files of {one.source} begin on {one.begins}: what was paid before is not in them."
    for currency, figures in by_currency.items():
        for why in dict.fromkeys(figure.why for figure in figures.values() if figure.why):
            names = ", ".join(TITLES[name] for name, figure in figures.items() if figure.why == why)
            yield f"{currency}: no {names}: {why}."
    if late["unrated"]:
        yield f"No rate for {', '.join(late['unrated'])}: not among the sum in USD."


def _values(figures: Mapping[str, Explained]) -> dict[str, float | None]:
    return {name: _value(one) for name, one in figures.items()}


def _value(one: Explained) -> float | None:
    return None if one.rounded is None else float(one.rounded)


def _amounts(amounts: Mapping[str, int]) -> dict[str, str]:
    return {currency: decimal(amount, currency) for currency, amount in amounts.items()}
