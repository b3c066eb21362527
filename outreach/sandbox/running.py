"""What is under way: calls being played, reports on their way. Nothing under way means quiet."""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine

log = logging.getLogger(__name__)


class Running:
    """Tasks by kind ("call", "letter", "report"), kept so that none is lost and quiet can be asked."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[None], str] = {}

    def start(self, kind: str, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks[task] = kind
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        kind = self._tasks.pop(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a %s broke", kind, exc_info=error)

    def counts(self) -> dict[str, int]:
        return dict(Counter(self._tasks.values()))

    async def stop(self) -> None:
        """Cuts off everything, also what the cut-off start in ending."""
        while tasks := list(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
