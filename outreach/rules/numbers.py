"""Numbers and addresses: may they be used at all (product.md 3)."""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from outreach.rules.policy import NumberRules

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}")

_DIALLED = {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
    PhoneNumberType.UAN,
}
"""Not premium rate, shared cost, personal, pager, voicemail access or of a kind nobody knows."""


@lru_cache(maxsize=1 << 16)
def number_problem(number: str, rules: NumberRules) -> str | None:
    """Why a number may not be dialled, as a sentence; None if it may.

    The fictional 555-01xx numbers may: the numbering plan treats them as any other.
    """
    if not _E164.fullmatch(number):
        return f"{number} is not in E.164 form: write + and country code, such as +12125550123."
    parsed = phonenumbers.parse(number)
    country = phonenumbers.region_code_for_number(parsed)
    if country is None or not phonenumbers.is_possible_number(parsed):
        return f"{number} is in no numbering plan we know."
    if country == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY:
        return f"{number} is a number of no country: satellite, or an international network."
    if country not in rules.countries:
        return f"{number} is a number of {country}; allowed are {', '.join(rules.countries)}."
    if phonenumbers.number_type(parsed) not in _DIALLED:
        kind = PhoneNumberType.to_string(phonenumbers.number_type(parsed)).replace("_", " ").lower()
        return f"{number} is a {kind} number."
    if any(pattern.fullmatch(number) for pattern in rules.forbidden):
        return f"{number} lies in a range that is not dialled (emergency, services, pay-per-call, satellite)."
    return None


def address_problem(address: str) -> str | None:
    """Why an address cannot be written to, as a sentence; None if it can. Syntax only."""
    local, _, domain = address.rpartition("@")
    if len(local) > 64 or len(domain) > 253 or not _ADDRESS.fullmatch(address) or ".." in local:
        return f"{address} is not an e-mail address: write name@example.com."
    return None


def normalized(address: str) -> str:
    """The form by which two spellings are one destination: trimmed, lower case, domain in ASCII."""
    local, at, domain = address.strip().lower().rpartition("@")
    try:
        return local + at + domain.encode("idna").decode("ascii")
    except UnicodeError:  # not a domain at all: address_problem says so
        return local + at + domain
