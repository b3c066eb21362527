"""What the services say while they run: one JSON document a line on standard error.

JSON, because a name with a line break in it must not forge a second line (trust.md 4). Tracebacks are text
without local variables: those hold secrets and customers.
"""

import logging
import sys

import structlog
from structlog.typing import Processor

_KNOWN: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def speak_json() -> None:
    """Once in each service process, before it works: for our own lines and for those of libraries."""
    structlog.configure(
        processors=[*_KNOWN, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    render = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_KNOWN,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(render)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
