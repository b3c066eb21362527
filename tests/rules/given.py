"""What the cases of this room share: the shipped policy, and short ways to write dates and moments."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from outreach.rules.money import Rates
from outreach.rules.policy import Policy

ROOT = Path(__file__).parents[2]
SHIPPED = (ROOT / "config/outreach.toml").read_text(encoding="utf-8")
POLICY = Policy.parse(SHIPPED)
RATES = Rates.parse((ROOT / "config/fx.toml").read_text(encoding="utf-8"))


def policy(*changes: tuple[str, str]) -> Policy:
    """The shipped policy with some lines changed: `("target = 75", "target = 80")`."""
    text = SHIPPED
    for line, instead in changes:
        assert line in text
        text = text.replace(line, instead)
    return Policy.parse(text)


def day(text: str) -> date:
    return date.fromisoformat(text)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ny(text: str) -> datetime:
    """A clock time in New York, the shipped organization's zone, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
