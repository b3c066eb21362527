"""Promises judged once the ledger knows (product.md 4): kept, kept in part, broken, or cash to be applied."""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from outreach.campaigns.agreements import promising
from outreach.ledger import keeping, log, policies, tasks
from outreach.ledger.base import Ledger
from outreach.ledger.commitments import Promise, move
from outreach.ledger.keeping import Judgeable, PaidInto
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.receivables import Account
from outreach.rules import money, promises
from outreach.rules.policy import Policy
from outreach.rules.promises import MISSED, Judged, PromiseState

AT_ONCE = 200
"""promises a transaction: no write transaction exceeds 50 ms (design.md 4)"""


def judge_promises(ledger: Ledger, now: datetime) -> int:
    """Judge what can be judged by now, and note what was paid ahead of its day. Returns how many changed;
    run twice, the second finds none."""
    with ledger.reading() as session:
        today = policies.in_force(session).policy.today(now)
        ids = [one.promise.id for one in keeping.judgeable(session, today) if _is_news(one)]
        paid = [one.promise.id for one in keeping.paid_into(session) if _has_changed(one)]
    return _in_parts(ledger, _judge, ids, now) + _in_parts(ledger, _note, paid, now)


def _in_parts(
    ledger: Ledger, what: Callable[[Session, Sequence[int], datetime], int], ids: Sequence[int], now: datetime
) -> int:
    changed = 0
    for start in range(0, len(ids), AT_ONCE):
        with ledger.writing() as session:
            changed += what(session, ids[start : start + AT_ONCE], now)
    return changed


def _note(session: Session, promise_ids: Sequence[int], now: datetime) -> int:
    """What has come ahead of their days, under the locks of their accounts."""
    lock_accounts(session, keeping.accounts_of(session, promise_ids))
    policy = policies.in_force(session).policy
    found = [one for one in keeping.paid_into(session, promise_ids) if _has_changed(one)]
    for one in found:
        promising.note_received(session, one.promise, one.received, policy, now)
    return len(found)


def _has_changed(one: PaidInto) -> bool:
    return one.received != (one.promise.received_minor or 0)


def _judge(session: Session, promise_ids: Sequence[int], now: datetime) -> int:
    """Under the locks of their accounts, by what is known then."""
    lock_accounts(session, keeping.accounts_of(session, promise_ids))
    policy = policies.in_force(session).policy
    found = [one for one in keeping.judgeable(session, policy.today(now), promise_ids) if _is_news(one)]
    for one in found:
        _write_down(session, one, policy, now)
    return len(found)


def _judged(one: Judgeable) -> Judged:
    return promises.judge(one.promise.amount_minor, one.promise.currency, one.received, one.unapplied)


def _is_news(one: Judgeable) -> bool:
    judged = _judged(one)
    if judged.state != one.promise.state or judged.received != one.promise.received_minor:
        return True
    return one.settled and judged.state in MISSED and one.promise.closed_on is None


def _write_down(session: Session, one: Judgeable, policy: Policy, now: datetime) -> None:
    promise, judged, today = one.promise, _judged(one), policy.today(now)
    account = session.get_one(Account, promise.account_id)
    is_new = promise.state != judged.state
    if is_new:
        move(promise, judged.state)
        promise.judged_on, promise.judged_import_id, promise.judged_at = one.judged_on, one.import_id, now
        log.append(session, _entry(promise, judged, now))
    promise.received_minor = judged.received
    if judged.state == PromiseState.KEPT or (one.settled and judged.state in MISSED):
        promise.closed_on = promise.closed_on or today
    else:
        promise.closed_on = None
    if judged.state != PromiseState.PENDING:
        promising.release(session, promise, policy, now)
    if is_new:
        _follow(session, promise, account, policy, now)


def _follow(session: Session, promise: Promise, account: Account, policy: Policy, now: datetime) -> None:
    """What a judgement leaves to us."""
    if account.broken_on and promise.state != PromiseState.BROKEN:
        _forgive(session, account, policy)
    if promise.state == PromiseState.BROKEN:
        account.broken_on = policy.today(now)
        _escalate(session, promise, account, policy, now)
    elif promise.state == PromiseState.PENDING:
        due_on = policy.business_days.add_business_days(policy.today(now), 1)
        title = f"Apply the cash that came for the promise of {promise.due_on}"
        tasks.open_task(
            session,
            key=f"apply cash:{account.id}",
            kind="apply cash",
            title=title,
            due_on=due_on,
            now=now,
            account_id=account.id,
            owner_id=account.rep_id,
        )


def _forgive(session: Session, account: Account, policy: Policy) -> None:
    """What counted as broken has come in time after all, as a later file shows."""
    session.flush()
    if account.broken_on and not keeping.broken_days(
        session, account.id, policy.moment(account.broken_on, time())
    ):
        account.broken_on = None


def _escalate(session: Session, promise: Promise, account: Account, policy: Policy, now: datetime) -> None:
    session.flush()
    since = now - timedelta(policy.promises.broken_within_days)
    broken = keeping.broken_days(session, account.id, since)
    if not promises.is_broken_too_often(broken, policy.today(now), policy):
        return
    tasks.open_task(
        session,
        key=f"promises broken:{account.id}",
        kind="promise",
        title=f"{len(broken)} promises broken in {policy.promises.broken_within_days} days: {account.name}",
        due_on=policy.business_days.add_business_days(policy.today(now), 1),
        now=now,
        account_id=account.id,
        for_role="supervisor",
    )


def _entry(promise: Promise, judged: Judged, now: datetime) -> Entry:
    amounts = (money.words(minor, promise.currency) for minor in (judged.received, promise.amount_minor))
    received, promised = amounts
    return Entry(
        at=now,
        actor="promises",
        what=f"promise {judged.state}",
        account_id=promise.account_id,
        about=f"promise:{promise.id}",
        text=f"{received} of {promised} promised for {promise.due_on} had come by {promise.judged_on}",
    )
