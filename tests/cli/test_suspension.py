"""`outreach suspension`: a case from the list to the order, as a script walks it."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from tests.cli.conftest import Steps, Walked
from tests.cli.said import EXAMPLES, Run, document

STEPS: Steps = (
    ("init",),
    ("user", "add", "ana", "--role", "rep", "--phone", "+13125550111"),
    ("user", "add", "ben", "--role", "rep", "--phone", "+13125550112"),
    ("user", "add", "sam", "--role", "supervisor"),
    ("import", EXAMPLES / "open_invoices.csv", "--as-of", "2026-11-23"),
)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-23T17:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(clock: time_machine.Traveller, walked: Walked) -> Run:
    return walked("suspension", STEPS)


def test_a_case_from_the_list_to_its_notice(desk: Run, tmp_path: Path, clock: time_machine.Traveller) -> None:
    found = document(desk("suspension", "candidates", "--by", "sam", "--json"))
    by_account = {one["account"]: one for one in found}
    case = by_account["RIDGEWAY"]["case"]
    assert by_account["RIDGEWAY"]["state"] == "candidate"
    on = (case, "--by", "ana", "--reason", "no answer in a month")
    assert document(desk("suspension", "recommend", *on, "--json")) == {"case": case, "state": "recommended"}
    code, _, complaint = desk("suspension", "approve", *on)
    assert (code, complaint) == (1, "outreach: That is not for ana to do: ask a supervisor.\n")
    agenda = document(desk("suspension", "agenda", "--by", "sam", "--json"))
    assert agenda["meeting_on"] == "2026-11-25"
    assert {one["account"]: one["state"] for one in agenda["points"]}["RIDGEWAY"] == "recommended"
    code, out, _ = desk("suspension", "approve", case, "--by", "sam", "--reason", "agreed")
    assert (code, out) == (0, f"Case {case} is approved.\n")
    code, _, complaint = desk("suspension", "posted", *on)
    assert (code, "Attach the document" in complaint) == (1, True)
    receipt = tmp_path / "receipt.pdf"
    receipt.write_bytes(b"%PDF- a receipt")
    assert document(desk("suspension", "posted", *on, "--document", receipt, "--json"))["state"] == "noticed"
    clock.move_to("2026-11-24T17:00:00Z")
    told = document(desk("suspension", "minutes", "--by", "sam", "--json"))
    assert (told["since"], told["until"]) == ("2026-11-18", "2026-11-24")
    assert [(one["what"], one["by"], one["document"]) for one in told["minutes"]] == [
        ("recommended", "ana", "case sheet"),
        ("approved", "sam", "case sheet"),
        ("notice posted", "ana", "receipt.pdf"),
    ]
    rows = list(
        csv.DictReader(io.StringIO(desk("suspension", "minutes", "--by", "sam", "--format", "csv")[1]))
    )
    assert [row["state"] for row in rows] == ["recommended", "approved", "noticed"]
    assert "notice posted, by ana" in desk("suspension", "minutes", "--by", "sam")[1]
    code, out, _ = desk("suspension", "withdraw", case, "--by", "sam", "--reason", "they called")
    assert (code, out) == (0, f"Case {case} is withdrawn.\n")
    listed = document(desk("suspension", "list", "--by", "sam", "--state", "withdrawn", "--json"))
    assert [one["case"] for one in listed] == [case]


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("list", "--by", "nobody"), 2, "nobody does not work here"),
        (("approve", "1", "--by", "nobody", "--reason", "x"), 2, "nobody does not work here"),
        (("recommend", "99", "--by", "ana", "--reason", "x"), 2, "ana sees no case 99"),
        (("recommend", "1", "--by", "sam", "--reason", " "), 1, "Say why"),
        (("recommend", "1", "--by", "ana"), 2, "--reason"),
        (("recommend", "one", "--by", "ana", "--reason", "x"), 2, "one"),
        (("confirm", "1", "--by", "sam", "--reason", "x"), 1, "for a case that is due"),
        (("reinstate", "1", "--by", "sam", "--reason", "x"), 1, "for a case that is suspended"),
        (("recommend", "1", "--by", "ana", "--reason", "x", "--document", "none.pdf"), 2, "none.pdf"),
    ],
)
def test_mistakes_are_sentences(desk: Run, args: tuple[str, ...], code: int, words: str) -> None:
    desk("suspension", "candidates", "--by", "sam")
    found, out, complaint = desk("suspension", *args)
    assert (found, out) == (code, "")
    assert words in complaint
    assert "Traceback" not in complaint


def test_a_rep_sees_their_own_cases(desk: Run) -> None:
    everything = document(desk("suspension", "candidates", "--by", "sam", "--json"))
    assert everything != []
    ana = document(desk("suspension", "list", "--by", "ana", "--json"))
    ben = document(desk("suspension", "list", "--by", "ben", "--json"))
    assert {one["case"] for one in ana} | {one["case"] for one in ben} <= {one["case"] for one in everything}
    assert {one["case"] for one in ana}.isdisjoint(one["case"] for one in ben)
