"""Chance that can be repeated: the same seed and words give the same number, in any process, in any order."""

from collections.abc import Mapping
from hashlib import blake2b


def unit(seed: int, *words: object) -> float:
    """A number in [0, 1), evenly spread, a pure function of its arguments."""
    text = "\0".join([str(seed), *map(str, words)])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) / 2**64


def pick(point: float, shares: Mapping[str, float]) -> str | None:
    """The name whose share of [0, 1) holds `point`; None beyond the sum of the shares."""
    for name, share in shares.items():
        if point < share:
            return name
        point -= share
    return None
