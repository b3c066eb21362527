"""People who got a letter write back: by the seed, or because a test says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.sandbox.replies import PATH, PEOPLE
from tests.sandbox.playing import Door, Sandbox, playing
from tests.sandbox.test_life_of_letters import send

TO = "r+aaa.bbb@reply.outreach.example"


@pytest.fixture
def chatty(tmp_path: Path, door: Door) -> Iterator[Sandbox]:
    with playing(tmp_path, door, replies=True) as sandbox:
        yield sandbox


def test_the_seed_decides_who_writes_what(chatty: Sandbox, door: Door) -> None:
    people = [f"ap{n}@example.com" for n in range(60)]
    chatty.script(addresses={address: ["delivered"] for address in people})
    for n, address in enumerate(people):
        send(chatty, address, f"m{n}", reply_to={"email": TO})
    wrote = {one["sender"]: one["kind"] for one in chatty.truth()["replies"]}
    assert 0 < len(wrote) < 30
    assert set(wrote.values()) <= set(PEOPLE)
    posts = door.at(PATH + chatty.keys.inbound_token)
    assert len(posts) == len(wrote)
    assert all(b'name="email"' in post.body and TO.encode() in post.body for post in posts)


def test_nobody_writes_unless_asked(sandbox: Sandbox, door: Door) -> None:
    for n in range(30):
        send(sandbox, f"ap{n}@example.com", f"m{n}", reply_to={"email": TO})
    assert sandbox.truth()["replies"] == []


def test_a_door_in_trouble_is_tried_again(sandbox: Sandbox, door: Door) -> None:
    door.status(PATH + sandbox.keys.inbound_token, 503, 204)
    order = {"to": TO, "sender": "ap@example.com", "text": "We will pay on Friday.", "mode": "parsed"}
    taken = sandbox.post("/sandbox/reply", order).json()
    assert (taken["answer"], taken["posts"]) == (204, 2)
    first, second = door.at(PATH + sandbox.keys.inbound_token)
    assert first.body == second.body
    assert b'name="text"' in first.body


@pytest.mark.parametrize(
    ("order", "words"),
    [({}, "'to'"), ({"to": TO, "sender": "a@b.c", "text": "x", "mode": "y"}, "mode"), ({"to": 1}, "'to'")],
)
def test_an_order_that_makes_no_sense_is_refused(
    sandbox: Sandbox, order: dict[str, object], words: str
) -> None:
    answer = sandbox.post("/sandbox/reply", order)
    assert (answer.status_code, words in answer.json()["error"]) == (400, True)
