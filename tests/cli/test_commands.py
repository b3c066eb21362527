"""The commands as a user's script meets them: what they print, where, and with which exit code."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outreach.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"
PASSWORD = "correct horse battery"
Run = Callable[..., tuple[int, str, str]]


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


def document(answer: tuple[int, str, str]) -> Any:
    code, out, complaint = answer
    assert (code, complaint) == (0, "")
    return json.loads(out)


def test_the_readmes_road_leads_to_a_queue_that_explains_itself(road: Run) -> None:
    plan = document(road("plan", "--date", "2026-11-23", "--json"))
    assert plan["touch_date"] == "2026-11-23"
    assert plan["fired"]["followup_15"] >= 1
    queue = document(road("queue", "--rep", "ana", "--date", "2026-11-23", "--json"))
    by_account = {item["account"]: item for item in queue["items"]}
    assert by_account["RIDGEWAY"]["tier"] == 4
    assert "45 days" in " ".join(by_account["RIDGEWAY"]["reasons"])
    assert [item["rank"] for item in queue["items"]] == list(range(1, len(queue["items"]) + 1))
    why = document(road("why", "NORTHFIELD", "--date", "2026-11-23", "--json"))
    assert "held by dispute" in {rule["rule"] for rule in why["rules"]}


def test_a_plan_twice_is_one_and_a_dry_run_writes_nothing(road: Run) -> None:
    dry = document(road("plan", "--date", "2026-11-23", "--dry-run", "--json"))
    first = document(road("plan", "--date", "2026-11-23", "--json"))
    again = document(road("plan", "--date", "2026-11-23", "--json"))
    assert dry["fired"] == first["fired"] == again["fired"]
    assert first["touches"] == again["touches"]


def test_what_happened_is_in_the_log_and_the_log_holds(road: Run) -> None:
    log = document(road("log", "--account", "HARBOR", "--format", "json"))
    assert {"id", "at", "account", "invoices", "channel", "direction", "step", "actor"} <= log[0].keys()
    assert {entry["account"] for entry in log} == {"HARBOR"}
    code, out, _ = road("verify-log")
    assert (code, out) == (0, "The log holds: every entry stands as it was written.\n")


def test_the_same_file_again_changes_nothing(road: Run) -> None:
    again = document(road("import", EXAMPLES / "open_invoices.csv", "--as-of", "2026-11-20", "--json"))
    assert again["accounts"]["created"] == again["accounts"]["updated"] == 0
    assert again["invoices"]["created"] == again["invoices"]["updated"] == again["invoices"]["closed"] == 0


def test_the_guess_is_shown_and_a_mapping_file_overrules_it(run: Run, tmp_path: Path) -> None:
    run("init")
    file, mapping = tmp_path / "open.csv", tmp_path / "mapping.toml"
    header = "Customer,Invoice,Invoice date,Due date,Net due,Amount"
    file.write_text(f"{header}\nHARBOR,7,2026-10-01,2026-10-31,2026-11-15,80\n")
    mapping.write_text('[columns]\ndue_on = "Net due"\n')
    code, out, _ = run("import", file, "--as-of", "2026-11-20", "--dry-run")
    assert code == 0
    assert re.search(r"due_on +Due date", out)
    assert "Columns not used: Net due." in out
    code, out, _ = run("import", file, "--as-of", "2026-11-20", "--mapping", mapping)
    assert re.search(r"due_on +Net due", out)
    assert "Columns not used: Due date." in out
    found = document(run("import", file, "--as-of", "2026-11-20", "--mapping", mapping, "--json"))
    assert found["columns"]["due_on"] == "Net due"


def test_a_letter_is_shown_before_it_goes(road: Run) -> None:
    on = ("--account", "RIDGEWAY", "--date", "2026-11-23")
    code, out, complaint = road("letters", "preview", "overdue_31", *on)
    assert (code, complaint) == (0, "")
    assert out.startswith("To: ")
    assert "Subject: Overdue by 45 days" in out
    code, out, _ = road("letters", "preview", "suspension_notice_2", *on)
    assert (code, out.splitlines()[0][:12]) == (0, "(An example:")
    code, out, complaint = road("letters", "preview", "callback", *on)
    assert (out, complaint) == ("", "outreach: there is no letter for the step callback\n")


def test_the_calendar_says_why(run: Run) -> None:
    run("init")
    found = document(run("calendar", "--from", "2026-11-01", "--to", "2026-11-30", "--json"))
    assert [(one["date"], one["kind"]) for one in found] == [
        ("2026-11-09", "final_check"),
        ("2026-11-16", "statement"),
    ]
    assert all(one["why"] for one in found)


def test_init_twice_is_once_and_the_policy_has_a_history(run: Run) -> None:
    assert run("init")[0] == run("init")[0] == 0
    history = document(run("policy", "history", "--json"))
    assert [one["version"] for one in history] == [1]
    assert run("policy", "diff")[1] == "No difference.\n"


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("plan",), 1, "run `outreach init`"),
        (("queue", "--rep", "ana"), 1, "run `outreach init`"),
        (("fly",), 2, "No such command"),
        (("plan", "--date", "yesterday"), 2, "write it as 2026-11-23"),
        (("import",), 2, "Missing argument"),
        (("calendar", "--from", "2026-12-01", "--to", "2026-11-01"), 2, "swap them"),
    ],
)
def test_bad_use_gets_one_sentence_and_no_traceback(
    run: Run, args: tuple[str, ...], code: int, words: str
) -> None:
    got, out, complaint = run(*args)
    assert (got, out) == (code, "")
    assert complaint.startswith("outreach: ")
    assert words in complaint
    assert "Traceback" not in complaint


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("why", "NOBODY"), "there is no account NOBODY"),
        (("queue", "--rep", "zed"), "zed does not work here"),
        (("assign", "HARBOR", "zed"), "zed: no such user"),
        (("user", "add", "ana", "--role", "rep"), "ana is taken"),
        (("user", "add", "eve", "--role", "rep", "--phone", "555"), "the phone 555 cannot be rung"),
        (("user", "add", "eve", "--role", "rep", "--hours", "late"), "write them as 08:00-17:00"),
    ],
)
def test_unknown_names_are_named(road: Run, args: tuple[str, ...], words: str) -> None:
    code, out, complaint = road(*args)
    assert (code, out) == (2, "")
    assert words in complaint
