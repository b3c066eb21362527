"""The web application over a real database, with the standing cast in it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from outreach.app import create_app
from outreach.errands import Errands, NoErrands
from outreach.ledger.base import Ledger
from outreach.news import News
from outreach.office import Addresses, DoorKeys, Office
from tests.hand_clock import HandClock
from tests.web.cast import PASSWORD, seed


def make_office(
    ledger: Ledger,
    clock: HandClock,
    files: Path,
    *,
    redis_url: str | None = None,
    base_url: str = "http://127.0.0.1:8000",
) -> Office:
    return Office(
        ledger=ledger,
        clock=clock,
        errands=Errands(redis_url) if redis_url else NoErrands(),
        news=News(redis_url),
        files=files,
        addresses=Addresses(base_url, "Billing <billing@outreach.example>", "reply.outreach.example"),
        keys=DoorKeys(),
        secret_keys=("a key for tests only",),
    )


@dataclass
class Person:
    """A browser without a screen: it carries the CSRF token along as a form does."""

    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=headers)

    def post(self, path: str, **form: object) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token(), **form})

    def token(self) -> str:
        page = self.client.get("/sign-in").text
        return page.split('name="csrf_token" value="')[1].split('"')[0]

    def sign_in(self, login: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/sign-in", login=login, password=password)

    def cookie(self) -> str:
        found = self.client.get_cookie("outreach")
        return found.value if found else ""


SignedIn = Callable[[str], Person]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def office(ledger: Ledger, clock: HandClock, tmp_path: Path) -> Office:
    with ledger.writing() as session:
        seed(session)
    return make_office(ledger, clock, tmp_path)


@pytest.fixture
def app(office: Office) -> Flask:
    return create_app(office)


@pytest.fixture
def nobody(app: Flask) -> Person:
    return Person(app.test_client())


@pytest.fixture
def signed_in(app: Flask) -> SignedIn:
    def sign_in(login: str) -> Person:
        person = Person(app.test_client())
        assert person.sign_in(login).status_code == 303
        return person

    return sign_in
