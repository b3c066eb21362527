"""A shell in an empty folder, and the README's road walked in it."""

import sys
from pathlib import Path

import pytest

from outreach.cli.main import main
from tests.cli.said import EXAMPLES, PASSWORD, Run


@pytest.fixture
def run(
    blank_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """`outreach ARGS...` in an empty folder. Returns the exit code and what went to either stream."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTREACH_DATABASE_URL", blank_database_url)
    monkeypatch.setenv("OUTREACH_PASSWORD", PASSWORD)

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["outreach", *map(str, args)])
        code = 0
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def road(run: Run) -> Run:
    """The README's road up to the plan's eve."""
    for args in (
        ("init",),
        ("user", "add", "ana", "--role", "rep", "--phone", "+13125550111"),
        ("user", "add", "ben", "--role", "rep", "--phone", "+13125550112"),
        ("import", EXAMPLES / "open_invoices.csv", "--as-of", "2026-11-20"),
        ("contacts", EXAMPLES / "contacts.csv"),
    ):
        code, _, complaint = run(*args)
        assert (code, complaint) == (0, ""), args
    return run
