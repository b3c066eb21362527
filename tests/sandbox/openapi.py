"""Checks values against the providers' own OpenAPI documents. A property they do not know is a fault."""

import json
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

SPECS = Path(__file__).parent / "specs"
KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


class Document:
    """One provider's document, cut by specs/extract.py."""

    def __init__(self, name: str) -> None:
        self._whole: dict[str, Any] = json.loads((SPECS / name).read_text(encoding="utf-8"))

    def correct(self, *path: str, as_it_is: dict[str, Any]) -> None:
        """Puts right what the provider itself does otherwise than its document says."""
        node = self._whole
        for name in path[:-1]:
            node = node[name]
        assert node[path[-1]] != as_it_is, "the document is right by now"
        node[path[-1]] = as_it_is

    def request(self, path: str, method: str = "post") -> dict[str, Any]:
        """The schema of a request's body."""
        (body,) = self._whole["paths"][path][method]["requestBody"]["content"].values()
        schema: dict[str, Any] = body["schema"]
        return schema

    def query(self, path: str) -> dict[str, dict[str, Any]]:
        """The schemas of a list's query parameters, by name."""
        given = self._whole["paths"][path]["get"]["parameters"]
        return {each["name"]: self.meant(each["schema"]) for each in given if each["in"] == "query"}

    def answer(self, path: str, method: str, status: int) -> dict[str, Any] | None:
        """The schema of an answer's body; None when it has none. KeyError: no such answer is documented."""
        answer = self.meant(self._whole["paths"][path][method]["responses"][str(status)])
        content = answer.get("content")
        return content["application/json"]["schema"] if content else None

    def meant(self, node: dict[str, Any]) -> dict[str, Any]:
        """The node itself, or what it refers to."""
        while "$ref" in node:
            _, _, kind, name = node["$ref"].split("/")
            node = self._whole["components"][kind][name]
        return node

    def faults(self, value: Any, schema: dict[str, Any], at: str = "") -> list[str]:
        """What is wrong with `value`, each with its path; empty when it is as documented."""
        schema = self.meant(schema)
        if value is None and schema.get("nullable"):
            return []
        kind = schema.get("type", "object")
        if not isinstance(value, KINDS[kind]) or (kind in ("integer", "number") and isinstance(value, bool)):
            return [f"{at}: {value!r} is no {kind}"]
        return [f"{at}: {fault}" for fault in _limits(value, schema)] + list(self._inside(value, schema, at))

    def form_faults(self, body: str, schema: dict[str, Any]) -> list[str]:
        """The same of a form as it goes over the wire, where everything is text."""
        given = parse_qs(body, keep_blank_values=True, strict_parsing=True)
        known = schema["properties"]
        read = {name: _read(texts, self.meant(known.get(name, {}))) for name, texts in given.items()}
        return self.faults(read, schema)

    def _inside(self, value: Any, schema: dict[str, Any], at: str) -> Iterator[str]:
        if isinstance(value, list) and "items" in schema:
            for nth, each in enumerate(value):
                yield from self.faults(each, schema["items"], f"{at}.{nth}")
        known = schema.get("properties")
        if isinstance(value, dict) and known is not None:
            yield from (f"{at}: {name!r} is not known" for name in sorted(set(value) - set(known)))
            yield from (
                f"{at}: {name!r} is missing" for name in schema.get("required", []) if name not in value
            )
            for name in sorted(set(value) & set(known)):
                yield from self.faults(value[name], known[name], f"{at}.{name}")


def _read(texts: list[str], schema: dict[str, Any]) -> Any:
    """As the schema means it; what does not read so, or is there twice, stays for `faults` to find."""
    if schema.get("type") == "array" or len(texts) > 1:
        return texts
    text = texts[0]
    if schema.get("type") == "boolean" and text in ("true", "false"):
        return text == "true"
    return int(text) if schema.get("type") == "integer" and text.isdecimal() else text


def _limits(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{value!r} is none of {schema['enum']}"
    if isinstance(value, str):
        yield from _text(value, schema)
    if isinstance(value, str | list):
        what = "Length" if isinstance(value, str) else "Items"
        if not schema.get(f"min{what}", 0) <= len(value) <= schema.get(f"max{what}", len(value)):
            yield f"{len(value)} is too few or too many"
    if (
        isinstance(value, list)
        and schema.get("uniqueItems")
        and len({str(one) for one in value}) < len(value)
    ):
        yield "has the same item twice"


def _text(value: str, schema: dict[str, Any]) -> Iterator[str]:
    if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
        yield f"{value!r} does not match {schema['pattern']}"
    try:
        FORMATS.get(schema.get("format", ""), str)(value)
    except ValueError:
        yield f"{value!r} is no {schema['format']}"


def _uri(value: str) -> None:
    """Absolute or, as in Twilio's lists, relative to the host."""
    if not (value.startswith("/") or urlsplit(value).scheme in ("http", "https")):
        raise ValueError


def _email(value: str) -> None:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise ValueError


FORMATS = {"date-time-rfc-2822": parsedate_to_datetime, "uri": _uri, "email": _email}

TWILIO = Document("twilio_calls.json")
SENDGRID = Document("sendgrid_mail.json")
_LETTER = (
    "paths",
    "/mail/send",
    "post",
    "requestBody",
    "content",
    "application/json",
    "schema",
    "properties",
)
_ERROR = (
    "components",
    "schemas",
    "global_error_response_schema",
    "properties",
    "errors",
    "items",
    "properties",
)
# its own libraries send an object, and its answers carry a link or null
SENDGRID.correct(*_LETTER, "custom_args", as_it_is={"type": "object"})
SENDGRID.correct(*_ERROR, "help", as_it_is={"type": "string", "format": "uri", "nullable": True})
