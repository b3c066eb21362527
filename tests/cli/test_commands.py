"""The commands as a user's script meets them: what they print, where, and with which exit code."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.cli.said import EXAMPLES, Run, document

TOO_LARGE = "99999999999999999999"


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


def test_the_queue_of_a_closed_day_says_so(road: Run) -> None:
    code, out, _ = road("queue", "--rep", "ana", "--date", "2026-11-22")
    assert code == 0
    assert "2026-11-22 is Sunday: this is the queue of 2026-11-23." in out


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


def test_the_log_leaves_for_another_ledger(road: Run, tmp_path: Path) -> None:
    told = [entry for entry in document(road("log", "--format", "json")) if entry["account"]]
    code, out, _ = road("log", "--format", "csv", "--out", "-")
    assert (code, out[0]) == (0, "\ufeff"), "Excel reads UTF-8 by this mark only"
    rows = list(csv.DictReader(io.StringIO(out[1:], newline="")))
    assert list(rows[0]) == ["customer", "invoice", "date", "by", "action", "text", "follow-up date", "entry"]
    assert len(rows) == sum(max(1, len(entry["invoices"])) for entry in told)
    assert [row["entry"] for row in rows] == sorted((row["entry"] for row in rows), key=int)
    assert road("log", "--format", "xlsx", "--out", tmp_path / "log.xlsx") == (0, "", "")
    sheet = CalamineWorkbook.from_path(str(tmp_path / "log.xlsx")).get_sheet_by_name("Log")
    assert len(sheet.to_python()) == len(rows) + 1


@pytest.mark.parametrize("form", ["table", "json", "csv", "xlsx"])
@pytest.mark.parametrize("where", ["nowhere/log.out", "kept", "kept/log.out/log.out"])
def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path, form: str, where: str) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "log.out").touch()
    run("init")
    code, out, complaint = run("log", "--format", form, "--out", where)
    assert (code > 0, out, complaint.count("\n")) == (True, "", 1)
    assert where in complaint


@pytest.mark.parametrize("form", ["json", "csv"])
def test_an_empty_stretch_of_the_log(run: Run, tmp_path: Path, form: str) -> None:
    run("init")
    assert run("log", "--until", "2001-01-01", "--format", form, "--out", "log.out") == (0, "", "")
    said = (tmp_path / "log.out").read_text(encoding="utf-8-sig")
    assert (json.loads(said) == []) if form == "json" else (said.count("\n") == 1)


def test_a_workbook_goes_into_a_pipe(run: Run, tmp_path: Path) -> None:
    run("init")
    command = [sys.executable, "-m", "outreach", "log", "--format", "xlsx"]
    piped = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
    assert CalamineWorkbook.from_filelike(io.BytesIO(piped)).sheet_names == ["Log"]


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


def test_words_in_brackets_are_words_and_no_orders_to_the_terminal(run: Run, tmp_path: Path) -> None:
    name = "[bold]Acme[/nonsense] :smile: \x1b[2J"
    file = tmp_path / "odd.csv"
    file.write_text(
        "Customer ID,Customer name,Invoice number,Invoice date,Due date,Open amount,Rep\n"
        f"ODD,{name},N-1,2026-09-01,2026-10-01,900.00,ana\n",
        encoding="utf-8",
    )
    assert run("init")[0] == 0
    assert run("user", "add", "ana", "--role", "rep", "--phone", "+13125550111")[0] == 0
    assert run("import", file, "--as-of", "2026-11-20")[0] == 0
    code, out, complaint = run("log")
    assert (code, complaint) == (0, "")
    assert run("contacts", _contact_of(tmp_path, "ODD"))[0] == 0
    assert run("plan", "--date", "2026-11-23")[0] == 0
    code, out, complaint = run("queue", "--rep", "ana", "--date", "2026-11-23")
    assert (code, complaint) == (0, "")
    assert "[bold]Acme[/nonsense] :smile:" in out
    assert "\x1b" not in out


def _contact_of(folder: Path, account: str) -> Path:
    file = folder / "contacts.csv"
    columns = "account,name,phone,email,country,state"
    file.write_text(f"{columns}\n{account},Al,+13035550101,ap@odd.example,US,CO\n", encoding="utf-8")
    return file


def test_the_calendar_says_why(run: Run) -> None:
    run("init")
    found = document(run("calendar", "--from", "2026-11-01", "--to", "2026-11-30", "--json"))
    assert [(one["date"], one["kind"]) for one in found] == [
        ("2026-11-09", "final_check"),
        ("2026-11-16", "statement"),
    ]
    assert all(one["why"] for one in found)


def test_a_replay_tells_who_was_not_contacted_and_by_which_rule(road: Run) -> None:
    days = ("replay", "--from", "2026-11-19", "--to", "2026-11-20")
    code, out, complaint = road(*days)
    assert (code, complaint) == (0, "")
    told = document(road(*days, "--json"))["days"][1]
    assert told["left_out"]["minimum gap"] == 2
    assert told["left_out"]["nothing asked"]
    line = f"{told['date']} {told['calls']} {told['letters']} minimum gap 2"
    assert line in [" ".join(one.split()) for one in out.splitlines()]


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
        (("log", "--account", "NOBODY"), "there is no account NOBODY"),
        (("log", "--since", "2026-11-24", "--until", "2026-11-23"), "swap them"),
        (("promise", "list", "--account", "NOBODY"), "there is no account NOBODY"),
        (("issue", "list", "--account", "NOBODY", "--json"), "there is no account NOBODY"),
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


@pytest.mark.parametrize(
    "args",
    [
        ("promise", "agree", TOO_LARGE),
        ("dispute", "resolve", TOO_LARGE, "--how", "rejected", "--reason", "no"),
        ("payment-plan", "approve", TOO_LARGE),
        ("issue", "close", "0"),
        ("action-plan", "close", TOO_LARGE, "--reason", "paid"),
        ("action-plan", "step", "1", "--done", TOO_LARGE),
        ("change", "cancel", TOO_LARGE, "--reason", "done"),
        ("recommendation", "approve", TOO_LARGE, "--reason", "agreed"),
        ("suspension", "approve", TOO_LARGE, "--reason", "agreed"),
        ("tie-out", "acknowledge", TOO_LARGE, "--reason", "known"),
    ],
)
def test_a_number_that_no_row_can_have_is_one_sentence(run: Run, args: tuple[str, ...]) -> None:
    code, out, complaint = run(*args, "--by", "sue")
    assert (code, out, complaint.count("\n")) == (2, "", 1)
    assert "is not the number of anything: see the list" in complaint


def test_a_port_that_no_machine_has_is_one_sentence(run: Run) -> None:
    code, out, complaint = run("sandbox", "--port", "99999")
    assert (code, out) == (2, "")
    assert "is not in the range" in complaint


def test_documents_by_a_list_and_by_a_folder(road: Run, tmp_path: Path) -> None:
    folder = tmp_path / "pdf"
    folder.mkdir()
    (folder / "holiday.pdf").write_bytes(b"%PDF-1.7")
    (folder / "w9.pdf").write_bytes(b"%PDF-1.7 w9")
    (folder / "list.csv").write_text(
        "account,kind,approved,file\nHARBOR,w9,,w9.pdf\nHARBOR,eco,yes,none.pdf\n"
    )
    found = document(road("documents", folder / "list.csv", "--json"))
    assert [found[name] for name in ("rows", "created", "updated", "unchanged")] == [2, 1, 0, 0]
    assert [(one["line"], one["value"]) for one in found["problems"]] == [(3, "none.pdf")]
    code, out, _ = road("documents", folder)
    assert (code, "its name holds no invoice's number" in out) == (0, True)
    code, out, complaint = road("documents", tmp_path / "nowhere")
    assert (code, out) == (1, "")
    assert "does not exist" in complaint


def test_sales_by_month(run: Run, tmp_path: Path) -> None:
    run("init")
    file = tmp_path / "sales.csv"
    file.write_text("month,currency,amount\n2026-10,USD,100\n2026-11,USD,much\n")
    found = document(run("sales", file, "--json"))
    assert (found["created"], found["problems"][0]["column"]) == (1, "amount")
    assert document(run("sales", file, "--json"))["unchanged"] == 1


def test_a_container_may_not_know_who_runs_it(road: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert road("metrics", "--json")[0] == 0
    assert road("import", EXAMPLES / "open_invoices.csv", "--as-of", "2026-11-20")[0] == 0
    log = document(road("log", "--format", "json"))
    assert log[-1]["actor"]


@pytest.mark.parametrize(
    ("command", "columns"),
    [
        ("contacts", "account,name,role,order,purposes,"),
        ("documents", "account,invoice,kind,approved,expiry,file"),
        ("sales", "month,currency,amount"),
    ],
)
def test_help_names_the_columns_of_a_file(run: Run, command: str, columns: str) -> None:
    assert columns in run(command, "--help")[1]
