"""Words cut into sentences: wrapped lines put together, abbreviations left whole."""

import re

_BULLET = re.compile(r"^\s*([-*•–]|\d{1,2}[.)])\s+")
_GREETING = re.compile(
    r"^(hi|hello|hey|dear|good (morning|afternoon|evening)|greetings)\b[^.!?]{0,40}[,!:]?$", re.I
)
_ABBREVIATION = re.compile(
    r"\b(jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thu(rs?)?|fri|no|nr|inv|approx|mr|"
    r"mrs|ms|dr|st|"
    r"inc|co|corp|ltd|acct|a\.p|a\.m|p\.m|e\.g|i\.e)\.$",
    re.I,
)
_END = re.compile(r"(?<=[.!?;])\s+")
LONGEST = 20_000
"""characters that are read: whoever writes more says nothing new"""


def sentences(words: str) -> list[str]:
    """In their order, each on one line, without bullets."""
    found: list[str] = []
    for paragraph in _paragraphs(words[:LONGEST]):
        found.extend(_split(paragraph))
    return [one for one in found if one]


def _paragraphs(words: str) -> list[str]:
    blocks: list[str] = []
    going_on = False
    for line in words.split("\n"):
        text = line.strip()
        if not text:
            going_on = False
            continue
        starts = _BULLET.match(line) or _GREETING.match(text)
        if going_on and not starts:
            blocks[-1] += " " + text
        else:
            blocks.append(_BULLET.sub("", text))
        going_on = not _GREETING.match(text)
    return blocks


def _split(paragraph: str) -> list[str]:
    parts: list[str] = []
    for part in _END.split(paragraph):
        if parts and (_ABBREVIATION.search(parts[-1])):
            parts[-1] += " " + part
        else:
            parts.append(part)
    return [part.strip() for part in parts]
