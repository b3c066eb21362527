"""The one guard of a recommendation's states: every pair, allowed or not."""

import pytest

from outreach.rules.recommendations import STATES, State, may_move

ALLOWED = {
    ("requested", "approved"),
    ("requested", "rejected"),
    ("approved", "placed"),
    ("approved", "rejected"),
    ("placed", "recalled"),
}


@pytest.mark.parametrize("old", [*STATES, "nonsense"])
@pytest.mark.parametrize("new", STATES)
def test_every_move(old: str, new: State) -> None:
    assert may_move(old, new) == ((old, new) in ALLOWED)
