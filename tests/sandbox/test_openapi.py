"""The checker itself can fail: each kind of fault it is there to find."""

from typing import Any

import pytest

from tests.sandbox.openapi import TWILIO

PERSON: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 4, "pattern": "[a-z]+"},
        "age": {"type": "integer", "nullable": True},
        "role": {"type": "string", "enum": ["rep", "admin"]},
        "tags": {"type": "array", "uniqueItems": True, "maxItems": 2, "items": {"type": "string"}},
        "born": {"type": "string", "format": "date-time-rfc-2822"},
        "page": {"type": "string", "format": "uri"},
    },
}
GOOD = {
    "name": "ada",
    "age": None,
    "role": "rep",
    "tags": ["a", "b"],
    "born": "Sun, 25 Mar 2018 09:53:19 +0000",
    "page": "/2010-04-01/Accounts.json",
}
BAD: list[dict[str, Any]] = [
    {"name": None},
    {"name": "a"},
    {"name": "augusta"},
    {"name": "ADA"},
    {"age": "7"},
    {"age": True},
    {"role": "owner"},
    {"tags": "a"},
    {"tags": ["a", "a"]},
    {"tags": ["a", "b", "c"]},
    {"tags": [1]},
    {"born": "2018-03-25"},
    {"page": "nowhere"},
    {"shoe": 44},
]


def test_a_good_value() -> None:
    assert TWILIO.faults(GOOD, PERSON) == []


@pytest.mark.parametrize("wrong", BAD)
def test_a_bad_value(wrong: dict[str, Any]) -> None:
    assert len(TWILIO.faults({**GOOD, **wrong}, PERSON)) == 1


def test_a_missing_value() -> None:
    assert TWILIO.faults({"role": "rep"}, PERSON) == [": 'name' is missing"]


FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "To": {"type": "string"},
        "Timeout": {"type": "integer"},
        "Record": {"type": "boolean"},
        "Event": {"type": "array", "items": {"type": "string"}},
    },
}


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ("To=1&Timeout=60&Record=true&Event=a&Event=b", 0),
        ("To=1&To=2", 1),
        ("Timeout=soon", 1),
        ("Record=True", 1),
        ("Twitter=1", 1),
    ],
)
def test_a_form(body: str, faults: int) -> None:
    assert len(TWILIO.form_faults(body, FORM)) == faults
