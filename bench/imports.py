"""How many rows of a file a second become a ledger, in how much memory, how quick is the house meanwhile?

Beside a bare load: the same file read by Python's csv and put into one indexed table, nothing asked. While
the import runs, a rep looks at the desk ten times a second, and something small is written as often.
"""

import csv
import json
import random
import re
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.dial import OPENS, PASSWORD
from bench.ledger import FIRST_DAY, NOW, Say, Shape, build
from outreach.campaigns.planning import planner
from outreach.demo.forms import Browser
from outreach.demo.stage import Stage, process, redis_of, set_stage, until_up
from outreach.ledger import leases
from outreach.ledger.base import Ledger
from outreach.ledger.clock import set_shift
from outreach.ledger.passwords import hashed
from outreach.ledger.people import User

PORT = 8761
REPS = 20
BEFORE = 10.0
"""seconds of looking and writing before anything is imported"""
PAUSE = 0.1
HEADERS = (
    "Customer ID", "Customer Name", "Invoice Number", "Invoice Date", "Due Date", "Amount", "Open Balance",
    "Currency", "PO Number", "Memo",
)  # fmt: skip


def run(rows: int = 1_000_000, *, url: str | None = None, say: Say = lambda words: None) -> dict[str, Any]:
    """Seed, plan, import twice. `url`: an empty database; default: SQLite in a new folder."""
    with tempfile.TemporaryDirectory(prefix="outreach-bench-") as made, redis_of(Path(made)) as redis_url:
        folder = Path(made)
        chosen = url or f"sqlite:///{folder / 'bench.db'}"
        stage = set_stage(folder, port=PORT, seed=1, redis_url=redis_url, database_url=chosen)
        with closing(Ledger(chosen)) as ledger:
            _fill(ledger, say)
            say("writing the file")
            file = _file(folder, rows)
            with process(stage, "web", ["web", "--bind", f"127.0.0.1:{PORT}"]):
                until_up(stage, "web", f"{stage.base_url}/healthz")
                figures = _figures(stage, ledger, file, rows, say)
            database = ledger.url.get_backend_name()
    return {"database": database, "file_mib": file[1], "figures": figures}


def _fill(ledger: Ledger, say: Say) -> None:
    """A ledger at work already, so that the desk has something to show."""
    build(ledger, Shape(invoices=20_000, accounts=4_000, reps=REPS, late_payers=1.0), say)
    with ledger.writing() as session:
        session.get_one(User, 1).password_hash = hashed(PASSWORD)
        set_shift(session, OPENS - datetime.now(UTC))
    say("planning")
    planner.plan(ledger, day=FIRST_DAY, now=NOW, listing=False)


def _file(folder: Path, rows: int) -> tuple[Path, int]:
    """Ten open invoices a customer, as a ledger would write them. Returns the file and its MiB."""
    rng, path = random.Random(7), folder / "open.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        writer.writerows(_row(n, rng) for n in range(rows))
    return path, path.stat().st_size >> 20


def _row(n: int, rng: random.Random) -> Sequence[str]:
    due = FIRST_DAY + timedelta(days=30 - int(rng.expovariate(1 / 30)) % 120)
    amount = f"{rng.lognormvariate(7.5, 1.1):,.2f}"
    customer = n // 10
    return (
        f"B{customer:06}", f"Bench {customer}, Inc.", f"B-{n:08}", _day(due - timedelta(days=30)), _day(due),
        amount, amount, "USD", f"PO{n}", "service rendered",
    )  # fmt: skip


def _day(value: date) -> str:
    return f"{value:%m/%d/%Y}"


def _figures(
    stage: Stage, ledger: Ledger, file: tuple[Path, int], rows: int, say: Say
) -> list[dict[str, Any]]:
    path, _ = file
    say("loading it barely")
    bare = _bare(path, stage.folder / "bare.db")
    say("looking, while nothing is imported")
    with _watched(stage, ledger) as calm:
        time.sleep(BEFORE)
    figures = [{"what": "bare load", **_rate(rows, bare, bare), **_NOTHING}, _idle(calm)]
    for nth, what in enumerate(("first import", "the same file a day later")):
        say(what)
        with _watched(stage, ledger) as meanwhile:
            seconds, peak = _import(stage, path, FIRST_DAY + timedelta(days=nth))
        figures.append({"what": what, **_rate(rows, seconds, bare), "peak_mib": peak, **meanwhile.words()})
    return figures


