"""Keys are made once, for the owner's eyes, by whoever comes first."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from outreach.sandbox.keys import load


def test_keys_are_made_once_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "var" / "sandbox.json"
    made = load(file)
    assert load(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]
    assert (made.account_sid[:2], len(made.account_sid)) == ("AC", 34)


def test_processes_that_start_together_share_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(load, [tmp_path / "sandbox.json"] * 16))
    assert len(found) == 1


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    keys = load(tmp_path / "sandbox.json")
    shown = repr(keys)
    for secret in (
        keys.auth_token,
        keys.api_secret,
        keys.sendgrid_api_key,
        keys.sendgrid_webhook_private_key,
    ):
        assert secret not in shown


@pytest.mark.parametrize("text", ["", "{}", '{"account_sid": "AC"}', "[]"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sandbox.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"sandbox\.json holds no sandbox keys; remove it"):
        load(file)
