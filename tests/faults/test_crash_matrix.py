"""A process dies at each durable boundary there is, and what it leaves behind comes to its right end."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.faults.patience import HANGS
from tests.faults.small_house import SmallHouse, small_house
from tests.faults.steps import DIED, PLANNER_POINTS
from tests.services import Databases

OUTREACH = Path(__file__).parents[2] / "outreach"
AGAIN = {"open", "failed"}
"""the touch of a call that never rang: tried again in the same touch, or in one of another day"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest) -> Iterator[SmallHouse]:
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.migrated() as url, small_house(url) as house:
        yield house


def click_dies(house: SmallHouse, point: str) -> str:
    """The row is committed, and no worker was asked."""
    attempt = house.click(crash_at=point)
    house.settle()
    return attempt.id


def place_dies(house: SmallHouse, point: str) -> str:
    attempt = house.click()
    assert house.nursery.take("place", attempt.id, crash_at=point) == DIED
    house.settle()
    return attempt.id


def door_dies(house: SmallHouse, point: str) -> str:
    """The rep presses a key, and the web process dies; the carrier asks again, and another one answers."""
    attempt, door = house.click(), house.open_door(crash_at=point)
    house.nursery.take("place", attempt.id)
    door.join(HANGS)
    assert door.exitcode == DIED
    house.open_door()
    house.settle()
    return attempt.id


def digest_dies(house: SmallHouse, point: str) -> str:
    attempt = house.click()
    house.nursery.take("place", attempt.id)
    house.truth()
    assert house.nursery.take("digest", crash_at=point) == DIED
    house.settle()
    return attempt.id


def save_dies(house: SmallHouse, point: str) -> str:
    """The rep saves again; had the first time been kept, the second would be refused."""
    attempt = house.click()
    house.nursery.take("place", attempt.id)
    house.settle()
    assert house.nursery.take("save", attempt.id, "rep0", crash_at=point) == DIED
    assert house.nursery.take("save", attempt.id, "rep0") == 0
    return attempt.id


Dying = Callable[[SmallHouse, str], str]

# point -> who dies there; the call's state in the end; whether the rep's phone rang; the touch's state
CALLS: Mapping[str, tuple[Dying, str, bool, set[str]]] = {
    "call.requested": (click_dies, "not_placed", False, {"open"}),
    "call.claimed": (place_dies, "not_placed", False, AGAIN),
    "call.answered": (place_dies, "ended", True, {"done"}),
    "call.settled": (place_dies, "ended", True, {"done"}),
    "call.bridging": (door_dies, "ended", True, {"done"}),
    "event.digesting": (digest_dies, "ended", True, {"done"}),
    "event.digested": (digest_dies, "ended", True, {"done"}),
    "wrapup.saving": (save_dies, "ended", True, {"done"}),
}
# point -> the letter's state in the end, how many left, the touch's state
LETTERS: Mapping[str, tuple[str, int, str]] = {
    "letters.drafted": ("delivered", 1, "done"),
    "letters.committed": ("unconfirmed", 0, "unconfirmed"),
    "letters.posted": ("delivered", 1, "done"),
    "letters.recorded": ("delivered", 1, "done"),
}


@pytest.mark.parametrize("point", CALLS)
def test_a_call_survives(house: SmallHouse, point: str) -> None:
    dies, state, rang, touch = CALLS[point]
    attempt = house.attempt(dies(house, point))
    assert attempt.state == state
    assert house.touch(attempt.touch_id).state in touch
    assert house.truth().placed.get(attempt.id, 0) == rang
    assert house.broken() == []


@pytest.mark.parametrize("point", LETTERS)
def test_a_letter_survives(house: SmallHouse, point: str) -> None:
    state, left, ends = LETTERS[point]
    touch = house.next_touch("email")
    house.make_due(touch)
    assert house.nursery.take("letters", crash_at=point) == DIED
    assert house.nursery.take("letters") == 0
    house.settle()
    (letter,) = house.letters(touch)
    assert letter.state == state
    assert house.touch(touch.id).state == ends
    assert house.truth().letters.get(letter.id, 0) == left
    assert house.broken() == []


ORDERS = {"order.posted"}
"""tests.faults.test_order_killed"""
IMPORTS = {"import.staging", "import.ready", "import.chunk", "import.applied"}
"""of the intake, which dies at them in tests/intake/test_trouble.py"""


def test_every_crashpoint_there_is_stands_in_a_table() -> None:
    named = {
        name
        for path in OUTREACH.rglob("*.py")
        for name in re.findall(r'crashpoint\("([^"]+)"\)', path.read_text())
    }
    assert named == {*CALLS, *LETTERS, *PLANNER_POINTS, *IMPORTS, *ORDERS}
