"""A shell in an empty folder, and the README's road walked in it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from outreach.cli.main import main
from tests.cli.said import EXAMPLES, PASSWORD, Run
from tests.services import Databases


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


Steps = tuple[tuple[object, ...], ...]
Walked = Callable[[str, Steps], Run]

ROAD: Steps = (
    ("init",),
    ("user", "add", "ana", "--role", "rep", "--phone", "+13125550111"),
    ("user", "add", "ben", "--role", "rep", "--phone", "+13125550112"),
    ("import", EXAMPLES / "open_invoices.csv", "--as-of", "2026-11-20"),
    ("contacts", EXAMPLES / "contacts.csv"),
)
SUPERVISORS: Steps = tuple(("user", "add", login, "--role", "supervisor") for login in ("sam", "sue", "tom"))


@pytest.fixture
def walked(run: Run, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walked]:
    """Where some steps lead to: walked once for all who give them the same name, and copied."""
    with ExitStack() as copies:

        def walked(name: str, steps: Steps) -> Run:
            def walk(url: str) -> None:
                monkeypatch.setenv("OUTREACH_DATABASE_URL", url)
                for args in steps:
                    code, _, complaint = run(*args)
                    assert (code, complaint) == (0, ""), args

            copy = copies.enter_context(databases.prepared(name, walk))
            monkeypatch.setenv("OUTREACH_DATABASE_URL", copy)
            return run

        yield walked


@pytest.fixture
def road(walked: Walked) -> Run:
    """The README's road up to the plan's eve."""
    return walked("road", ROAD)


@pytest.fixture
def staffed(walked: Walked) -> Run:
    """The same, with three supervisors."""
    return walked("staffed", ROAD + SUPERVISORS)
