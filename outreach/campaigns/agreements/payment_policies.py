"""Writing down how a customer pays (product.md 4, payment policy)."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from outreach.ledger import log, naming
from outreach.ledger.locks import lock_accounts
from outreach.ledger.log import Entry
from outreach.ledger.naming import Unclear
from outreach.ledger.payment_policies import PaymentPolicy
from outreach.rules.pay_runs import PayRuns


@dataclass(frozen=True, slots=True, kw_only=True)
class HowTheyPay:
    """What they told us."""

    runs: PayRuns
    terms_days: int | None = None
    portal: str | None = None

    @property
    def words(self) -> str:
        """For the log."""
        runs = self.runs
        told = [
            f"pay run {runs}, cut-off {runs.cut_off_days} business days before at {runs.cut_off_at:%H:%M}"
        ]
        told += [f"terms net {self.terms_days}"] if self.terms_days is not None else []
        return "; ".join([*told, f"portal {self.portal}"] if self.portal else told)


def put(session: Session, account_number: str, how: HowTheyPay, *, by: str, now: datetime) -> PaymentPolicy:
    """Their newest word takes the place of the one before, which the log keeps. Raises Unclear."""
    naming.person(session, by)
    account = naming.account(session, account_number)
    _check_portal(how.portal)
    lock_accounts(session, [account.id])
    row = session.get(PaymentPolicy, account.id) or PaymentPolicy(account_id=account.id)
    row.runs, row.cut_off_days, row.cut_off_at = str(how.runs), how.runs.cut_off_days, how.runs.cut_off_at
    row.terms_days, row.portal = how.terms_days, how.portal
    row.set_by, row.set_at = by, now
    session.add(row)
    entry = Entry(at=now, actor=by, what="payment policy set", account_id=account.id, text=how.words)
    log.append(session, entry)
    return row


def _check_portal(portal: str | None) -> None:
    if portal is None:
        return
    try:
        parts = urlsplit(portal)
        fits = parts.scheme == "https" and bool(parts.hostname) and parts.password is None
    except ValueError:
        fits = False
    if not fits:
        raise Unclear("the portal is a web address: write it as https://..., without a password")
