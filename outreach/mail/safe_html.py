"""HTML that strangers have written, made harmless: nothing in it runs, reaches out, or keeps a worker busy.

A small mail can hold HTML that takes a parser minutes: elements within elements by the ten thousand, and in
Python's own parser anything that is never closed. Such HTML is recognised by counting, and left alone.
"""

import re
from collections import Counter
from collections.abc import Set

import nh3

DEEPEST, MOST_WORK = 500, 2_000_000
"""elements within each other, and that times all its tags; a long thread of letters has 60, and a million"""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]{0,40})")
_LISTED = """
    area base br col embed hr img input link meta source track wbr p li td th tr dt dd option
"""
_ENDS_BY_ITSELF = frozenset(_LISTED.split())
SHOWN = nh3.ALLOWED_TAGS - {"img"}
SILENT = {"script", "style", "title", "template", "noscript"}
"""go with all that is in them"""


class IntricateError(ValueError):
    """No reasonable mail is made so."""


def to_show(html: str) -> str:
    """For a frame of ours: its look without pictures, scripts or styles. Raises IntricateError."""
    _check(html)
    return nh3.clean(html, tags=SHOWN, clean_content_tags=SILENT, url_schemes={"http", "https", "mailto"})


def to_read(html: str, tags: Set[str]) -> str:
    """Well-formed, with these tags only and what names their kind. Raises IntricateError."""
    _check(html)
    named = {"*": {"class", "id"}}
    return nh3.clean(html, tags=set(tags), clean_content_tags=SILENT, attributes=named, link_rel=None)


def bare(html: str) -> str:
    """The words between its tags, whatever it is."""
    return re.sub(r"<[^<>]*>", " ", html)


def _check(html: str) -> None:
    """At least as deep as it can truly be, save that tags which end by themselves are not counted."""
    inside, deepest, depth, tags = Counter[str](), 0, 0, 0
    for match in _TAG.finditer(html):
        tags += 1
        name = match[2].lower()
        if name in _ENDS_BY_ITSELF:
            continue
        if not match[1]:
            inside[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif inside[name]:
            inside[name] -= 1
            depth -= 1
    if deepest > DEEPEST or deepest * tags > MOST_WORK:
        raise IntricateError(f"{tags} tags, {deepest} within each other")
