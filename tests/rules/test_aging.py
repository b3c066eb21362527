import pytest

from outreach.rules.aging import BUCKETS, bucket


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (-30, "current"),
        (0, "current"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "91+"),
        (4000, "91+"),
    ],
)
def test_buckets(days: int, name: str) -> None:
    assert bucket(days) == name


def test_every_day_has_a_bucket_and_they_come_in_order() -> None:
    places = [BUCKETS.index(bucket(days)) for days in range(-5, 200)]
    assert places == sorted(places)
    assert set(places) == set(range(len(BUCKETS)))
