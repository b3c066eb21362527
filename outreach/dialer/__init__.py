"""How we ring: the carrier's port and its adapters, and the life of one call."""
