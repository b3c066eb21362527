"""What covers the subject of a firing, so that nothing is asked of it: told from an account's books."""

from collections.abc import Iterable
from datetime import date

from outreach.ledger.facts import FREE, Books, Due
from outreach.ledger.grounds import Ground
from outreach.rules.commitments import Cover, Held, asked_part, cover
from outreach.rules.plan_day import PlanDay
from outreach.rules.steps import Cycle, Purpose, Step

About = Due | Ground | None
"""what a firing is about: an invoice, something agreed or decided, or (None) the account"""


class Covers:
    """What covers an account's firings (product.md 3): what holds the invoice, else the whole account."""

    def __init__(self, account_id: int, books: Books, day: PlanDay, true: Iterable[Step] = ()) -> None:
        """`true`: account steps that are known to be true of something asked."""
        self._balances = books.balances.get(account_id, ())
        self._held = books.held.get(account_id, {})
        self._day = day
        self._known: dict[object, Cover] = {one: Cover.ASKED for one in true if one.cycle is Cycle.WEEK}

    def of(self, step: Step, about: About) -> Cover:
        if step.purpose is Purpose.REMINDER:
            return self._of_reminder(about)
        if isinstance(about, Ground):
            return _widest(self.of(step, invoice) for invoice in about.invoices)
        if about is None:
            key: object = step
        elif about.id in self._held:
            return self._of_invoice(about, self._held[about.id].held)
        else:  # nothing tells such invoices apart, and a plan asks for very many
            key = (about.currency, about.open_minor > 0 and about.due_on <= self._day.past_due_by)
        if (known := self._known.get(key)) is None:
            known = self._of_invoice(about, FREE) if about else self._of_account(step)
            self._known[key] = known
        return known

    def until(self, about: About) -> date | None:
        """The last day on which everything holds that covers a firing's subject, or else its account."""
        if isinstance(about, Ground):
            return min(filter(None, map(self.until, about.invoices)), default=None)
        if about and about.id in self._held:
            return self._held[about.id].until
        if not self._held:
            return None
        return min(filter(None, (one.until for one in self._held.values())), default=None)

    def asked_of(self, invoice: Due) -> int:
        """What is asked of an invoice before credits."""
        return asked_part(invoice.open_minor, self._held_of(invoice))

    def _of_reminder(self, about: About) -> Cover:
        """Due or not: as long as its own invoices are open (product.md 3)."""
        invoices = about.invoices if isinstance(about, Ground) else (about,) if about else ()
        return _widest(cover(one.open_minor, self._held_of(one)) for one in invoices)

    def _held_of(self, invoice: Due) -> Held:
        found = self._held.get(invoice.id)
        return found.held if found else FREE

    def _of_invoice(self, invoice: Due, held: Held) -> Cover:
        past_due = invoice.open_minor if invoice.due_on <= self._day.past_due_by else 0
        own = (balance for balance in self._balances if balance.currency == invoice.currency)
        return _widest(self._day.invoice_cover(past_due, held, balance) for balance in own)

    def _of_account(self, step: Step) -> Cover:
        if step.cycle is Cycle.WEEK:
            return _widest(self._day.account_cover(step, balance) for balance in self._balances)
        return _widest(self._day.invoice_cover(one.past_due, one.held, one) for one in self._balances)


def _widest(covers: Iterable[Cover]) -> Cover:
    """Of several currencies one that is asked decides, else one that something covers."""
    found = set(covers)
    if Cover.ASKED in found:
        return Cover.ASKED
    return min(found - {Cover.NOTHING}, key=COVERS.index, default=Cover.NOTHING)


COVERS = tuple(Cover)
