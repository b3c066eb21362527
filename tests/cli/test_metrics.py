"""`outreach metrics` as a user's script meets it."""

import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from tests.cli.said import Run, document


def test_the_figures_of_a_day_are_printed_and_kept(road: Run) -> None:
    first = document(road("metrics", "--as-of", "2026-11-20", "--json"))
    assert first["open_total"]["USD"] == sum_of(bucket["USD"] for bucket in first["buckets"].values())
    assert (first["dso_simple"], first["recorded_since"]) == (None, None)
    code, out, complaint = road("metrics", "--as-of", "2026-11-20", "--formulas")
    assert (code, complaint) == (0, "")
    assert "= receivable / credit sales x days" in out
    assert "Note: USD: no DSO, " in out
    assert road("metrics", "--as-of", "tomorrow")[0] == 2


def test_other_figures_for_the_same_day_name_what_came_since(road: Run, tmp_path: Path) -> None:
    road("metrics", "--as-of", "2026-11-20")
    file = tmp_path / "more.csv"
    file.write_text(
        "Customer ID,Invoice number,Invoice date,Due date,Open amount\nNEW,N-1,2026-09-01,2026-09-30,77.00\n"
    )
    road("import", file, "--source", "other", "--as-of", "2026-11-20")
    code, out, _ = road("metrics", "--as-of", "2026-11-20")
    assert code == 0
    assert re.search(r"Recorded since then:\n.*\nmore.csv +other +2026-11-20", out)


def sum_of(amounts: Iterable[str]) -> str:
    return str(sum(map(Decimal, amounts)))
