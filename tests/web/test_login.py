"""Signing in and out, and how long that lasts."""

from datetime import timedelta

import argon2
import pytest
from flask import Flask
from sqlalchemy import select, update

from outreach.app import create_app
from outreach.ledger import passwords, sign_ins
from outreach.ledger.base import Ledger
from outreach.ledger.people import FailedSignIn, User
from outreach.ledger.people import SignedIn as SessionRow
from outreach.office import Office
from tests.hand_clock import HandClock
from tests.web.cast import PASSWORD
from tests.web.conftest import Person, SignedIn, make_office


@pytest.mark.parametrize(("login", "home"), [("ana", "/desk"), ("sam", "/board"), ("ada", "/board")])
def test_home_is_where_ones_work_is(signed_in: SignedIn, login: str, home: str) -> None:
    assert signed_in(login).get("/").location == home


def test_home_of_a_stranger_is_sign_in(nobody: Person) -> None:
    assert nobody.get("/").location == "/sign-in"


@pytest.mark.parametrize(
    ("login", "password"), [("ana", "wrong password"), ("who", PASSWORD), ("", ""), ("ana'--", "x")]
)
def test_the_answer_never_says_what_was_wrong(nobody: Person, login: str, password: str) -> None:
    answer = nobody.sign_in(login, password)
    assert answer.status_code == 403
    assert "do not fit together" in answer.text


def test_who_has_left_cannot_sign_in(nobody: Person, ledger: Ledger) -> None:
    with ledger.writing() as session:
        session.execute(update(User).where(User.login == "ana").values(active=False))
    assert nobody.sign_in("ana").status_code == 403


def test_who_leaves_is_out_at_once(signed_in: SignedIn, ledger: Ledger) -> None:
    ana = signed_in("ana")
    with ledger.writing() as session:
        session.execute(update(User).where(User.login == "ana").values(active=False))
    assert ana.get("/inbox").location == "/sign-in"


def test_the_id_changes_at_sign_in(nobody: Person) -> None:
    nobody.sign_in("ana")
    first = nobody.cookie()
    nobody.sign_in("ana")
    assert nobody.cookie() != first


def test_an_id_planted_before_sign_in_is_worth_nothing(app: Flask, nobody: Person) -> None:
    nobody.get("/sign-in")
    planted = nobody.cookie()
    nobody.sign_in("ana")
    thief = Person(app.test_client())
    thief.client.set_cookie("outreach", planted)
    assert thief.get("/inbox").location == "/sign-in"


def test_sign_out_ends_the_session_on_the_server(app: Flask, signed_in: SignedIn, ledger: Ledger) -> None:
    ana = signed_in("ana")
    copied = ana.cookie()
    ana.post("/sign-out")
    thief = Person(app.test_client())
    thief.client.set_cookie("outreach", copied)
    assert thief.get("/inbox").location == "/sign-in"
    with ledger.reading() as session:
        assert session.scalars(select(SessionRow)).all() == []


def test_the_database_does_not_know_the_secret(signed_in: SignedIn, ledger: Ledger) -> None:
    ana = signed_in("ana")
    with ledger.reading() as session:
        row = session.scalars(select(SessionRow)).one()
    assert row.token_hash not in ana.cookie()


@pytest.mark.parametrize(
    ("idle", "stays"),
    [(timedelta(minutes=29), True), (timedelta(minutes=31), False)],
    ids=["29 min", "31 min"],
)
def test_thirty_minutes_of_silence_sign_out(
    signed_in: SignedIn, clock: HandClock, idle: timedelta, stays: bool
) -> None:
    ana = signed_in("ana")
    clock.ahead = idle
    assert (ana.get("/inbox").status_code == 200) is stays


def test_whoever_works_stays_signed_in_for_twelve_hours(signed_in: SignedIn, clock: HandClock) -> None:
    ana = signed_in("ana")
    for minutes in range(20, 12 * 60, 20):
        clock.ahead = timedelta(minutes=minutes)
        assert ana.get("/inbox").status_code == 200, f"after {minutes} minutes"
    clock.ahead = timedelta(hours=12)
    assert ana.get("/inbox").location == "/sign-in"


def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(signed_in: SignedIn, clock: HandClock) -> None:
    sam = signed_in("sam")
    for minutes in (10, 20, 29):
        clock.ahead = timedelta(minutes=minutes)
        sam.get("/board", **{"HX-Request": "true", "HX-Target": "figures"})
        sam.get("/live?name=board").close()
    clock.ahead = timedelta(minutes=31)
    late = sam.get("/board", **{"HX-Request": "true"})
    assert (late.status_code, late.headers["HX-Redirect"]) == (401, "/sign-in")


def test_ten_wrong_passwords_make_one_wait(nobody: Person, clock: HandClock) -> None:
    answers = [nobody.sign_in("ana", "wrong").status_code for _ in range(10)]
    assert answers[:5] == [403] * 5
    assert 429 in answers
    assert nobody.sign_in("ana").status_code == 429, "the right one waits too, or the wait would tell"
    clock.ahead = timedelta(minutes=16)
    assert nobody.sign_in("ana").status_code == 303


def test_the_wait_grows_and_says_how_long(nobody: Person, clock: HandClock) -> None:
    waits = []
    for _ in range(9):
        answer = nobody.sign_in("ana", "wrong")
        if answer.status_code == 429:
            waits.append(answer.text.split("Wait ")[1].split(" ")[0])
            clock.ahead += timedelta(seconds=int(waits[-1]))
    assert [int(wait) for wait in waits] == sorted(int(wait) for wait in waits)
    assert len(waits) >= 2


def test_one_address_cannot_try_many_logins(nobody: Person, ledger: Ledger, clock: HandClock) -> None:
    with ledger.writing() as session:
        for n in range(sign_ins.FREE_PER_ADDRESS):
            session.add(FailedSignIn(login=f"guess{n}", ip="127.0.0.1", at=clock.wall()))
    assert nobody.sign_in("ana").status_code == 429


def test_signing_in_forgives_ones_own_mistakes(nobody: Person, ledger: Ledger) -> None:
    nobody.sign_in("ana", "wrong")
    nobody.sign_in("ana")
    with ledger.reading() as session:
        assert session.scalars(select(FailedSignIn)).all() == []


def test_an_unknown_login_costs_as_much_as_a_known_one() -> None:
    decoy = argon2.extract_parameters(passwords._decoy())
    assert decoy == argon2.extract_parameters(passwords.hashed(PASSWORD))
    assert not passwords.fits("nobody has this password", None), "the decoy's own password opens nothing"


@pytest.mark.parametrize("base_url", ["https://outreach.example", "http://127.0.0.1:8000"])
def test_the_cookie_is_kept_from_scripts_and_other_sites(
    office: Office, clock: HandClock, base_url: str
) -> None:
    app = create_app(make_office(office.ledger, clock, office.files, base_url=base_url))
    with app.test_client() as client:
        cookie = client.get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) is base_url.startswith("https")


def test_behind_a_proxy_the_tries_are_counted_by_the_real_address(office: Office, clock: HandClock) -> None:
    app = create_app(make_office(office.ledger, clock, office.files, base_url="https://outreach.example"))
    client = app.test_client()
    token = Person(client).token()
    headers = {"X-Forwarded-For": "10.9.9.9, 203.0.113.7"}
    client.post("/sign-in", data={"csrf_token": token, "login": "ana", "password": "no"}, headers=headers)
    with office.ledger.reading() as session:
        assert [row.ip for row in session.scalars(select(FailedSignIn))] == ["203.0.113.7"]
