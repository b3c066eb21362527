"""Our signatures are the providers': their published vectors, and their own validators."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook

from outreach.sandbox import keys
from outreach.sandbox.signing import EventSigner, twilio_signature

DATA = Path(__file__).parents[3] / "shared" / "data"


def vectors(name: str) -> list[dict[str, Any]]:
    file = DATA / name
    return json.loads(file.read_text()) if file.exists() else []


def test_the_vectors_are_here() -> None:
    if not DATA.exists():
        pytest.skip("../shared/data is not here: the providers' published vectors were not tried")
    assert vectors("twilio/signature_vectors.json")


@pytest.mark.parametrize("vector", vectors("twilio/signature_vectors.json"), ids=lambda vector: vector["id"])
def test_twilio_vectors(vector: dict[str, Any]) -> None:
    params = [
        (name, value)
        for name, values in (vector["params"] or {}).items()
        for value in (values if isinstance(values, list) else [values])
    ]
    signed = twilio_signature(vector["auth_token"], vector["url_that_was_signed"], params)
    assert signed == vector["signature"]


def test_sendgrids_vector_is_for_its_own_verifier() -> None:
    """SendGrid signs with a fresh nonce: its vector can be verified, never repeated."""
    for vector in vectors("sendgrid/event_webhook_signature_vectors.json"):
        body = b64decode(vector["body_base64"]).decode()
        assert verified(vector["public_key"], body, vector["signature"], vector["timestamp"])


def test_events_verify_with_sendgrids_own_helper() -> None:
    own = keys.generate()
    body = '[{"event":"delivered"}]\r\n'
    signature = EventSigner(own.sendgrid_webhook_private_key).sign("1600112502", body.encode())
    assert verified(own.sendgrid_webhook_public_key, body, signature, "1600112502")
    assert not verified(own.sendgrid_webhook_public_key, body, signature, "1600112503")
    assert not verified(own.sendgrid_webhook_public_key, body.strip(), signature, "1600112502")


def verified(public_key: str, body: str, signature: str, timestamp: str) -> bool:
    helper = EventWebhook()
    key = helper.convert_public_key_to_ecdsa(public_key)
    valid: bool = helper.verify_signature(body, signature, timestamp, key)
    return valid
