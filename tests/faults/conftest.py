"""The fault run: short as part of the tests, full by `make faults`; both end with its table."""

import os

import pytest

from tests.faults import scoreboard

FULL = os.environ.get("OUTREACH_TEST_FAULTS") == "full"


@pytest.fixture
def is_full() -> bool:
    return FULL


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if scoreboard.SCORES:
        terminalreporter.section("faults", sep="-")
        for line in scoreboard.table(scoreboard.SCORES):
            terminalreporter.write_line(line)
