"""`outreach replies read`: what the reader makes of one mail, without a database."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from outreach.cli.main import main

MAIL = (
    b"From: Maria <ap@harbor.example>\r\nDate: Mon, 23 Nov 2026 09:30:00 -0800\r\nSubject: Re: INV-1001\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\n"
    b"Tr\xe8s bien: we will pay $1,200.00 for INV-1001 on Friday.\r\n\r\n> Please pay by Monday.\r\n"
)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*args: str, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["outreach", "replies", "read", *args])
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))
        code = 0
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_file_as_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "reply.eml").write_bytes(MAIL)
    code, out, _ = run(str(tmp_path / "reply.eml"), "--json")
    assert code == 0
    assert json.loads(out) == {
        "intent": "promise",
        "also": [],
        "date": "2026-11-27",
        "amount": "1200.00",
        "currency": "USD",
        "invoices": ["INV-1001"],
        "visible": "Très bien: we will pay $1,200.00 for INV-1001 on Friday.",
        "confidence": 0.9,
        "words": "Très bien: we will pay $1,200.00 for INV-1001 on Friday.",
    }


def test_standard_input_for_people(run: Run) -> None:
    code, out, _ = run("-", stdin=b"Subject: Automatic reply: x\r\n\r\nI am out of the office.\r\n")
    assert (code, "out_of_office" in out) == (0, True)


@pytest.mark.parametrize(
    "raw", [b"\x00\xff", b"no header at all", b"Content-Type: multipart/mixed\r\n\r\n--x"]
)
def test_nonsense_is_other_and_no_traceback(run: Run, raw: bytes) -> None:
    code, out, err = run("-", "--json", stdin=raw)
    assert (code, err, json.loads(out)["date"]) == (0, "", None)


def test_bad_use_is_one_sentence(run: Run, tmp_path: Path) -> None:
    for args in (["/nowhere.eml"], [str(tmp_path)], ["-"]):
        code, out, err = run(*args)
        assert (code, out, err.count("\n")) == (2, "", 1), args
