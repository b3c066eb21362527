"""Suspension cases in a book: the days pass, letters are reported, people decide."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

from sqlalchemy import select

from outreach.campaigns.suspension import daily, deciding
from outreach.campaigns.suspension.deciding import Attached, House
from outreach.ledger import facts, policies, suspensions
from outreach.ledger.base import new_id
from outreach.ledger.destinations import Contact, Destination
from outreach.ledger.facts import Accounts
from outreach.ledger.firings import Firing
from outreach.ledger.letters import Letter, LetterFiring
from outreach.ledger.orders import Order
from outreach.ledger.suspensions import Occasion, SuspensionCase, SuspensionTransition
from outreach.ledger.tasks import Task
from outreach.rules.suspension import Event
from tests.campaigns.book import BEFORE, Book

POSTED = Attached("receipt.pdf", b"%PDF- posted", "application/pdf")


@dataclass
class HandClock:
    """The business's time and the world's are one, moved by hand."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def wall(self) -> datetime:
        return self.at


@dataclass
class Casework:
    """One book whose days are walked through."""

    book: Book
    files: Path
    clock: HandClock = field(default_factory=lambda: HandClock(BEFORE))

    @property
    def house(self) -> House:
        return House(self.book.ledger, self.files, self.clock)

    @property
    def today(self) -> date:
        return self.clock.at.date()

    def on(self, day: str, hour: int = 11, *, fresh: bool = True) -> daily.Run:
        """The run of a day; by default after an import of that day."""
        self.clock.at = datetime.combine(date.fromisoformat(day), time(hour), UTC)
        if fresh:
            self.book.imported(self.today)
        return daily.run(self.book.ledger, now=self.clock.at)

    def run(self) -> None:
        daily.run(self.book.ledger, now=self.clock.at)

    def decide(
        self, event: Event, by: str, *, attached: Attached | None = None, reason: str = "so it is"
    ) -> str:
        case = self.case()
        return deciding.decide(self.house, case.id, event, by=by, reason=reason, attached=attached)

    def approved(self, day: str) -> SuspensionCase:
        """A case that was found, recommended and approved on a day."""
        self.on(day)
        self.decide(Event.RECOMMENDED, "ana")
        self.decide(Event.APPROVED, "sam")
        return self.case()

    def cases(self) -> Sequence[SuspensionCase]:
        with self.book.ledger.reading() as session:
            return session.scalars(select(SuspensionCase).order_by(SuspensionCase.id)).all()

    def case(self) -> SuspensionCase:
        """The newest."""
        return self.cases()[-1]

    def history(self) -> list[SuspensionTransition]:
        with self.book.ledger.reading() as session:
            return list(session.scalars(select(SuspensionTransition).order_by(SuspensionTransition.id)))

    def events(self) -> list[str]:
        return [one.event for one in self.history()]

    def orders(self) -> Sequence[Order]:
        with self.book.ledger.reading() as session:
            return session.scalars(select(Order).order_by(Order.created_at, Order.kind)).all()

    def tasks(self, *, done: bool = False) -> list[str]:
        """Titles of the tasks of the day."""
        query = select(Task.title).where(Task.done_at.is_not(None) if done else Task.done_at.is_(None))
        with self.book.ledger.reading() as session:
            return list(session.scalars(query.order_by(Task.id)))

    def occasions(self) -> list[Occasion]:
        """Of every account, today."""
        with self.book.ledger.reading() as session:
            policy = policies.in_force(session).policy
            day = facts.plan_day(session, self.today, policy)
            ids = {case.account_id for case in session.scalars(select(SuspensionCase))}
            return list(suspensions.occasions(session, Accounts(ids), day))

    def due(self) -> list[str]:
        """The names of the notices that are due."""
        return [one.step for one in self.occasions()]

    def fired(self, step: str, *, call_side: str = "open", email_side: str = "open") -> int:
        """The notice's firing, as the planner writes it."""
        case = self.case()
        return int(
            self.book.add(
                Firing(
                    account_id=case.account_id,
                    step=step,
                    subject=str(case.id),
                    cycle=str(case.id),
                    fired_on=self.today,
                    raw_on=self.today,
                    touch_on=self.today,
                    call_side=call_side,
                    email_side=email_side,
                    created_at=self.clock.at,
                )
            )
        )

    def letter(self, step: str, state: str, *, firing: int | None = None) -> str:
        """A letter of a notice, with its firing's email side ended, as posting and reports leave it."""
        case = self.case()
        if firing is None:
            firing = self.fired(step, email_side="done")
        with self.book.ledger.reading() as session:
            to = session.scalars(
                select(Destination.id)
                .join(Contact, Contact.email_id == Destination.id)
                .where(Contact.account_id == case.account_id)
            ).first()
        id_ = new_id()
        told = self.clock.at if state in ("delivered", "bounced", "dropped") else None
        self.book.add(
            Letter(
                id=id_,
                account_id=case.account_id,
                destination_id=to,
                day=self.today,
                step=step,
                state=state,
                provider="test",
                created_at=self.clock.at,
                accepted_at=self.clock.at,
                ended_at=told,
            )
        )
        self.book.add(LetterFiring(letter_id=id_, firing_id=firing, place=1, standing=True))
        return id_

    def hear(self) -> None:
        daily.hear(self.book.ledger, now=self.clock.at)


def ridgeway(book: Book, files: Path) -> Casework:
    """The cast's candidate: 31 days past due on 2026-11-22."""
    book.rep("sam", role="supervisor")
    book.rep("sue", role="supervisor")
    book.rep("ben")
    book.account("RIDGE")
    book.invoice("RIDGE", "INV-1", date(2026, 10, 22), 4000)
    book.invoice("RIDGE", "INV-2", date(2026, 11, 10), 500)
    return Casework(book, files)


def walked_to_due(casework: Casework) -> None:
    """Noticed on 2026-12-11, warned, and due on 2026-12-29."""
    casework.approved("2026-12-10")
    casework.on("2026-12-11", 20)
    casework.letter("suspension_notice_1", "delivered")
    casework.on("2026-12-23", 20)
    casework.letter("suspension_notice_final", "delivered")
    casework.on("2026-12-29")
    assert casework.case().state == "due"
