"""What a person should hear of a file besides its bad rows, one sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from outreach.intake.amounts import parse_amount
from outreach.intake.changes import Occasion
from outreach.intake.invoice_file import InvoiceFile
from outreach.intake.lost_zeros import about_recognized
from outreach.intake.problems import BadCell
from outreach.intake.staging import Stager
from outreach.rules import money


def about_rows(stager: Stager) -> Iterator[str]:
    """Rows that were taken with a remark, or not at all without being bad."""
    counts, problems = stager.counts, stager.problems
    if count := counts["post_dated"]:
        yield f"{count} rows are dated after the file's own date; they are kept as open."
    if count := counts["future"]:
        yield f"{count} rows are dated after the file's own date; they are not known yet and left for later."
    yield from about_recognized("account ids", stager.accounts.recognized, len(stager.accounts.recognized))
    yield from about_recognized("invoice numbers", stager.renumbered, counts["renumbered"])
    if count := counts["repeated"]:
        yield f"{count} rows repeat an invoice, as line items do; each invoice counts once."
    if count := counts["rounded"]:
        yield f"{count} amounts have more decimals than their currency; they were rounded half up."
    if (hidden := problems.count - len(problems.kept)) > 0:
        yield f"{hidden} more problems are not listed."


def about_date(at: Occasion, today: date, gone_since: int) -> Iterator[str]:
    """The file's date beside today's and the other files'; `gone_since` counts what a later one lacks."""
    if at.as_of > today:
        yield f"The file is dated {at.as_of}, which lies ahead; today is {today}."
    if not at.newest:
        yield f"A file of {at.next_on} came before this one, so only its amounts were brought in."
    if gone_since:
        yield f"{gone_since} of its invoices are not in the file of {at.next_snapshot_on}: paid by then."


def about_totals(
    file: InvoiceFile, found: Mapping[str, int], differences: Mapping[str, int]
) -> Iterator[str]:
    """Control totals that differ, and the file's own grand total."""
    for currency, gap in sorted(differences.items()):
        yield (
            f"The control total differs by {money.words(gap, currency)}: "
            "no statement leaves until a supervisor acknowledges it."
        )
    if file.total and len(found) == 1:
        line, text = file.total
        currency, total = next(iter(found.items()))
        try:
            stated = parse_amount(text, currency, file.point).minor
        except BadCell:
            return
        if stated != total:
            yield (
                f"Line {line} of the file says the total is {money.words(stated, currency)}; "
                f"its good rows make {money.words(total, currency)}."
            )
