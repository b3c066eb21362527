"""Settings to an office."""

from datetime import timedelta
from pathlib import Path

import pytest

from outreach import bootstrap, settings


def test_the_sandbox_is_not_paced_like_a_new_twilio_account(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {
        "VAR": str(tmp_path),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "9f2c47ab81d05e36b7a4c1f08e5d239a",
    }
    for name, value in {**own, "CARRIER": "sandbox", "MAILER": "sandbox"}.items():
        monkeypatch.setenv(f"OUTREACH_{name}", value)
    office = bootstrap.service_office(settings.load())
    assert office.carrier
    assert office.carrier.interval < timedelta(seconds=0.1)
    office.errands.close()
    office.ledger.close()
