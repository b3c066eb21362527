"""Contacts come into the ledger: who they are, and the numbers and addresses they share over all accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from outreach.intake.contacts import ContactRow
from outreach.ledger.destinations import Contact, Destination
from outreach.rules.zones import zones_of

Place = tuple[str, str]
"""kind and address of a destination"""

_COLUMNS = (
    *("role", "rank", "purposes", "extension"),
    *("country", "state", "postal_code", "timezone", "language"),
)


@dataclass(frozen=True, slots=True)
class ContactChange:
    """A contact to create (`contact_id` is None) or to update by `values`; without values it is unchanged."""

    account_id: int
    name: str
    contact_id: int | None
    values: dict[str, Any]
    places: dict[str, Place]
    """phone_id, email_id -> the destination it is to point at"""

    @property
    def outcome(self) -> str:
        """created, updated or unchanged."""
        if self.contact_id is None:
            return "created"
        return "updated" if self else "unchanged"

    def __bool__(self) -> bool:
        return self.contact_id is None or bool(self.values or self.places)


def contact_changes(session: Session, rows: Sequence[tuple[int, ContactRow]]) -> list[ContactChange]:
    """What the rows (account id, contact) change.

    A row means the contact of its name with the same number and address, else the one of its name and order.
    A blank cell says nothing, and an opt-out is only ever added: what they told us outranks a file.
    """
    known = _known(session, {account_id for account_id, _ in rows})
    exact = [_same(row, known[account_id]) for account_id, row in rows]
    taken = {contact.id for contact in exact if contact}
    changes = []
    for (account_id, row), same in zip(rows, exact, strict=True):
        found = same or _in_order(row, [c for c in known[account_id] if c.id not in taken])
        if found:
            taken.add(found.id)
        changes.append(_change(account_id, row, found))
    return changes


def write_contacts(session: Session, changes: Sequence[ContactChange], now: datetime) -> None:
    """Write them, with their destinations. The caller holds the locks of their accounts."""
    ids = _destinations(session, {place for change in changes for place in change.places.values()}, now)
    for change in changes:
        values = change.values | {column: ids[place] for column, place in change.places.items()}
        if change.contact_id is not None:
            session.execute(update(Contact).where(Contact.id == change.contact_id).values(values))
        else:
            session.execute(insert(Contact).values(account_id=change.account_id, name=change.name, **values))


def _known(session: Session, account_ids: Iterable[int]) -> Mapping[int, list[Row[Any]]]:
    phone, email = aliased(Destination), aliased(Destination)
    query = (
        select(Contact.__table__, phone.address.label("phone"), email.address.label("email"))
        .outerjoin(phone, phone.id == Contact.phone_id)
        .outerjoin(email, email.id == Contact.email_id)
        .where(Contact.account_id.in_(sorted(account_ids)))
        .order_by(Contact.id)
    )
    known: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(query):
        known[row.account_id].append(row)
    return known


def _same(row: ContactRow, contacts: Sequence[Row[Any]]) -> Row[Any] | None:
    wanted = (row.name.casefold(), row.phone or None, row.email or None)
    return next((c for c in contacts if (c.name.casefold(), c.phone, c.email) == wanted), None)


def _in_order(row: ContactRow, contacts: Sequence[Row[Any]]) -> Row[Any] | None:
    wanted = (row.name.casefold(), row.rank or 1)
    return next((c for c in contacts if (c.name.casefold(), c.rank) == wanted), None)


def _change(account_id: int, row: ContactRow, found: Row[Any] | None) -> ContactChange:
    stated = {name: value for name in _COLUMNS if (value := getattr(row, name)) not in (None, "")}
    if row.purposes == "":
        stated["purposes"] = ""  # the one blank that says something: all
    stated |= {name: True for name in ("do_not_call", "do_not_mail") if getattr(row, name)}
    places = {"phone_id": ("phone", row.phone), "email_id": ("email", row.email)}
    places = {column: place for column, place in places.items() if place[1]}
    if found is None:
        return ContactChange(account_id, row.name, None, {"rank": 1} | stated, places)
    values = {name: value for name, value in stated.items() if getattr(found, name) != value}
    there = {"phone_id": found.phone, "email_id": found.email}
    moved = {column: place for column, place in places.items() if there[column] != place[1]}
    return ContactChange(account_id, row.name, found.id, values, moved)


def _destinations(session: Session, places: set[Place], now: datetime) -> dict[Place, int]:
    """The ids of these destinations; new ones are created, a number with the zones it lies in."""
    if not places:
        return {}
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    rows = [
        {
            "kind": kind,
            "address": address,
            "zones": " ".join(zones_of(address)) or None if kind == "phone" else None,
            "created_at": now,
        }
        for kind, address in sorted(places)
    ]
    session.execute(dialect.insert(Destination).on_conflict_do_nothing(), rows)
    key = tuple_(Destination.kind, Destination.address)
    found = session.execute(
        select(Destination.id, Destination.kind, Destination.address).where(key.in_(sorted(places)))
    )
    return {(row.kind, row.address): row.id for row in found}
