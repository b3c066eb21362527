"""What SendGrid refuses of a letter, by its own client."""

import base64
import json
import time
from typing import Any

import pytest
import requests
from python_http_client.exceptions import BadRequestsError, ForbiddenError, HTTPError, UnauthorizedError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Attachment, CustomArg, Mail, ReplyTo

from tests.sandbox.playing import Sandbox

AP = {"email": "ap@example.com"}


def mail(**changes: Any) -> dict[str, Any]:
    """A good letter with these fields changed; None leaves one out."""
    good = {
        "personalizations": [{"to": [AP]}],
        "from": {"email": "ar@example.org", "name": "Accounts receivable"},
        "subject": "Invoice 1042",
        "content": [{"type": "text/plain", "value": "Hello"}, {"type": "text/html", "value": "<p>Hello"}],
        "custom_args": {"mid": "abc"},
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def to(*recipients: Any, **more: Any) -> dict[str, Any]:
    return {"personalizations": [{"to": list(recipients), **more}]}


TEXT, HTML = {"type": "text/plain", "value": "Hello"}, {"type": "text/html", "value": "Hello"}
PDF = {"content": base64.b64encode(b"%PDF").decode(), "filename": "a.pdf"}

# providers.md B 2.1: those a sender may not set
RESERVED_HEADERS = [
    *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "Content-Type", "Content-Transfer-Encoding"),
    *("To", "From", "Subject", "Reply-To", "CC", "BCC"),
]

