"""The product's knowledge as pure functions: no clock, no session, no network. Facts and a date in, an answer out."""
