"""Every route is classified and every class holds: walked from the map of routes, so none slips by."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.routing import BaseConverter, IntegerConverter, Rule

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.base import Ledger
from outreach.ledger.inbox import Arrival, Event, store_many
from outreach.ledger.people import by_login
from outreach.ledger.receivables import Account
from outreach.ledger.scope import NotFound, scoped
from outreach.ledger.tasks import Task, open_task
from outreach.ledger.touches import Touch
from outreach.office import Office
from outreach.web.access import DOOR, RANK, allowed
from tests.web.case_rows import keep_case
from tests.web.conftest import Person, SignedIn
from tests.web.letter_rows import keep_letter
from tests.web.reply_rows import keep_reply
from tests.web.voicemail_rows import leave_voicemail

BOARD_LISTS = ("calls", "rep", "campaign", "stage", "kept_out", "aging", "left_out", "promises", "letters")
ONLY_ABOVE = (
    *("inbox.call_decided", "inbox.event_again", "inbox.event_put_away", "replies.assign"),
    *("imports.upload", "imports.columns", "imports.apply_it", "imports.discard_it"),
    *(f"board_lists.{name}" for name in BOARD_LISTS),
)
"""a call in doubt is a supervisor's to decide, reports name no account, a file names all of them, and the
board is no rep's"""
ROLES = {"ana": "rep", "sam": "supervisor", "ada": "admin"}


def routes(app: Flask, named: dict[str, Any] | None = None) -> Iterator[tuple[Rule, str, str]]:
    """Every route for people: rule, method, and a path of what is `named`, else of what does not exist."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(f"{DOOR}."):
            continue
        values = {name: _value(name, kind, named) for name, kind in rule._converters.items()}
        with app.test_request_context():
            path = app.url_for(rule.endpoint, **values)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield rule, method, path


def _value(name: str, kind: BaseConverter, named: dict[str, Any] | None) -> Any:
    if named is not None and name != "filename":
        return named[name]
    return 987_654 if isinstance(kind, IntegerConverter) else "nosuchthing"


def test_every_route_is_classified(app: Flask) -> None:
    unclassified = {rule.endpoint for rule, *_ in routes(app) if allowed(app, rule.endpoint) is None}
    assert unclassified == set()


def test_an_unclassified_route_is_closed_to_everybody(app: Flask, signed_in: SignedIn) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert signed_in("ada").get("/forgotten").status_code == 404


def test_nobody_is_sent_to_sign_in(app: Flask, nobody: Person) -> None:
    for rule, method, path in routes(app):
        if allowed(app, rule.endpoint) != "anyone":
            answer = nobody.client.open(path, method=method, data={"csrf_token": nobody.token()})
            assert (rule.rule, answer.status_code, answer.location) == (rule.rule, 303, "/sign-in")


@pytest.mark.parametrize("login", ROLES)
def test_what_a_role_may_not_open_does_not_exist(app: Flask, signed_in: SignedIn, login: str) -> None:
    person = signed_in(login)
    for rule, method, path in routes(app):
        needed = allowed(app, rule.endpoint)
        assert needed is not None
        if RANK[needed] > RANK[ROLES[login]]:
            answer = person.client.open(path, method=method, data={"csrf_token": person.token()})
            assert (rule.rule, answer.status_code) == (rule.rule, 404)


def test_a_change_is_never_made_by_get(app: Flask) -> None:
    methods = {method for _, method, _ in routes(app)}
    assert methods == {"GET", "POST"}
    for rule, method, _ in routes(app):
        if method == "GET":
            assert "POST" not in (rule.methods or set()), "one view answers one method"


def test_every_post_without_a_token_is_refused(app: Flask, signed_in: SignedIn) -> None:
    person = signed_in("ada")
    posts = [path for _, method, path in routes(app) if method == "POST"]
    assert {path: person.client.post(path).status_code for path in posts} == dict.fromkeys(posts, 400)


def test_every_post_from_another_site_is_refused(app: Flask, signed_in: SignedIn) -> None:
    person = signed_in("ada")
    form = {"csrf_token": person.token()}
    for rule, method, path in routes(app):
        if method == "POST":
            answer = person.client.post(path, data=form, headers={"Sec-Fetch-Site": "cross-site"})
            assert (rule.rule, answer.status_code) == (rule.rule, 403)


@pytest.fixture
def bens(office: Office) -> dict[str, Any]:
    """One of everything of Oakmont, which is ben's, by the name of the route's argument."""
    now = office.clock.now()
    with office.ledger.writing() as session:
        touch = session.scalars(select(Touch).where(Touch.account_id == 8)).one()
        attempt = CallAttempt(
            id="benscall",
            touch_id=touch.id,
            account_id=8,
            destination_id=touch.destination_id or 0,
            rep_id=touch.rep_id or 0,
            day=touch.day,
            step=touch.step,
            provider="twilio",
            requested_at=now,
            moved_at=now,
        )
        session.add(attempt)
        open_task(session, key="k", kind="x", title="x", due_on=touch.day, now=now, account_id=8)
        arrivals = [Arrival("k", "status", None, b"")]
        store_many(session, "twilio", arrivals, wall=now, state="parked")
        return {
            "account_id": 8,
            "touch_id": touch.id,
            "attempt_id": attempt.id,
            "letter_id": keep_letter(session, office.files, account_ids=(8,)),
            "task_id": session.scalars(select(Task.id).where(Task.account_id == 8)).one(),
            "upload_id": "nosuchfile",
            "reply_id": keep_reply(session, office.files, account_id=8),
            "n": 2,
            "event_id": session.scalars(select(Event.id)).one(),
            "login": "ben",
            "what": "calls",
            "campaign_id": f"{touch.day}.{touch.step}",
            "stage": "calls",
            "channel": "call",
            "rule": "no rep",
            "bucket": "1-30",
            "which": "today",
            "state": "accepted",
            **keep_case(session, office.files, 8, now),
            "deed": "recommend",
            "voicemail_id": leave_voicemail(session, office.files, "+13035550108"),
        }


@pytest.mark.parametrize(("login", "sees"), [("ana", False), ("ben", True), ("sam", True)])
def test_what_is_another_reps_does_not_exist(
    app: Flask, signed_in: SignedIn, bens: dict[str, Any], login: str, sees: bool
) -> None:
    """Every route that names a thing, with a thing of ben's: a route with a new argument fails here."""
    person = signed_in(login)
    for rule, method, path in routes(app, bens):
        if not rule._converters or rule.endpoint == "static" or (sees and rule.endpoint in ONLY_ABOVE):
            continue
        answer = person.client.open(path, method=method, data={"csrf_token": person.token()})
        assert (rule.rule, answer.status_code == 404) == (rule.rule, not sees)


