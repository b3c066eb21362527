"""Twilio's papers: the SDK's own vectors, and every way of changing a signed post."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import Headers

from outreach.dialer.clicks import Requested
from outreach.ledger.inbox import Event
from outreach.office import DoorKeys
from outreach.webhooks.post import Papers, Post
from outreach.webhooks.twilio_voice import papers
from tests.dialer.centre import BASE_URL, HARBOR, TOKEN, Desk
from tests.webhooks.visitor import FORM, REP, Visitor, signature

VECTORS = Path(__file__).parents[2].parent / "shared" / "data" / "twilio" / "signature_vectors.json"
FORMS = [
    vector
    for vector in (json.loads(VECTORS.read_text()) if VECTORS.exists() else [])
    if vector["content_type"] == FORM
]
NEVER: Any = None  # Twilio's signature has no time in it

ATTEMPT = "a" * 15
PATH = f"/webhooks/twilio/status?attempt={ATTEMPT}&leg=customer"
FIELDS = [
    ("CallSid", REP),
    ("CallStatus", "busy"),
    ("From", "+12125550190"),
    ("SequenceNumber", "2"),
    ("To", "+13035550101"),
]
SIGNED = signature(f"{BASE_URL}{PATH}", dict(FIELDS))


@pytest.mark.skipif(not FORMS, reason=f"{VECTORS} is absent: the SDK's vectors were not tried")
@pytest.mark.parametrize("vector", FORMS, ids=lambda vector: vector["id"])
def test_the_sdks_own_vectors(vector: dict[str, Any]) -> None:
    pairs = [
        (name, one)
        for name, value in vector["params"].items()
        for one in (value if isinstance(value, list) else [value])
    ]
    post = Post(
        kind="status",
        url=vector["request_url"],
        query={},
        headers=Headers({"X-Twilio-Signature": vector["signature"]}),
        content_type=FORM,
        body=urlencode(pairs).encode(),
    )
    found = papers(post, DoorKeys(twilio_auth_token=vector["auth_token"]), NEVER)
    assert (found is Papers.GOOD) is vector["expect_valid"]
    assert papers(post, DoorKeys(twilio_auth_token="another"), NEVER) is Papers.FALSE


def body(fields: list[tuple[str, str]]) -> str:
    return urlencode(fields)


def changed(name: str, value: str) -> str:
    return body([(n, value if n == name else v) for n, v in FIELDS])


def test_the_post_as_twilio_signed_it_is_let_in(twilio: Visitor) -> None:
    assert twilio.send(PATH, body(FIELDS), SIGNED).status_code == 204


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(FIELDS[::-1], id="fields in another order"),
        pytest.param([*FIELDS, FIELDS[0]], id="a field twice, alike"),
    ],
)
def test_what_twilios_scheme_itself_does_not_tell_apart(
    twilio: Visitor, fields: list[tuple[str, str]]
) -> None:
    """The signature sorts fields and drops repetitions: such posts say the same."""
    assert twilio.send(PATH, body(fields), SIGNED).status_code == 204


def path(text: str) -> str:
    return f"/webhooks/twilio/{text}"


FORGERIES: list[tuple[str, str, str, str | None]] = [
    # what was changed, path, body, signature
    ("no signature", PATH, body(FIELDS), None),
    ("an empty signature", PATH, body(FIELDS), ""),
    ("rubbish", PATH, body(FIELDS), "rubbish"),
    ("not ASCII", PATH, body(FIELDS), "h\u00e9"),
    ("very long", PATH, body(FIELDS), "A" * 8000),
    ("its last sign", PATH, body(FIELDS), SIGNED[:-2] + "A="),
    ("without padding", PATH, body(FIELDS), SIGNED.rstrip("=")),
    ("lower case", PATH, body(FIELDS), SIGNED.lower()),
    ("another account's token", PATH, body(FIELDS), signature(BASE_URL + PATH, dict(FIELDS), "f" * 32)),
    ("an empty token", PATH, body(FIELDS), signature(BASE_URL + PATH, dict(FIELDS), "")),
    ("plain http", PATH, body(FIELDS), signature(f"http://outreach.example{PATH}", dict(FIELDS))),
    ("another host", PATH, body(FIELDS), signature(f"https://evil.example{PATH}", dict(FIELDS))),
    ("the host in capitals", PATH, body(FIELDS), signature(f"https://OUTREACH.example{PATH}", dict(FIELDS))),
    ("a host before it", PATH, body(FIELDS), signature(f"https://a@outreach.example{PATH}", dict(FIELDS))),
    ("the fragment signed", PATH, body(FIELDS), signature(f"{BASE_URL}{PATH}#rc=3", dict(FIELDS))),
    ("a field more", PATH, body([*FIELDS, ("ErrorCode", "13224")]), SIGNED),
    ("a field less", PATH, body(FIELDS[:-1]), SIGNED),
    ("no field", PATH, "", SIGNED),
    ("a field twice, unlike", PATH, body([*FIELDS, ("CallStatus", "completed")]), SIGNED),
    ("another status", PATH, changed("CallStatus", "completed"), SIGNED),
    ("another call", PATH, changed("CallSid", "CA" + "f" * 32), SIGNED),
    ("another number", PATH, changed("SequenceNumber", "3"), SIGNED),
    ("a space after", PATH, changed("CallStatus", "busy "), SIGNED),
    ("a field in capitals", PATH, body(FIELDS).replace("CallStatus", "CALLSTATUS"), SIGNED),
    ("another attempt", PATH.replace(ATTEMPT, "b" * 15), body(FIELDS), SIGNED),
    ("no leg", PATH.replace("&leg=customer", ""), body(FIELDS), SIGNED),
    ("another leg", PATH.replace("customer", "rep"), body(FIELDS), SIGNED),
    ("the query in another order", path(f"status?leg=customer&attempt={ATTEMPT}"), body(FIELDS), SIGNED),
    ("a query parameter more", PATH + "&x=1", body(FIELDS), SIGNED),
    ("an encoded query", PATH.replace("customer", "custome%72"), body(FIELDS), SIGNED),
    ("another path", PATH.replace("status", "amd"), body(FIELDS), SIGNED),
    ("a dial for a status", PATH.replace("status", "dial-done"), body(FIELDS), SIGNED),
    ("no query", path("status"), body(FIELDS), SIGNED),
    ("fields moved into the query", f"{PATH}&{body(FIELDS)}", "", SIGNED),
    ("a body that is no text", PATH, "\x80\x81", SIGNED),
    ("a thousand fields", PATH, body([*FIELDS, *((f"f{n}", "") for n in range(1000))]), SIGNED),
]


def test_whatever_is_changed_is_refused(twilio: Visitor, staffed: Desk) -> None:
    answers = {
        what: twilio.send(where, text.encode("latin-1"), signed) for what, where, text, signed in FORGERIES
    }
    assert {what: one.status_code for what, one in answers.items() if one.status_code != 403} == {}
    assert {one.data for one in answers.values()} == {b""}
    assert staffed.rows(Event) == []


def test_anything_but_a_form_is_refused(twilio: Visitor, staffed: Desk) -> None:
    for other in ("application/json", "text/plain", "multipart/form-data; boundary=x", "", "application/xml"):
        assert twilio.send(PATH, body(FIELDS), SIGNED, content_type=other).status_code == 403, other
    assert staffed.rows(Event) == []


def test_a_json_body_behind_a_signed_hash_is_refused(twilio: Visitor, staffed: Desk) -> None:
    """With `bodySHA256` in the URL the SDK's validator would not look at a form at all."""
    sha = RequestValidator(TOKEN).compute_hash("{}")
    where = f"{PATH}&bodySHA256={sha}"
    signed = signature(f"{BASE_URL}{where}", {})
    assert twilio.send(where, "{}", signed, content_type="application/json").status_code == 403
    assert twilio.send(where, body(FIELDS), signed).status_code == 403
    assert staffed.rows(Event) == []