# what differs from a good letter, the field SendGrid names
REFUSED: list[tuple[dict[str, Any], str | None]] = [
    ({"personalizations": None}, "personalizations"),
    ({"personalizations": []}, "personalizations"),
    ({"personalizations": [{"to": [AP]}] * 1001}, "personalizations"),
    (to(*[{"email": f"a{n}@example.com"} for n in range(1001)]), "personalizations"),
    (to(), "personalizations.0.to"),
    ({"personalizations": [{"cc": [AP]}]}, "personalizations.0.to"),
    (to({"email": "nobody"}), "personalizations.0.to.0.email"),
    (to({"email": "a b@example.com"}), "personalizations.0.to.0.email"),
    (to({"name": "Accounts payable"}), "personalizations.0.to.0.email"),
    (to(AP, cc=[{"email": "x@@example.com"}]), "personalizations.0.cc.0.email"),
    (to(AP, bcc=["AP@Example.com"]), "personalizations.0.bcc.0"),
    (to({"email": f"{'a' * 320}@example.com"}), "personalizations.0.to.0.email"),
    (to({**AP, "phone": "1"}), "personalizations.0.to.0.phone"),
    (to(AP, **{"from": {"email": "ar"}}), "personalizations.0.from.email"),
    (to(AP, substitutions={"-name-": "x" * 10_000}), "personalizations.0.substitutions"),
    (to(AP, substitutions={"-name-": 1}), None),
    ({"template_id": "d-1", **to(AP, substitutions={"-name-": "x"})}, "personalizations.0.substitutions"),
    (to(AP, dynamic_template_data={"a": 1}), "personalizations.0.dynamic_template_data"),
    (
        {"template_id": "1", **to(AP, dynamic_template_data={"a": 1})},
        "personalizations.0.dynamic_template_data",
    ),
    (to(AP, {"email": "AP@example.com"}), "personalizations.0"),
    (to(AP, cc=[AP]), "personalizations.0"),
    (to(AP, headers={"Subject": "x"}), "personalizations.0.headers.Subject"),
    (to(AP, custom_args={"n": 1}), "personalizations.0.custom_args"),
    (to(AP, send_at="tomorrow"), "personalizations.0.send_at"),
    ({"from": None}, "from.email"),
    ({"from": {"email": "ar"}}, "from.email"),
    ({"subject": None}, "subject"),
    ({"subject": ""}, "subject"),
    ({"subject": None, **to(AP, subject="")}, "subject"),
    ({"content": None}, "content"),
    ({"content": []}, "content"),
    ({"content": [HTML, TEXT]}, "content"),
    ({"content": [{"type": "text/plain", "value": ""}]}, "content.0.value"),
    ({"content": [{"value": "Hello"}]}, "content.0.type"),
    ({"content": [{"type": "text/plain;", "value": "Hello"}]}, "content.0.type"),
    ({"reply_to": {"email": "x"}}, "reply_to.email"),
    ({"reply_to": AP, "reply_to_list": [AP]}, "reply_to"),
    ({"reply_to_list": [AP, {"email": "AP@example.com"}]}, "reply_to_list"),
    ({"reply_to_list": [{"email": f"a{n}@example.com"} for n in range(1001)]}, "reply_to_list"),
    ({"reply_to_list": [{"email": "x"}]}, "reply_to_list.0.email"),
    ({"attachments": [{**PDF, "content": "not base64!"}]}, "attachments.0.content"),
    ({"attachments": [{**PDF, "content": ""}]}, "attachments.0.content"),
    ({"attachments": [{"content": PDF["content"]}]}, "attachments.0.filename"),
    ({"attachments": [{**PDF, "filename": "a\r\nb"}]}, "attachments.0.filename"),
    ({"attachments": [{**PDF, "disposition": "below"}]}, "attachments.0.disposition"),
    ({"attachments": [{**PDF, "type": "application/pdf; name=a"}]}, "attachments.0.type"),
    ({"attachments": [{**PDF, "type": ""}]}, "attachments.0.type"),
    ({"attachments": [{**PDF, "content_id": "a\r\nb"}]}, "attachments.0.content_id"),
    ({"categories": ["café"]}, "categories"),
    ({"categories": [f"c{n}" for n in range(11)]}, "categories"),
    ({"categories": ["a", "a"]}, "categories"),
    ({"categories": ["c" * 256]}, "categories"),
    ({"categories": "statement"}, "categories"),
    ({"headers": {"X-Count": 1}}, "headers.X-Count"),
    ({"headers": {"X Count": "1"}}, "headers.X Count"),
    ({"custom_args": {"mid": 1}}, "custom_args"),
    ({"custom_args": {"mid": "x" * 10_000}}, "custom_args"),
    ({"send_at": time.time() + 1.5}, "send_at"),
    ({"send_at": int(time.time()) + 73 * 3600}, "send_at"),
    ({"asm": {"group_id": "1"}}, "asm.group_id"),
    ({"asm": {"group_id": 1, "groups_to_display": list(range(26))}}, "asm.groups_to_display"),
    ({"asm": {"groups_to_display": [1]}}, "asm.group_id"),
    ({"ip_pool_name": "x"}, "ip_pool_name"),
    ({"ip_pool_name": "x" * 65}, "ip_pool_name"),
    ({"batch_id": "HkJ5yLYULb7Rj8GKSx7u025ouWVlMgAi"}, "batch_id"),
    ({"mail_settings": {"bypass": {"enable": True}}}, "mail_settings.bypass"),
    (
        {"mail_settings": {f"bypass_{one}_management": {"enable": True} for one in ("list", "spam")}},
        "mail_settings.bypass_list_management",
    ),
    ({"unknown": 1}, "unknown"),
    *(({"headers": {name: "x"}}, f"headers.{name}") for name in RESERVED_HEADERS),
    ({"tracking_settings": {"click_tracking": {"enable": "no"}}}, "tracking_settings.click_tracking.enable"),
    ({"mail_settings": {"sandbox_mode": {"enable": 1}}}, "mail_settings.sandbox_mode.enable"),
]


@pytest.mark.parametrize(("changes", "field"), REFUSED)
def test_refused(sandbox: Sandbox, changes: dict[str, Any], field: str | None) -> None:
    with pytest.raises(BadRequestsError) as refusal:
        sandbox.mail.post(request_body=mail(**changes))
    errors = json.loads(refusal.value.body)["errors"]
    assert {error["field"] for error in errors} == {field}
    assert all(error["message"] for error in errors)
    assert sandbox.truth()["letters"] == []


