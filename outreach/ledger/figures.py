"""The figures of the whole book, worked out after each import and plan, so that no page counts it.

A set is made at one moment of one day; of each day the newest is kept, so that days can be laid side by side.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, delete, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.ledger.imports import Import
from outreach.ledger.plans import Plan
from outreach.ledger.policies import PolicyVersion
from outreach.ledger.sales import CreditSales

WHOLE = ""
"""the currency of a count that goes over all of them"""


class FigureSet(Base):
    """Figures that belong together: what was known when they were worked out, and for which day."""

    __tablename__ = "figure_sets"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    day: Mapped[date]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))
    """the newest import that was applied"""
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    """the newest plan that was finished"""
    policy_id: Mapped[int | None] = mapped_column(BigInteger)
    """the policy in force, whose targets the figures are held against"""
    stated_at: Mapped[datetime | None]
    """when credit sales were last stated"""
    computed_at: Mapped[datetime]
    explained: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """what is no count: `by_currency` (currency -> name -> value, formula, inputs) and `over_31`"""


class Figure(Base):
    """One figure: of the aging bucket `31-60`, of the rule `no rep`; in one currency, or over all."""

    __tablename__ = "figures"

    set_id: Mapped[int] = mapped_column(ForeignKey("figure_sets.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    of: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Tally:
    """A figure before it is kept."""

    name: str
    of: str
    currency: str
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Basis:
    """What a set of figures rests on. Another basis, another set."""

    day: date
    import_id: int | None
    plan_id: int | None
    policy_id: int | None
    stated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """A set that was kept, with its figures by name."""

    made: FigureSet
    by_name: Mapping[str, Sequence[Figure]]

    def named(self, name: str) -> Sequence[Figure]:
        return self.by_name.get(name, ())


def basis(session: Session, day: date) -> Basis:
    """What figures of this day would rest on now."""
    applied = select(Import.id).where(Import.state == "applied").order_by(Import.id.desc()).limit(1)
    finished = select(Plan.id).where(Plan.finished_at.is_not(None)).order_by(Plan.id.desc()).limit(1)
    return Basis(
        day,
        import_id=session.scalar(applied),
        plan_id=session.scalar(finished),
        policy_id=session.execute(select(func.max(PolicyVersion.id))).scalar(),
        stated_at=session.execute(select(func.max(CreditSales.stated_at))).scalar(),
    )


def _basis_of(made: FigureSet) -> Basis:
    return Basis(made.day, made.import_id, made.plan_id, made.policy_id, made.stated_at)


def newest_set(session: Session) -> FigureSet | None:
    return session.scalars(select(FigureSet).order_by(FigureSet.id.desc()).limit(1)).first()


def are_stale(session: Session, day: date) -> bool:
    """Something came in, was planned or stated, or the day has changed since the newest set was made."""
    made = newest_set(session)
    return made is None or _basis_of(made) != basis(session, day)


def newest(session: Session) -> Figures | None:
    """The set to show; None before the first."""
    made = newest_set(session)
    if made is None:
        return None
    by_name: dict[str, list[Figure]] = defaultdict(list)
    rows = select(Figure).where(Figure.set_id == made.id).order_by(Figure.name, Figure.of, Figure.currency)
    for row in session.scalars(rows):
        by_name[row.name].append(row)
    return Figures(made, by_name)


def keep(
    session: Session,
    rests_on: Basis,
    tallies: Iterable[Tally],
    explained: dict[str, Any],
    *,
    now: datetime,
) -> None:
    """Keep a new set, and let go of what it replaces: the older ones of its day."""
    made = FigureSet(**asdict(rests_on), computed_at=now, explained=explained)
    session.add(made)
    session.flush()
    rows = [{"set_id": made.id, **asdict(tally)} for tally in tallies]
    if rows:
        session.execute(insert(Figure), rows)
    older = select(FigureSet.id).where(FigureSet.day == made.day, FigureSet.id < made.id)
    session.execute(delete(Figure).where(Figure.set_id.in_(older)))
    session.execute(delete(FigureSet).where(FigureSet.day == made.day, FigureSet.id < made.id))
