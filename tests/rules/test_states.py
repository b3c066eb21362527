import itertools

import pytest

from outreach.rules.states import (
    CALL_EXITS,
    CALL_LIVE,
    CALL_RANKS,
    LETTER_EXITS,
    LETTER_RANKS,
    Progress,
    may_move_call,
    may_move_letter,
    progress,
)

# design.md 4, from -> to
CALL_MOVES = {
    "requested": "sending unknown accepted bridging ended not_placed",
    "sending": "unknown accepted bridging ended refused not_placed",
    "unknown": "accepted bridging ended refused not_placed",
    "accepted": "bridging ended",
    "bridging": "ended",
    "ended": "",
    "refused": "",
    "not_placed": "",
}
LETTER_MOVES = {
    "sending": "unknown unconfirmed accepted deferred delivered bounced refused dropped",
    "unknown": "unconfirmed accepted deferred delivered bounced refused dropped",
    "unconfirmed": "accepted deferred delivered bounced dropped",
    "accepted": "deferred delivered bounced dropped",
    "deferred": "delivered bounced dropped",
    "delivered": "bounced",
    "bounced": "",
    "refused": "",
    "dropped": "",
}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(CALL_MOVES, repeat=2)))
def test_a_call_moves_up_and_never_back(old: str, new: str) -> None:
    assert may_move_call(old, new) == (new in CALL_MOVES[old].split())


@pytest.mark.parametrize(("old", "new"), list(itertools.product(LETTER_MOVES, repeat=2)))
def test_a_letter_moves_up_and_never_back(old: str, new: str) -> None:
    assert may_move_letter(old, new) == (new in LETTER_MOVES[old].split())


def test_no_state_is_left_out() -> None:
    assert {*CALL_RANKS, *CALL_EXITS} == set(CALL_MOVES)
    assert {*LETTER_RANKS, *LETTER_EXITS} == set(LETTER_MOVES)
    assert {state for state, moves in CALL_MOVES.items() if moves} == CALL_LIVE


def test_an_unknown_state_is_an_error() -> None:
    with pytest.raises(KeyError):
        may_move_call("sending", "flying")


@pytest.mark.parametrize(
    ("state", "word", "seen"),
    [
        ("requested", None, "placing"),
        ("sending", None, "placing"),
        ("unknown", None, "unknown"),
        ("accepted", None, "queued"),
        ("accepted", "queued", "queued"),
        ("accepted", "ringing", "ringing"),
        ("bridging", "ringing", "ringing"),
        ("bridging", "connected", "connected"),
        ("ended", "connected", "ended"),
        ("refused", None, "ended"),
        ("not_placed", None, "ended"),
    ],
)
def test_what_people_see_of_a_call(state: str, word: str | None, seen: Progress) -> None:
    assert progress(state, word) == seen
