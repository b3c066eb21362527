"""Why somebody is not contacted, in the order a supervisor asks: each rule belongs to one group."""

from collections.abc import Mapping

OTHER = "Other"
NOTHING = "Nothing to ask for"

_TABLE = {
    "For us to mend": (
        *("no rep", "stale ledger", "ledger not tied out", "attempt in doubt"),
        *("call under way", "letter under way"),
    ),
    "No way to reach them": (
        *("no number", "no address", "no zone", "number not allowed", "address not allowed"),
        *("bad number", "bad address", "do not call", "do not mail", "suppressed"),
    ),
    "They said something": (
        *("held by dispute", "held by promise", "held by plan", "held by issue"),
        *("payment claimed", "reply waiting"),
    ),
    "Stopped": ("kill switch", "paused", "legal hold", "insolvency", "outside agency"),
    "Contacted already": (
        *("spoken", "minimum gap", "one a day", "capped", "touched today", "called lately"),
        "after the third call",
    ),
    "No place that day": ("beyond target", "first week", "outside hours", "rep at limit"),
    NOTHING: (
        "nothing asked",
        "nothing open",
        "unapplied cash",
        "below minimum",
        "no step due",
        "no approved case",
    ),
}
GROUPS: tuple[str, ...] = (*_TABLE, OTHER)
_GROUP: Mapping[str, str] = {rule: group for group, rules in _TABLE.items() for rule in rules}


def group(rule: str) -> str:
    """The group of a rule of the gate or the plan; `Other` for one that is new."""
    return _GROUP.get(rule, OTHER)
