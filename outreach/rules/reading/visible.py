"""Their own words of a mail: without the letter they quote, signature and disclaimer (product.md 4)."""

import re

MARKERS = ("please reply above this line",)
"""what our own letters begin with: below it everything is ours"""

_HEADER_LINE = re.compile(
    r"^[>\s*_]*(from|sent|date|to|cc|subject|von|gesendet|an|betreff|de|envoyé|à|objet|para|asunto|enviado)"
    r"\s*:[*_\s]*\S",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^[>\s]*(-{2,}|_{2,}|={2,})?\s*(original message|forwarded message|ursprüngliche nachricht|"
    r"message d'origine|"
    r"mensaje original|begin forwarded message)\b",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"^(on\b(?=.*[\d@]).*\bwrote\s*:|am\b.*\bschrieb\b.*:|le\b.*\ba écrit\s*:|el\b.*\bescribió\s*:|"
    r".*<[^<>\s]+@[^<>\s]+>\s*(wrote|schrieb)?\s*:|"
    r"on\b.*\d.*,.*@.*>\s*wrote\s*:|on \w{3,9} \d{1,2}, \d{4}.*wrote\s*:)\s*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*([-_=*]\s?){10,}\s*$")
_SIGNATURE = re.compile(
    r"^(--|—|__+|-{3,})\s*$|^-{1,2}\s?[A-Z]\w+(\s[A-Z]\w+){0,2}\s*$|"
    r"^(sent from my|get outlook for|sent from mail for|sent via) [\w ]{1,40}\W?$",
    re.IGNORECASE,
)
_NOT_SIGNATURE = re.compile(r"^-\s")
_CLOSING = re.compile(
    r"^((best|kind|warm|many|with) )?(best |kind |warm )?(regards|wishes|thanks)\b.{0,20}$|"
    r"^(sincerely|cheers|best|respectfully|thanks( again| so much)?|thank you( very much)?|many thanks)"
    r"(,| and (best|kind) regards,?|!)?$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"^[*\s]*(confidentiality( notice)?\b|disclaimer\b|(this|the information( contained)? in this) "
    r"(e-?mail|message|communication)\b.{0,120}\b(confidential|intended|privileged)|"
    r"please consider the environment)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"\b(will|pay|paid|please)\b", re.IGNORECASE)
_LEADS_ON = re.compile(
    r"^((hi|hello|hey|dear|good (morning|afternoon))\b[^.!?\n]{0,40}|.{0,80}\b(see|answers?|comments?|"
    r"replies|response)\b.{0,40}"
    r"\b(below|inline|in-line|in red|in blue)\b.{0,40})$",
    re.IGNORECASE | re.DOTALL,
)
"""words above a quoted letter which say that the answer stands below, between its lines"""
MOST_LINES = 2000
LONGEST, LONGEST_HEAD = 100_000, 400
"""characters that are looked at: of a mail, of a line that introduces a quoted letter"""
LONGEST_SIGNATURE = 12
"""lines after a closing such as "Best regards"; what is longer goes on to say something"""


def visible(text: str) -> str:
    """Their own words; empty where they wrote none. Never raises."""
    lines = [line.rstrip() for line in _unwrapped(text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n"))]
    above, between = _trimmed(_above(lines)), _trimmed(_between(lines))
    if not above or _LEADS_ON.match(above):
        return between or above
    return min(above, between or above, key=len)


def _wrote(line: str) -> bool:
    """ "On ... wrote:", which is never long: longer lines would only cost time."""
    return len(line) <= LONGEST_HEAD and _WROTE.match(line) is not None


def _unwrapped(text: str) -> list[str]:
    """Lines, a "On ... wrote:" that a mail program has wrapped put together again."""
    lines, found = text.replace("\u00a0", " ").split("\n")[:MOST_LINES], list[str]()
    place = 0
    while place < len(lines):
        line = lines[place]
        if re.match(r"^\s*(on|am|le|el)\b", line, re.IGNORECASE) and not _wrote(line.strip()):
            for more in (1, 2, 3):
                parts = lines[place : place + more + 1]
                joined = " ".join(part.strip() for part in parts)
                if len(joined) > 400 or any(not part.strip() for part in parts):
                    break
                if _wrote(joined) and not re.search(r"[.!?]\s+[A-Z]", joined.split(" at ")[0]):
                    line, place = joined, place + more
                    break
        found.append(line)
        place += 1
    return found


def _above(lines: list[str]) -> list[str]:
    """What stands above the first sign of another letter."""
    for place, line in enumerate(lines):
        if _begins_another(lines, place) or _wrote(line.strip()) or line.lstrip().startswith(">"):
            return lines[:place]
    return lines


def _between(lines: list[str]) -> list[str]:
    """What is not quoted line by line: answers written under the quoted words."""
    kept: list[str] = []
    for place, line in enumerate(lines):
        if _begins_another(lines, place):
            break
        if _wrote(line.strip()):
            if not _is_quoted_below(lines, place):
                break
        elif not line.lstrip().startswith(">"):
            kept.append(line)
    return kept


def _begins_another(lines: list[str], place: int) -> bool:
    line = lines[place]
    if line.lstrip().startswith(">"):
        return False
    if any(marker in line.lower() for marker in MARKERS) or _ORIGINAL.match(line):
        return True
    if _RULE.match(line):
        return any(_HEADER_LINE.match(below) for below in lines[place + 1 : place + 4])
    if not _HEADER_LINE.match(line):
        return False
    block = [below for below in lines[place : place + 6] if below.strip()]
    return sum(bool(_HEADER_LINE.match(below)) for below in block) >= 3


def _is_quoted_below(lines: list[str], place: int) -> bool:
    below = [line for line in lines[place + 1 : place + 6] if line.strip()]
    return bool(below) and below[0].lstrip().startswith(">")


def _trimmed(lines: list[str]) -> str:
    """Without signature, closing and disclaimer."""
    kept: list[str] = []
    for place, line in enumerate(lines):
        words = line.strip()
        if _SIGNATURE.match(words) and not _NOT_SIGNATURE.match(words) and _some(kept):
            break
        if _DISCLAIMER.match(words) and _some(kept):
            break
        if _CLOSING.match(words) and _some(kept) and _is_card(lines[place + 1 :]):
            break
        kept.append(line)
    return "\n".join(kept).strip()


def _some(kept: list[str]) -> bool:
    return any(line.strip() for line in kept)


def _is_card(below: list[str]) -> bool:
    """Name, role, numbers: a few short lines without a sentence."""
    rest = [line for line in below if line.strip()]
    upto = next((n for n, line in enumerate(rest) if _DISCLAIMER.match(line.strip())), len(rest))
    few = len(rest) <= LONGEST_SIGNATURE
    return few and all(len(line) < 90 and not _SENTENCE.search(line) for line in rest[:upto])
