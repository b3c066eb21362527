"""Which kind of invoice a document is, where the organization's own rules say so (product.md 2, MRR).

Never a guess: what no rule names is standard. Final is the last or closing invoice of a contract or project.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["final", "mrr", "standard"]


class Document(NamedTuple):
    """The words of a document by which a rule may know it."""

    item: str = ""
    memo: str = ""
    document_type: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class KindRule:
    """A row of `[[kinds]]`: a document that shows every pattern somewhere in its words is of this kind."""

    kind: Kind
    item: re.Pattern[str] | None = None
    memo: re.Pattern[str] | None = None
    document_type: re.Pattern[str] | None = None
    number: re.Pattern[str] | None = None

    def __post_init__(self) -> None:
        if not any(self._patterns):
            raise ValueError("say by what it is known: one or more of item, memo, document_type, number")

    def names(self, document: Document) -> bool:
        """True if each pattern is found in its words."""
        pairs = zip(self._patterns, document, strict=True)
        return all(pattern is None or pattern.search(words) for pattern, words in pairs)

    @property
    def words(self) -> str:
        """The rule as a person wrote it, for the file's report: `item ~ Retainage`."""
        pairs = zip(self._patterns, Document._fields, strict=True)
        return ", ".join(f"{column} ~ {pattern.pattern}" for pattern, column in pairs if pattern)

    @property
    def _patterns(self) -> tuple[re.Pattern[str] | None, ...]:
        return self.item, self.memo, self.document_type, self.number


def first_match(rules: Sequence[KindRule], document: Document) -> int | None:
    """The place, from 0, of the first rule that names the document; None: none does."""
    return next((place for place, rule in enumerate(rules) if rule.names(document)), None)
