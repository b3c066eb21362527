"""The desk's memory by command: what is written down comes back, and a mistake is one sentence."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from tests.cli.said import EXAMPLES, Run, document

TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(14)
BY = ("--by", "ana")
SAM = ("--by", "sam")
WHY = ("--reason", "as agreed")


@pytest.fixture
def desk(staffed: Run) -> Run:
    return staffed


def listed(desk: Run, *command: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document(desk(*command, "--json"))
    return found


def said(answer: tuple[int, str, str]) -> str:
    code, out, complaint = answer
    assert (code, complaint) == (0, "")
    return out


def refused(answer: tuple[int, str, str]) -> str:
    code, out, complaint = answer
    assert (code, out) == (2, "")
    assert complaint.count("\n") == 1
    return complaint


def test_a_difference_waits_for_a_supervisor(desk: Run) -> None:
    file = EXAMPLES / "open_invoices.csv"
    assert listed(desk, "tie-out", "list") == []
    assert "not a control total" in refused(desk("import", file, "--control-total", "USD"))
    twice = ("--control-total", "USD=1", "--control-total", "USD=2")
    assert "two control totals" in refused(desk("import", file, *twice))
    told = document(desk("import", file, "--as-of", "2026-11-21", "--control-total", "USD=1.00", "--json"))
    assert told["control_totals"]["USD"]["expected"] == "1.00"
    [row] = listed(desk, "tie-out", "list")
    assert (row["file"], row["expected"], row["acknowledged_by"]) == ("open_invoices.csv", "1.00", None)
    acknowledge = ("tie-out", "acknowledge", row["import"], "--reason", "a typing error")
    assert "ana is no supervisor" in refused(desk(*acknowledge, *BY))
    assert said(desk(*acknowledge, *SAM)) == "1 difference acknowledged.\n"
    assert listed(desk, "tie-out", "list")[0]["acknowledged_by"] == "sam"
    assert "acknowledged" in said(desk("tie-out", "list"))


def test_the_import_says_by_which_rule_an_invoice_is_final(desk: Run, tmp_path: Path) -> None:
    policy = Path("policy.toml")
    desk("policy", "show")
    shipped = said(desk("policy", "show"))
    policy.write_text(shipped + "\n[[kinds]]\nkind = 'final'\nitem = 'Retainage'\n")
    said(desk("policy", "load", policy, "--why", "finals by item"))
    Path("more.csv").write_text(
        "Customer ID,Invoice number,Invoice date,Due date,Open amount,Item\n"
        "HARBOR,X-1,2026-11-01,2026-11-30,10.00,Retainage\n"
    )
    command = ("import", "more.csv", "--source", "more", "--as-of", "2026-11-20", "--dry-run")
    assert "Kinds: 1 final (rule 1: item ~ Retainage)." in said(desk(*command))
    told = document(desk(*command, "--json"))
    assert told["kinds"] == {"final": 1}
    assert told["kinds_by"] == [{"kind": "final", "by": "rule 1: item ~ Retainage", "invoices": 1}]


def test_a_customers_list_is_put_beside_ours(desk: Run) -> None:
    Path("theirs.csv").write_text("Reference,Balance\ninv 1001,4820.00\nINV-1002,1300.00\nZ-9,5\n")
    out = Path("result.xlsx")
    told = document(desk("reconcile", "HARBOR", "theirs.csv", "--out", out, "--json"))
    assert told["counts"]["equal"] == 1
    assert [row["invoice"] for row in told["theirs_only"]] == ["Z-9"]
    assert CalamineWorkbook.from_path(str(out)).sheet_names[0] == "Different"
    words = said(desk("reconcile", "HARBOR", "theirs.csv"))
    assert "1 equal, 1 different" in words
    assert "1300.00" in words
    assert "no account NOBODY" in refused(desk("reconcile", "NOBODY", "theirs.csv"))
    code, _, complaint = desk("reconcile", "HARBOR", "missing.csv")
    assert (code, complaint.count("\n")) == (1, 1)
    code, _, complaint = desk("reconcile", "HARBOR", "theirs.csv", "--out", "no/where.xlsx")
    assert (code, "name another file" in complaint) == (1, True)


def test_a_change_is_asked_for_and_taken_back(desk: Run) -> None:
    wish = ("HARBOR", "--what", "po", "--to", "PO-77", "--team", "billing", "--reason", "no PO on it")
    assert "name its invoice" in refused(desk("change", "request", *wish, *BY))
    assert "asked for" in said(desk("change", "request", *wish, "--invoice", "INV-1001", *BY))
    [row] = listed(desk, "change", "list")
    assert (row["account"], row["invoice"], row["value"], row["state"]) == (
        *("HARBOR", "INV-1001", "PO-77", "open"),
    )
    assert "PO-77" in said(desk("change", "list"))
    cancel = ("change", "cancel", row["id"], "--reason", "found", *BY)
    assert "canceled" in said(desk(*cancel))
    assert "no open change request" in refused(desk(*cancel))
    assert listed(desk, "change", "list") == []
    assert listed(desk, "change", "list", "--all")[0]["ended_why"] == "found"


def test_an_action_plan_from_its_beginning_to_its_end(desk: Run) -> None:
    begin = ("action-plan", "open", "RIDGEWAY", "--owner", "ana", "--due", SOON, *BY)
    assert "is open: " in said(desk(*begin))
    assert "has an action plan already" in refused(desk(*begin))
    [row] = listed(desk, "action-plan", "list")
    assert {"INV-1005", "INV-1006"} <= set(row["invoices"])
    step = ("action-plan", "step", row["id"])
    assert said(desk(*step, "Call their controller", "--due", SOON, *BY)) == "Step 1 is added.\n"
    assert "say what the step is" in refused(desk(*step, *BY))
    [row] = listed(desk, "action-plan", "list")
    assert (row["next_step"], row["progress"]) == ("Call their controller", "0.0000")
    assert said(desk(*step, "--done", "1", *BY)) == "Step 1 is done.\n"
    assert "RIDGEWAY" in said(desk("action-plan", "list"))
    assert "closed" in said(desk("action-plan", "close", row["id"], "--reason", "paid", *BY))
    assert listed(desk, "action-plan", "list") == []
    assert listed(desk, "action-plan", "list", "--all")[0]["closed_why"] == "paid"


def test_how_they_pay_and_when_it_is_to_be_expected(desk: Run) -> None:
    assert "is not known" in refused(desk("payment-policy", "show", "HARBOR"))
    put = ("payment-policy", "set", "HARBOR", *BY, "--runs")
    assert "no pay-run day" in refused(desk(*put, "someday"))
    assert "no time of day" in refused(desk(*put, "thu", "--cut-off-at", "25:00"))
    assert "HARBOR pays on thu" in said(desk(*put, "thursday", "--terms", "45"))
    told = document(desk("payment-policy", "show", "HARBOR", "--json"))
    assert (told["runs"], told["terms_days"], told["cut_off_at"]) == ("thu", 45, "12:00")
    assert {row["invoice"] for row in told["invoices"]} >= {"INV-1001", "INV-1002"}
    assert all(row["expected_on"] >= TODAY.isoformat() for row in told["invoices"])
    assert "pay run" in said(desk("payment-policy", "show", "HARBOR"))


def test_an_agency_from_the_request_to_the_recall(desk: Run) -> None:
    wish = ("RIDGEWAY", "--what", "agency", "--reason", "no answer for weeks")
    assert "waits for a supervisor" in said(desk("recommendation", "request", *wish, *BY))
    [row] = listed(desk, "recommendation", "list")
    id_ = str(row["id"])
    assert "no supervisor" in refused(desk("recommendation", "approve", id_, *WHY, *BY))
    said(desk("recommendation", "approve", id_, *WHY, *SAM))
    assert "not contacted any more" in said(
        desk("recommendation", "place", id_, "--with", "Fair & Square", *SAM)
    )
    [rule] = {one["rule"] for one in document(desk("why", "RIDGEWAY", "--json"))["rules"]} & {
        "outside agency"
    }
    assert rule
    out = Path("pack.zip")
    said(desk("recommendation", "evidence", id_, "--out", out))
    with zipfile.ZipFile(io.BytesIO(out.read_bytes())) as archive:
        assert {"manifest.json", "statement.pdf", "log.csv"} <= set(archive.namelist())
    assert "there is no recommendation 99" in refused(
        desk("recommendation", "evidence", "99", "--out", "x.zip")
    )
    assert "ours to contact" in said(desk("recommendation", "recall", id_, *WHY, *SAM))
    assert "it cannot be rejected" in refused(desk("recommendation", "reject", id_, *WHY, *SAM))
    assert listed(desk, "recommendation", "list") == []
    assert "recalled" in said(desk("recommendation", "list", "--all"))


def test_root_causes_before_anybody_has_named_one(desk: Run) -> None:
    told = document(desk("root-causes", "--from", "2026-11-01", "--json"))
    assert told == {"from": "2026-11-01", "to": None, "causes": []}
    assert "cause" in said(desk("root-causes"))
    assert "swap them" in refused(desk("root-causes", "--from", "2026-11-02", "--to", "2026-11-01"))


def test_all_of_it_is_in_the_log_and_the_log_holds(desk: Run) -> None:
    said(desk("payment-policy", "set", "HARBOR", "--runs", "15,31", *BY))
    said(desk("recommendation", "request", "RIDGEWAY", "--what", "lien", "--reason", "the project", *BY))
    log = document(desk("log", "--account", "HARBOR", "--format", "json"))
    assert log[-1]["text"].startswith("pay run 15,31, cut-off 1 business days before")
    assert said(desk("verify-log")).startswith("The log holds")


def test_nobody_may_contact_them(desk: Run) -> None:
    desk("import", EXAMPLES / "open_invoices.csv", "--as-of", "2026-11-21")
    begin = ("bar", "begin", "RIDGEWAY", "legal-hold", "--reason", "our counsel's letter")
    assert said(desk(*begin, *BY)) == "1 account barred.\n"
    [row] = listed(desk, "bar", "list")
    assert (row["account"], row["bar"]) == ("RIDGEWAY", "legal hold")
    assert "RIDGEWAY" in said(desk("bar", "list"))
    lift = ("bar", "lift", "RIDGEWAY", "legal-hold", "--reason", "it is over")
    assert "Only a supervisor" in refused(desk(*lift, *BY))
    assert said(desk(*begin, *BY)) == "RIDGEWAY was barred so already.\n"
    assert "under no insolvency" in refused(desk("bar", "lift", "RIDGEWAY", "insolvency", *WHY, *SAM))
    assert "no account NOBODY" in refused(desk("bar", "begin", "NOBODY", "insolvency", "--reason", "x", *BY))
    assert said(desk(*lift, *SAM)) == "1 account may be contacted.\n"
    assert listed(desk, "bar", "list") == []
