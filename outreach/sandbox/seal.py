"""Amazon SNS's seal, as far as the sandbox has one: a key and a certificate of its own.

The door believes it only where the sandbox is the mailer: it is handed over in the place of Amazon, and
no real installation ever asks for it.
"""

import os
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

REGION = "us-east-1"
TOPIC = f"arn:aws:sns:{REGION}:000000000000:outreach-sandbox"
CERTIFICATE_URL = f"https://sns.{REGION}.amazonaws.com/SimpleNotificationService-{'0' * 32}.pem"
"""where it would be at Amazon; nobody asks there"""
YEARS = timedelta(days=3650)


class Seal:
    """Signs as SNS does, and answers what the door asks of Amazon, without a request."""

    def __init__(self, pem: bytes) -> None:
        key = load_pem_private_key(pem, None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("no RSA key")
        self._key = key
        self._certificate = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.PEM)

    def sign(self, text: bytes) -> str:
        """The `Signature` of a notice whose SignatureVersion is 2."""
        return b64encode(self._key.sign(text, padding.PKCS1v15(), SHA256())).decode()

    def certificate(self, url: str) -> bytes:
        """PEM; empty for another address than the one its notices name."""
        return self._certificate if url == CERTIFICATE_URL else b""

    def confirm(self, topic: str, token: str) -> None:
        """The sandbox offers no subscription: its notices come unasked."""


def load(keys_file: Path) -> Seal:
    """The seal beside the sandbox's keys, made there (mode 0600) by whoever comes first.

    Raises ValueError, naming the file, if it holds something else.
    """
    path = keys_file.with_name(f"{keys_file.stem}-sns.pem")
    if not path.exists():
        _create(path)
    try:
        return Seal(path.read_bytes())
    except ValueError as error:
        raise ValueError(
            f"{path} holds no key of the sandbox; remove it and start the sandbox again"
        ) from error


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("wb", dir=path.parent, prefix=path.name) as draft:  # made with mode 0600
        draft.write(_make())
        draft.flush()
        with suppress(FileExistsError):  # a link never replaces what another process just made
            os.link(draft.name, path)


def _make() -> bytes:
    key, now = rsa.generate_private_key(65537, 2048), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the sandbox of outreach")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + YEARS)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + made.public_bytes(Encoding.PEM)
