"""Facts of letters to write, as they might be gathered."""

from datetime import date, timedelta

from outreach.mail.composing import Letterhead
from outreach.mail.facts import Facts, Section, Signer
from outreach.mail.lines import Line, sums_of
from outreach.rules.commitments import Held

DAY = date(2026, 11, 23)
WE = Letterhead(
    name="Meridian Supply Company",
    letters_from="Accounts Receivable",
    pay_link="https://pay.example.com/",
    remittance="ACH or check; please quote the invoice number.",
    postal_address="100 Example Street, New York, NY 10001",
)
FREE = Held()
ANA = Signer("Ana Lopez", "+1 213 555 0100", "ana@example.com")


def line(
    number: str = "INV-1",
    days: int = 6,
    minor: int = 125_000,
    currency: str = "USD",
    *,
    kind: str = "standard",
    po_number: str = "",
    held: Held = FREE,
    about: bool = False,
) -> Line:
    due_on = DAY - timedelta(days)
    month = due_on.replace(day=1) if kind == "mrr" else None
    issued = due_on - timedelta(30)
    return Line(number, kind, po_number, issued, due_on, month, days, currency, minor, held, about)


def section(*lines: Line, id: int = 1, name: str = "Harbor Clinic", number: str = "1001") -> Section:
    return Section(id, number, name, lines, sums_of(lines))


def facts(step: str, *sections: Section, contact: str = "Maria Ortiz", **more: object) -> Facts:
    return Facts(
        step=step,
        day=DAY,
        address="ap@harbor.example",
        contact=contact,
        sections=sections or (section(line()),),
        signer=ANA,
        **more,  # type: ignore[arg-type]
    )
