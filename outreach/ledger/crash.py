"""Named places to die at: the fault run kills a process exactly at a durable boundary (trust.md 2)."""

import os

AT = "OUTREACH_CRASH"
"""environment: the name of the point, and optionally `:n` to survive the first n - 1 passes"""

_passes: dict[str, int] = {}


def crashpoint(name: str) -> None:
    """Do nothing, unless `OUTREACH_CRASH` names this point: then die at once, as by kill -9."""
    wanted, _, nth = os.environ.get(AT, "").partition(":")
    if name == wanted:
        _passes[name] = _passes.get(name, 0) + 1
        if _passes[name] >= int(nth or 1):
            os._exit(137)
