"""The business numbers and the rates beside them: how they come into force, and what is said of bad ones."""

import json
import secrets
from pathlib import Path

import pytest

from outreach.policy_files import policy_file
from tests.cli.said import Run, document

EUROS = (
    "Customer ID,Invoice number,Invoice date,Due date,Open amount,Currency\n"
    "ULM,E-1,2026-08-01,2026-09-01,1000.00,EUR\n"
)
LOAD = ("policy", "load", "config/outreach.toml", "--why", "ours")


@pytest.fixture
def own(run: Run) -> Run:
    """An installation with a `config` folder of its own, without rates."""
    Path("config").mkdir()
    Path("config/outreach.toml").write_text(policy_file().read_text("utf-8"), "utf-8")
    return run


def _rates(text: str) -> None:
    Path("config/fx.toml").write_text(text, "utf-8")


def _over_31(run: Run) -> dict[str, object]:
    found: dict[str, object] = document(run("metrics", "--as-of", "2026-11-20", "--json"))["over_31"]
    return found


def _import_euros(run: Run) -> None:
    Path("euros.csv").write_text(EUROS, "utf-8")
    assert run("import", "euros.csv", "--as-of", "2026-11-20")[0] == 0


def test_a_new_installation_has_the_rates_that_came_with_it(run: Run) -> None:
    code, told, _ = run("init")
    assert (code, told) == (
        *(0, "The schema is current; outreach.toml and fx.toml are in force as version 1.\n"),
    )
    _import_euros(run)
    found = _over_31(run)
    assert (found["about_usd"], found["unrated"]) == ("1160.00", [])


def test_rates_that_changed_are_told_and_loaded(own: Run) -> None:
    assert own("init")[1].endswith("no fx.toml beside it: only USD is compared with thresholds.\n")
    _import_euros(own)
    assert (_over_31(own)["about_usd"], _over_31(own)["unrated"]) == ("0.00", ["EUR"])
    assert own("policy", "diff")[1] == "No difference.\n"
    _rates("[2026-01-01]\nEUR = 1.25\n")
    assert "+EUR = 1.25" in own("policy", "diff")[1]
    assert own(*LOAD)[1] == "outreach.toml and fx.toml are in force as version 2.\n"
    assert _over_31(own)["about_usd"] == "1250.00"
    assert own("policy", "diff")[1] == "No difference.\n"


def test_without_a_file_of_rates_those_in_force_stay(own: Run) -> None:
    _rates("[2026-01-01]\nEUR = 1.25\n")
    own("init")
    _import_euros(own)
    Path("config/fx.toml").unlink()
    assert own(*LOAD)[1].endswith("there is no fx.toml beside it: the rates in force stay.\n")
    assert _over_31(own)["about_usd"] == "1250.00"


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        (b"[2026-01-01]\nEUR = 0\n", "2026-01-01.EUR = 0 is not a rate: write US dollars per unit"),
        (b"[2026-01-01]\nEUR = nan\n", "is not a rate: write US dollars per unit"),
        (b"[January]\nEUR = 1\n", "[January] is not a date: write [2026-01-01]"),
        (b"[2026-01-01\n", "this is not TOML"),
        (b"# \xe4\n", "is not UTF-8 text: save it as UTF-8"),
    ],
)
@pytest.mark.parametrize("command", [("init",), LOAD, ("policy", "diff"), ("demo", "--once")])
def test_bad_rates_are_one_sentence(own: Run, rates: bytes, words: str, command: tuple[str, ...]) -> None:
    if command != ("init",):
        own("init")
    Path("config/fx.toml").write_bytes(rates)
    code, out, complaint = own(*command)
    assert (code, out, complaint.count("\n")) == (1, "", 1)
    assert "config/fx.toml" in complaint
    assert words in complaint


FOREIGN = b"# Stra\xdfe\n"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("policy", "load", "foreign.toml", "--why", "ours"), 1),
        (("replay", "--from", "2026-11-16", "--to", "2026-11-17", "--policy", "foreign.toml"), 2),
    ],
)
def test_a_policy_that_is_not_utf_8_is_one_sentence(run: Run, command: tuple[str, ...], code: int) -> None:
    run("init")
    Path("foreign.toml").write_bytes(FOREIGN)
    complaint = "outreach: foreign.toml is not UTF-8 text: save it as UTF-8 and try again\n"
    assert run(*command) == (code, "", complaint)


def test_an_anchor_that_is_not_utf_8_is_not_the_one_that_was_written(run: Run) -> None:
    run("init")
    Path("anchor.txt").write_bytes(FOREIGN)
    code, out, complaint = run("verify-log", "--anchor", "anchor.txt")
    assert (code, out) == (1, "")
    assert "this anchor file is not the one that was written" in complaint


def test_a_replay_takes_the_rates_beside_the_changed_playbook(own: Run) -> None:
    own("init")
    _rates("[2026-01-01]\nEUR = 0\n")
    replay = ("replay", "--from", "2026-11-16", "--to", "2026-11-17", "--policy", "config/outreach.toml")
    code, _, complaint = own(*replay)
    assert (code, "config/fx.toml: 2026-01-01.EUR = 0 is not a rate" in complaint) == (2, True)


def test_doctor_says_when_the_rates_differ(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("CARRIER", "sandbox"), ("MAILER", "sandbox"), ("SECRET_KEY", secrets.token_hex())):
        monkeypatch.setenv(f"OUTREACH_{name}", value)

    def finding() -> str:
        lines = json.loads(own("doctor", "--json")[1])
        return str(next(one["words"] for one in lines if one["what"] == "policy"))

    own("init")
    assert finding() == "version 1 in force, as in outreach.toml, without rates to USD"
    _rates("[2026-01-01]\nEUR = 1.25\n")
    assert finding() == "version 1 in force differs from fx.toml: see `outreach policy diff`"
    own(*LOAD)
    assert finding() == "version 2 in force, as in outreach.toml and fx.toml"
    _rates("[2026-01-01]\nEUR = -1\n")
    assert "config/fx.toml: 2026-01-01.EUR" in finding()
