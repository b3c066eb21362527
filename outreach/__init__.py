"""Telephony and email outreach for a business-to-business accounts-receivable team.

The map, top to bottom; imports go down only (docs/architecture.md):

- ``cli``: the command; ``app``, ``jobs``, ``tick``: doors that start things and decide nothing
- ``bootstrap``: settings become an office; the only place that chooses
- ``web``, ``api``, ``webhooks``: what people, programs and providers reach
- ``office``: the frozen container every edge is handed
- ``campaigns``, ``reports``: who and when; what leaves the house
- ``dialer``, ``mail``, ``intake``: how we ring, how we write, how the ledger's file comes in
- ``ledger``: memory, the only tables
- ``rules``: pure arithmetic, where the product's knowledge lives

Beside the stairs: ``settings``, ``errands`` (names of jobs and nudges), ``news`` (names of what changed).
``sandbox`` plays the carriers and mail providers on loopback and shares nothing with the rest but the wire.
"""
