"""Whose fault a bounce is. Only an unknown user or host makes an address bad (providers.md B 3.3).

A full mailbox, a policy, a reputation pass: most of what bounces with 5.x.x is such a thing.
"""

import re

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_ABOUT_US = frozenset({"7", "8"})
"""of 5.1: the sender's address is what they do not like"""
_UNKNOWN = re.compile(
    r"(?:user|recipient|host|mailbox|address|account) (?:is )?unknown"
    r"|unknown (?:user|recipient|host|mailbox|address|account)"
    r"|no such (?:user|recipient|host|mailbox|address|account|person|domain)"
    r"|does ?n[o']t exist|has moved",
    re.IGNORECASE,
)


def is_hard(words: str) -> bool:
    """True if these words prove that nobody is there: a code 5.1, or a sentence that says so."""
    code = _code(words)
    if code is None or code[:2] == ("5", "0"):
        return _UNKNOWN.search(words) is not None
    return code[:2] == ("5", "1") and code[2] not in _ABOUT_US


def is_passing(words: str) -> bool:
    """True if these words, in spite of a provider's verdict, speak of something else than the address."""
    code = _code(words)
    return code is not None and (code[0] == "4" or code[1] in ("2", "3", "7")) and not _UNKNOWN.search(words)


def _code(words: str) -> tuple[str, str, str] | None:
    """The first enhanced status code (RFC 3463) in them."""
    found = _CODE.search(words)
    return (found[1], found[2], found[3]) if found else None
