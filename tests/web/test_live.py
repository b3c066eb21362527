"""The stream of names: what is told to whom."""

from collections.abc import Iterator
from contextlib import closing
from threading import Timer

import pytest

from outreach import news
from outreach.app import create_app
from outreach.office import Office
from tests.hand_clock import HandClock
from tests.web.conftest import Person, make_office


@pytest.fixture
def live_office(office: Office, clock: HandClock, redis_url: str) -> Office:
    return make_office(office.ledger, clock, office.files, redis_url=redis_url)


def heard(person: Person, query: str) -> Iterator[str]:
    """The names of a stream, as they come."""
    answer = person.client.get(f"/live?{query}", buffered=False)
    with closing(answer):
        for chunk in answer.response:
            text = chunk.decode() if isinstance(chunk, bytes) else chunk
            if text.startswith("event: "):
                yield text.split("\n")[0].removeprefix("event: ")


def test_a_stream_tells_the_names_it_was_asked_for(live_office: Office) -> None:
    person = Person(create_app(live_office).test_client())
    person.sign_in("ana")
    names = heard(person, "name=desk:ana&name=account:HARBOR")
    assert {next(names), next(names)} == {"desk:ana", "account:HARBOR"}, (
        "at first it may have missed anything"
    )
    tell = Timer(0.2, lambda: live_office.news.tell("desk:ben", "board", news.account("HARBOR")))
    tell.start()
    assert next(names) == "account:HARBOR"
    tell.join()


def test_another_desk_is_not_told(live_office: Office) -> None:
    person = Person(create_app(live_office).test_client())
    person.sign_in("ana")
    names = heard(person, "name=desk:ben&name=desk:ana")
    assert next(names) == "desk:ana"
    tell = Timer(0.2, lambda: live_office.news.tell("desk:ben", "desk:ana"))
    tell.start()
    assert next(names) == "desk:ana"
    tell.join()