def _bare(path: Path, database: Path) -> float:
    began = time.perf_counter()
    with closing(sqlite3.connect(database)) as connection, path.open(encoding="utf-8", newline="") as file:
        connection.execute("PRAGMA journal_mode = WAL")
        columns = ", ".join(f'"{name}"' for name in HEADERS)
        connection.execute(f'CREATE TABLE rows ({columns}, UNIQUE ("Customer ID", "Invoice Number"))')
        reader = csv.reader(file)
        next(reader)
        marks = ", ".join("?" * len(HEADERS))
        with connection:
            connection.executemany(f"INSERT INTO rows VALUES ({marks})", reader)  # noqa: S608 - our own words
    return time.perf_counter() - began


def _import(stage: Stage, path: Path, day: date) -> tuple[float, int]:
    """Seconds that `outreach import` takes, and the most memory it had, in MiB."""
    command = ["import", str(path), "--source", "bench", "--as-of", day.isoformat(), "--json"]
    began = time.perf_counter()
    with process(stage, "import", command) as child:
        peak = 0
        while child.poll() is None:
            peak = max(peak, _most_memory(child))
            time.sleep(0.05)
    seconds = time.perf_counter() - began
    told = (stage.folder / "import.log").read_text(encoding="utf-8")
    assert child.returncode == 0, told[-2000:]
    assert json.loads(told[told.index("{") :])["invoices"], told[-2000:]
    return seconds, peak


def _most_memory(child: "subprocess.Popen[bytes]") -> int:
    # Not getrusage: it begins a child with its parent's size.
    try:
        status = Path(f"/proc/{child.pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) >> 10 if found else 0


@dataclass(slots=True)
class Watch:
    """How long pages and small writes took, in seconds."""

    pages: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)

    def words(self) -> dict[str, float | None]:
        return {
            "page_p50_ms": _cut(self.pages, 50),
            "page_p95_ms": _cut(self.pages, 95),
            "write_p50_ms": _cut(self.writes, 50),
            "write_p95_ms": _cut(self.writes, 95),
            "write_max_ms": round(max(self.writes) * 1000, 1),
        }


_NOTHING: dict[str, Any] = {"peak_mib": None} | dict.fromkeys(
    ("page_p50_ms", "page_p95_ms", "write_p50_ms", "write_p95_ms", "write_max_ms")
)


def _idle(calm: Watch) -> dict[str, Any]:
    empty = {"seconds": None, "rows_a_second": None, "ratio": None, "peak_mib": None}
    return {"what": "nothing imported", **empty, **calm.words()}


def _rate(rows: int, seconds: float, floor: float) -> dict[str, float]:
    return {
        "seconds": round(seconds, 1),
        "rows_a_second": round(rows / seconds),
        "ratio": round(seconds / floor, 1),
    }


@contextmanager
def _watched(stage: Stage, ledger: Ledger) -> Iterator[Watch]:
    """Look and write until the block ends."""
    watch, over = Watch(), threading.Event()
    browser = _signed_in(stage)

    def look() -> None:
        browser.get("/desk")
        assert browser.status == 200, browser.page[:500]

    def write() -> None:
        now = datetime.now(UTC)
        with ledger.writing() as session:
            leases.take(session, "bench", holder="bench", until=now, now=now)

    probes = [
        threading.Thread(target=_again_and_again, args=(look, watch.pages, over)),
        threading.Thread(target=_again_and_again, args=(write, watch.writes, over)),
    ]
    for probe in probes:
        probe.start()
    try:
        yield watch
    finally:
        over.set()
        for probe in probes:
            probe.join()


def _again_and_again(act: Callable[[], None], took: list[float], over: threading.Event) -> None:
    while not over.wait(PAUSE):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)


def _signed_in(stage: Stage) -> Browser:
    browser = Browser(stage.base_url).get("/sign-in")
    form = browser.form("sign-in")
    assert form is not None
    return browser.submit(form, login="rep1", password=PASSWORD).get("/desk")


def _cut(seconds: Sequence[float], percent: int) -> float:
    return round(statistics.quantiles(seconds, n=100)[percent - 1] * 1000, 1)
