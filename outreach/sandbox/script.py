"""Reads a script: who behaves how, attempt by attempt.

    [reps]
    "+13035550199" = "voicemail"
    [numbers]
    "+12125550101" = ["no-answer", "human"]
    [addresses]
    "ap@example.com" = ["deferred", "bounced"]
    [senders]
    "billing@example.com" = "AccountSuspendedException"

A rep's number may also be given a Twilio error code ("21216"): the request to ring it is refused with it.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from outreach.sandbox.people import CALLEES, MAILBOXES, REPS, SCRIPTED_MAILBOXES, SENDERS, Script
from outreach.sandbox.twilio_errors import ERRORS

ALLOWED = {
    "reps": {*REPS, *map(str, ERRORS)},
    "numbers": set(CALLEES),
    "addresses": {*MAILBOXES, *SCRIPTED_MAILBOXES},
    "senders": set(SENDERS),
}


def read(path: Path) -> Script:
    """Raises ValueError with one sentence that names the file and the wrong line."""
    try:
        return parse(tomllib.loads(path.read_text()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValueError) as error:
        raise ValueError(f"the script {path} cannot be used: {error}") from error


def parse(table: Mapping[str, object]) -> Script:
    """Raises ValueError naming the part or behaviour that is not known."""
    unknown = set(table) - set(ALLOWED)
    if unknown:
        raise ValueError(f"unknown part {sorted(unknown)[0]!r}; use {', '.join(ALLOWED)}")
    return Script(**{part: _behaviours(part, table.get(part, {})) for part in ALLOWED})


def _behaviours(part: str, entries: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(entries, Mapping):
        raise ValueError(f"[{part}] must be a table of names and behaviours")
    return {str(name).lower(): _sequence(part, str(name), value) for name, value in entries.items()}


def _sequence(part: str, name: str, value: object) -> tuple[str, ...]:
    sequence = tuple(value) if isinstance(value, list) else (value,)
    for behaviour in sequence:
        if behaviour not in ALLOWED[part]:
            known = ", ".join(sorted(b for b in ALLOWED[part] if not b.isdigit()))
            raise ValueError(f"{name!r} in [{part}] cannot be {behaviour!r}; use {known}")
    if not sequence:
        raise ValueError(f"{name!r} in [{part}] needs at least one behaviour")
    return sequence
