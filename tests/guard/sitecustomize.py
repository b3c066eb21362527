"""Tests reach loopback and Unix sockets, nothing else: by an audit hook, which no client passes by.

Python loads a file of this name in every child process too, because conftest puts its folder on PYTHONPATH.
psycopg connects inside libpq and is not seen: it goes where the test's database URL says.
"""

import ipaddress
import sys


class BeyondLoopback(BaseException):
    """A test tried to leave the machine. No Exception, lest an adapter take it for an outage."""


def is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def stay_home(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # the others are paths of Unix sockets
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = args[0]
    else:
        return
    if not is_loopback(host):
        raise BeyondLoopback(
            f"{event} to {host!r}: tests stay on this machine; play that server by the sandbox."
        )


sys.addaudithook(stay_home)
