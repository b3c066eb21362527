"""Standard Webhooks: how what we ask of operations is signed, and how their answer must be.

HMAC-SHA256 over `id.timestamp.body` with a shared secret; one scheme both ways (standardwebhooks.com).
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

import urllib3

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX, VERSION = "whsec_", "v1"
TIMEOUT = urllib3.Timeout(connect=3, read=10)


def signature(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`. `secret`: `whsec_` and base64."""
    signed = f"{id_}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"{VERSION},{base64.b64encode(digest).decode()}"


def is_signed(secret: str, id_: str, timestamp: int, body: bytes, signatures: str) -> bool:
    """Whether one of the signatures, separated by spaces, is ours."""
    expected = signature(secret, id_, timestamp, body).encode()
    return any(hmac.compare_digest(expected, one.encode()) for one in signatures.split())


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


class OperationsHook:
    """The address of operations. Knows no case: bytes in, an answer out."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret
        self._pool = urllib3.PoolManager(timeout=TIMEOUT, retries=False)

    def post(self, id_: str, body: bytes, at: datetime) -> str:
        """One request, no retry, no redirect. Why it was not taken, in words; empty: it was (2xx)."""
        timestamp = int(at.timestamp())
        headers: Mapping[str, str] = {
            "content-type": "application/json",
            ID: id_,
            TIMESTAMP: str(timestamp),
            SIGNATURE: signature(self._secret, id_, timestamp, body),
        }
        try:
            answer = self._pool.request("POST", self._url, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as trouble:
            return f"no answer ({type(trouble).__name__})"
        return "" if 200 <= answer.status < 300 else f"answered {answer.status}"
