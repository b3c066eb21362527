"""The product's knowledge as pure functions: facts and a date in, an answer out.

No clock, no session, no network; the standard library, `holidays` and `phonenumbers` only.
"""
