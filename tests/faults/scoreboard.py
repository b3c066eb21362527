"""The table at the end of a fault run: what was done to each arm, and what came of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from tests.faults.storm import killed

Score = dict[str, object]
SCORES: dict[str, Score] = {}
"""by arm: a database, or the naive sender"""


def harm(blows: Counter[str], truth: Mapping[str, Any], webhooks: Mapping[str, int]) -> Score:
    """What the storm and the sandbox did, by their own count."""
    answers = Counter(request["fault"] for request in truth["requests"])
    calls = [call for call in truth["calls"] if not call["parent_sid"]]
    late, good = answers.pop("late", 0), answers.pop(None, 0)
    return {
        "kill -9": f"{killed(blows)} ({_list(blows, ('child', 'parent', 'single'))})",
        "Redis emptied, killed": f"{blows['empty Redis']}, {blows['kill Redis']}",
        "requests to providers": f"{len(truth['requests'])}, {late} answered late, {good} well",
        "  of which faults": _list(answers, sorted(map(str, answers))),
        "reports": _list(webhooks, ("duplicate", "shuffled", "early", "lost", "late_amd")),
        "calls, letters": f"{len(calls)}, {len(truth['letters'])}",
    }


def _list(counts: Mapping[str, int], names: Iterable[str]) -> str:
    return ", ".join(f"{counts.get(name, 0)} {name}" for name in names)


def table(scores: Mapping[str, Score]) -> list[str]:
    """A column for each arm."""
    figures = list(dict.fromkeys(figure for score in scores.values() for figure in score))
    rows: list[Sequence[str]] = [("", *scores)]
    rows += [(name, *(str(score.get(name, "-")) for score in scores.values())) for name in figures]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes hands its columns to the one that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["faults"] = SCORES


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    SCORES.update(getattr(node, "workeroutput", {}).get("faults", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if SCORES:
        terminalreporter.section("faults", sep="-")
        for line in table(SCORES):
            terminalreporter.write_line(line)
