"""How the providers sign what they post to us (providers.md A 2.1, B 2.2)."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key


def twilio_signature(token: str, url: str, params: Iterable[tuple[str, str]] = ()) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the URL and each distinct name and value, sorted."""
    text = url + "".join(name + value for name, value in sorted(set(params)))
    return b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


class EventSigner:
    """ECDSA P-256 over timestamp and raw body, as SendGrid's event webhook signs."""

    def __init__(self, private_key: str) -> None:
        key = load_der_private_key(b64decode(private_key), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("sendgrid_webhook_private_key is no elliptic-curve key; remove the keys file")
        self._key = key

    def sign(self, timestamp: str, body: bytes) -> str:
        return b64encode(self._key.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))).decode()
