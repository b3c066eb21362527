"""Numbers and addresses: may they be used at all (product.md 3)."""

from outreach.rules.policy import NumberRules


def number_problem(number: str, rules: NumberRules) -> str | None:
    """Why an E.164 number may not be dialled, as a sentence; None if it may.

    Not E.164, not of an allowed country, premium, shared-cost, satellite, personal, emergency or a listed range. The
    fictional 555-01xx numbers pass: they are ordinary numbers that nobody has.
    """
    raise NotImplementedError


def address_problem(address: str) -> str | None:
    """Why an address cannot be written to, as a sentence; None if it can. Syntax only."""
    raise NotImplementedError


def normalized(address: str) -> str:
    """The form by which addresses are the same destination: trimmed, lower case, domain in ASCII."""
    raise NotImplementedError
