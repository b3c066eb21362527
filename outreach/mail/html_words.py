"""The words of an HTML mail as plain text, what it quotes marked with ">" as plain mail does."""

import re
from html.parser import HTMLParser

from outreach.mail import safe_html

_BLOCKS_LISTED = """
    p div br tr li ul ol table blockquote h1 h2 h3 h4 h5 h6 pre hr section article header footer
"""
_BLOCKS = frozenset(_BLOCKS_LISTED.split())
_VOID = frozenset(["br", "hr"])
_QUOTES = re.compile(
    r"gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|divRplyFwdMsg|appendonsend", re.IGNORECASE
)


class _Words(HTMLParser):
    """Reads what `safe_html.to_read` has made: of what is never closed it would try every end in turn."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self._open: list[tuple[str, bool]] = []
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._break()
        if tag in _VOID:
            return
        named = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        quotes = tag == "blockquote" or bool(_QUOTES.search(named))
        self._open.append((tag, quotes))
        self._quoted += quotes

    def handle_endtag(self, tag: str) -> None:
        if not any(name == tag for name, _ in self._open):
            return
        while self._open:
            name, quotes = self._open.pop()
            self._quoted -= quotes
            if name == tag:
                break
        if tag in _BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        words = re.sub(r"\s+", " ", data)
        if not words:
            return
        if not self.lines[-1] and self._quoted and words.strip():
            self.lines[-1] = "> "
        if words.strip() or self.lines[-1]:
            self.lines[-1] += words

    def _break(self) -> None:
        self.lines.append("")


def words_of(html: str) -> str:
    """Never raises: HTML that no browser would take gives what words it has."""
    try:
        simple = safe_html.to_read(html, _BLOCKS)
    except safe_html.IntricateError:
        return " ".join(safe_html.bare(html).split())
    reader = _Words()
    reader.feed(simple)
    reader.close()
    text = "\n".join(line.strip() for line in reader.lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
