"""The memory of the house, and the roll-call of its tables.

A worker that imports only some table modules fails at its first flush, and `configure_mappers()` does not
catch it: so whoever imports anything of the ledger has imported all of it.
"""

from outreach.ledger import (  # noqa: F401
    attempts,
    clock,
    commitments,
    destinations,
    documents,
    figures,
    firings,
    imports,
    inbound_calls,
    inbox,
    knocks,
    leases,
    letters,
    locks,
    log,
    orders,
    pace,
    papers,
    people,
    plans,
    policies,
    receivables,
    replies,
    sales,
    stops,
    suspensions,
    tasks,
    touches,
    uploads,
    voicemails,
)
