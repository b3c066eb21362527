"""SNS before the door: notices signed as Amazon signs them, by a key of the tests' own."""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

TOPIC = "arn:aws:sns:us-east-1:123456789012:letters"
CERTIFICATE_URL = f"https://sns.us-east-1.amazonaws.com/SimpleNotificationService-{'0a' * 16}.pem"
KEY, OTHER_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))
ORDER = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


def certificate(key: rsa.RSAPrivateKey = KEY) -> bytes:
    name, now = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")]),
        datetime.now(UTC),
    )
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    return made.public_bytes(Encoding.PEM)


def signed(notice: dict[str, Any], key: rsa.RSAPrivateKey = KEY) -> dict[str, Any]:
    """Signed by the version it names, over what it holds, in the order of the documentation."""
    text = "".join(f"{name}\n{notice[name]}\n" for name in ORDER if name in notice).encode()
    algorithm = SHA1() if notice.get("SignatureVersion") == "1" else SHA256()  # noqa: S303 - version 1 is so
    return {**notice, "Signature": b64encode(key.sign(text, padding.PKCS1v15(), algorithm)).decode()}


def notice(message: Any, at: datetime, n: int = 0, **other: Any) -> dict[str, Any]:
    """A notice of one event, unsigned."""
    return {
        "Type": "Notification",
        "MessageId": f"22b80b92-fdea-4c2c-8f9d-{n:012d}",
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
        **other,
    }


def invitation(at: datetime, **other: Any) -> dict[str, Any]:
    """The offer of a subscription, unsigned."""
    offered = {"Type": "SubscriptionConfirmation", "Token": "t" * 64, "SubscribeURL": "https://evil.example/"}
    return notice("You have chosen to subscribe", at, 99, **{**offered, **other})


@dataclass
class Amazon:
    """What the door may ask; everything asked is kept."""

    pem: bytes = field(default_factory=certificate)
    asked: list[str] = field(default_factory=list)
    confirmed: list[tuple[str, str]] = field(default_factory=list)
    trouble: Exception | None = None

    def certificate(self, url: str) -> bytes:
        self.asked.append(url)
        if self.trouble:
            raise self.trouble
        return self.pem

    def confirm(self, topic: str, token: str) -> None:
        if self.trouble:
            raise self.trouble
        self.confirmed.append((topic, token))
