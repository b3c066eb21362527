"""`outreach suspension`: a case from the list to the order, as a script walks it."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from outreach.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-23T17:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def run(
    clock: time_machine.Traveller,
    blank_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTREACH_DATABASE_URL", blank_database_url)
    monkeypatch.setenv("OUTREACH_PASSWORD", "correct horse battery")

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["outreach", *map(str, args)])
        code = 0
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    for args in (
        ("init",),
        ("user", "add", "ana", "--role", "rep", "--phone", "+13125550111"),
        ("user", "add", "ben", "--role", "rep", "--phone", "+13125550112"),
        ("user", "add", "sam", "--role", "supervisor"),
        ("import", EXAMPLES / "open_invoices.csv", "--as-of", "2026-11-23"),
    ):
        assert run(*args)[0] == 0, args
    return run


def document(answer: tuple[int, str, str]) -> Any:
    code, out, complaint = answer
    assert (code, complaint) == (0, "")
    return json.loads(out)


def test_a_case_from_the_list_to_its_notice(run: Run, tmp_path: Path, clock: time_machine.Traveller) -> None:
    found = document(run("suspension", "candidates", "--by", "sam", "--json"))
    by_account = {one["account"]: one for one in found}
    case = by_account["RIDGEWAY"]["case"]
    assert by_account["RIDGEWAY"]["state"] == "candidate"
    on = (case, "--by", "ana", "--reason", "no answer in a month")
    assert document(run("suspension", "recommend", *on, "--json")) == {"case": case, "state": "recommended"}
    code, _, complaint = run("suspension", "approve", *on)
    assert (code, complaint) == (1, "outreach: That is not for ana to do: ask a supervisor.\n")
    agenda = document(run("suspension", "agenda", "--by", "sam", "--json"))
    assert agenda["meeting_on"] == "2026-11-25"
    assert {one["account"]: one["state"] for one in agenda["points"]}["RIDGEWAY"] == "recommended"
    code, out, _ = run("suspension", "approve", case, "--by", "sam", "--reason", "agreed")
    assert (code, out) == (0, f"Case {case} is approved.\n")
    code, _, complaint = run("suspension", "posted", *on)
    assert (code, "Attach the document" in complaint) == (1, True)
    receipt = tmp_path / "receipt.pdf"
    receipt.write_bytes(b"%PDF- a receipt")
    assert document(run("suspension", "posted", *on, "--document", receipt, "--json"))["state"] == "noticed"
    clock.move_to("2026-11-24T17:00:00Z")
    told = document(run("suspension", "minutes", "--by", "sam", "--json"))
    assert (told["since"], told["until"]) == ("2026-11-18", "2026-11-24")
    assert [(one["what"], one["by"], one["document"]) for one in told["minutes"]] == [
        ("recommended", "ana", "case sheet"),
        ("approved", "sam", "case sheet"),
        ("notice posted", "ana", "receipt.pdf"),
    ]
    rows = list(
        csv.DictReader(io.StringIO(run("suspension", "minutes", "--by", "sam", "--format", "csv")[1]))
    )
    assert [row["state"] for row in rows] == ["recommended", "approved", "noticed"]
    assert "notice posted, by ana" in run("suspension", "minutes", "--by", "sam")[1]
    code, out, _ = run("suspension", "withdraw", case, "--by", "sam", "--reason", "they called")
    assert (code, out) == (0, f"Case {case} is withdrawn.\n")
    listed = document(run("suspension", "list", "--by", "sam", "--state", "withdrawn", "--json"))
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
def test_mistakes_are_sentences(run: Run, args: tuple[str, ...], code: int, words: str) -> None:
    run("suspension", "candidates", "--by", "sam")
    found, out, complaint = run("suspension", *args)
    assert (found, out) == (code, "")
    assert words in complaint
    assert "Traceback" not in complaint


def test_a_rep_sees_their_own_cases(run: Run) -> None:
    everything = document(run("suspension", "candidates", "--by", "sam", "--json"))
    assert everything != []
    ana = document(run("suspension", "list", "--by", "ana", "--json"))
    ben = document(run("suspension", "list", "--by", "ben", "--json"))
    assert {one["case"] for one in ana} | {one["case"] for one in ben} <= {one["case"] for one in everything}
    assert {one["case"] for one in ana}.isdisjoint(one["case"] for one in ben)
