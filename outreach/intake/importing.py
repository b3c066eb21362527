"""The whole road of an open-invoices file: read, staged, judged, applied. A refused file changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal

from outreach.intake import record
from outreach.intake.accounts import bring_accounts
from outreach.intake.amounts import parse_amount
from outreach.intake.applying import bring_invoices
from outreach.intake.columns import Overrides, read_overrides
from outreach.intake.contact_loading import bring_staged_contacts
from outreach.intake.dates import DateOrder
from outreach.intake.invoice_file import InvoiceFile, open_invoice_file
from outreach.intake.invoices import InvoiceRow
from outreach.intake.movement import Movement
from outreach.intake.problems import BadCell, FileRefused, ProblemList
from outreach.intake.remarks import about_date, about_rows, about_totals
from outreach.intake.result import Applied, ImportResult, figures, open_of
from outreach.intake.run import CHUNK, Amounts, Progress, Run, Source, silent
from outreach.intake.staging import Stager
from outreach.intake.vanishing import Missing, close_missing, missing
from outreach.intake.vocabulary import INVOICE_COLUMNS
from outreach.ledger import policies
from outreach.ledger.base import Ledger
from outreach.ledger.clock import Clock
from outreach.rules import money
from outreach.rules.policy import Policy

End = Literal["apply", "tell", "keep"]
"""what becomes of a file once it is judged; `keep` leaves it staged, to be applied later"""


@dataclass(frozen=True)
class Wishes:
    """What a person says of a file. `as_of` None: its title's date, else today."""

    source: str = "ledger"
    as_of: date | None = None
    overrides: Overrides = field(default_factory=Overrides)
    control_totals: Amounts = field(default_factory=dict)
    accept_closed: bool = False


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
    if date_order:
        overrides = replace(overrides, date_order=DateOrder(date_order))
    wishes = Wishes(source, as_of, overrides, control_totals or {}, accept_closed)
    end: End = "tell" if dry_run else "apply"
    return bring_file(ledger, path, wishes, clock=clock, actor=actor, end=end, progress=progress)


def bring_file(
    ledger: Ledger, path: Path, wishes: Wishes, *, clock: Clock, actor: str, end: End, progress: Progress
) -> ImportResult:
    """Read, stage and judge a file, then do with it what `end` says. Raises as `import_file` does."""
    file = open_invoice_file(path, wishes.overrides, wishes.overrides.date_order, progress)
    with ledger.reading() as session:
        policy = policies.in_force(session).policy
    today = policy.today(clock.now())
    day = wishes.as_of or file.title_date() or today
    with Source(ledger, clock, wishes.source).held() as here:
        end_interrupted(here)
        run = record.begin(here, path, file.form, day, actor, dry=end != "apply", progress=progress)
        with record.unready(run):
            stager = _stage(run, file, policy)
            gone = _judge(run, stager, wishes.accept_closed)
        result = _bring(run, file, stager, gone, wishes.control_totals, today)
        if end == "keep":
            record.keep(run)
        else:
            _conclude(run, result)
    return result


def end_interrupted(source: Source) -> None:
    """Apply to the end what another import of this source had staged whole before it died."""
    for left in record.interrupted(source):
        record.conclude(left, {"resumed": True}, changed=bool(apply_staged(left)))


def apply_staged(run: Run, total: int | None = None) -> Applied:
    """Bring everything staged into the ledger. What is there already stays, so it can be done again."""
    movement = Movement()
    accounts = bring_accounts(run)
    invoices = bring_invoices(run, total, movement)
    vanished = close_missing(run, movement) if run.occasion.form == "snapshot" else 0
    contacts = bring_staged_contacts(run) if run.occasion.newest else Counter[str]()
    return Applied(accounts, invoices, vanished, contacts, movement)


def differing(wanted: Amounts, found: Amounts) -> dict[str, int]:
    """Control totals less what a file adds up to, where they differ."""
    gaps = {currency: amount - found.get(currency, 0) for currency, amount in wanted.items()}
    return {currency: gap for currency, gap in gaps.items() if gap}


def parse_control_total(text: str) -> tuple[str, int]:
    """`USD=1,234.50` -> ("USD", 123450). Raises FileRefused with how to write it."""
    currency, _, amount = (part.strip() for part in text.partition("="))
    try:
        return currency, parse_amount(amount, currency).minor
    except (BadCell, money.MoneyError):
        raise FileRefused(f"{text!r} is not a control total; write it such as USD=1234.50.") from None


def _stage(run: Run, file: InvoiceFile, policy: Policy) -> Stager:
    stager = Stager(run, ProblemList())
    we = policy.organization
    rows = enumerate(file.records(we.currency, we.country, policy.kinds), start=1)
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
        found, before = figures(session, run), open_of(session, run.source.name)
    if not run.dry:
        record.ready(run, control_totals, found.total)
    applied = apply_staged(run, file.rows)
    differences = differing(control_totals, found.total)
    return ImportResult(
        import_id=run.import_id,
        file=run.file_name,
        source=run.source.name,
        form=run.occasion.form,
        as_of=run.occasion.as_of,
        dry_run=run.dry,
        rows=file.rows,
        date_order=file.order.value,
        columns=file.sheet.header.shown(),
        headers=file.sheet.header.offered(),
        figures=found,
        open_before=before,
        applied=applied,
        missing=gone,
        control_totals=control_totals,
        differences=differences,
        problems=stager.problems.in_order(),
        problem_count=stager.problems.count,
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
    record.conclude(run, result.document(), changed=bool(result.applied))
