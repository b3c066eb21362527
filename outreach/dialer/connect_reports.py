"""Amazon Connect's contact events in our words (providers.md A 2.2).

Amazon's own samples write one name now so, now so: names are read without regard to case. An event never says
why a contact ended; that must be asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from outreach.dialer.carrier import LegState
from outreach.dialer.reports import Report

UNDER_WAY: Mapping[str, LegState] = MappingProxyType(
    {
        "INITIATED": "queued",
        "CONNECTED_TO_SYSTEM": "connected",
        "QUEUED": "connected",
        "CONNECTED_TO_AGENT": "connected",
    }
)
OVER = ("DISCONNECTED", "COMPLETED")
"""COMPLETED: the agent's paperwork is done, too"""
BY_REQUEST = "API"


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """What an event says of a contact. `kind` is Amazon's word."""

    kind: str
    contact_id: str
    instance_id: str
    by_request: bool
    """False: somebody rang us, an agent dialled or transferred: no call of ours"""

    @property
    def is_over(self) -> bool:
        return self.kind in OVER

    @property
    def report(self) -> Report | None:
        """None: nothing is done about it."""
        if self.kind not in UNDER_WAY and not self.is_over:
            return None
        state = UNDER_WAY.get(self.kind)
        return Report(of="customer", call_id=self.contact_id, rep_call_id=self.contact_id, state=state)


def translate(envelope: Mapping[str, Any]) -> ContactEvent | None:
    """The event in EventBridge's envelope; None if it is none."""
    detail = folded(envelope).get("detail")
    if not isinstance(detail, dict):
        return None
    told = folded(detail)
    kind, contact, instance = (told.get(name) for name in ("eventtype", "contactid", "instancearn"))
    if not all(isinstance(word, str) and word for word in (kind, contact, instance)):
        return None
    method = str(told.get("initiationmethod") or BY_REQUEST)
    return ContactEvent(
        kind=str(kind).upper(),
        contact_id=str(contact),
        instance_id=str(instance).rpartition("/")[2],
        by_request=method.upper() == BY_REQUEST,
    )


def folded(table: Mapping[str, Any]) -> dict[str, Any]:
    """The same with its own names in lower case."""
    return {str(name).lower(): value for name, value in table.items()}
