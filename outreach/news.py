"""News: names of what changed, for pages that are open. Names only; the page fetches what it may see.

Lost news costs a glance at an old page, so nothing here raises or waits.
"""

from collections.abc import Iterator
from threading import Event

from redis import RedisError

from outreach.errands import PATIENCE, impatient

BOARD = "board"
INBOX = "inbox"
EVERYTHING = "everything"
"""Told to a listener after each (re)connection: it may have missed anything."""

CHANNEL = "news"


def desk(login: str) -> str:
    """The queue or the current call of one rep."""
    return f"desk:{login}"


def account(number: str) -> str:
    """Anything on the page of one account."""
    return f"account:{number}"


def attempt(attempt_id: str) -> str:
    """The state of one call."""
    return f"attempt:{attempt_id}"


def upload(upload_id: str) -> str:
    """How far a file is that came by the page."""
    return f"upload:{upload_id}"


class News:
    """Tell what changed; hear what others told."""

    def __init__(self, redis_url: str | None) -> None:
        """`None`: nobody is listening, as in a command that needs no Redis."""
        self._redis = impatient(redis_url) if redis_url else None

    def tell(self, *names: str) -> bool:
        """Say that these changed. False where nobody could be told."""
        if not self._redis:
            return False
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                for name in names:
                    pipeline.publish(CHANNEL, name)
                pipeline.execute()
        except RedisError:
            return False
        return True

    def heard(self, stop: Event) -> Iterator[str]:
        """Every name told from now until `stop` is set, through any number of lost connections."""
        while self._redis and not stop.is_set():
            try:
                with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:  # type: ignore[no-untyped-call]
                    pubsub.subscribe(CHANNEL)
                    yield EVERYTHING
                    while not stop.is_set():
                        message = pubsub.get_message(timeout=PATIENCE)
                        if message:
                            yield message["data"].decode()
            except RedisError:
                stop.wait(1)

    def close(self) -> None:
        if self._redis:
            self._redis.close()
