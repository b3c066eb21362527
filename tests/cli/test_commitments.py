"""`outreach promise`, `dispute`, `payment-plan`, `issue` as people meet them."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.said import Run, document

TODAY = datetime.now(UTC).date()
ISSUE = ("issue", "open", "EASTGATE", "--kind", "tax_exempt", "--by", "ana")
DISPUTE = ("dispute", "open", "HARBOR", "--reason", "price", "--by", "ana")
WHY = ("--reason", "as they said")
SOON, LATER = TODAY + timedelta(6), TODAY + timedelta(45)


def refused(answer: tuple[int, str, str]) -> str:
    code, out, complaint = answer
    assert (code, out) == (2, "")
    return complaint


def test_a_promise_is_taken_put_off_and_withdrawn(staffed: Run) -> None:
    take = ("promise", "take", "RIDGEWAY", "--by", "ana")
    assert staffed(*take, "--due", SOON)[1] == f"Promised for {SOON}.\n"
    staffed(*take, "--due", SOON + timedelta(1), "--words", "on Friday")
    lines = document(staffed("promise", "list", "--all", "--json"))
    assert [(one["state"], one["reschedules"]) for one in lines] == [("rescheduled", 0), ("open", 1)]
    assert lines[1]["words"] == "on Friday"
    assert staffed("promise", "withdraw", lines[1]["id"], *WHY, "--by", "ana")[0] == 0
    assert document(staffed("promise", "list", "--json")) == []
    log = document(staffed("log", "--account", "RIDGEWAY", "--format", "json"))
    assert "on Friday" in json.dumps(log)


def test_a_promise_far_ahead_needs_a_supervisors_word(staffed: Run) -> None:
    staffed("promise", "take", "RIDGEWAY", "--due", LATER, "--by", "ana")
    (line,) = document(staffed("promise", "list", "--json"))
    assert line["state"] == "proposed"
    assert "Only a supervisor" in refused(staffed("promise", "agree", line["id"], "--by", "ana"))
    assert staffed("promise", "agree", line["id"], "--by", "sue")[0] == 0
    (line,) = document(staffed("promise", "list", "--account", "RIDGEWAY", "--json"))
    assert line["state"] == "open"


def test_a_plan_is_asked_for_by_one_and_agreed_to_by_another(staffed: Run) -> None:
    (ours,) = [
        one for one in document(staffed("dispute", "list", "--json")) if one["account"] == "NORTHFIELD"
    ]
    assert ours["source"] == "import"
    request = ("payment-plan", "request", "HARBOR", "--reason", "cash flow", "--by", "tom")
    assert "must sum" in refused(staffed(*request, "--instalment", f"{SOON}=1.00"))
    assert "write it as" in refused(staffed(*request, "--instalment", "soon"))
    assert "write it as" in refused(staffed(*request, "--instalment", "soon=1.00"))
    assert "too far away" in refused(staffed(*request, "--instalment", "9999-12-31=1.00"))
    total = refused(staffed(*request, "--instalment", f"{SOON}=1.00")).partition("covers ")[2].split()[0]
    assert staffed(*request, "--instalment", f"{SOON}={total.replace(',', '')}")[0] == 0
    (line,) = document(staffed("payment-plan", "list", "--json"))
    assert (line["state"], line["requested_by"]) == ("requested", "tom")
    assert "somebody else" in refused(staffed("payment-plan", "approve", line["id"], "--by", "tom"))
    assert staffed("payment-plan", "approve", line["id"], "--by", "sue")[0] == 0
    why = document(staffed("why", "HARBOR", "--json"))
    assert why["asked"] == {}
    assert staffed("payment-plan", "end", line["id"], *WHY, "--by", "sue")[0] == 0
    assert document(staffed("why", "HARBOR", "--json"))["asked"] != {}


def test_a_dispute_is_opened_and_resolved(staffed: Run) -> None:
    (number,) = [one["subject"] for one in _firings(staffed, "HARBOR")]
    opened = ("dispute", "open", "HARBOR", "--invoices", number, "--reason", "price", "--by", "ana")
    assert "no more than is open and undisputed" in refused(staffed(*opened, "--amount", "99999999"))
    assert "must be more than nothing" in refused(staffed(*opened, "--amount", "0"))
    assert "zoe does not work here" in refused(staffed(*opened, "--owner", "zoe"))
    Path("mail.eml").write_bytes(b"The price is wrong.")
    assert staffed(*opened, "--amount", "10", "--owner", "ben", "--document", "mail.eml")[0] == 0
    (line,) = document(staffed("dispute", "list", "--account", "HARBOR", "--json"))
    assert (line["invoice"], line["amount"], line["currency"]) == (number, "10.00", "USD")
    assert line["state"] == "open"
    assert line["owner"] == "ben"
    *_, entry = document(staffed("log", "--account", "HARBOR", "--format", "json"))
    digest = sha256(b"The price is wrong.").hexdigest()
    assert (entry["what"], entry["links"]) == ("dispute opened", {"document": digest})
    said = staffed("dispute", "resolve", line["id"], "--how", "rejected", "--reason", "no", "--by", "sue")
    assert said[1].startswith("Resolved. A day to propose")
    assert "was resolved" in refused(
        staffed("dispute", "resolve", line["id"], "--how", "rejected", *WHY, "--by", "sue")
    )


def _firings(run: Run, account: str) -> list[dict[str, str]]:
    plan = document(run("plan", "--date", "2026-11-23", "--json"))
    return [one for one in plan["firings"] if one["account"] == account]


def test_an_issue_is_closed_with_its_document(staffed: Run, tmp_path: object) -> None:
    opened = ("issue", "open", "EASTGATE", "--kind", "tax_exempt", "--by", "ana")
    assert "no open invoice NONE" in refused(staffed(*opened, "NONE"))
    final = document(staffed("why", "EASTGATE", "--date", "2026-11-23", "--json"))
    number = next(one["subject"] for one in final["firings"] if one["subject"] != "EASTGATE")
    code, said, complaint = staffed(*opened, number)
    assert (code, complaint) == (0, "")
    issue = said.split()[1].rstrip(",")
    assert "give the file" in refused(staffed("issue", "close", issue, "--by", "ana"))
    assert staffed("issue", "renew", issue, *WHY, "--by", "ana")[0] == 0
    Path("empty.pdf").touch()
    assert "is empty" in refused(staffed("issue", "close", issue, "--document", "empty.pdf", "--by", "ana"))
    with open("certificate.pdf", "wb") as file:
        file.write(b"%PDF-1.4 a certificate")
    assert staffed("issue", "close", issue, "--document", "certificate.pdf", "--by", "ana")[0] == 0
    assert document(staffed("issue", "list", "--json")) == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("promise", "take", "NOBODY", "--due", SOON, "--by", "ana"), "there is no account NOBODY"),
        (("promise", "take", "HARBOR", "--due", SOON, "--by", "zoe"), "zoe does not work here"),
        (("promise", "take", "HARBOR", "--due", "2020-01-01", "--by", "ana"), "today or later"),
        (("promise", "take", "HARBOR", "--due", SOON, "--amount", "1x", "--by", "ana"), "is not an amount"),
        (("promise", "withdraw", "77", *WHY, "--by", "ana"), "no such number"),
        (("issue", "close", "77", "--by", "ana"), "no such number"),
        ((*ISSUE, "INV-1000,INV-1001"), "no open invoice INV-1000,INV-1001"),
        ((*ISSUE, ""), "no open invoice without a number"),
        ((*DISPUTE, "--invoices", ","), "names no invoice"),
    ],
)
def test_a_mistake_is_one_sentence(staffed: Run, args: tuple[object, ...], words: str) -> None:
    assert words in refused(staffed(*args))


@pytest.mark.parametrize(
    "args",
    [
        ("promise", "withdraw", "1"),
        ("dispute", "resolve", "1", "--how", "rejected"),
        ("payment-plan", "refuse", "1"),
        ("payment-plan", "end", "1"),
        ("issue", "renew", "1"),
        ("change", "cancel", "1"),
        ("recommendation", "approve", "1"),
    ],
)
def test_nothing_is_decided_without_a_reason(run: Run, args: tuple[str, ...]) -> None:
    """Each step is in the log with who, when and why (docs/commitments.md)."""
    assert "Missing option '--reason'" in refused(run(*args, "--by", "sue"))
    assert "say it in a few words" in refused(run(*args, "--by", "sue", "--reason", " "))
