"""A mail server by SMTP: for teams without a provider.

A server takes a letter over by its answer to the last line of it, and by nothing before (RFC 5321 4.1.1.4):
whatever fails before the first line, and each no, proves that nothing was sent. If that answer is lost nobody
can tell. SMTP reports nothing later: what comes back, comes as a mail to the sender.
"""

import smtplib
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from outreach.mail import bounces, mime
from outreach.mail.mailer import Accepted, Answer, Message, Refused, Unknown

NAME = "smtp"
PORTS = {"smtp": 587, "smtps": 465}
CONNECT, COMMAND, TAKEOVER = 5.0, 10.0, 15.0
"""seconds to wait: for a connection, for an answer, and for the answer to a whole letter, which is scanned"""
LANES = 4
"""connections at once: many servers allow one client few"""
PATIENCE = 40.0
"""seconds a letter waits for one of them: with all the rest it must stay below `doubt.letter_posted`"""
IDLE = 20.0
"""seconds a connection is kept for the next letter; servers wait for minutes"""
MOST_LETTERS = 50
"""letters over one connection: servers cut off who sends more"""

WAIT = timedelta(seconds=60)
GREYLISTED = timedelta(minutes=15)
BUSY = Refused("the mail server is too slow", again_in=WAIT, everyone=True)
LINE_DOWN = Refused("the mail server cannot be reached", again_in=timedelta(seconds=30), everyone=True)
UNSAFE = Refused("the mail server offers no STARTTLS: check OUTREACH_SMTP_URL", everyone=True)
NO_CERTIFICATE = Refused(
    "the mail server's certificate cannot be verified", again_in=timedelta(seconds=30), everyone=True
)
LOGIN = "the mail server does not accept our login: check OUTREACH_SMTP_URL"
NOT_LET_IN = frozenset({530, 534, 535, 538})
"""the server wants another login, whatever was asked of it"""


class _NoError(Exception):
    """The server, or the way to it, has said no: nothing was sent."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.why)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server is and who we are there. `secret`: TLS from the first byte, else STARTTLS."""

    host: str
    port: int
    secret: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def is_near(self) -> bool:
        """On this machine, where nobody listens and no certificate is to be had."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False


def server(url: str) -> Server:
    """`smtp[s]://user:password@host:port`. Raises ValueError for another shape, without its words."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("no address of a mail server")
    return Server(
        parts.hostname,
        parts.port or PORTS[parts.scheme],
        parts.scheme == "smtps",
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


class SmtpMailer:
    """The adapter. Connections are opened when a letter needs one, and kept for those that follow at once."""

    name = NAME

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None, takeover: float = TAKEOVER) -> None:
        self._server = server(url)
        self._tls = tls or ssl.create_default_context()
        self._takeover = takeover
        self._lanes = threading.BoundedSemaphore(LANES)
        self._kept = KeptLines()

    def send(self, message: Message) -> Answer:
        """Hand one letter over, at most once. Never raises for what the network or the server does."""
        try:
            sender, to = (mime.ascii_address(box.address) for box in (message.sender, message.to))
            content = mime.write(message)
        except mime.UnwritableError as error:
            return Refused(str(error))
        if not self._lanes.acquire(timeout=PATIENCE):
            return BUSY
        try:
            line = self._announced(sender, to, len(content))
            return self._hand_over(line, content, mime.message_id(message))
        except _NoError as no:
            return no.refused
        finally:
            self._lanes.release()

    def trouble(self) -> str:
        """Why the server would not let us in now, asked without a letter; empty: it does."""
        try:
            line = self._connect("localhost")
        except _NoError as no:
            return no.refused.why
        line.hang_up()
        return ""

    def close(self) -> None:
        """Hang up what is kept."""
        self._kept.close()

    def _announced(self, sender: str, to: str, size: int) -> "Line":
        """A line on which the server waits for the letter. A kept one may have been cut off by the server
        meanwhile; asking again over a new one is safe, since nothing was handed over."""
        if line := self._kept.take():
            try:
                return self._announce(line, sender, to, size)
            except _NoError as no:
                if no.refused is not LINE_DOWN:
                    raise
        return self._announce(self._connect(sender.rpartition("@")[2]), sender, to, size)

    def _announce(self, line: "Line", sender: str, to: str, size: int) -> "Line":
        try:
            line.ask(
                lambda smtp: smtp.mail(sender, [f"size={size}"] if smtp.has_extn("size") else []), _sender
            )
            line.ask(lambda smtp: smtp.rcpt(to), _recipient)
            line.ask(lambda smtp: smtp.docmd("DATA"), _data, wanted=(354,))
        except _NoError:
            line.reset()
            if line.is_open:
                self._kept.keep(line)
            raise
        return line

    def _hand_over(self, line: "Line", content: bytes, ref: str) -> Answer:
        try:
            code, words = line.letter(content, self._takeover)
        except OSError as error:
            line.hang_up()
            return Unknown(f"the mail server's answer was lost: {type(error).__name__}")
        self._kept.keep(line)
        if code == 250:
            return Accepted(ref)
        if 400 <= code < 600:
            return _data(code, words)
        return Unknown(f"the mail server answered {code}")

    def _connect(self, us: str) -> "Line":
        try:
            line = Line(self._open(us))
        except (OSError, UnicodeError) as error:
            raise _NoError(_no_connection(error)) from None
        try:
            self._greet(line.smtp)
        except (OSError, UnicodeError) as error:
            line.hang_up()
            raise _NoError(_no_connection(error)) from None
        except _NoError:
            line.hang_up()
            raise
        return line

    def _open(self, us: str) -> smtplib.SMTP:
        here = self._server
        if here.secret:
            return smtplib.SMTP_SSL(here.host, here.port, us, timeout=CONNECT, context=self._tls)
        return smtplib.SMTP(here.host, here.port, us, timeout=CONNECT)

    def _greet(self, smtp: smtplib.SMTP) -> None:
        here = self._server
        _wait(smtp, COMMAND)
        smtp.ehlo_or_helo_if_needed()
        if not here.secret and (here.user or not here.is_near):
            self._start_tls(smtp)
        if here.user:
            smtp.login(here.user, here.password)

    def _start_tls(self, smtp: smtplib.SMTP) -> None:
        if smtp.has_extn("starttls"):
            smtp.starttls(context=self._tls)
            smtp.ehlo_or_helo_if_needed()
        elif not self._server.is_near:
            raise _NoError(UNSAFE)  # neither the password nor a letter goes over an open line


