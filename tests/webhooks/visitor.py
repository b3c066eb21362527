"""Twilio before the door: whatever it posts is signed as the SDK signs it, unless a test says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from flask import Flask
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from outreach.webhooks import door
from tests.dialer.centre import BASE_URL, TOKEN, Desk

REP, CUSTOMER = "CA" + "a" * 32, "CA" + "b" * 32
FORM = "application/x-www-form-urlencoded"


def signature(url: str, form: Mapping[str, Any], token: str = TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(url, dict(form)))


@dataclass
class Visitor:
    desk: Desk
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        app = Flask("door")
        app.register_blueprint(door.bp)
        app.extensions["office"] = self.desk.office
        self.client = app.test_client()

    def post(self, path: str, form: Mapping[str, Any], **options: Any) -> TestResponse:
        """A signed post to `/webhooks/twilio/<path>`."""
        signed = signature(f"{BASE_URL}/webhooks/twilio/{path}", form)
        return self.send(f"/webhooks/twilio/{path}", urlencode(form, doseq=True), signed, **options)

    def send(
        self, path: str, body: str | bytes, signed: str | None, *, content_type: str = FORM, **headers: str
    ) -> TestResponse:
        given = headers | ({"X-Twilio-Signature": signed} if signed is not None else {})
        return self.client.post(path, data=body, content_type=content_type, headers=given)

    def answer(self, attempt_id: str, call_id: str = REP, **more: str) -> TestResponse:
        form = {"CallSid": call_id, "CallStatus": "in-progress", **more}
        return self.post(f"answer?attempt={attempt_id}", form)

    def status(self, attempt_id: str, number: int, status: str, **more: str) -> TestResponse:
        form = {"CallSid": REP, "SequenceNumber": str(number), "CallStatus": status, **more}
        return self.post(f"status?attempt={attempt_id}", form)


def verbs(response: TestResponse) -> list[str]:
    """The verbs of a TwiML document, in order."""
    assert response.mimetype == "text/xml"
    return [verb.tag for verb in ElementTree.fromstring(response.data)]  # noqa: S314 - our own
