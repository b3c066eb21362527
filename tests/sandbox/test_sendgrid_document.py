"""The sandbox beside SendGrid's OpenAPI document: what breaks it is refused, what is answered keeps to it."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from outreach.sandbox.mail_problems import problems
from tests.sandbox.openapi import KINDS, SENDGRID
from tests.sandbox.playing import Door, Sandbox

PATH = "/mail/send"
SCHEMA = SENDGRID.request(PATH)
SWITCHES = ("bypass_spam_management", "bypass_bounce_management", "bypass_unsubscribe_management")
MAILBOX = {"email": "ap@example.com", "name": "Accounts payable"}
# Every property the document knows, save the two that exclude others in use: reply_to_list, and batch_id
# (this account has no batch).
WHOLE: dict[str, Any] = {
    "personalizations": [
        {
            "from": MAILBOX,
            "to": [MAILBOX],
            "cc": [{"email": "cc@example.com", "name": "Copy"}],
            "bcc": [{"email": "bcc@example.com", "name": "Blind copy"}],
            "subject": "Yours",
            "headers": {"X-Our": "1"},
            "substitutions": {"-name-": "Ada"},
            "custom_args": {"mid": "m1"},
            "send_at": 1,
        }
    ],
    "from": {"email": "ar@example.org", "name": "Accounts receivable"},
    "reply_to": {"email": "r@example.org", "name": "Replies"},
    "subject": "Invoice 1042",
    "content": [{"type": "text/plain", "value": "Hello"}],
    "attachments": [
        {
            "content": "JVBERg==",
            "type": "application/pdf",
            "filename": "a.pdf",
            "disposition": "inline",
            "content_id": "a",
        }
    ],
    "template_id": "old-style",
    "headers": {"X-Our": "1"},
    "categories": ["statement"],
    "custom_args": {"mid": "m1"},
    "send_at": 1,
    "asm": {"group_id": 1, "groups_to_display": [1]},
    "ip_pool_name": "main",
    "mail_settings": {
        **{name: {"enable": True} for name in SWITCHES},
        "bypass_list_management": {"enable": False},
        "footer": {"enable": True, "text": "Bye", "html": "<p>Bye"},
        "sandbox_mode": {"enable": False},
    },
    "tracking_settings": {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": True, "substitution_tag": "%open%"},
        "subscription_tracking": {"enable": False, "text": "t", "html": "h", "substitution_tag": "u"},
        "ganalytics": {"enable": False}
        | {f"utm_{name}": "x" for name in ("source", "medium", "term", "content", "campaign")},
    },
}
LEFT_OUT = {"reply_to_list", "batch_id", "dynamic_template_data"}
# What the document requires and SendGrid does without when a personalization or a template has it.
CONDITIONAL = {"subject", "content"}


def unused(value: Any, schema: dict[str, Any]) -> set[str]:
    """Names the document knows and the whole letter does not use."""
    schema = SENDGRID.meant(schema)
    if isinstance(value, list):
        return unused(value[0], schema["items"])
    known = schema.get("properties", {})
    missing = set(known) - set(value) if known else set()
    return missing.union(*(unused(value[name], known[name]) for name in known if name in value))


def test_the_whole_letter_uses_every_property() -> None:
    assert unused(WHOLE, SCHEMA) == LEFT_OUT
    assert SENDGRID.faults(WHOLE, SCHEMA) == []
    assert list(problems(WHOLE)) == []


Breach = tuple[tuple[Any, ...], Any]  # where, and what stands there instead; ABSENT removes it
ABSENT = object()


def breaches(value: Any, schema: dict[str, Any], at: tuple[Any, ...] = ()) -> Iterator[Breach]:
    """Every way to break the document at one place of a good letter."""
    schema = SENDGRID.meant(schema)
    kind = KINDS[schema.get("type", "object")]
    others: list[Any] = [{}, [], "text", 1.5, True, None]
    yield from ((at, other) for other in others if not isinstance(other, kind))
    yield from ((at, limit) for limit in _beyond(value, schema))
    if isinstance(value, list):
        yield from breaches(value[0], schema["items"], (*at, 0))
    known = schema.get("properties")
    if known and isinstance(value, dict):
        yield (*at, "unheard_of"), "x"
        yield from (((*at, name), ABSENT) for name in schema.get("required", []) if name not in CONDITIONAL)
        for name in sorted(value):
            yield from breaches(value[name], known[name], (*at, name))


def _beyond(value: Any, schema: dict[str, Any]) -> Iterator[Any]:
    if schema.get("minLength"):
        yield "x" * (schema["minLength"] - 1)
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    if "maxItems" in schema:
        yield value * (schema["maxItems"] + 1)
    if schema.get("uniqueItems"):
        yield value * 2
    if "enum" in schema:
        yield "none of these"
    if schema.get("format") == "email":
        yield "nobody"


def broken(where: tuple[Any, ...], instead: Any) -> Any:
    letter = {"": copy.deepcopy(WHOLE)}
    node: Any = letter
    *way, last = "", *where
    for name in way:
        node = node[name]
    if instead is ABSENT:
        del node[last]
    else:
        node[last] = instead
    return letter[""]


def test_what_breaks_the_document_is_refused() -> None:
    tried = [(where, str(instead)[:40], broken(where, instead)) for where, instead in breaches(WHOLE, SCHEMA)]
    assert len(tried) > 400
    assert [tried for *tried, letter in tried if not SENDGRID.faults(letter, SCHEMA)] == []
    assert [tried for *tried, letter in tried if not list(problems(letter))] == []


WORDS = st.sampled_from(
    ["", "x", "d-1", "to", "email", "a@example.com", "text/plain", "enable", "type", "value"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(1.5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


@given(changes=st.dictionaries(st.sampled_from([*sorted(WHOLE), "reply_to_list", "other"]), JSON))
def test_whatever_is_taken_keeps_to_the_document(changes: dict[str, Any]) -> None:
    letter = {**WHOLE, **changes}
    if not list(problems(letter)):
        assert SENDGRID.faults(letter, SCHEMA) == []


def post(sandbox: Sandbox, body: Any, **headers: str) -> requests.Response:
    papers = {"Authorization": f"Bearer {sandbox.keys.sendgrid_api_key}"}
    return requests.post(f"{sandbox.url}/v3{PATH}", json=body, headers=papers | headers, timeout=10)


def documented(answer: requests.Response, method: str = "post", path: str = PATH) -> bool:
    """Whether the document has this answer, status and body."""
    schema = SENDGRID.answer(path, method, answer.status_code)
    return answer.content == b"" if schema is None else SENDGRID.faults(answer.json(), schema) == []


def test_answers_keep_to_the_document(sandbox: Sandbox) -> None:
    answers = {
        202: post(sandbox, WHOLE),
        400: post(sandbox, {**WHOLE, "subject": "", "categories": 7}),
        401: post(sandbox, WHOLE, Authorization="Bearer wrong"),
        413: post(sandbox, {**WHOLE, "subject": "x" * 31 * 1024 * 1024}),
    }
    assert {status: answer.status_code for status, answer in answers.items()} == {s: s for s in answers}
    assert [status for status, answer in answers.items() if not documented(answer)] == []
    sandbox.faults(answers={"error": 1.0})
    trouble = post(sandbox, WHOLE)
    assert (trouble.status_code, documented(trouble)) == (500, True)


def test_scopes_keep_to_the_document(sandbox: Sandbox) -> None:
    papers = {"Authorization": f"Bearer {sandbox.keys.sendgrid_api_key}"}
    answer = requests.get(f"{sandbox.url}/v3/scopes", headers=papers, timeout=5)
    assert (answer.status_code, documented(answer, "get", "/scopes")) == (200, True)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", PATH, 405), ("POST", "/mail/sent", 404)])
def test_what_there_is_not(sandbox: Sandbox, method: str, path: str, status: int) -> None:
    answer = requests.request(method, f"{sandbox.url}/v3{path}", timeout=5)
    assert answer.status_code == status
    assert SENDGRID.faults(answer.json(), SENDGRID.answer(PATH, "post", 404) or {}) == []


# providers.md B 2.2: what every event has, and what each kind adds
COMMON = {"email", "timestamp", "event", "sg_event_id", "sg_message_id", "category", "mid"}
OWN = {
    "processed": {"smtp-id"},
    "deferred": {"smtp-id", "response", "attempt", "tls"},
    "delivered": {"smtp-id", "response", "ip", "tls"},
    "bounce": {"smtp-id", "reason", "status", "type", "bounce_classification", "tls"},
    "dropped": {"smtp-id", "reason", "status"},
    "open": {"useragent", "ip", "sg_machine_open"},
    "spamreport": set(),
    "unsubscribe": set(),
}
ENUMERATIONS = {
    "type": {"bounce", "blocked"},
    "bounce_classification": {
        *("Content", "Frequency or Volume Too High", "Invalid Address", "Mailbox Unavailable"),
        *("Reputation", "Technical Failure", "Unclassified"),
    },
    "reason of a dropped one": {
        *("Bounced Address", "Unsubscribed Address", "Spam Reporting Address", "Invalid"),
        *("Invalid SMTPAPI header", "Spam Content", "Recipient List over Package Quota"),
    },
}
# behaviour, its events in order
LIVES = [
    ("delivered", ["processed", "delivered"]),
    ("opened", ["processed", "delivered", "open"]),
    ("deferred", ["processed", "deferred", "delivered"]),
    ("bounced", ["processed", "bounce"]),
    ("blocked", ["processed", "bounce"]),
    ("dropped", ["dropped"]),
    ("complained", ["processed", "delivered", "spamreport"]),
    ("unsubscribed", ["processed", "delivered", "unsubscribe"]),
]


@pytest.mark.parametrize(("behaviour", "expected"), LIVES)
def test_events_have_the_documented_fields(
    sandbox: Sandbox, door: Door, behaviour: str, expected: list[str]
) -> None:
    sandbox.script(addresses={"ap@example.com": behaviour})
    letter = {**WHOLE, "personalizations": [{"to": [MAILBOX]}]}
    assert post(sandbox, letter).status_code == 202
    sandbox.truth()
    events = door.events()
    assert [event["event"] for event in events] == expected
    for event in events:
        assert set(event) == COMMON | OWN[event["event"]]
        assert isinstance(event["timestamp"], int)
        assert len(event["sg_event_id"]) <= 100
        assert event["category"] == ["statement"]
        assert isinstance(event.get("attempt", ""), str)
        assert event.get("type", "bounce") in ENUMERATIONS["type"]
        assert event.get("bounce_classification", "Unclassified") in ENUMERATIONS["bounce_classification"]
        if event["event"] == "dropped":
            assert event["reason"] in ENUMERATIONS["reason of a dropped one"]
