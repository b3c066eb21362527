"""A plan decided, written and explained: what fires, who is called and written to, who is left out."""
