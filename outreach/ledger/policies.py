"""Versions of the business numbers: who put which into force, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.rules.money import Rates
from outreach.rules.policy import Policy

NO_RATES = Rates()
RULES = "policy in force"
"""where a session keeps it"""


class PolicyVersion(Base):
    """The whole document of `config/outreach.toml` as it was loaded. The highest id is in force."""

    __tablename__ = "policies"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    document: Mapped[str]
    rates: Mapped[str] = mapped_column(default="")
    """`config/fx.toml` as it was loaded with it"""
    actor: Mapped[str]
    why: Mapped[str]
    loaded_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy in force and the id of its version, which every plan, touch and letter keeps."""

    id: int
    policy: Policy
    rates: Rates = NO_RATES


class NoPolicyError(LookupError):
    """The database has no policy yet: `outreach init` loads `config/outreach.toml` as version 1."""


def in_force(session: Session) -> InForce:
    """The version that rules now, the same all through a transaction. Raises NoPolicyError before
    `outreach init`."""
    known: InForce | None = session.info.get(RULES)
    if known is None:
        version = document_in_force(session)
        known = InForce(version.id, _parsed(version.document), _rates(version.rates))
        session.info[RULES] = known
    return known


def exists(session: Session) -> bool:
    return session.execute(select(PolicyVersion.id).limit(1)).first() is not None


def document_in_force(session: Session) -> PolicyVersion:
    """The newest version with its document, as loaded. Raises NoPolicyError before `outreach init`."""
    version = session.scalars(_NEWEST).first()
    if version is None:
        raise NoPolicyError("this database has no policy yet: run `outreach init` first")
    return version


def history(session: Session) -> Sequence[PolicyVersion]:
    """Every version, oldest first."""
    return session.scalars(select(PolicyVersion).order_by(PolicyVersion.id)).all()


def load(
    session: Session, document: str, *, actor: str, why: str, now: datetime, rates: str | None = None
) -> InForce:
    """Put a document into force as a new version; without `rates` those of the version before stay.

    Raises PolicyError or MoneyError before anything is written.
    """
    if rates is None:
        rates = document_in_force(session).rates if exists(session) else ""
    policy, table = _parsed(document), _rates(rates)
    version = PolicyVersion(document=document, rates=rates, actor=actor, why=why, loaded_at=now)
    session.add(version)
    session.flush()
    session.info[RULES] = InForce(version.id, policy, table)
    return in_force(session)


_NEWEST = select(PolicyVersion).order_by(PolicyVersion.id.desc()).limit(1)


@lru_cache(maxsize=8)
def _parsed(document: str) -> Policy:
    return Policy.parse(document)


@lru_cache(maxsize=8)
def _rates(document: str) -> Rates:
    return Rates.parse(document)
