"""Amazon SNS's papers: who signed a notice, and the two things the door must ask Amazon itself.

A certificate is believed only where Amazon keeps those of the topic's own region, and the topic must be one
of ours. A subscription is confirmed through the API: the address a notice offers for it is never followed.
"""

import base64
import re
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import boto3
import urllib3
from botocore.config import Config
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.x509 import load_pem_x509_certificate

from outreach.office import Notices
from outreach.webhooks.post import Papers

STALE = 600
"""seconds since the publishing, which is signed (interface.md); docs/ses.md tells SNS to try no longer"""
NOTICE, CONFIRM, ENDED = "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
_TO_CONFIRM = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SIGNED: Mapping[str, Sequence[str]] = {
    NOTICE: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRM: _TO_CONFIRM,
    ENDED: _TO_CONFIRM,
}
"""What is signed of each type, in this order. Only a subject may be missing."""
HASHES: Mapping[str, type[HashAlgorithm]] = {"1": SHA1, "2": SHA256}  # by SignatureVersion

TOPIC = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-[0-9]):[0-9]{12}:[A-Za-z0-9_-]{1,256}"
)
FILE = r"/SimpleNotificationService-[A-Za-z0-9]{16,128}\.pem"
LARGEST = 20_000
"""bytes of a certificate"""
MOST_KEPT = 16
MOST_A_MINUTE = 10
"""certificates asked for: who posts made-up addresses must not make us ask Amazon for ever"""


class TroubleError(Exception):
    """Amazon cannot be asked now: they must try again."""


def papers(notice: Mapping[str, object], topics: Sequence[str], sns: Notices, wall: datetime) -> Papers:
    """Judge a notice. Raises TroubleError if the certificate cannot be had for now."""
    topic = notice.get("TopicArn")
    fields = SIGNED.get(str(notice.get("Type")))
    if not isinstance(topic, str) or topic not in topics or fields is None:
        return Papers.FALSE
    text, url = _signed_text(notice, fields), notice.get("SigningCertURL")
    if text is None or not isinstance(url, str) or not is_amazons(url, topic):
        return Papers.FALSE
    try:
        at = datetime.strptime(str(notice["Timestamp"]), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        _verify(sns.certificate(url), notice, text)
    except (InvalidSignature, ValueError, TypeError):
        return Papers.FALSE
    return Papers.STALE if abs((wall - at).total_seconds()) > STALE else Papers.GOOD


def is_amazons(url: str, topic: str) -> bool:
    """True if `url` is where Amazon keeps the certificates for this topic's notices, and nothing else."""
    named = TOPIC.fullmatch(topic)
    if not named:
        return False
    home = f"sns.{named[2]}.amazonaws.com" + (".cn" if named[1] == "aws-cn" else "")
    return re.fullmatch(re.escape(f"https://{home}") + FILE, url, re.ASCII) is not None


def _signed_text(notice: Mapping[str, object], fields: Sequence[str]) -> bytes | None:
    lines = []
    for name in fields:
        value = notice.get(name)
        if name == "Subject" and value is None:
            continue
        if not isinstance(value, str):
            return None
        lines += [name, value]
    try:
        return "".join(f"{line}\n" for line in lines).encode()
    except UnicodeEncodeError:
        return None


def _verify(pem: bytes, notice: Mapping[str, object], text: bytes) -> None:
    """Raises InvalidSignature, ValueError or TypeError for whatever does not fit."""
    algorithm = HASHES.get(str(notice.get("SignatureVersion")))
    key = load_pem_x509_certificate(pem).public_key()
    if algorithm is None or not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("not signed as SNS signs")
    signature = base64.b64decode(str(notice.get("Signature")), validate=True)
    key.verify(signature, text, padding.PKCS1v15(), algorithm())


class Sns:
    """Amazon itself. Addresses and topics have been judged before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, bytes] = {}
        self._asked: list[float] = []
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=3, read=5))

    def certificate(self, url: str) -> bytes:
        """PEM; empty for one that Amazon does not have. Raises TroubleError."""
        with self._lock:
            if url in self._kept:
                return self._kept[url]
            self._count()
        found = self._download(url)
        if found:
            with self._lock:
                while len(self._kept) >= MOST_KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[url] = found
        return found

    def _count(self) -> None:
        now = time.monotonic()
        self._asked = [at for at in self._asked if now - at < 60]
        if len(self._asked) >= MOST_A_MINUTE:
            raise TroubleError("too many unknown certificates were offered")
        self._asked.append(now)

    def _download(self, url: str) -> bytes:
        try:
            answer = self._pool.request("GET", url, retries=False, redirect=False, preload_content=False)
            body = answer.read(LARGEST + 1)
            answer.close()
        except urllib3.exceptions.HTTPError as error:
            raise TroubleError(f"no certificate: {type(error).__name__}") from None
        if answer.status >= 500 or answer.status == 429:
            raise TroubleError(f"no certificate: Amazon answered {answer.status}")
        return body if answer.status == 200 and len(body) <= LARGEST else b""

    def confirm(self, topic: str, token: str) -> None:
        """Subscribe us, so that only who holds our keys can end it. Raises botocore's exceptions."""
        client = boto3.client("sns", region_name=topic.split(":")[3], config=_ONCE)
        try:
            client.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")
        finally:
            client.close()


_ONCE = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1, "mode": "standard"})
