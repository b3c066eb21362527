"""Letters as they left: shown to whom they concern, in a cage."""

import re

import pytest
from sqlalchemy import select

from outreach.ledger.base import Ledger
from outreach.ledger.letters import Letter
from outreach.ledger.touches import Touch
from outreach.office import Office
from tests.web.conftest import SignedIn
from tests.web.letter_rows import HTML, keep_letter


@pytest.fixture
def letter(office: Office) -> str:
    with office.ledger.writing() as session:
        return keep_letter(session, office.files)


def test_the_letter_is_shown_as_it_left(signed_in: SignedIn, letter: str) -> None:
    ana = signed_in("ana")
    page = ana.get(f"/letters/{letter}").text
    assert f'src="/letters/{letter}/as-sent"' in page
    assert re.search(r"<iframe[^>]* sandbox ", page)
    assert "ap@ridge.example" in page
    assert ana.get(f"/letters/{letter}/as-sent").text == HTML


def test_the_html_of_a_letter_is_caged(signed_in: SignedIn, letter: str) -> None:
    policy = signed_in("ana").get(f"/letters/{letter}/as-sent").headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy
    assert "frame-ancestors 'self'" in policy


def test_the_attached_pdf_is_handed_over_and_never_shown(signed_in: SignedIn, letter: str) -> None:
    answer = signed_in("ana").get(f"/letters/{letter}/attachment")
    assert answer.data == b"%PDF-1.4 a statement"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename=statement-2026-11-23.pdf"


@pytest.mark.parametrize("path", ["", "/as-sent", "/attachment"])
def test_a_letter_is_seen_by_those_it_speaks_for(signed_in: SignedIn, letter: str, path: str) -> None:
    statuses = {
        who: signed_in(who).get(f"/letters/{letter}{path}").status_code for who in ("ana", "ben", "sam")
    }
    assert statuses == {"ana": 200, "ben": 404, "sam": 200}


def test_one_letter_for_two_reps_accounts_is_seen_by_both(office: Office, signed_in: SignedIn) -> None:
    with office.ledger.writing() as session:
        letter_id = keep_letter(session, office.files, account_ids=(3, 8))
    assert signed_in("ben").get(f"/letters/{letter_id}").status_code == 200
    assert letter_id in signed_in("ben").get("/accounts/8").text
    assert letter_id in signed_in("ana").get("/accounts/3").text


def test_an_unconfirmed_letter_can_be_sent_again_once(
    office: Office, ledger: Ledger, signed_in: SignedIn
) -> None:
    with ledger.writing() as session:
        letter_id = keep_letter(session, office.files, state="unconfirmed")
    ana = signed_in("ana")
    assert f"/letters/{letter_id}/send-again" in ana.get("/inbox").text
    assert "send-again" not in signed_in("ben").get("/inbox").text
    assert signed_in("ben").post(f"/letters/{letter_id}/send-again").status_code == 404
    assert ana.post(f"/letters/{letter_id}/send-again").location == "/inbox"
    assert "send-again" not in ana.get("/inbox").text
    ana.post(f"/letters/{letter_id}/send-again")
    assert "Not sent again: ana has had it sent again already." in ana.get("/inbox").text
    with ledger.reading() as session:
        mail = select(Touch).where(Touch.account_id == 3, Touch.channel == "email", Touch.state == "open")
        assert len(session.scalars(mail).all()) == 1
        assert session.get_one(Letter, letter_id).sent_again_by == "ana"