@pytest.mark.parametrize(
    "header",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"},
        {"Forwarded": "host=evil.example;proto=http"},
        {"X-Original-URL": "/webhooks/twilio/answer"},
    ],
)
def test_what_a_proxy_says_of_the_address_does_not_matter(twilio: Visitor, header: dict[str, str]) -> None:
    assert twilio.send(PATH, body(FIELDS), SIGNED, **header).status_code == 204


@pytest.mark.parametrize("name", ["x-twilio-signature", "X-TWILIO-SIGNATURE"])
def test_the_headers_name_may_be_written_in_any_case(twilio: Visitor, name: str) -> None:
    assert twilio.send(PATH, body(FIELDS), None, **{name: SIGNED}).status_code == 204


def test_a_sha256_signature_is_taken_where_it_says_so(twilio: Visitor) -> None:
    signed = RequestValidator(TOKEN).compute_signature(BASE_URL + PATH, dict(FIELDS), "HMAC_SHA256")
    said = {"X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=HMAC_SHA256"}
    assert twilio.send(PATH, body(FIELDS), signed, **said).status_code == 204
    assert twilio.send(PATH, body(FIELDS), signed).status_code == 403


@pytest.mark.parametrize("settings", ["algorithm=none", "algorithm=HMAC_MD5", "algorithm=", ",,,", "\u00e9"])
def test_no_settings_of_theirs_make_papers_good(twilio: Visitor, settings: str) -> None:
    said = {"X-Twilio-Webhooks-Signature-Settings": settings}
    assert twilio.send(PATH, body(FIELDS), "", **said).status_code == 403


def test_a_replay_is_answered_as_before_and_changes_nothing(twilio: Visitor, staffed: Desk) -> None:
    made = staffed.click(HARBOR)
    assert isinstance(made, Requested)
    posts: list[Callable[[], Any]] = [
        lambda: twilio.status(made.attempt_id, 0, "initiated"),
        lambda: twilio.answer("b" * 15),
    ]
    first = [post().data for post in posts]
    rows = [(event.id, event.state, event.tries) for event in staffed.rows(Event)]
    for _ in range(50):
        assert [post().data for post in posts] == first
    assert [(event.id, event.state, event.tries) for event in staffed.rows(Event)] == rows
