"""What is due to one address at one moment: the touches and firings that one letter will carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger import suspensions
from outreach.ledger.among import among, ids_named
from outreach.ledger.destinations import Destination
from outreach.ledger.firings import Firing
from outreach.ledger.suspensions import Standing
from outreach.ledger.touches import Touch
from outreach.mail.gathering import Occasion, case_of
from outreach.mail.permission import Permission, about_cases, is_notice
from outreach.rules import steps

LAST = 99


@dataclass(frozen=True, slots=True)
class Envelope:
    """Two are the same when they carry the same, for the same accounts, to the same person."""

    destination_id: int
    touches: tuple[Touch, ...]
    """those with something that may be written about; the one that decides the letter comes first"""
    firings: tuple[Firing, ...]
    """the one that decides the letter comes first"""
    occasion: Occasion

    @property
    def lead(self) -> Touch:
        return self.touches[0]

    @property
    def touch_ids(self) -> list[int]:
        return [touch.id for touch in self.touches]

    @property
    def firing_ids(self) -> list[int]:
        return [firing.id for firing in self.firings]

    def is_same(self, other: "Envelope") -> bool:
        return (self.touch_ids, self.firing_ids, self.occasion) == (
            other.touch_ids,
            other.firing_ids,
            other.occasion,
        )


def envelopes(
    session: Session, touches: Sequence[Touch], may: Mapping[int, Permission]
) -> Mapping[int, Envelope]:
    """Destination id -> its envelope; none for an address about which nothing may be written."""
    found = {}
    case_ids = {id_ for touch in touches for id_ in about_cases(may[touch.id].may)}
    cases = suspensions.standing(session, case_ids)
    for destination_id, address in _addresses(session, touches).items():
        mine = _together([t for t in touches if t.destination_id == destination_id and may[t.id].may])
        if mine:
            carried = tuple(sorted(mine, key=lambda touch: min(map(rank, may[touch.id].may))))
            firings = tuple(sorted((f for touch in carried for f in may[touch.id].may), key=rank))
            if is_notice(carried[0], firings[0]):
                carried, firings = carried[:1], _of_one_case(may[carried[0].id].may)
            occasion = _occasion(carried, firings, address, cases)
            found[destination_id] = Envelope(destination_id, carried, firings, occasion)
    return found


def _of_one_case(firings: Sequence[Firing]) -> tuple[Firing, ...]:
    """The first case's; what another case of the customer has to say waits for its own letter."""
    ordered = sorted(firings, key=rank)
    case = next(iter(about_cases(ordered)), None)
    return tuple(one for one in ordered if not (others := about_cases([one])) or others == [case])


def _together(touches: Sequence[Touch]) -> Sequence[Touch]:
    """What a person asked for goes by itself, and first; the playbook's letter is drafted after it. An answer
    is one letter in one thread: it never shares one."""
    answers = [touch for touch in touches if touch.step == steps.ANSWER.name]
    return answers[:1] or [touch for touch in touches if touch.asked_by] or touches


def rank(firing: Firing) -> tuple[int, int]:
    """What decides the letter comes first (product.md 2, Touch)."""
    letter = steps.step(firing.step).letter
    return (LAST if letter is None else letter, firing.id)


def _occasion(
    carried: Sequence[Touch], firings: Sequence[Firing], address: str, cases: Mapping[int, Standing]
) -> Occasion:
    lead = carried[0]
    about = cases[about_cases(firings)[0]] if is_notice(lead, firings[0]) else None
    invoices = (firing.invoice_id for firing in firings if firing.invoice_id)
    accounts = [touch.account_id for touch in carried] + [firing.account_id for firing in firings]
    return Occasion(
        step=lead.step if lead.asked_by else firings[0].step,
        account_ids=tuple(dict.fromkeys(accounts)),
        invoice_ids=about.invoice_ids if about else frozenset(invoices),
        address=address,
        contact_id=lead.contact_id,
        rep_id=lead.rep_id,
        instalment_id=_instalment(firings[0]) if firings else None,
        case=case_of(about) if about else None,
        answer_of=lead.id if lead.step == steps.ANSWER.name else None,
        also_dunning=any(steps.step(firing.step).purpose is steps.Purpose.DUNNING for firing in firings),
    )


def _instalment(lead: Firing) -> int | None:
    return int(lead.subject) if lead.step == steps.INSTALMENT_CHECK.name else None


def _addresses(session: Session, touches: Sequence[Touch]) -> Mapping[int, str]:
    ids = {touch.destination_id for touch in touches if touch.destination_id}
    return {row.id: row.address for row in session.execute(_ADDRESSES, {"ids": ids})}


_ADDRESSES = (
    select(Destination.id, Destination.address)
    .where(among(Destination.__table__.c.id, ids_named("ids")))
    .order_by(Destination.id)
)
