"""Everybody behaves by the seed and their own number, unless a script says otherwise."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from outreach.sandbox.people import CALLEES, MAILBOXES, People, Script
from outreach.sandbox.script import parse, read
from tests.sandbox.playing import CUSTOMER, REP, Sandbox

NUMBERS = [f"+1212555{nth:04d}" for nth in range(4000)]
ADDRESSES = [f"ap{nth}@example.com" for nth in range(4000)]


def test_the_same_seed_is_the_same_world() -> None:
    def world(seed: int) -> list[str]:
        people = People(seed)
        return [people.callee(number, 0) for number in NUMBERS[:100]]

    assert world(1) == world(1)
    assert world(1) != world(2)
    assert People(1).callee(CUSTOMER, 0) == People(1).callee(CUSTOMER, 5)
    assert People(1).mailbox("AP@Example.com", 0) == People(1).mailbox("ap@example.com", 0)


@pytest.mark.parametrize("shares", [CALLEES, MAILBOXES])
def test_the_shares_are_all_there_is(shares: dict[str, float]) -> None:
    assert sum(shares.values()) == pytest.approx(1)


def test_the_population_has_its_shares() -> None:
    people = People(7)
    calls = Counter(people.callee(number, 0) for number in NUMBERS)
    letters = Counter(people.mailbox(address, 0) for address in ADDRESSES)
    for found, shares in ((calls, CALLEES), (letters, MAILBOXES)):
        assert {name: count / 4000 for name, count in found.items()} == pytest.approx(shares, abs=0.02)


def test_a_script_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "script.toml"
    file.write_text(f"""
        [reps]
        "{REP}" = "voicemail"
        [numbers]
        "{CUSTOMER}" = ["no-answer", "human"]
        [addresses]
        "AP@example.com" = "bounced"
    """)
    people = People(1, read(file))
    assert people.rep(REP, 3) == "voicemail"
    assert [people.callee(CUSTOMER, nth) for nth in range(4)] == ["no-answer", "human", "human", "human"]
    assert people.mailbox("ap@Example.com", 0) == "bounced"
    assert people.rep("+13035550198", 0) == "presses"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"numbers": {CUSTOMER: "asleep"}}, "cannot be 'asleep'; use answered, bad-number"),
    ({"numbers": {CUSTOMER: ["human", 3]}}, "cannot be 3"),
    ({"numbers": {CUSTOMER: []}}, "needs at least one behaviour"),
    ({"numbers": "human"}, r"\[numbers\] must be a table"),
    ({"reps": {REP: "12345"}}, "cannot be '12345'"),
    ({"addresses": {"a@example.com": "human"}}, "cannot be 'human'"),
    ({"people": {}}, "unknown part 'people'"),
]


@pytest.mark.parametrize(("table", "sentence"), WRONG)
def test_a_wrong_script_is_refused_by_name(sandbox: Sandbox, table: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse(table)
    assert sandbox.post("/sandbox/script", table).status_code == 400


@pytest.mark.parametrize("text", ["[numbers", None])
def test_an_unreadable_script_is_named(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "script.toml"
    if text:
        file.write_text(text)
    with pytest.raises(ValueError, match=r"the script .*script.toml cannot be used"):
        read(file)


def test_an_empty_script_leaves_everybody_to_the_seed() -> None:
    assert parse({}) == Script()
