"""The words of an HTML mail as plain text, what it quotes marked with ">" as plain mail does."""

import re
from html.parser import HTMLParser

_BLOCKS_LISTED = """
    p div br tr li ul ol table blockquote h1 h2 h3 h4 h5 h6 pre hr section article header footer
"""
_BLOCKS = frozenset(_BLOCKS_LISTED.split())
_SILENT = frozenset(["style", "script", "head", "title", "template", "noscript"])
_VOID = frozenset(["br", "hr", "img", "input", "meta", "link", "col", "area", "base", "wbr"])
_QUOTES = re.compile(
    r"gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|divRplyFwdMsg|appendonsend", re.IGNORECASE
)
DEEPEST = 2000


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self._open: list[tuple[str, bool]] = []
        self._silent = self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._break()
        if tag in _VOID or len(self._open) > DEEPEST:
            return
        named = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        quotes = tag == "blockquote" or bool(_QUOTES.search(named))
        self._open.append((tag, quotes))
        self._silent += tag in _SILENT
        self._quoted += quotes

    def handle_endtag(self, tag: str) -> None:
        if not any(name == tag for name, _ in self._open):
            return
        while self._open:
            name, quotes = self._open.pop()
            self._silent -= name in _SILENT
            self._quoted -= quotes
            if name == tag:
                break
        if tag in _BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        words = re.sub(r"\s+", " ", data)
        if self._silent or not words:
            return
        if not self.lines[-1] and self._quoted and words.strip():
            self.lines[-1] = "> "
        if words.strip() or self.lines[-1]:
            self.lines[-1] += words

    def _break(self) -> None:
        self.lines.append("")


def words_of(html: str) -> str:
    """Never raises: HTML that no browser would take gives what words it has."""
    reader = _Words()
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, ValueError, RecursionError):
        pass
    text = "\n".join(line.strip() for line in reader.lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
