"""What accounting systems say of a document's state, and what it means for collecting."""

from __future__ import annotations

from outreach.intake.vocabulary import letters

_PAID = frozenset({"paid", "paidinfull", "fullypaid", "settled"})
_NOT_ASKED = frozenset(
    {
        *("draft", "submitted", "awaitingapproval", "pendingapproval", "rejected"),
        *("void", "voided", "deleted", "canceled", "cancelled", "reversed", "uncollectible"),
    }
)


def is_paid(status: str) -> bool:
    """Nothing is open any more, whatever the amounts beside it: Stripe leaves the amount due as it was."""
    return letters(status) in _PAID


def is_not_asked(status: str) -> bool:
    """A draft that never left, or one that was taken back: no receivable, and nothing wrong with the row."""
    return letters(status) in _NOT_ASKED
