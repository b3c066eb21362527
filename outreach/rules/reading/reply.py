"""A reply read as a whole: what they mean, by when, how much, and the words that say so (product.md 4)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.rules.reading import intents, promises
from outreach.rules.reading.amounts import Amount, amounts
from outreach.rules.reading.days import Found, days
from outreach.rules.reading.intents import Intent
from outreach.rules.reading.origin import Origin
from outreach.rules.reading.sentences import sentences

FARTHEST = timedelta(days=184)
"""a day beyond is last year's, or a slip of the pen, and no promise"""
_INVOICE = re.compile(
    r"(?<![\w$])(?P<bare>(?:INV|CM|SI|CI)[-/]?\d[\w/-]*)"
    r"|\b(?:inv(?:oice)?s?|bills?)\b\.?\s*(?:(?:numbers?|nos?\.?|nr\.?|#)\s*)*:?\s*"
    r"(?P<list>#?[A-Za-z]{0,6}[-/]?\d[\w/-]*"
    r"(?:\s*(?:,|&|and|\+)\s*(?:and\s+)?#?[A-Za-z]{0,6}[-/]?\d[\w/-]*)*)"
    r"|#(?P<hash>\d{3,}[\w-]*)",
    re.IGNORECASE,
)
_NO_INVOICE = re.compile(
    r"\b(?:check|cheque|po|order|ticket|case|ref(?:erence)?|trace|confirmation|wire|ach)\s*(?:no\.?|"
    r"number)?\s*$",
    re.I,
)
_TAKEN_OFF = re.compile(
    r"\b(?:(?:all|everything) but|except(?: for)?|(?<!no )(?<!not )less|minus|"
    r"excluding|disput\w+|short[- ]pa\w+|withh\w+|deduct\w*)"
    r"\W+(?:the |a |an |our )?$",
    re.IGNORECASE,
)
"""words before an amount that is not paid"""
_PART = re.compile(r"#?([A-Za-z]{0,6}[-/]?\d[\w/-]*)")
_BARE_DAY = re.compile(
    r"^\W*(?:(?:will pay|paying|payment|by|on|yes|it'?s|this|next|due|hi|hello|for|is|scheduled)\W+)*$", re.I
)
_OF_INVOICE = re.compile(
    r"\b(?:dated|from|due|invoiced|since|after|(?:invoices?|bills?|orders?|statements?|letters?|"
    r"e-?mails?|notices?) (?:\w+ )?of)"
    r"\s+(?:on\s+)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was made of the words. It decides nothing."""

    intent: Intent = Intent.OTHER
    also: tuple[Intent, ...] = ()
    on: date | None = None
    """when they will pay, or when they say they have paid"""
    amount_minor: int | None = None
    currency: str | None = None
    invoices: tuple[str, ...] = ()
    confidence: float = 0.3
    """from 0 to 1"""
    words: str = ""
    """the sentence that says so"""


@dataclass(frozen=True, slots=True)
class _Said:
    """One sentence that means something."""

    intent: Intent
    words: str
    on: date | None = None
    amount: Amount | None = None
    confidence: float = 0.7
    is_period: bool = False


def read(visible: str, origin: Origin) -> Reading:
    """Read their own words. `origin`: the day of the message, and how its writer counts days."""
    lines = sentences(visible)
    if not lines:
        return Reading(confidence=0.9, words="")
    named = invoices(visible)
    tampering = next((line for line in lines if intents.TAMPERING.search(line)), None)
    if tampering is not None or intents.TAMPERING.search(visible):
        return Reading(invoices=named, confidence=0.8, words=tampering or "")
    said = [one for place, line in enumerate(lines) for one in _meant(line, lines[place + 1 :], origin)]
    if not said:
        bare = _bare_day(lines, origin)
        said = [bare] if bare else []
    if not said:
        return Reading(invoices=named)
    return _told(said, named)


def invoices(words: str) -> tuple[str, ...]:
    """The invoice numbers it names, each once, as written."""
    found: list[str] = []
    for match in _INVOICE.finditer(words):
        if match["hash"] and _NO_INVOICE.search(words[: match.start()]):
            continue
        text = match["list"] or match["bare"] or match["hash"]
        parts = [match["bare"]] if match["bare"] else _PART.findall(text)
        found.extend(part.strip("-/") for part in parts)
    return tuple(dict.fromkeys(one for one in found if len(one) > 1))[:50]


def _told(said: list[_Said], named: tuple[str, ...]) -> Reading:
    meant = {one.intent for one in said}
    if meant - {Intent.QUESTION, Intent.BOUNCE_OR_AUTO}:
        meant -= {Intent.QUESTION}
    first, *rest = sorted(meant, key=list(Intent).index)
    told = [one for one in said if one.intent is first]
    chosen = max(told, key=lambda one: (one.on is not None, not one.is_period, one.confidence))
    dated = first in (Intent.PROMISE, Intent.PAID)
    unsure = 0.15 if len({one.on for one in told if one.on}) > 1 else 0.0
    return Reading(
        intent=first,
        also=tuple(rest),
        on=chosen.on if dated else None,
        amount_minor=chosen.amount.minor if dated and chosen.amount else None,
        currency=chosen.amount.currency if dated and chosen.amount else None,
        invoices=named,
        confidence=round(chosen.confidence - unsure, 2),
        words=chosen.words,
    )


def _meant(line: str, after: list[str], origin: Origin) -> list[_Said]:
    found = [_Said(one, line) for one in intents.meanings(line) if one is not Intent.PAID]
    paid = Intent.PAID in intents.meanings(line)
    promise = None if paid and not _announces(line) else _promise(line, after, origin)
    if promise:
        found.append(promise)
    if paid:
        behind = Origin(origin.on, origin.business_days, origin.day_first, behind=True)
        on = next((one.on for one in days(line, behind) if one.on <= origin.on), None)
        found.append(_Said(Intent.PAID, line, on, _amount(line, origin), 0.85))
    return found


def _announces(line: str) -> bool:
    """Paid and promised in one breath: "1001 was paid, 1002 will be paid on Friday"."""
    return re.search(r"\b(?:will|'ll|’ll|going to)\b", line, re.IGNORECASE) is not None


def _promise(line: str, after: list[str], origin: Origin) -> _Said | None:
    if not promises.promises(line) or (after and promises.takes_back(after[0])):
        return None
    ahead = [one for one in days(line, origin) if origin.on <= one.on <= origin.on + FARTHEST]
    ahead = [one for one in ahead if not _OF_INVOICE.search(line[: one.begins])]
    if not ahead:
        return None
    day = _the_day(line, ahead)
    confidence = 0.9 - 0.2 * promises.is_wavering(line) - 0.05 * day.is_period
    return _Said(Intent.PROMISE, line, day.on, _amount(line, origin), round(confidence, 2), day.is_period)


def _the_day(line: str, ahead: list[Found]) -> Found:
    """ "Between the 1st and the 4th" is the 4th; else the first day that they name, else period."""
    if len(ahead) > 1:
        between = line[ahead[0].ends : ahead[1].begins].strip().lower()
        if between in ("and", "or", "to", "-", "–", "or latest", "at the latest", "through"):
            return ahead[1]
    return next((one for one in ahead if not one.is_period), ahead[0])


def _bare_day(lines: list[str], origin: Origin) -> _Said | None:
    """ "By Friday." as the whole answer."""
    text = " ".join(lines)
    found = days(text, origin)
    if len(found) != 1 or len(text) > 60 or text.rstrip().endswith("?") or found[0].on < origin.on:
        return None
    left = text[: found[0].begins] + " " + text[found[0].ends :]
    left = re.sub(r"\b(?:thanks?|thank you|regards|ok|okay|sure|hi \w+|hello \w+)\b", " ", left, flags=re.I)
    return _Said(Intent.PROMISE, text, found[0].on, None, 0.5) if _BARE_DAY.match(left) else None


def _amount(line: str, origin: Origin) -> Amount | None:
    """The one amount, or the first after the word for paying. None of several that add up, and none that they
    take off: an invented amount is the worst answer."""
    found = amounts(line)
    if any(_TAKEN_OFF.search(line[: one.begins]) for one in found):
        return None  # what is left they do not say
    if len(found) < 2:
        return found[0] if found else None
    pay = re.search(
        r"\b(?:pay|paid|send|sent|wire[d]?|remit\w*|mail\w*|release\w*|transfer\w*)\b", line, re.IGNORECASE
    )
    paid = [one for one in found if pay and one.begins > pay.start()] or found
    return None if len(paid) > 1 and _adds_up(line, paid, origin) else paid[0]


def _adds_up(line: str, paid: Sequence[Amount], origin: Origin) -> bool:
    """ "300 and 200 on Friday"; but "300 on Friday and 200 on Monday" are two payments."""
    between = line[paid[0].ends : paid[1].begins]
    return re.search(r"\band\b|[&+]|\bplus\b", between, re.I) is not None and len(days(line, origin)) < 2
