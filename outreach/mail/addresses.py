"""The signed address replies come back to: `r+<letter id>.<signature>@<reply domain>` (providers.md B2.5).

Only we can make one, so a reply to it is about that letter, whatever its From says.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

_SHAPE = re.compile(r"r\+([a-z2-7]{15})\.([a-z2-7]{16})@", re.IGNORECASE)
_PURPOSE = b"outreach reply address\0"  # the keys sign other things too


def reply_address(letter_id: str, domain: str, keys: Sequence[str]) -> str:
    """Signed with the newest key, which comes first; 34 characters before the @, of 64 allowed."""
    return f"r+{letter_id}.{_signature(letter_id, keys[0])}@{domain}"


def letter_of(address: str, keys: Sequence[str]) -> str | None:
    """The letter a reply to `address` is about; None for a stranger's or a forged address. Any key fits, so
    that replies to letters from before a rotation still find home."""
    match = _SHAPE.match(address.strip())
    if not match:
        return None
    letter_id, signature = (part.lower() for part in match.groups())  # some servers change the case
    fits = [hmac.compare_digest(signature, _signature(letter_id, key)) for key in keys]
    return letter_id if any(fits) else None


def _signature(letter_id: str, key: str) -> str:
    digest = hmac.digest(key.encode(), _PURPOSE + letter_id.encode(), hashlib.sha256)
    return base64.b32encode(digest[:10]).decode().lower()
