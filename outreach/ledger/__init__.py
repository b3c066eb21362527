"""The memory of the house, and the roll-call of its tables.

A worker that imports only some table modules fails at its first flush, and `configure_mappers()` does not
catch it: so whoever imports anything of the ledger has imported all of it.
"""

from outreach.ledger import (  # noqa: F401
    assignments,
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
    issues,
    knocks,
    leases,
    letters,
    locks,
    log,
    pace,
    papers,
    payment_plans,
    people,
    plans,
    policies,
    printed_figures,
    receivables,
    replies,
    sales,
    stops,
    tasks,
    touches,
    uploads,
    voicemails,
)