OTHERS = ("/accounts/8", "/accounts/9")
"""of another rep; of none"""


@pytest.mark.parametrize("path", OTHERS)
def test_a_rep_does_not_see_what_is_not_theirs(signed_in: SignedIn, path: str) -> None:
    assert signed_in("ana").get(path).status_code == 404
    assert signed_in("sam").get(path).status_code == 200


def test_a_rep_sees_their_own_and_whom_they_cover(signed_in: SignedIn) -> None:
    assert signed_in("ana").get("/accounts/1").status_code == 200
    assert signed_in("cay").get("/accounts/1").status_code == 200
    assert signed_in("ben").get("/accounts/1").status_code == 404


def test_a_search_finds_only_what_one_may_see(signed_in: SignedIn) -> None:
    assert "Oakmont" not in signed_in("ana").get("/accounts?q=o").text
    assert "Oakmont" in signed_in("sam").get("/accounts?q=o").text


def test_a_search_with_one_answer_goes_there(signed_in: SignedIn) -> None:
    assert signed_in("ana").get("/accounts?q=harb").location == "/accounts/1"
    assert signed_in("ana").get("/accounts?q=%25").status_code == 200, "a percent sign is no wildcard"


@pytest.mark.parametrize(("login", "sees"), [("ana", False), ("ben", True), ("sam", True)])
def test_rows_are_out_of_sight_too(app: Flask, ledger: Ledger, login: str, sees: bool) -> None:
    with ledger.reading() as session:
        user = by_login(session, login)
        assert user
        scope = scoped(session, user)
        if sees:
            assert scope.account(8).name == "Oakmont Hotels"
        else:
            with pytest.raises(NotFound):
                scope.account(8)


@pytest.fixture
def family(ledger: Ledger) -> None:
    """Oakmont, which is ben's, becomes a child of Harbor, which is ana's."""
    with ledger.writing() as session:
        session.execute(update(Account).where(Account.id == 8).values(parent_id=1))


def test_a_parent_and_its_children_are_seen_together(signed_in: SignedIn, family: None) -> None:
    assert signed_in("ana").get("/accounts/8").status_code == 200
    assert signed_in("ben").get("/accounts/1").status_code == 200
    assert signed_in("ben").get("/accounts/2").status_code == 404
    assert "Called and written to with" in signed_in("ana").get("/accounts/1").text


def test_the_desk_shows_what_the_children_owe(signed_in: SignedIn, family: None) -> None:
    page = signed_in("ana").get("/desk/1").text
    assert "INV-1001" in page
    assert "INV-2001 <small>OAK</small>" in page


def test_a_call_planned_for_one_is_seen_though_the_account_changed_hands(
    ledger: Ledger, signed_in: SignedIn
) -> None:
    with ledger.writing() as session:
        session.execute(update(Account).where(Account.id == 1).values(rep_id=None))
    assert signed_in("ana").get("/desk/1").status_code == 200
    assert signed_in("ben").get("/desk/1").status_code == 404