@dataclass(slots=True)
class Line:
    """One connection to the server."""

    smtp: smtplib.SMTP
    letters: int = 0
    used_at: float = field(default_factory=time.monotonic)

    @property
    def is_open(self) -> bool:
        return self.smtp.sock is not None

    def ask(
        self,
        command: Callable[[smtplib.SMTP], tuple[int, bytes]],
        meaning: Callable[[int, str], Refused],
        wanted: tuple[int, ...] = (250, 251, 252),
    ) -> None:
        """One command. Raises _NoError unless the server agrees; nothing has been handed over then."""
        try:
            code, words = command(self.smtp)
        except OSError:
            self.hang_up()
            raise _NoError(LINE_DOWN) from None
        if code not in wanted:
            if code == 421 or code < 400:  # it closes, or the two of us do not understand each other
                self.hang_up()
            raise _NoError(meaning(code, _text(words)))

    def letter(self, content: bytes, seconds: float) -> tuple[int, str]:
        """The letter and its last line. Whatever this raises, the server may have taken it."""
        _wait(self.smtp, seconds)
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        self.smtp.send(stuffed + b".\r\n")
        code, words = self.smtp.getreply()
        _wait(self.smtp, COMMAND)
        self.letters += 1
        if code == 421:
            self.hang_up()
        return code, _text(words)

    def reset(self) -> None:
        """Forget the letter that was refused, so that the next begins anew."""
        if self.is_open:
            try:
                code, _ = self.smtp.rset()
            except OSError:
                code = 0
            if code != 250:
                self.hang_up()

    def hang_up(self) -> None:
        with suppress(OSError):
            self.smtp.close()


class KeptLines:
    """Lines that wait for the next letter, the last used first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: list[Line] = []

    def take(self) -> Line | None:
        with self._lock:
            line = self._lines.pop() if self._lines else None
        if line and time.monotonic() - line.used_at > IDLE:
            line.hang_up()
            self.close()  # the others have waited longer still
            return None
        return line

    def keep(self, line: Line) -> None:
        if not line.is_open or line.letters >= MOST_LETTERS:
            line.hang_up()
            return
        line.used_at = time.monotonic()
        with self._lock:
            self._lines.append(line)

    def close(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
        for line in lines:
            line.hang_up()


def _wait(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _no_connection(error: Exception) -> Refused:
    """What an exception means before the first MAIL; smtplib's own are kinds of OSError."""
    match error:
        case ssl.SSLCertVerificationError():
            return NO_CERTIFICATE
        case smtplib.SMTPResponseException():
            return _login(error.smtp_code, _text(error.smtp_error))
        case smtplib.SMTPServerDisconnected():
            return LINE_DOWN
        case smtplib.SMTPException() | UnicodeError():
            return Refused(LOGIN, everyone=True)  # no way of logging in that both know
        case _:
            return LINE_DOWN


def _login(code: int, words: str) -> Refused:
    """At the greeting and at AUTH. A server that has too much to do says 4xx."""
    if 400 <= code < 500:
        return Refused(f"the mail server asks us to wait: {words}", again_in=WAIT, everyone=True)
    if code in NOT_LET_IN:
        return Refused(LOGIN, everyone=True)  # without its words: some repeat what was said to them
    return Refused(f"the mail server does not want us: {code} {words}", everyone=True)


def _sender(code: int, words: str) -> Refused:
    """At MAIL: it is about us, but for the letter's size."""
    if code == 552:
        return Refused(f"the letter is too large for the mail server: {words}")
    if code in NOT_LET_IN or 400 <= code < 500:
        return _login(code, words)
    return Refused(f"the mail server does not let us send: {code} {words}", everyone=True)


def _recipient(code: int, words: str) -> Refused:
    """At RCPT: it is about this mailbox, but where we may not send anywhere."""
    if code in NOT_LET_IN or code == 421:
        return _login(code, words)
    if 400 <= code < 500:
        return Refused(f"the mailbox takes nothing for now: {code} {words}", again_in=GREYLISTED)
    if "relay" in words.lower():
        return Refused(f"the mail server does not carry our letters: {code} {words}", everyone=True)
    said = f"the mail server does not accept this mailbox: {code} {words}"
    return Refused(said, nobody=bounces.is_hard(words))


def _data(code: int, words: str) -> Refused:
    """At DATA and at the letter's last line: it is about this letter."""
    if code in NOT_LET_IN or code == 421:
        return _login(code, words)
    if 400 <= code < 500:
        return Refused(f"the mail server puts the letter off: {code} {words}", again_in=GREYLISTED)
    return Refused(f"the mail server does not accept this letter: {code} {words}")


def _text(words: bytes | str) -> str:
    """One printable line of what the server said."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())[:200]
