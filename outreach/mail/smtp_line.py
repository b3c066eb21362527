"""A connection to a mail server, and those that wait for the next letter (RFC 5321)."""

import smtplib
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from outreach.mail.mailer import Refused

COMMAND = 10.0
"""seconds to wait for an answer"""
IDLE = 20.0
"""seconds a connection is kept for the next letter; servers wait for minutes"""
MOST_LETTERS = 50
"""letters over one connection: servers cut off who sends more"""
LINE_DOWN = Refused("the mail server cannot be reached", again_in=timedelta(seconds=30), everyone=True)


class NoError(Exception):
    """The server, or the way to it, has said no: nothing was sent."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.why)
        self.refused = refused


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
        """One command. Raises NoError unless the server agrees; nothing has been handed over then."""
        try:
            code, words = command(self.smtp)
        except OSError:
            self.hang_up()
            raise NoError(LINE_DOWN) from None
        if code not in wanted:
            if code == 421 or code < 400:  # it closes, or the two of us do not understand each other
                self.hang_up()
            raise NoError(meaning(code, printable(words)))

    def letter(self, content: bytes, seconds: float) -> tuple[int, str]:
        """The letter and its last line. Whatever this raises, the server may have taken it."""
        wait(self.smtp, seconds)
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        self.smtp.send(stuffed + b".\r\n")
        code, words = self.smtp.getreply()
        wait(self.smtp, COMMAND)
        self.letters += 1
        if code == 421:
            self.hang_up()
        return code, printable(words)

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


def wait(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def printable(words: bytes | str) -> str:
    """One printable line of what the server said."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())[:200]
