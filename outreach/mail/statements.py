"""The statement of account as a PDF: the same facts give the same bytes (product.md 1, aging buckets)."""

import io
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from outreach.mail.composing import Letterhead
from outreach.mail.facts import Facts, Section
from outreach.mail.letter_templates import day, number, short_day
from outreach.mail.lines import Line, Sums

VERSION = "statement-pdf@1"
MARGIN = 18 * mm
INK, QUIET, BLUE, RULE = (colors.HexColor(tone) for tone in ("#1d2733", "#5a6673", "#17456e", "#c9d3dd"))
PAPER = {"US": LETTER, "CA": LETTER}

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9, leading=12, textColor=INK)
SMALL = ParagraphStyle("small", BODY, fontSize=8, leading=10.5, textColor=QUIET)
HEAD = ParagraphStyle("head", SMALL, fontName="Helvetica-Bold")
HEAD_RIGHT = ParagraphStyle("head right", HEAD, alignment=TA_RIGHT)
STRONG = ParagraphStyle("strong", BODY, fontName="Helvetica-Bold")
TITLE = ParagraphStyle("title", BODY, fontName="Helvetica-Bold", fontSize=17, leading=22, textColor=BLUE)
ACCOUNT = ParagraphStyle("account", STRONG, fontSize=10.5, leading=18, textColor=BLUE, spaceBefore=14)

GRID = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("FONT", (0, 1), (-1, -1), "Helvetica", 9, 12),
        ("TEXTCOLOR", (0, 1), (-1, -1), INK),
        ("ALIGN", (-2, 0), (-1, -1), "RIGHT"),
        ("LINEBELOW", (0, 0), (-1, 0), 1, BLUE),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 3.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
    ]
)
BOLD = ("Helvetica-Bold", 9, 12)
AGES = TableStyle([("ALIGN", (1, 0), (-1, -1), "RIGHT"), ("FONT", (-1, 1), (-1, -1), *BOLD)], parent=GRID)
ITEMS = TableStyle(
    [("FONT", (0, -1), (-1, -1), *BOLD), ("LINEBELOW", (0, -1), (-1, -1), 1, BLUE)],
    parent=GRID,
)


def statement(facts: Facts, we: Letterhead, country: str = "US") -> bytes:
    """The PDF. Deterministic: no date of making, no random ids, so a hash of it proves what was sent."""
    title = f"Statement of account, {facts.customer}, {day(facts.day)}"
    return booklet(title, we, country, lambda width: _story(facts, we, width))


def booklet(title: str, we: Letterhead, country: str, story: Callable[[float], Iterable[Flowable]]) -> bytes:
    """Numbered pages of our country's size; `story` is told their width. The same story, the same bytes."""
    buffer = io.BytesIO()
    size = PAPER.get(country, A4)
    width, height = size
    document = BaseDocTemplate(buffer, pagesize=size, invariant=1, title=plain(title), author=plain(we.name))
    frame = Frame(MARGIN, MARGIN + 10 * mm, width - 2 * MARGIN, height - 2 * MARGIN - 10 * mm, 0, 0, 0, 0)
    footer = plain(f"{we.name}, {we.postal_address}" if we.postal_address else we.name)
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=partial(_foot, footer=footer, width=width)))
    document.build(list(story(width - 2 * MARGIN)))
    return buffer.getvalue()


def _story(facts: Facts, we: Letterhead, width: float) -> Iterator[Flowable]:
    yield para(we.name, STRONG)
    yield para("Statement of account", TITLE)
    yield para(f"{facts.customer}, account {facts.sections[0].number}, as of {day(facts.day)}", BODY)
    yield Spacer(0, 4 * mm)
    if facts.sums:
        yield _aging(facts.sums, width)
    for section in facts.sections:
        yield from _section(section, width, named=facts.several_accounts)
    yield Spacer(0, 6 * mm)
    if we.remittance:
        yield para(f"How to pay: {we.remittance}", BODY)
    if we.pay_link:
        yield para(f"Online: {we.pay_link}", BODY)
    yield para("Payments and credits that reached us after this date are not in it.", SMALL)


def _aging(sums: Sequence[Sums], width: float) -> Table:
    names = ["Not yet due", *(f"{name} days" for name, _ in sums[0].buckets[1:]), "Total"]
    rows: list[list[Any]] = [[para("By age", HEAD), *(para(name, HEAD_RIGHT) for name in names)]]
    for one in sums:
        amounts = [*(minor for _, minor in one.buckets), one.open_minor]
        rows.append([para(one.currency, STRONG), *(number(minor, one.currency) for minor in amounts)])
    table = Table(rows, colWidths=[width * 0.1, *[width * 0.15] * 6])
    table.setStyle(GRID)
    table.setStyle(
        [("ALIGN", (1, 0), (-1, -1), "RIGHT"), ("FONT", (-1, 1), (-1, -1), "Helvetica-Bold", 9, 12)]
    )
    return table


def _section(section: Section, width: float, *, named: bool) -> Iterator[Flowable]:
    for sums in section.sums:
        whose = f"{section.name}, account {section.number}" if named else "Open items"
        yield para(f"{whose}, in {sums.currency}", ACCOUNT)
        yield _items([line for line in section.lines if line.currency == sums.currency], sums, width)


def _items(lines: Sequence[Line], sums: Sums, width: float) -> Table:
    heads = [para(name, HEAD) for name in ("Date", "Document", "Due")]
    rows: list[list[Any]] = [
        [*heads, para("Days past due", HEAD_RIGHT), para(f"Open, {sums.currency}", HEAD_RIGHT)]
    ]
    rows += [_item(line) for line in lines]
    rows.append(["", "Balance", "", "", number(sums.open_minor, sums.currency)])
    table = Table(rows, colWidths=[width * part for part in (0.16, 0.36, 0.16, 0.14, 0.18)], repeatRows=1)
    table.setStyle(ITEMS)
    return table


def _item(line: Line) -> list[Any]:
    days = str(line.days) if line.is_past_due else ""
    amount = number(line.open_minor, line.currency)
    return [short_day(line.invoiced_on), _document(line), short_day(line.due_on), days, amount]


def _document(line: Line) -> str | Paragraph:
    label, details = plain(line.label), plain(line.details)
    if not details and len(label) < 30:
        return label  # a string costs a fifth of a paragraph, and most lines need no more
    small = f'<br/><font size="7.5" color="#5a6673">{escape(details)}</font>' if details else ""
    return Paragraph(f"{escape(label)}{small}", BODY)


def _foot(canvas: Canvas, _document: BaseDocTemplate, *, footer: str, width: float) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica", 8)
    canvas.setFillColor(QUIET)
    canvas.drawString(MARGIN, MARGIN, footer)
    canvas.drawRightString(width - MARGIN, MARGIN, f"Page {canvas.getPageNumber()}")
    canvas.restoreState()


def para(words: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(plain(words)), style)


def plain(words: str) -> str:
    """Words in the letters every PDF reader has: an accent it lacks goes, a sign becomes a question mark."""
    return " ".join("".join(map(_folded, words)).split())


def _folded(character: str) -> str:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"
    return character
