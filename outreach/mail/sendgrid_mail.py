"""SendGrid: one `POST /v3/mail/send` a letter, through SendGrid's own client (providers.md B2.1)."""

import base64
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ssl import SSLCertVerificationError
from typing import Any

import orjson
import urllib3
from python_http_client import Client
from sendgrid import SendGridAPIClient

from outreach.mail.mailer import Accepted, Answer, Attachment, Mailbox, Message, Refused, Unknown

NAME = "sendgrid"
HOST = "https://api.sendgrid.com"
TIMEOUT = urllib3.Timeout(connect=5, read=10)
LANES = 16
"""connections kept, one for each thread that sends"""

NO_TRACKING = {
    # A rewritten pay link looks like fraud; SendGrid's unsubscribe would silently drop later invoices.
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": True},
    "subscription_tracking": {"enable": False},
}

REFUSALS: Mapping[int, Refused] = {
    400: Refused("SendGrid does not accept this letter"),
    401: Refused("SendGrid does not accept the API key: check SENDGRID_API_KEY", everyone=True),
    403: Refused("SendGrid does not let us send: verify the sender, and the key's rights", everyone=True),
    404: Refused("SendGrid is not at this address: check OUTREACH_SENDGRID_URL", everyone=True),
    405: Refused("SendGrid is not at this address: check OUTREACH_SENDGRID_URL", everyone=True),
    413: Refused("the letter is too large for SendGrid"),
    415: Refused("SendGrid does not accept this letter's format"),
    429: Refused("SendGrid asks us to slow down", again_in=timedelta(seconds=60), everyone=True),
}
"""What a status proves. Everything else but 202 proves nothing: 5xx may have been taken (providers.md B8)."""

LINE_DOWN = Refused("SendGrid cannot be reached", again_in=timedelta(seconds=30), everyone=True)


class SendGridMailer:
    """The adapter. `host` differs only for the EU region and for the sandbox."""

    name = NAME

    def __init__(self, api_key: str, *, host: str = HOST) -> None:
        self._client = SendGridAPIClient(api_key, host=host)
        self._client.client = KeepAliveClient(self._client.client)

    def send(self, message: Message) -> Answer:
        """Make the one request. Never raises for what the network or SendGrid does."""
        try:
            answer = self._client.send(payload(message))
        except urllib3.exceptions.HTTPError as error:
            return _lost(error)
        ref = answer.headers.get("X-Message-Id")
        if answer.status == 202 and ref:
            return Accepted(ref)
        return _refusal(answer)


class KeepAliveClient(Client):  # type: ignore[misc]  # python_http_client is untyped
    """SendGrid's client, with a timeout and with connections that are kept.

    By itself it builds an opener and a connection for every request, which costs more than the letter.
    Nothing is retried and no redirect followed: one letter, one request.
    """

    def __init__(self, like: Client, path: list[str] | None = None) -> None:
        super().__init__(like.host, like.request_headers, like._version, path)
        self.request_headers.setdefault("Content-Type", "application/json")
        kept = like._connections if isinstance(like, KeepAliveClient) else Connections()
        self._connections: Connections = kept

    def _build_client(self, name: str | None = None) -> "KeepAliveClient":
        return KeepAliveClient(self, [*self._url_path, name] if name else self._url_path)

    def post(self, request_body: Mapping[str, Any]) -> urllib3.BaseHTTPResponse:
        return self._ask("POST", orjson.dumps(request_body))

    def get(self) -> urllib3.BaseHTTPResponse:
        return self._ask("GET")

    def _ask(self, method: str, body: bytes | None = None) -> urllib3.BaseHTTPResponse:
        return self._connections.fresh().request(
            method,
            self._build_url(None),
            body=body,
            headers=self.request_headers,
            timeout=TIMEOUT,
            retries=False,
            redirect=False,
        )


class Connections:
    """Kept connections, given up once they have been idle: what is lost on a connection which the other end
    has silently dropped cannot be told from a letter that was taken."""

    IDLE = 4.0  # seconds; load balancers wait longer than that

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool = urllib3.PoolManager(maxsize=LANES)
        self._used_at = time.monotonic()

    def fresh(self) -> urllib3.PoolManager:
        with self._lock:
            now = time.monotonic()
            if now - self._used_at > self.IDLE:
                self._pool = urllib3.PoolManager(maxsize=LANES)  # never clear(): others may use the old one
            self._used_at = now
            return self._pool


def payload(message: Message) -> dict[str, Any]:
    """The body of `/v3/mail/send`. `mid` is the only custom argument: SendGrid keeps them for long."""
    body: dict[str, Any] = {
        "personalizations": [{"to": [_mailbox(message.to)]}],
        "from": _mailbox(message.sender),
        "reply_to": _mailbox(message.reply_to),
        "subject": message.subject,
        "content": [
            {"type": "text/plain", "value": message.text},
            {"type": "text/html", "value": message.html},
        ],
        "headers": dict(message.headers),
        "custom_args": {"mid": message.mid},
        "tracking_settings": NO_TRACKING,
    }
    if message.attachments:
        body["attachments"] = [_attachment(attachment) for attachment in message.attachments]
    return body


def _mailbox(mailbox: Mailbox) -> dict[str, str]:
    return {"email": mailbox.address} | ({"name": mailbox.name} if mailbox.name else {})


def _attachment(attachment: Attachment) -> dict[str, str]:
    return {
        "content": base64.b64encode(attachment.content).decode(),
        "filename": attachment.file_name,
        "type": attachment.media_type,
        "disposition": "attachment",
    }


def _refusal(answer: urllib3.BaseHTTPResponse) -> Refused | Unknown:
    proof = REFUSALS.get(answer.status)
    if proof is None:
        lacking = " without a message id" if answer.status < 300 else ""
        return Unknown(f"SendGrid answered {answer.status}{lacking}")
    words = _words(answer.data)
    return replace(
        proof,
        why=f"{proof.why}: {words}" if words else proof.why,
        again_in=_wait(answer.headers) if proof.again_in else None,
    )


def _words(body: bytes) -> str:
    """The provider's own words, as `{"errors": [{"message", "field"}]}`; empty where it says otherwise."""
    try:
        errors = orjson.loads(body)["errors"]
        return "; ".join(" ".join(str(e[k]) for k in ("field", "message") if e.get(k)) for e in errors)[:300]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _wait(headers: Mapping[str, str]) -> timedelta:
    """Until X-RateLimit-Reset (Unix seconds) by the provider's own clock; a minute where it does not say."""
    try:
        answered = parsedate_to_datetime(headers["Date"])
        wait = datetime.fromtimestamp(int(headers["X-RateLimit-Reset"]), UTC) - answered
    except (TypeError, ValueError):
        wait = timedelta(seconds=60)
    return min(max(wait, timedelta(seconds=1)), timedelta(minutes=15))


def _lost(error: urllib3.exceptions.HTTPError) -> Refused | Unknown:
    """No answer. Only what failed before the request was written is proof that nothing was sent."""
    if isinstance(error, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError):
        return LINE_DOWN
    if isinstance(error.args[0] if error.args else None, SSLCertVerificationError):
        return replace(LINE_DOWN, why="SendGrid's certificate cannot be verified")
    return Unknown(f"the answer was lost: {type(error).__name__}")
