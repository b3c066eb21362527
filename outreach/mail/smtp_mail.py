"""A mail server by SMTP: for teams without a provider.

A server takes a letter over by its answer to the last line of it, and by nothing before (RFC 5321 4.1.1.4):
whatever fails before the first line, and each no, proves that nothing was sent. If that answer is lost nobody
can tell. SMTP reports nothing later: what comes back, comes as a mail to the sender.
"""

import smtplib
import ssl
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from outreach.mail import bounces, mime
from outreach.mail.mailer import Accepted, Answer, Message, Refused, Unknown
from outreach.mail.smtp_line import COMMAND, LINE_DOWN, KeptLines, Line, NoError, printable, wait

NAME = "smtp"
PORTS = {"smtp": 587, "smtps": 465}
CONNECT, TAKEOVER = 5.0, 15.0
"""seconds to wait: for a connection, and for the answer to a whole letter, which is scanned"""
LANES = 4
"""connections at once: many servers allow one client few"""
PATIENCE = 40.0
"""seconds a letter waits for one of them: with all the rest it must stay below `doubt.letter_posted`"""

WAIT = timedelta(seconds=60)
GREYLISTED = timedelta(minutes=15)
BUSY = Refused("the mail server is too slow", again_in=WAIT, everyone=True)
UNSAFE = Refused("the mail server offers no STARTTLS: check OUTREACH_SMTP_URL", everyone=True)
NO_CERTIFICATE = Refused(
    "the mail server's certificate cannot be verified", again_in=timedelta(seconds=30), everyone=True
)
LOGIN = "the mail server does not accept our login: check OUTREACH_SMTP_URL"
NOT_LET_IN = frozenset({530, 534, 535, 538})
"""the server wants another login, whatever was asked of it"""


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
        except NoError as no:
            return no.refused
        finally:
            self._lanes.release()

    def trouble(self) -> str:
        """Why the server would not let us in now, asked without a letter; empty: it does."""
        try:
            line = self._connect("localhost")
        except NoError as no:
            return no.refused.why
        line.hang_up()
        return ""

    def close(self) -> None:
        """Hang up what is kept."""
        self._kept.close()

    def _announced(self, sender: str, to: str, size: int) -> Line:
        """A line on which the server waits for the letter. A kept one may have been cut off by the server
        meanwhile; asking again over a new one is safe, since nothing was handed over."""
        if line := self._kept.take():
            try:
                return self._announce(line, sender, to, size)
            except NoError as no:
                if no.refused is not LINE_DOWN:
                    raise
        return self._announce(self._connect(sender.rpartition("@")[2]), sender, to, size)

    def _announce(self, line: Line, sender: str, to: str, size: int) -> Line:
        try:
            line.ask(
                lambda smtp: smtp.mail(sender, [f"size={size}"] if smtp.has_extn("size") else []), _sender
            )
            line.ask(lambda smtp: smtp.rcpt(to), _recipient)
            line.ask(lambda smtp: smtp.docmd("DATA"), _data, wanted=(354,))
        except NoError:
            line.reset()
            if line.is_open:
                self._kept.keep(line)
            raise
        return line

    def _hand_over(self, line: Line, content: bytes, ref: str) -> Answer:
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

    def _connect(self, us: str) -> Line:
        try:
            line = Line(self._open(us))
        except (OSError, UnicodeError) as error:
            raise NoError(_no_connection(error)) from None
        try:
            self._greet(line.smtp)
        except (OSError, UnicodeError) as error:
            line.hang_up()
            raise NoError(_no_connection(error)) from None
        except NoError:
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
        wait(smtp, COMMAND)
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
            raise NoError(UNSAFE)  # neither the password nor a letter goes over an open line


def _no_connection(error: Exception) -> Refused:
    """What an exception means before the first MAIL; smtplib's own are kinds of OSError."""
    match error:
        case ssl.SSLCertVerificationError():
            return NO_CERTIFICATE
        case smtplib.SMTPResponseException():
            return _login(error.smtp_code, printable(error.smtp_error))
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
