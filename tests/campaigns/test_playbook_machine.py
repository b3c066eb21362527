"""Whatever happens to a book, in whatever order: no step fires twice, nothing held is asked for, nothing
planned is dropped, and planning again changes nothing (P1, P4; product.md 2 to 4)."""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from outreach.campaigns.agreements import commitments, issues, payment_planning, promising
from outreach.campaigns.agreements.commitments import Told
from outreach.campaigns.agreements.payment_planning import Request
from outreach.ledger import policies
from outreach.ledger.base import Base, Ledger
from outreach.ledger.commitments import CommitmentError, Hold, Promise
from outreach.ledger.firings import Firing
from outreach.ledger.people import User
from outreach.ledger.plans import LeftOut
from outreach.ledger.receivables import Account, Application, Invoice
from outreach.ledger.touches import Touch, TouchFiring
from outreach.rules.issues import IssueKind
from outreach.rules.payment_plans import Instalment
from outreach.rules.promises import AWAITED
from outreach.rules.steps import STEPS, Purpose
from tests.campaigns.book import Book, at

FIRST = date(2026, 11, 2)
ACCOUNTS = ("A", "B", "C", "D")
KINDS = ("standard", "standard", "mrr", "final")
ANY = st.integers(0, 2**16)
MINIMUM = 2_500


