"""The letters' templates: compiled once, checked when they are loaded, and kept in a tight sandbox.

MJML gives the HTML its look, Jinja fills it in. The words of a step are written once, in plain paragraphs,
and both forms of the letter take them from there. A template may name the letter and us, walk lists and
choose. It may not call, count or join: the worst that a bad one can do is be refused (trust.md 4, injection).
"""

import hashlib
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import mrml
from jinja2 import DictLoader, StrictUndefined, Template, TemplateError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from outreach.rules import money

SHIPPED = Path(__file__).parent / "templates"
SHARED = "words"
"""what every letter says; not a letter itself"""
NAMES = frozenset({"letter", "we"})
ARITHMETIC = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow)
FORBIDDEN = (*ARITHMETIC, nodes.Concat, nodes.Call, nodes.Import, nodes.FromImport)
LONGEST = 3_000_000
"""characters of one form of a letter: a thousand invoices take a third of it"""
WIDTH = 72
"""of a line of plain text"""


class LetterError(Exception):
    """A letter cannot be written: the words say which template or fact is at fault."""


@dataclass(frozen=True)
class Pair:
    """Both forms of one step's letter."""

    html: Template
    text: Template


class Templates:
    """Every step that has a letter, ready to render.

    Building it raises LetterError for a template that is not fit to be sent: better at start than at three in
    the afternoon.
    """

    def __init__(self, folder: Path = SHIPPED) -> None:
        sources = {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.j2"))}
        layout_text = (folder / "letter.txt").read_text("utf-8")
        layout_mjml = (folder / "letter.mjml").read_text("utf-8")
        self.version = _digest(layout_text, layout_mjml, *sources.values())
        html = _environment({**sources, "layout": _compiled(layout_mjml)}, autoescape=True)
        text = _environment({**sources, "layout": layout_text}, autoescape=False)
        self._pairs = {
            name: Pair(html.get_template(name), text.get_template(name))
            for name in sources
            if name != "words"
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._pairs)

    def of(self, step: str) -> Pair:
        """The letter of a step. Raises LetterError for a step without one."""
        try:
            return self._pairs[step]
        except KeyError:
            raise LetterError(f"there is no letter for the step {step}") from None


def render(template: Template, values: Mapping[str, Any]) -> str:
    """The whole of one form. Raises LetterError for a missing fact, or for more than `LONGEST` characters."""
    return _capped(template, template.generate(values))


def render_block(template: Template, block: str, values: Mapping[str, Any]) -> str:
    """One block of it, such as the subject."""
    return _capped(template, template.blocks[block](template.new_context(dict(values)))).strip()


def _capped(template: Template, pieces: Iterator[str]) -> str:
    written, length = [], 0
    try:
        for piece in pieces:
            length += len(piece)
            if length > LONGEST:
                raise LetterError(f"{template.name} made a letter of more than {LONGEST:,} characters")
            written.append(piece)
    except (TemplateError, money.MoneyError, AttributeError, TypeError) as error:  # None for a day
        raise LetterError(f"{template.name}: {error}") from error
    return "".join(written)


class Sandbox(ImmutableSandboxedEnvironment):
    """Facts may be read, and that is all: stricter than its parent, which weighs every method by itself."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return not attr.startswith("_") and not callable(value)


def _environment(sources: Mapping[str, str], *, autoescape: bool) -> Sandbox:
    environment = Sandbox(
        loader=DictLoader(sources),
        undefined=StrictUndefined,
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.clear()
    environment.filters.clear()
    written = _html_as_written if autoescape else _text_as_written
    paragraphs = _html_paragraphs if autoescape else _text_paragraphs
    environment.filters.update(FILTERS, paragraphs=paragraphs, as_written=written)
    environment.tests.clear()
    _check(environment, sources)
    return environment


def _check(environment: Sandbox, sources: Mapping[str, str]) -> None:
    for name, source in sources.items():
        try:
            _check_tree(name, environment.parse(source, name))
            environment.compile(source, name)  # only now: it works out constants like 'a' * 10**9
        except TemplateError as error:
            raise LetterError(f"{name}: {error}") from error
        if "suspend" in source.lower() and not name.startswith("suspension"):
            raise LetterError(f'{name}: no letter may say "suspend" without an approved case')


def _check_tree(name: str, tree: nodes.Template) -> None:
    for node in tree.find_all(FORBIDDEN):
        raise LetterError(f"{name}, line {node.lineno}: templates do not call, count or join")
    unknown = find_undeclared_variables(tree) - NAMES
    if unknown:
        raise LetterError(f"{name}: nothing is called {sorted(unknown)[0]}; templates know letter and we")


def _compiled(source: str) -> str:
    compiled = mrml.to_html(source)
    if compiled.warnings:
        raise LetterError(f"letter.mjml: {compiled.warnings[0]}")
    return str(compiled.content)


def _digest(*sources: str) -> str:
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()[:12]


def day(value: date) -> str:
    """16 November 2026: cannot be read two ways."""
    return f"{value.day} {value:%B %Y}"


def amount(minor: int, currency: str) -> str:
    return money.words(minor, currency)


def number(minor: int, currency: str) -> str:
    """The amount without its currency, for a column that names it."""
    return money.words(minor, currency).removesuffix(f" {currency}")


def short_day(value: date) -> str:
    return f"{value.day} {value:%b %Y}"


def left(value: object, width: int) -> str:
    return str(value).ljust(min(width, WIDTH))


def right(value: object, width: int) -> str:
    return str(value).rjust(min(width, WIDTH))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "day": day,
    "short_day": short_day,
    "amount": amount,
    "number": number,
    "left": left,
    "right": right,
}
_PARAGRAPH = Markup('<p style="margin:0 0 14px 0">{}</p>')


def _html_paragraphs(value: str) -> Markup:
    return Markup("").join(_PARAGRAPH.format(paragraph) for paragraph in _split(escape(value)))


def _text_paragraphs(value: str) -> str:
    return "\n\n".join(_wrap(" ".join(paragraph.split())) for paragraph in _split(value))


def _html_as_written(value: str) -> Markup:
    """A person's own words, with the line breaks they made."""
    lines = ([escape(line.rstrip()) for line in one.split("\n")] for one in _split(value))
    return Markup("").join(_PARAGRAPH.format(Markup("<br>").join(one)) for one in lines)


def _text_as_written(value: str) -> str:
    return "\n\n".join("\n".join(_wrap(line.strip()) for line in one.split("\n")) for one in _split(value))


@lru_cache(maxsize=1000)  # most paragraphs stand in every letter
def _wrap(paragraph: str) -> str:
    return textwrap.fill(paragraph, WIDTH, break_on_hyphens=False, break_long_words=False)


def _split(value: str) -> list[str]:
    """Paragraphs stand between empty lines."""
    return [paragraph for piece in value.split("\n\n") if (paragraph := piece.strip())]
