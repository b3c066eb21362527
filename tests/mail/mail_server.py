"""A mail server on loopback that speaks SMTP over real sockets, and misbehaves as a test tells it to.

Written here since aiosmtpd is no dependency of ours, and since it could not cut the line in mid-command.
"""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

HANG_UP, SILENCE = "hang up", "silence"
LOGIN = ("ann", "p@ss:word")
AUTH = "AGFubgBwQHNzOndvcmQ="  # PLAIN, of that login


@dataclass
class MailServer:
    """`says` replaces its answer to a verb (MAIL, RCPT, DATA, END...): words of SMTP, HANG_UP or SILENCE."""

    port: int = 0
    says: dict[str, str] = field(default_factory=dict)
    extensions: list[str] = field(default_factory=lambda: ["SIZE 10000000"])
    tls: ssl.SSLContext | None = None
    from_the_start: bool = False
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    logins: list[bool] = field(default_factory=list)
    """whether each login came over TLS"""
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def letters(self) -> list[EmailMessage]:
        return [message_from_bytes(content, policy=policy.default) for _, _, content in self.taken]


class _Session(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        self.mail, self.secret, self.sender, self.to = self.server.mail, False, "", ""
        self.mail.connections += 1
        try:
            if self.mail.tls and self.mail.from_the_start:
                self.wrap()
            if self.answer("GREETING", "220 here"):
                while self.obey():
                    pass
        except OSError:
            pass  # the client has gone
        finally:
            self.request.close()  # one wrapped in TLS is not the one the server closes

    def wrap(self) -> None:
        assert self.mail.tls
        self.request = self.mail.tls.wrap_socket(self.request, server_side=True)
        self.connection, self.secret = self.request, True
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)

    def answer(self, verb: str, words: str) -> bool:
        said = self.mail.says.get(verb, words)
        if said == SILENCE:
            self.mail.over.wait(20)
        if said in (SILENCE, HANG_UP):
            return False
        self.wfile.write(said.replace("\n", "\r\n").encode() + b"\r\n")
        return not said.startswith("421")

    def obey(self) -> bool:
        line = self.rfile.readline().decode().strip()
        self.mail.commands.append(line)
        verb = line[:4].upper()
        act = getattr(self, f"do_{verb.lower()}", None)
        if not line or verb == "QUIT":
            return False
        return bool(act(line)) if act else self.answer(verb, "250 ok")

    def do_ehlo(self, line: str) -> bool:
        offered = [*self.mail.extensions, *(["STARTTLS"] if self.mail.tls and not self.secret else [])]
        lines = ["here", *offered]
        words = [f"250{'-' if n < len(lines) - 1 else ' '}{each}" for n, each in enumerate(lines)]
        return self.answer("EHLO", "\n".join(words))

    def do_star(self, line: str) -> bool:
        if not self.answer("STARTTLS", "220 go on"):
            return False
        self.wrap()
        return True

    def do_auth(self, line: str) -> bool:
        self.mail.logins.append(self.secret)
        return self.answer("AUTH", "235 welcome" if line.endswith(AUTH) else "535 5.7.8 who is p@ss:word?")

    def do_mail(self, line: str) -> bool:
        self.sender = line.partition("<")[2].partition(">")[0]
        return self.answer("MAIL", "250 ok")

    def do_rcpt(self, line: str) -> bool:
        self.to = line.partition("<")[2].partition(">")[0]
        return self.answer("RCPT", "250 ok")

    def do_data(self, line: str) -> bool:
        if not self.answer("DATA", "354 go on"):
            return False
        if not self.mail.says.get("DATA", "354").startswith("354"):
            return True
        lines = []
        while (each := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(each.removeprefix(b"."))
            if self.mail.says.get("CONTENT") == HANG_UP:
                return False
        if self.mail.says.get("END", "250")[:1] not in "45":
            self.mail.taken.append((self.sender, self.to, b"".join(lines)))
        return self.answer("END", "250 2.0.0 queued")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True
    mail: MailServer


@contextmanager
def serving(**options: Any) -> Iterator[MailServer]:
    with _Server(("127.0.0.1", 0), _Session) as server:
        mail = server.mail = MailServer(server.server_address[1], **options)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield mail
        finally:
            mail.over.set()
            server.shutdown()
            thread.join()


def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