ACCEPTED: list[dict[str, Any]] = [
    {},
    {"subject": None, **to(AP, subject="Yours")},
    {"content": [TEXT], "attachments": [{**PDF, "type": "application/pdf", "disposition": "attachment"}]},
    {"headers": {"List-Unsubscribe": "<https://example.org/u>", "Auto-Submitted": "auto-generated"}},
    {"reply_to": AP, "categories": ["statement"], "send_at": int(time.time()) - 5},
    {"tracking_settings": {"click_tracking": {"enable": False}}, "asm": {"group_id": 1}},
    {"mail_settings": {"sandbox_mode": {"enable": False}, "bypass_list_management": {"enable": True}}},
    {"categories": ["c" * 254 + str(n) for n in range(10)], "custom_args": {"mid": "x" * 9_997}},
    {"reply_to_list": [AP, {"email": "ar@example.com"}], "ip_pool_name": "xy"},
    {"content": [TEXT, HTML, {"type": "text/calendar", "value": "BEGIN:VCALENDAR"}]},
    {"content": [HTML], "asm": {"group_id": 1, "groups_to_display": list(range(25))}},
    to(AP, substitutions={"-name-": "x" * 9_994}, headers={"In-Reply-To": "<1@example.com>"}),
    {"subject": None, "content": None, "template_id": "d-1", **to(AP, dynamic_template_data={"n": 1})},
    {"attachments": [{**PDF, "disposition": "inline", "content_id": "logo"}]},
]


@pytest.mark.parametrize("changes", ACCEPTED)
def test_accepted(sandbox: Sandbox, changes: dict[str, Any]) -> None:
    answer = sandbox.mail.post(request_body=mail(**changes))
    assert (answer.status_code, answer.body) == (202, b"")
    (letter,) = sandbox.truth()["letters"]
    assert letter["message_id"] == answer.headers["X-Message-Id"]


def test_almost_72_hours_ahead(sandbox: Sandbox) -> None:
    ahead = mail(send_at=int(time.time()) - 60 + 72 * 3600, mail_settings={"sandbox_mode": {"enable": True}})
    assert sandbox.mail.post(request_body=ahead).status_code == 200


def test_the_sdks_own_helpers_are_understood(sandbox: Sandbox) -> None:
    letter = Mail("ar@example.org", "ap@example.com", "Statement", "Hello", "<p>Hello")
    letter.reply_to = ReplyTo("r+1@in.example.org")
    letter.attachment = Attachment(PDF["content"], "statement.pdf", "application/pdf", "attachment")
    letter.custom_arg = CustomArg("mid", "m42")
    client = SendGridAPIClient(sandbox.keys.sendgrid_api_key, host=sandbox.url)
    assert client.send(letter).status_code == 202
    assert client.client.scopes.get().to_dict == {"scopes": ["mail.send"]}
    assert sandbox.truth()["letters"][0]["mid"] == "m42"


def test_a_checked_letter_is_not_sent(sandbox: Sandbox) -> None:
    checked = mail(mail_settings={"sandbox_mode": {"enable": True}})
    assert sandbox.mail.post(request_body=checked).status_code == 200
    assert sandbox.truth()["letters"] == []


def test_a_wrong_key(sandbox: Sandbox) -> None:
    with pytest.raises(UnauthorizedError):
        SendGridAPIClient("SG.wrong", host=sandbox.url).client.mail.send.post(request_body=mail())
    assert sandbox.truth()["letters"] == []


def test_a_sender_that_is_not_verified(sandbox: Sandbox) -> None:
    sandbox.script(senders={"ar@example.org": "403"})
    with pytest.raises(ForbiddenError) as refusal:
        sandbox.mail.post(request_body=mail())
    assert refusal.value.to_dict["errors"][0]["field"] == "from"
    assert sandbox.truth()["letters"] == []


def test_a_huge_letter(sandbox: Sandbox) -> None:
    huge = mail(attachments=[{**PDF, "content": "A" * (30 * 1024 * 1024)}])
    with pytest.raises(HTTPError) as refusal:
        sandbox.mail.post(request_body=huge)
    assert refusal.value.status_code == 413


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [(b"{", "application/json", 400), (b"[]", "application/json", 400), (b"{}", "text/plain", 415)],
)
def test_not_a_letter_at_all(sandbox: Sandbox, body: bytes, kind: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {sandbox.keys.sendgrid_api_key}", "Content-Type": kind}
    answer = requests.post(f"{sandbox.url}/v3/mail/send", data=body, headers=headers, timeout=5)
    assert (answer.status_code, list(answer.json())) == (status, ["errors"])
