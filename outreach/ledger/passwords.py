"""How passwords are kept: Argon2id, and an unknown login costs as much as a known one (trust.md 4)."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
"""characters; nothing else is asked of a password (ASVS 6.2)"""

_hasher = PasswordHasher()


class PasswordTooShort(ValueError):
    """Says how long it must be."""


def hashed(password: str) -> str:
    """What to store in `users.password_hash`. Raises PasswordTooShort."""
    if len(password) < SHORTEST:
        raise PasswordTooShort(f"a password needs at least {SHORTEST} characters")
    return _hasher.hash(password)


def fits(password: str, stored: str | None) -> bool:
    """True if `password` is the one whose hash is `stored`. None: nobody's, which takes just as long."""
    try:
        _hasher.verify(stored or _decoy(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _decoy() -> str:
    return _hasher.hash("nobody has this password")
