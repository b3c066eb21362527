"""docs/sandbox.md names everything a script and a file of faults may say."""

import tomllib
from pathlib import Path

import pytest

from outreach.sandbox.faults import Faults, parse
from outreach.sandbox.people import CALLEES, MAILBOXES, REPS, SCRIPTED_MAILBOXES
from outreach.sandbox.script import parse as parse_script

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()


def examples() -> list[str]:
    """The indented blocks of the page."""
    blocks, block = [], ""
    for line in [*PAGE.splitlines(), "."]:
        if line.startswith("    "):
            block += line[4:] + "\n"
        elif line and block:
            blocks.append(block)
            block = ""
    return blocks


def test_every_behaviour_is_named() -> None:
    for behaviour in (*CALLEES, *MAILBOXES, *REPS, *SCRIPTED_MAILBOXES):
        assert behaviour in PAGE


def test_the_shares_are_those_in_force() -> None:
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines()]
    rows = [row for row in cells if len(row) == 6 and row[1].replace(".", "").isdigit()]
    assert {row[0]: float(row[1]) / 100 for row in rows} == pytest.approx(CALLEES)
    mailboxes = {**MAILBOXES, **dict.fromkeys(SCRIPTED_MAILBOXES, 0.0)}
    assert {row[3]: float(row[4]) / 100 for row in rows} == pytest.approx(mailboxes)


def test_the_examples_can_be_used() -> None:
    _, script, faults = examples()
    assert parse_script(tomllib.loads(script)).numbers
    table = tomllib.loads(faults)
    assert parse(table) != Faults()
    for part in ("answers", "webhooks", "calls"):
        shares = {name for name, value in vars(getattr(Faults(), part)).items() if isinstance(value, float)}
        assert shares == set(table[part])
