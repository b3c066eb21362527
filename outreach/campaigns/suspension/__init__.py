"""Suspension, governed: candidates, cases and their notices by the day, orders to operations (part 5)."""
