"""How every adapter asks one of Amazon's services: once, not for long, and only where it is told to."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ssl import SSLCertVerificationError
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ConfigParseError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
LANES = 16
"""connections kept, one for each thread that asks"""
IDLE = 4.0
"""seconds without a request after which a connection is no longer trusted: what is lost on one that the other
end has silently dropped cannot be told from what was obeyed"""

NOT_SET_UP = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    NoRegionError,
    ProfileNotFound,
    ConfigParseError,
)
"""boto3 found no way to sign a request: none was made"""

_DEAF = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""botocore's variables, each without any place to read it from: of AWS' own settings nothing is heard"""


class NoRegion(Exception):
    """boto3 does not know which of Amazon's regions to ask."""


def region(needed_by: str) -> str:
    """The region that AWS' own variables and files name. Raises NoRegion; asks nobody."""
    try:
        found = boto3.session.Session().region_name
    except BotoCoreError as error:
        raise NoRegion(f"AWS' own settings cannot be used: {error}") from None
    if not found:
        raise NoRegion(f"AWS_DEFAULT_REGION is not set; {needed_by} needs it.")
    return str(found)


def client(service: str, *, url: str | None = None, **keys: Any) -> Any:
    """A boto3 client without any second try. Looking for AWS keys may take seconds.

    `url`: the sandbox's, whose client hears nothing of the environment: no profile, no proxy. An endpoint of
    the environment's own is never followed.
    """
    once = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
        ignore_configured_endpoint_urls=True,
        proxies={} if url else None,
        max_pool_connections=LANES,
    )
    session = boto3.session.Session(botocore_session=botocore.session.Session(_DEAF if url else None))
    return session.client(service, endpoint_url=url, config=once, **keys)


class Line:
    """One client for all threads of a process, made with the first request; its connections are given up once
    nobody has used them for a while."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._client: Any = None
        self._lock = threading.Lock()
        self._under_way = 0
        self._used_at = time.monotonic()

    @contextmanager
    def fresh(self) -> Iterator[Any]:
        with self._lock:
            if self._client is None:
                self._client = self._make()
            elif not self._under_way and time.monotonic() - self._used_at > IDLE:
                self._client.close()  # closes its connections only: the next request opens others
            self._under_way += 1
        try:
            yield self._client
        finally:
            with self._lock:
                self._under_way -= 1
                self._used_at = time.monotonic()


def has_no_certificate(error: BotoCoreError) -> bool:
    """Whether the line failed before anything was said, because the other end could not be verified."""
    within = error.kwargs.get("error")  # urllib3's exception, and in it the one of ssl
    return any(isinstance(cause, SSLCertVerificationError) for cause in getattr(within, "args", ()))
