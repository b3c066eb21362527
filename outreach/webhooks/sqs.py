"""Amazon SQS: the queue in which contact events arrive (providers.md A 2.2). At least once, in no order."""

from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from outreach.amazon import Line
from outreach.office import Message, QueueError

MOST = 10
WAITS = 1
"""seconds a request waits at an empty queue"""


class Sqs:
    """One queue. `connect` is called with the first request."""

    def __init__(self, url: str, *, connect: Callable[[], Any]) -> None:
        self._url, self._line = url, Line(connect)

    def receive(self) -> list[Message]:
        answer = self._ask("receive_message", MaxNumberOfMessages=MOST, WaitTimeSeconds=WAITS)
        return [Message(one["ReceiptHandle"], one["Body"]) for one in answer.get("Messages") or []]

    def delete(self, messages: Sequence[Message]) -> None:
        """What SQS does not delete comes again, and is known then."""
        entries = [{"Id": str(n), "ReceiptHandle": one.receipt} for n, one in enumerate(messages)]
        self._ask("delete_message_batch", Entries=entries)

    def _ask(self, what: str, **asked: Any) -> Any:
        try:
            with self._line.fresh() as client:
                return getattr(client, what)(QueueUrl=self._url, **asked)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            raise QueueError(f"Amazon SQS answered {code}") from error
        except BotoCoreError as error:
            raise QueueError(f"Amazon SQS could not be asked: {type(error).__name__}") from error
