"""Each bench runs to its end on a small scale, through its command: figures are for people, not for tests."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "outreach", "bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def measured(*arguments: str) -> dict[str, Any]:
    ended = bench(*arguments, "--json")
    assert ended.returncode == 0, ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


def test_plan() -> None:
    document = measured("plan", "--invoices", "1000", "--accounts", "100", "--reps", "2")
    came_to = {figure["what"]: figure["came_to"] for figure in document["figures"]}
    assert came_to["ordinary day"]["written"] > 0
    assert came_to["the same day again"]["written"] == came_to["the day again, after years"]["written"] == 0
    queue = came_to["one rep's queue"]
    assert queue["calls"] > 0
    assert came_to["one rep's queue, after years"] == queue


def test_an_import_beside_the_pages() -> None:
    document = measured("import", "--rows", "2000")
    *_, first, again = document["figures"]
    assert first["rows_a_second"] > 0
    assert again["peak_mib"] > 0
    assert again["page_p95_ms"] > 0


def test_letters() -> None:
    document = measured("letters", "--seconds", "0.5", "--accounts", "3000")
    sent = {one["what"]: one["letters"] for one in document["figures"]}
    assert set(sent) >= {"batches of 1", "batches of 10", "batches of 20"}


def test_webhooks_lose_none() -> None:
    document = measured("webhooks", "--posts", "200")
    assert document["lost"] == 0


def test_every_click_is_placed() -> None:
    document = measured("dial", "--clicks", "4")
    assert document["placed"] == 4


def test_a_database_in_use_is_left_alone(database_url: str) -> None:
    ended = bench("letters", "--url", database_url)
    assert ended.returncode == 2
    assert "this database is not empty" in ended.stderr


def test_the_orders_within_a_tier(tmp_path: Path) -> None:
    """The slow payer owes less and is worth calling first: only its own history can tell."""
    rows = ["customer,invoice,invoice date,due date,amount,settled date"]
    for n in range(1, 13):
        rows.append(f"SLOW,S{n},2012-{n:02}-01,2012-{n:02}-10,100.00,2012-{n:02}-27")
        rows.append(f"QUICK,Q{n},2012-{n:02}-01,2012-{n:02}-10,110.00,2012-{n:02}-17")
    file = tmp_path / "paid.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    document = measured("order", str(file), "--from", "2012-10-01", "--to", "2012-12-31")
    first = {(one["lists"], one["order"]): float(one["first 5%"]) for one in document["figures"]}
    for lists in ("the day's calls", "all past due, Mondays"):
        assert first[(lists, "recovery")] >= first[(lists, "largest first")]
    assert document["calls"] > 0
