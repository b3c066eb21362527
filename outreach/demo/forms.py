"""A browser without a screen: it fetches pages, finds their forms, sends them as people do."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


@dataclass(slots=True)
class Form:
    """A form as a page shows it: where it goes, and what it would send if nobody touched it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    disabled: bool = False
    """every button of it is grey"""
    buttons: int = 0
    grey: int = 0


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is not None:
            self._take_in(self._open, tag, given)

    def _take_in(self, form: Form, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "submit" if tag == "button" else "text")
        if tag == "button" or kind == "submit":
            form.buttons += 1
            form.grey += "disabled" in given
        elif tag == "input" and (kind not in ("radio", "checkbox") or "checked" in given):
            form.fields[given.get("name", "")] = given.get("value", "")
        elif tag == "textarea":
            form.fields[given.get("name", "")] = ""
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and self._select and ("selected" in given or self._select not in form.fields):
            form.fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._open is not None:
            self._open.disabled = 0 < self._open.buttons == self._open.grey
            self._open = None
        elif tag == "select":
            self._select = None


class Browser:
    """One person's session."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.address = base_url
        self.page = ""

    def get(self, path: str) -> "Browser":
        return self._show(self.session.get(urljoin(self.base_url, path), timeout=30))

    def look_again(self, path: str, part: str) -> "Browser":
        """Fetch only one part of a page, as its script does."""
        headers = {"HX-Request": "true", "HX-Target": part}
        return self._show(self.session.get(urljoin(self.base_url, path), headers=headers, timeout=30))

    def form(self, wanted: str) -> Form | None:
        """The first form of this page whose action holds `wanted`."""
        reader = _Reader()
        reader.feed(self.page)
        return next((form for form in reader.forms if wanted in form.action), None)

    def submit(self, form: Form, **values: str) -> "Browser":
        url = urljoin(self.address, form.action)
        return self._show(self.session.post(url, data=form.fields | values, timeout=30))

    def _show(self, answer: requests.Response) -> "Browser":
        self.address, self.page, self.status = answer.url, answer.text, answer.status_code
        return self
