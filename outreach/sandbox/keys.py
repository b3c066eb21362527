"""The sandbox's own credentials: generated once, kept in a file that only its owner reads."""

import hmac
import json
import os
import secrets
from base64 import b64encode
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import NAMESPACE_OID, uuid5

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

AWS_REGION, AWS_ACCOUNT = "us-east-1", "555501005550"
EVENTS_QUEUE = f"{AWS_ACCOUNT}/contact-events"
"""the path of the queue in which contact events lie"""
CALLER_IDS = ("+12125550190", "+13125550190", "+13035550190", "+14155550190")


@dataclass(frozen=True)
class Keys:
    """What a real account would have; `caller_ids` are the numbers it owns."""

    account_sid: str
    auth_token: str = field(repr=False)
    api_key: str
    api_secret: str = field(repr=False)
    sendgrid_api_key: str = field(repr=False)
    sendgrid_webhook_public_key: str  # base64 of SPKI DER, as SendGrid shows it
    sendgrid_webhook_private_key: str = field(repr=False)  # base64 of PKCS 8 DER
    caller_ids: tuple[str, ...] = CALLER_IDS

    @property
    def inbound_token(self) -> str:
        """The unguessable part of the inbound parse address; derived, as the one below."""
        return hmac.digest(self.auth_token.encode(), b"inbound parse", "sha256").hex()

    @property
    def aws_access_key_id(self) -> str:
        """Derived, as all that is Amazon's, so that a keys file made before it was played still serves."""
        return f"AKIA{self.account_sid[2:18].upper()}"

    @property
    def connect_instance_id(self) -> str:
        return self._uuid("instance")

    @property
    def connect_flow_id(self) -> str:
        return self._uuid("flow")

    @property
    def connect_queue_id(self) -> str:
        return self._uuid("queue")

    @property
    def connect_instance_arn(self) -> str:
        return f"arn:aws:connect:{AWS_REGION}:{AWS_ACCOUNT}:instance/{self.connect_instance_id}"

    def _uuid(self, of: str) -> str:
        return str(uuid5(NAMESPACE_OID, f"{self.account_sid}:{of}"))


def generate() -> Keys:
    private = ec.generate_private_key(ec.SECP256R1())
    public_der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    private_der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return Keys(
        account_sid="AC" + secrets.token_hex(16),
        auth_token=secrets.token_hex(16),
        api_key="SK" + secrets.token_hex(16),
        api_secret=secrets.token_urlsafe(24),
        sendgrid_api_key=f"SG.{secrets.token_urlsafe(16)}.{secrets.token_urlsafe(32)}",
        sendgrid_webhook_public_key=b64encode(public_der).decode(),
        sendgrid_webhook_private_key=b64encode(private_der).decode(),
    )


def load(path: Path) -> Keys:
    """The keys in `path`, made there (mode 0600) if it does not exist; safe for several processes at once.

    Raises ValueError, naming the file, if it holds something else.
    """
    if not path.exists():
        _create(path, generate())
    try:
        values = json.loads(path.read_text())
        return Keys(**{**values, "caller_ids": tuple(values["caller_ids"])})
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} holds no sandbox keys; remove it and start the sandbox again") from error


def _create(path: Path, keys: Keys) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, prefix=path.name) as draft:  # made with mode 0600
        json.dump(asdict(keys), draft, indent=2)
        draft.flush()
        with suppress(FileExistsError):  # a link never replaces the keys another process just made
            os.link(draft.name, path)
