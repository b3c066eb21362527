"""Card numbers are taken out of what is kept; other numbers stay."""

import pytest

from outreach.rules.redaction import without_cards


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "378282246310005",
        "6011.1111.1111.1117",
    ],
)
def test_a_card_number_goes(number: str) -> None:
    assert without_cards(f"it is {number}, thank you") == "it is [card number], thank you"


@pytest.mark.parametrize(
    "text", ["4111111111111112", "INV-1234567", "+1 303 555 0107", "12345678901234567890123", "", "no number"]
)
def test_everything_else_stays(text: str) -> None:
    assert without_cards(text) == text
