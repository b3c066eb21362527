"""Write transactions are as long as they may be: where rows cost more, fewer go into one."""

from __future__ import annotations

import pytest

from outreach.intake.run import AIM, CHUNK, FEWEST, Pace


@pytest.mark.parametrize(
    ("before", "written", "seconds", "after"),
    [
        (100, 100, AIM, 100),
        (100, 100, 2 * AIM, 50),
        (100, 100, AIM / 1000, 200),
        (200, 200, AIM / 1000, CHUNK),
        (100, 100, 100 * AIM, FEWEST),
        (100, FEWEST - 1, 100 * AIM, 100),
        (FEWEST, FEWEST, AIM / 2, 2 * FEWEST),
        (100, 100, 0.0, 200),
    ],
)
def test_the_next_transaction_holds_what_fits(before: int, written: int, seconds: float, after: int) -> None:
    pace = Pace(before)
    pace.note(written, seconds)
    assert pace.rows == after
