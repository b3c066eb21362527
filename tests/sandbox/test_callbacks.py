"""Callbacks are tried again as their URL's fragment asks, under one token, and the fragment is never sent."""

import pytest

from tests.sandbox.playing import Door, Sandbox

# the fragment, what the door answers in turn, how often it is asked
RETRIES = [
    ("", [503, 204], 1),
    ("#rc=3&rp=5xx,ct,rt", [503, 503, 204], 3),
    ("#rc=3&rp=5xx,ct,rt", [503], 4),
    ("#rc=2&rp=5xx", [503], 3),
    ("#rc=3&rp=5xx", [404, 204], 1),
    ("#rc=3&rp=4xx", [404, 204], 2),
    ("#rc=3&rp=all", [404, 500, 204], 3),
    ("#rc=9&rp=all", [500], 6),
    ("#rc=many&rp=5xx", [503], 2),
]


@pytest.mark.parametrize(("fragment", "statuses", "asked"), RETRIES)
def test_tries_again(sandbox: Sandbox, door: Door, fragment: str, statuses: list[int], asked: int) -> None:
    door.status("/status", *statuses)
    door.twiml("/answer", "<Hangup/>")
    url = f"{door.url}/status?attempt=a1{fragment}"
    sandbox.ring(status_callback=url, status_callback_event=["completed"])
    truth = sandbox.truth()
    posts = door.at("/status")
    assert len(posts) == asked
    assert len({post.headers["I-Twilio-Idempotency-Token"] for post in posts}) == 1
    assert all(sandbox.signed(post) and "#" not in post.url for post in posts)
    taken = statuses[min(asked, len(statuses)) - 1] < 300
    assert [notice["code"] for notice in truth["calls"][0]["notices"]] == ([] if taken else [15003])


def test_documents_are_tried_again_too(sandbox: Sandbox, door: Door) -> None:
    door.status("/answer", 503)
    sandbox.ring(url=f"{door.url}/answer#rc=2&rp=5xx")
    sandbox.truth()
    assert len(door.at("/answer")) == 3


def test_a_get_callback_carries_and_signs_its_parameters_in_the_url(sandbox: Sandbox, door: Door) -> None:
    door.twiml("/answer", "<Hangup/>")
    sandbox.ring(method="GET", status_callback_event=["completed"])
    sandbox.truth()
    (answer,) = door.at("/answer")
    assert answer.query["CallStatus"] == "in-progress"
    assert answer.body == b""
    assert sandbox.signed(answer)


def test_nothing_listens(sandbox: Sandbox) -> None:
    sandbox.ring(url="http://127.0.0.1:9/answer", status_callback="http://127.0.0.1:9/status")
    codes = {notice["code"] for notice in sandbox.truth()["calls"][0]["notices"]}
    assert codes == {11205, 15003}


@pytest.mark.parametrize("events", [["initiated"], ["ringing", "completed"], []])
def test_only_what_was_asked_for_is_reported(sandbox: Sandbox, door: Door, events: list[str]) -> None:
    door.twiml("/answer", "<Hangup/>")
    sandbox.ring(status_callback_event=events)
    sandbox.truth()
    posts = door.at("/status")
    assert [post.form["CallStatus"] for post in posts] == (events or ["completed"])
    assert [post.form["SequenceNumber"] for post in posts] == [str(nth) for nth in range(len(posts))]
