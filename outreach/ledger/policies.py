"""Versions of the business numbers: who put which into force, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.ledger.base import Base, Key
from outreach.rules.policy import Policy


class PolicyVersion(Base):
    """The whole document of `config/outreach.toml` as it was loaded. The highest id is in force."""

    __tablename__ = "policies"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    document: Mapped[str]
    actor: Mapped[str]
    why: Mapped[str]
    loaded_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy in force and the id of its version, which every plan, touch and letter keeps."""

    id: int
    policy: Policy


class NoPolicyError(LookupError):
    """The database has no policy yet: `outreach init` loads `config/outreach.toml` as version 1."""


def in_force(session: Session) -> InForce:
    """The version that rules now. Raises NoPolicyError before `outreach init`."""
    version = document_in_force(session)
    return InForce(version.id, _parsed(version.document))


def exists(session: Session) -> bool:
    return session.execute(select(PolicyVersion.id).limit(1)).first() is not None


def document_in_force(session: Session) -> PolicyVersion:
    """The newest version with its document, as loaded. Raises NoPolicyError before `outreach init`."""
    version = session.scalars(select(PolicyVersion).order_by(PolicyVersion.id.desc()).limit(1)).first()
    if version is None:
        raise NoPolicyError("this database has no policy yet: run `outreach init` first")
    return version


def history(session: Session) -> Sequence[PolicyVersion]:
    """Every version, oldest first."""
    return session.scalars(select(PolicyVersion).order_by(PolicyVersion.id)).all()


def load(session: Session, document: str, *, actor: str, why: str, now: datetime) -> InForce:
    """Put a document into force as a new version. Raises PolicyError before anything is written."""
    policy = _parsed(document)
    version = PolicyVersion(document=document, actor=actor, why=why, loaded_at=now)
    session.add(version)
    session.flush()
    return InForce(version.id, policy)


@lru_cache(maxsize=8)
def _parsed(document: str) -> Policy:
    return Policy.parse(document)
