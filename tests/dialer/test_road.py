"""From the click to the outcome, over the wire: the real client, the real door, the sandbox as Twilio."""

import pytest

from tests.dialer.centre import HARBOR, Centre


def test_a_click_rings_the_rep_then_the_customer_and_is_logged_once(centre: Centre) -> None:
    centre.sandbox.script(numbers={centre.number(HARBOR): "human"})
    attempt_id = centre.dial(HARBOR)
    attempt = centre.attempt(attempt_id)
    assert (attempt.state, attempt.outcome) == ("ended", "answered_human")
    assert centre.rings(attempt_id) == (1, 1)
    assert [entry.outcome for entry in centre.entries(attempt_id) if entry.refines is None] == [
        "answered_human"
    ]