class Playbook(RuleBasedStateMachine):
    """A book of four accounts that lives through days on which anything may happen."""

    @initialize()
    def open_the_book(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(f"sqlite:///{self.folder.name}/book.db")
        Base.metadata.create_all(self.ledger.engine)
        self.book, self.day, self.invoices = Book(self.ledger), FIRST, 0
        self.planned: date | None = None
        self.book.add(
            User(login="sue", role="supervisor", name="Sue", password_hash="-", created_at=at(FIRST))
        )
        for name in ACCOUNTS:
            self.book.account(name)
        self.book.imported(FIRST)

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.folder.cleanup()

    @rule(
        account=st.sampled_from(ACCOUNTS), kind=st.sampled_from(KINDS), due=st.integers(-40, 10), amount=ANY
    )
    def invoice(self, account: str, kind: str, due: int, amount: int) -> None:
        self.invoices += 1
        due_on = self.day + timedelta(due)
        month = due_on.replace(day=1) if kind == "mrr" else None
        columns: dict[str, Any] = {
            "kind": kind,
            "service_month": month,
            "invoiced_on": due_on - timedelta(30),
        }
        self.book.invoice(account, f"I{self.invoices:02}", due_on, 10 + amount % 20_000, **columns)
        self.planned = None

    @rule(which=ANY, share=st.sampled_from([25, 50, 100]))
    def pay(self, which: int, share: int) -> None:
        if (number := self._open_one(which)) is None:
            return
        with self.ledger.writing() as session:
            invoice = session.scalars(select(Invoice).where(Invoice.number == number)).one()
            self._apply(invoice, max(invoice.open_minor * share // 100, 1), "payment")
            session.add(self.application)
        self.planned = None

    @rule(which=ANY)
    def bounce(self, which: int) -> None:
        """What was paid in full comes back: a new cycle, at its true days past due."""
        with self.ledger.writing() as session:
            paid = session.scalars(
                select(Invoice).where(Invoice.open_minor == 0, Invoice.gross_minor > 0).order_by(Invoice.id)
            ).all()
            if not paid:
                return
            invoice = paid[which % len(paid)]
            self._apply(invoice, -invoice.gross_minor, "reversal")
            invoice.reopened, invoice.ladder = invoice.reopened + 1, 0
            session.add(self.application)
        self.planned = None

    def _apply(self, invoice: Invoice, amount: int, kind: str) -> None:
        invoice.open_minor -= amount
        self.application = Application(
            invoice_id=invoice.id, amount_minor=amount, kind=kind, dated_on=self.day, recorded_at=at(self.day)
        )

    @rule(which=ANY, ahead=st.integers(0, 45))
    def promise(self, which: int, ahead: int) -> None:
        self._told(
            which, lambda told, one: commitments.promise(told, [one], self.day + timedelta(ahead), None)
        )

    @rule(which=ANY, part=st.booleans())
    def dispute(self, which: int, part: bool) -> None:
        def open_it(told: Told, one: Invoice) -> None:
            commitments.dispute(told, [one], "price", max(one.open_minor // 2, 1) if part else None)

        self._told(which, open_it)

    @rule(which=ANY)
    def claim(self, which: int) -> None:
        self._told(which, lambda told, one: commitments.claim_paid(told, [one]))

    @rule(which=ANY)
    def issue(self, which: int) -> None:
        def open_it(told: Told, one: Invoice) -> None:
            kind = IssueKind.PURCHASE_ORDER
            issues.open_issue(told.session, one, kind, "", by="ana", now=told.now, policy=told.policy)

        self._told(which, open_it)

    @rule(which=ANY, days=st.integers(1, 12))
    def payment_plan(self, which: int, days: int) -> None:
        def agree(told: Told, one: Invoice) -> None:
            people = {user.login: user for user in told.session.scalars(select(User))}
            half = one.open_minor // 2
            dues = [Instalment(self.day + timedelta(days), half)] if half else []
            dues.append(Instalment(self.day + timedelta(2 * days), one.open_minor - half))
            account = told.session.get_one(Account, one.account_id)
            asked = Request(account=account, invoices=[one], instalments=dues, reason="-")
            when: dict[str, Any] = {"now": told.now, "policy": told.policy}
            plan = payment_planning.request(told.session, asked, by=people["ana"], **when)
            payment_planning.approve(told.session, plan, by=people["sue"], **when)

        self._told(which, agree)

    @rule(which=ANY)
    def withdraw_a_promise(self, which: int) -> None:
        with self.ledger.writing() as session:
            found = session.scalars(select(Promise).where(Promise.state.in_(AWAITED))).all()
            if found:
                policy = policies.in_force(session).policy
                promise = found[which % len(found)]
                promising.withdraw(session, promise, "-", by="ana", now=at(self.day), policy=policy)
        self.planned = None

    def _told(self, which: int, write: Callable[[Told, Invoice], object]) -> None:
        if (number := self._open_one(which)) is None:
            return
        try:
            with self.ledger.writing() as session:
                one = session.scalars(select(Invoice).where(Invoice.number == number)).one()
                told = Told(
                    session=session,
                    account_id=one.account_id,
                    owner_id=None,
                    source="call",
                    words="-",
                    by="ana",
                    on=self.day,
                    now=at(self.day),
                    policy=policies.in_force(session).policy,
                )
                write(told, one)
        except CommitmentError:
            return
        self.planned = None

    def _open_one(self, which: int) -> str | None:
        with self.ledger.reading() as session:
            found = session.scalars(select(Invoice.number).where(Invoice.open_minor > 0)).all()
        return found[which % len(found)] if found else None

    @rule(which=ANY, closes=st.booleans())
    def a_touch_ends(self, which: int, closes: bool) -> None:
        due = [one for one in self.book.touches(channel=None) if one.state == "open" and one.day <= self.day]
        if due:
            self.book.end(due[which % len(due)], self.day, closes=closes)
            self.planned = None

    @rule(which=ANY, days=st.sampled_from([1, 1, 2, 3, 20]))
    def nobody_answers(self, which: int, days: int) -> None:
        """The ladder makes its next call at once, for a day ahead or, as a callback, for a later week."""
        calls = self.book.touches(self.day, "call")
        due = [one for one in calls if one.state == "open"]
        if due:
            with self.ledger.reading() as session:
                business_days = policies.in_force(session).policy.business_days
            self.book.again(due[which % len(due)], business_days.roll_forward(self.day + timedelta(days)))
            self.planned = None

    @rule(days=st.integers(1, 6), imported=st.booleans())
    def days_pass(self, days: int, imported: bool) -> None:
        self.day += timedelta(days)
        if imported:
            self.book.imported(self.day)
        self.planned = None

    @rule()
    def plan(self) -> None:
        before = {one.id for one in self._all(select(Touch))}
        self.book.plan(self.day)
        self.planned = self.day
        self._nothing_held_is_asked_for(before)

    @invariant()
    def planning_again_changes_nothing(self) -> None:
        if getattr(self, "planned", None):
            assert self.book.plan(self.day).written == 0

    @invariant()
    def no_step_fires_twice(self) -> None:
        """Of one cycle of an invoice each rung once, and no lower one after a higher."""
        if not getattr(self, "planned", None):
            return
        rungs = defaultdict(list)
        for firing in self._all(select(Firing).order_by(Firing.id)):
            if rung := STEPS[firing.step].rung:
                superseded = firing.state == "superseded" and firing.ended_on == firing.fired_on
                if firing.invoice_id and not superseded:
                    rungs[(firing.invoice_id, firing.cycle)].append(rung)
        for found in rungs.values():
            assert found == sorted(set(found)), found

    def _nothing_held_is_asked_for(self, before: set[int]) -> None:
        """By the touches this plan has made, told by plain sums over invoices and holds. What came between a
        plan and its call the gate stops in the transaction that would make it."""
        asked = self._asked()
        by_account: dict[int, int] = defaultdict(int)
        for invoice, left in asked.values():
            if invoice.due_on < self.day:
                by_account[invoice.account_id] += left
        for touch, firings in self._open_touches():
            dunning = [one for one in firings if STEPS[one.step].purpose is Purpose.DUNNING]
            if touch.id in before or len(dunning) < len(firings) or not firings:
                continue
            assert any(self._has_something(one, asked, by_account) for one in dunning), (
                touch.step,
                touch.day,
            )

    def _has_something(
        self, firing: Firing, asked: dict[int, tuple[Invoice, int]], by_account: dict[int, int]
    ) -> bool:
        if by_account[firing.account_id] < MINIMUM:
            return False
        return firing.invoice_id is None or asked.get(firing.invoice_id, (None, 0))[1] > 0

    def _asked(self) -> dict[int, tuple[Invoice, int]]:
        """Invoice id -> what may be asked of it today."""
        held: dict[int, int] = defaultdict(int)
        for hold in self._all(select(Hold).where(Hold.ended_on.is_(None), Hold.since <= self.day)):
            if hold.until is None or hold.until >= self.day:
                held[hold.invoice_id] += 10**15 if hold.amount_minor is None else hold.amount_minor
        return {
            one.id: (one, max(one.open_minor - held[one.id], 0))
            for one in self._all(select(Invoice).where(Invoice.open_minor > 0))
        }

    def _open_touches(self) -> Iterator[tuple[Touch, list[Firing]]]:
        firings = {one.id: one for one in self._all(select(Firing))}
        carried = defaultdict(list)
        for link in self._all(select(TouchFiring)):
            if firings[link.firing_id].state == "open":
                carried[link.touch_id].append(firings[link.firing_id])
        for touch in self._all(select(Touch).where(Touch.state == "open", Touch.day >= self.day)):
            yield touch, carried[touch.id]

    @invariant()
    def nothing_is_silently_dropped(self) -> None:
        """Firings: open ones have a touch or a rule on each side, ended ones an end. Everybody is told of."""
        if not getattr(self, "planned", None):
            return
        touched = {(one.id, touch.channel) for touch, firings in self._unended() for one in firings}
        for firing in self._all(select(Firing)):
            if firing.state == "open":
                for side, rule_, channel in (
                    (firing.call_side, firing.call_rule, "call"),
                    (firing.email_side, firing.email_rule, "email"),
                ):
                    assert side != "open" or rule_ or (firing.id, channel) in touched, firing.step
            else:
                assert None not in (firing.ended_on, firing.ended_why)
        with self.ledger.reading() as session:
            accounts = session.scalar(select(func.count()).select_from(Account))
            told = set(session.scalars(select(LeftOut.account_id).where(LeftOut.until.is_(None))))
            told |= {one.account_id for touch, _ in self._unended() for one in [touch]}
        done = {one.account_id for one in self._all(select(Touch).where(Touch.day >= self.day))}
        assert len(told | done) == accounts

    def _unended(self) -> list[tuple[Touch, list[Firing]]]:
        firings = {one.id: one for one in self._all(select(Firing))}
        carried = defaultdict(list)
        for link in self._all(select(TouchFiring)):
            carried[link.touch_id].append(firings[link.firing_id])
        unended = select(Touch).where(Touch.state.in_(("open", "held", "started")))
        return [(one, carried[one.id]) for one in self._all(unended)]

    def _all(self, query: Any) -> list[Any]:
        with self.ledger.reading() as session:
            return list(session.scalars(query))


def test_the_playbook_through_anything_that_may_happen() -> None:
    run_state_machine_as_test(
        Playbook,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
