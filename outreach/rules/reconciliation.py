"""A customer's own list of what they owe against ours: both, ours only, theirs only (product.md 6)."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_NOT_SAID = re.compile(r"[\W_]+")
_LEADING = re.compile(r"^(\D*)0+(?=\d)")


class Item(NamedTuple):
    """A line of either list: what is open of one invoice, in minor units of its currency."""

    number: str
    currency: str
    amount: int


class Both(NamedTuple):
    """An invoice that stands in both lists."""

    ours: Item
    theirs: Item

    @property
    def equal(self) -> bool:
        """True where both lists say the same is open."""
        return self.ours[1:] == self.theirs[1:]


class Alone(NamedTuple):
    """A line that the other list lacks; `could_be`: numbers of the other list of which it may be one."""

    item: Item
    could_be: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every line of both lists, once."""

    both: Sequence[Both]
    ours_only: Sequence[Alone]
    theirs_only: Sequence[Alone]


def likeness(number: str) -> str:
    """What is left of a number without case, spaces, dashes and leading zeros: "INV-00 42" -> "inv42"."""
    return _LEADING.sub(r"\1", _NOT_SAID.sub("", number.casefold()))


def compare(ours: Sequence[Item], theirs: Sequence[Item]) -> Comparison:
    """Put the lists beside each other. Numbers that are the same letter by letter are the same; of the rest
    those that are alike, if on either list only one is so: what could be two is neither.
    """
    mine, yours = _alone(ours), _alone(theirs)
    exact = mine.keys() & yours.keys()
    pairs = [Both(mine[number], yours[number]) for number in exact]
    like_ours, like_theirs = _by_likeness(ours), _by_likeness(theirs)
    for key, found in like_ours.items():
        if key and len(found) == len(like_theirs.get(key, ())) == 1 and found[0].number not in exact:
            pairs.append(Both(found[0], like_theirs[key][0]))
    paired = {id(item) for pair in pairs for item in pair}
    return Comparison(
        both=sorted(pairs),
        ours_only=_rest(ours, paired, like_theirs),
        theirs_only=_rest(theirs, paired, like_ours),
    )


def _alone(items: Iterable[Item]) -> dict[str, Item]:
    """By number, without those that stand there twice."""
    counts = Counter(item.number for item in items)
    return {item.number: item for item in items if counts[item.number] == 1}


def _by_likeness(items: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        found[likeness(item.number)].append(item)
    return found


def _rest(items: Iterable[Item], paired: set[int], others: Mapping[str, Sequence[Item]]) -> list[Alone]:
    return sorted(
        Alone(item, tuple(sorted({other.number for other in others.get(likeness(item.number), ())})))
        for item in items
        if id(item) not in paired
    )
