"""One post at the door, and what a provider's module must know to judge and read it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from functools import cached_property
from typing import Any, Literal
from urllib.parse import parse_qsl

from sqlalchemy.orm import Session
from werkzeug.datastructures import Headers, MultiDict

from outreach.ledger.inbox import Arrival, Event
from outreach.office import DoorKeys, Office

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 1000


@dataclass(frozen=True)
class Post:
    """`url` is what we gave the provider, from OUTREACH_BASE_URL: Host and X-Forwarded-* are anybody's."""

    kind: str
    """the last part of its path: answer, status, events; empty for a provider that has one path only"""
    url: str
    query: Mapping[str, str]
    headers: Headers = field(repr=False)
    content_type: str
    body: bytes = field(repr=False)
    about: str = ""
    """what its path names besides the kind"""

    @cached_property
    def form(self) -> MultiDict[str, str] | None:
        """The form's fields; None for whatever is no form: its signature could not cover what it says."""
        if self.content_type != FORM:
            return None
        try:
            fields = parse_qsl(self.body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            return None
        return MultiDict(fields)


class Papers(Enum):
    """What a post's signature says of it."""

    GOOD = auto()
    STALE = auto()
    """a valid signature with a timestamp long past: kept, and not acted upon"""
    FALSE = auto()


class UnreadableError(ValueError):
    """Its papers are good, and yet it makes no sense. It is kept for a person to look at."""


@dataclass(frozen=True, slots=True)
class Digested:
    """What became of an event. `changed` are names for outreach.news, told once it is committed."""

    state: Literal["digested", "waiting", "late", "parked"] = "digested"
    """waiting: what it speaks of is not known yet; late: too late to matter; parked: a person must look"""
    changed: tuple[str, ...] = ()
    why: str | None = None


Digest = Callable[[Session, Event, datetime, datetime], Digested]


@dataclass(frozen=True, slots=True)
class Provider:
    """What the door knows of a provider; each module of this room makes one."""

    kinds: frozenset[str]
    """the last parts of its paths"""
    papers: Callable[[Post, DoorKeys, datetime], Papers]
    """judges the signature; the moment is wall time"""
    read: Callable[[Post], Sequence[Arrival]]
    """the events of a post with good papers. Raises UnreadableError"""
    digest: Digest
    """raw event to our words to state, log and next touch; takes `now` and wall time. If it raises: again"""
    questions: Mapping[str, Callable[[Session, Office, Event], str]] = field(default_factory=dict)
    """kinds whose posts wait for a document, and who writes it, in the transaction that stores the event"""
    prepare: Callable[[Office, Event], Digest] | None = None
    """what takes too long for a transaction is done before it; the digest it returns is used instead"""
    greet: Callable[[Post, DoorKeys], None] = lambda post, keys: None
    """what must be asked of the provider before a post with good papers is kept; outside any transaction"""


def table(document: bytes | str) -> Mapping[str, Any]:
    """The JSON object in it; empty for anything else."""
    try:
        found = json.loads(document)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
