"""The business numbers as files: `config/outreach.toml`, and beside it `fx.toml`, dated rates to USD."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session

import outreach
from outreach.ledger import policies
from outreach.ledger.policies import InForce, PolicyVersion
from outreach.rules.money import MoneyError, Rates
from outreach.rules.policy import Policy, PolicyError


class BadPolicyFile(Exception):
    """A file of numbers or rates that cannot be used: the sentence names it and says what to write."""


def policy_file() -> Path:
    """`config/outreach.toml` of this folder, else the one that came with outreach."""
    here = Path("config/outreach.toml")
    return here if here.exists() else Path(outreach.__file__).parents[1] / here


def rates_file(policy: Path) -> Path:
    """Where the rates of a policy file stand."""
    return policy.with_name("fx.toml")


class Documents(NamedTuple):
    """What a policy file and the rates beside it say; None where there is no `fx.toml`."""

    policy: str
    rates: str | None


def read(policy: Path) -> Documents:
    """Both documents, found to be good. Raises BadPolicyFile."""
    found = Documents(text_of(policy), _rates_beside(policy))
    try:
        Policy.parse(found.policy)
    except PolicyError as mistake:
        raise BadPolicyFile(f"{policy}: {mistake}") from None
    return found


def text_of(file: Path) -> str:
    """Raises BadPolicyFile."""
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise BadPolicyFile(f"{file} is not UTF-8 text: save it as UTF-8 and try again") from None
    except OSError as error:
        raise BadPolicyFile(f"{file} cannot be read ({error.strerror}): check the path") from None


def _rates_beside(policy: Path) -> str | None:
    file = rates_file(policy)
    if not file.exists():
        return None
    rates = text_of(file)
    try:
        Rates.parse(rates)
    except MoneyError as mistake:
        raise BadPolicyFile(f"{file}: {mistake}") from None
    return rates


class Compared(NamedTuple):
    """A file beside what is in force of it."""

    name: str
    in_force: str
    file: str


def compared(version: PolicyVersion) -> list[Compared]:
    """The version beside the file of this folder, and its rates where there are any. Raises BadPolicyFile."""
    file, found = policy_file(), read(policy_file())
    files = [Compared(file.name, version.document, found.policy)]
    if found.rates is not None:
        files.append(Compared(rates_file(file).name, version.rates, found.rates))
    return files


def load(session: Session, policy: Path, *, actor: str, why: str, now: datetime) -> InForce:
    """Put a policy file and the rates beside it into force; without such a file the rates in force stay.

    Raises BadPolicyFile.
    """
    found = read(policy)
    return policies.load(session, found.policy, actor=actor, why=why, now=now, rates=found.rates)
