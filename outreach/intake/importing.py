"""The whole road of an open-invoices file: read, staged, judged, applied. A refused file changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from outreach.intake import record
from outreach.intake.accounts import bring_accounts
from outreach.intake.amounts import parse_amount
from outreach.intake.applying import bring_invoices
from outreach.intake.columns import Overrides, read_overrides
from outreach.intake.contact_loading import bring_staged_contacts
from outreach.intake.dates import DateOrder
from outreach.intake.invoice_file import InvoiceFile, open_invoice_file
from outreach.intake.invoices import InvoiceRow
from outreach.intake.problems import BadCell, FileRefused, ProblemList
from outreach.intake.remarks import about_date, about_rows, about_totals
from outreach.intake.result import Applied, ImportResult, figures
from outreach.intake.run import CHUNK, Progress, Run, Source, silent
from outreach.intake.staging import Stager
from outreach.intake.vanishing import Missing, close_missing, missing
from outreach.intake.vocabulary import INVOICE_COLUMNS
from outreach.ledger import policies, stops
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.rules import money
from outreach.rules.policy import Organization

STATEMENTS = "step:statement"
"""what a control total that differs stops, until a supervisor lifts it (product.md 6, tie-out)"""


def import_file(
    ledger: Ledger,
    path: Path,
    *,
    clock: Clock,
    actor: str,
    source: str = "ledger",
    as_of: date | None = None,
    date_order: str | None = None,
    mapping: Path | None = None,
    control_totals: Mapping[str, int] | None = None,
    accept_closed: bool = False,
    dry_run: bool = False,
    progress: Progress = silent,
) -> ImportResult:
    """Bring an open-invoices file into the ledger (interface.md, import). The same again changes nothing.

    `as_of` comes before the date in the file's title rows, and that before today; `date_order` is ymd, dmy or
    mdy; `control_totals` are minor units by currency (`parse_control_total`). A bad row is reported and left
    out; `dry_run` only tells.
    Raises FileRefused with what to do, and NoPolicyError before `outreach init`.
    """
    overrides = read_overrides(mapping, INVOICE_COLUMNS) if mapping else Overrides()
    order = DateOrder(date_order) if date_order else overrides.date_order
    file = open_invoice_file(path, overrides, order, progress)
    with ledger.reading() as session:
        policy = policies.in_force(session).policy
    today = policy.today(clock.now())
    day = as_of or file.title_date() or today
    with Source(ledger, clock, source).held() as here:
        for left in record.interrupted(here):
            record.conclude(left, {"resumed": True}, changed=bool(apply_staged(left)))
        run = record.begin(here, path, file.form, day, actor, dry=dry_run, progress=progress)
        with record.unready(run):
            stager = _stage(run, file, policy.organization)
            gone = _judge(run, stager, accept_closed)
        result = _bring(run, file, stager, gone, control_totals or {}, today)
        _conclude(run, result)
    return result


def apply_staged(run: Run, total: int | None = None) -> Applied:
    """Bring everything staged into the ledger. What is there already stays, so it can be done again."""
    accounts = bring_accounts(run)
    invoices = bring_invoices(run, total)
    vanished = close_missing(run) if run.occasion.form == "snapshot" else 0
    contacts = bring_staged_contacts(run) if run.occasion.newest else Counter[str]()
    return Applied(accounts, invoices, vanished, contacts)


def parse_control_total(text: str) -> tuple[str, int]:
    """`USD=1,234.50` -> ("USD", 123450). Raises FileRefused with how to write it."""
    currency, _, amount = (part.strip() for part in text.partition("="))
    try:
        return currency, parse_amount(amount, currency).minor
    except (BadCell, money.MoneyError):
        raise FileRefused(f"{text!r} is not a control total; write it such as USD=1234.50.") from None


def _stage(run: Run, file: InvoiceFile, organization: Organization) -> Stager:
    stager = Stager(run, ProblemList())
    rows = enumerate(file.records(organization.currency, organization.country), start=1)
    for done, row in rows:
        if isinstance(row, InvoiceRow):
            stager.take(row)
        else:
            stager.leave_out(row)
        if done % CHUNK == 0:
            run.report("staging", done, file.rows)
    stager.finish()
    return stager


def _judge(run: Run, stager: Stager, accept_closed: bool) -> Missing:
    """What is missing from a snapshot. Raises FileRefused where the file cannot be what it should be."""
    if stager.problems.count and not stager.counts["staged"]:
        first = stager.problems.in_order()[0]
        where = f"line {first.line}, {first.column}" if first.column else f"line {first.line}"
        raise FileRefused(
            f"No row of {run.file_name} can be taken; the first problem is in {where}: {first.why}."
        )
    gone = missing(run) if run.occasion.form == "snapshot" else Missing()
    if not accept_closed:
        gone.refuse_half_a_file(run.file_name)
    return gone


def _bring(
    run: Run, file: InvoiceFile, stager: Stager, gone: Missing, control_totals: Mapping[str, int], today: date
) -> ImportResult:
    with run.ledger.reading() as session:
        found = figures(session, run)
    if not run.dry:
        record.ready(run)
    applied = apply_staged(run, file.rows)
    differences = {
        currency: wanted - found.total.get(currency, 0)
        for currency, wanted in control_totals.items()
        if wanted != found.total.get(currency, 0)
    }
    return ImportResult(
        file=run.file_name,
        source=run.source.name,
        form=run.occasion.form,
        as_of=run.occasion.as_of,
        dry_run=run.dry,
        rows=file.rows,
        date_order=file.order.value,
        columns=file.sheet.header.shown(),
        figures=found,
        applied=applied,
        missing=gone,
        control_totals=control_totals,
        differences=differences,
        problems=stager.problems.in_order(),
        warnings=[
            *file.warnings(),
            *about_rows(stager),
            *about_date(run.occasion, today, applied.invoices["gone_since"]),
            *about_totals(file, found.total, differences),
            *applied.accounts.warnings,
        ],
    )


def _conclude(run: Run, result: ImportResult) -> None:
    if run.dry:
        record.forget(run)
        return
    if result.differences:
        why = f"control total of {result.file} differs: " + ", ".join(
            money.words(gap, currency) for currency, gap in sorted(result.differences.items())
        )
        with run.source.writing() as session:
            stops.stop(session, STATEMENTS, why, by=run.actor, now=run.source.clock.now())
    record.conclude(run, result.document(), changed=bool(result.applied))
