"""When something goes wrong: one plain sentence with an id, and nothing of our inside."""

import json

import pytest
from flask import Flask
from structlog.testing import capture_logs

from outreach.app import create_app
from outreach.ledger.base import Ledger
from outreach.office import Office
from outreach.web.access import allow
from tests.hand_clock import HandClock
from tests.web.conftest import Person, SignedIn, make_office

HUGE = "9" * 30
SECRET = "the customer's bank account"


@pytest.fixture
def broken(app: Flask) -> Flask:
    @allow("anyone")
    def view() -> str:
        raise RuntimeError(SECRET)

    app.add_url_rule("/broken", "broken", view)
    return app


def test_a_broken_page_says_an_id_that_the_log_knows(broken: Flask) -> None:
    with capture_logs() as logs:
        answer = broken.test_client().get("/broken")
    assert answer.status_code == 500
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    entry = next(log for log in logs if log["log_level"] == "error")
    assert f"<code>{entry['request_id']}</code>" in answer.text


def test_a_broken_page_is_the_same_in_debug(broken: Flask) -> None:
    broken.debug = broken.testing = True
    assert broken.test_client().get("/broken").status_code == 500


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/accounts/12345", 404), ("/letters/x", 404), ("/sign-out", 405)]
)
def test_what_is_not_there_is_said_plainly(signed_in: SignedIn, path: str, status: int) -> None:
    answer = signed_in("sam").get(path)
    assert (answer.status_code, answer.content_type) == (status, "text/html; charset=utf-8")
    assert f"<h1>{status}</h1>" in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *[(f"/{room}/{HUGE}", 404) for room in ("accounts", "desk", "suspensions")],
        *[(f"/accounts/1?before={n}", 404) for n in (HUGE, f"-{HUGE}", "9" * 5000, "²")],
        (f"/log?before=-{HUGE}", 404),
        *[(f"/{path}", 400) for path in ("accounts?q=%00", "letters/%00", "replies/%00")],
        ("/accounts/1/summary.pdf?invoice=%00", 400),
    ],
)
def test_what_no_database_takes_is_answered(signed_in: SignedIn, path: str, status: int) -> None:
    assert signed_in("sam").get(path).status_code == status


def test_a_form_with_what_no_database_takes_is_refused(signed_in: SignedIn) -> None:
    sam = signed_in("sam")
    assert sam.post("/replies/x/handled", words="a\0b").status_code == 400
    assert sam.post("/replies/x/handled", invoice=["1", "a\0b"]).status_code == 400


def test_a_huge_form_is_refused(nobody: Person) -> None:
    assert nobody.client.post("/sign-in", data={"login": "x" * (1024 * 1024 + 1)}).status_code == 413


def test_a_stale_form_says_what_to_do(signed_in: SignedIn) -> None:
    answer = signed_in("ana").client.post("/sign-out", data={"csrf_token": "of another day"})
    assert answer.status_code == 400
    assert "reload" in answer.text


def test_without_a_database_there_is_still_a_page(office: Office, clock: HandClock) -> None:
    away = Ledger("postgresql+psycopg://nobody@127.0.0.1:1/none")
    person = Person(create_app(make_office(away, clock, office.files)).test_client())
    assert person.get("/sign-in").status_code == 200
    assert person.get("/readyz").status_code == 503
    answer = person.sign_in("ana")
    assert answer.status_code == 503
    assert "127.0.0.1" not in answer.text


def test_before_init_it_says_what_to_run(
    ledger: Ledger, office: Office, clock: HandClock, signed_in: SignedIn
) -> None:
    ana = signed_in("ana")
    with ledger.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM policies")
    answer = ana.get("/inbox")
    assert answer.status_code == 503
    assert "outreach init" in answer.text


def test_the_access_log_names_the_route_and_never_the_query(signed_in: SignedIn) -> None:
    with capture_logs() as logs:
        signed_in("ana").get("/accounts?q=a+secret+customer")
    assert logs[-1]["route"] == "/accounts"
    assert "secret" not in json.dumps(logs)


@pytest.mark.parametrize("path", ["/sign-in", "/inbox", "/nowhere", "/healthz"])
def test_every_answer_is_hardened(signed_in: SignedIn, path: str) -> None:
    headers = signed_in("ana").get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["frame-ancestors"] == policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"


@pytest.mark.parametrize("path", ["/sign-in", "/desk", "/accounts/3", "/inbox", "/board"])
def test_nothing_is_inline(signed_in: SignedIn, path: str) -> None:
    page = signed_in("sam").get(path).text
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick" not in page
    assert page.count("<script") == page.count("<script defer src=")
