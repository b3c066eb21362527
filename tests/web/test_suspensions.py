"""The suspension pages: who sees which case, what may be decided, and what is said when it may not."""

import csv
import io

import pytest
from sqlalchemy import select

from outreach.campaigns.suspension import daily
from outreach.ledger import suspension_list
from outreach.ledger.suspensions import SuspensionCase, SuspensionTransition
from outreach.office import Office
from tests.web.conftest import Person, SignedIn

RIDGE, OAK = 3, 8


@pytest.fixture
def case_id(office: Office) -> int:
    """Ridgeway is a candidate, and so are Lakeside and nobody else of the cast."""
    daily.run(office.ledger, now=office.clock.now())
    with office.ledger.reading() as session:
        query = select(SuspensionCase.id).where(SuspensionCase.account_id == RIDGE)
        return session.scalars(query).one()


def decide(person: Person, case_id: int, deed: str, **form: object) -> tuple[int, str]:
    answer = person.post(f"/suspensions/{case_id}/{deed}", **{"reason": "no answer", **form})
    return answer.status_code, answer.text


def state(office: Office, case_id: int) -> str:
    with office.ledger.reading() as session:
        return session.get_one(SuspensionCase, case_id).state


def test_the_agenda_by_state(signed_in: SignedIn, case_id: int) -> None:
    page = signed_in("sam").get("/suspensions").text
    assert "Candidate, to be decided: 2" in page
    assert "Ridgeway Logistics" in page
    assert "15,000.00 USD" in page
    assert "Wed Nov 25" in page


def test_a_page_is_cut_and_the_agenda_is_not(
    signed_in: SignedIn, case_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspension_list, "MOST", 1)
    assert "These are the first" in signed_in("sam").get("/suspensions").text
    agenda = signed_in("sam").get("/suspensions/agenda?format=csv").text
    assert len(list(csv.DictReader(io.StringIO(agenda)))) == 2


def test_an_account_leads_to_its_case(signed_in: SignedIn, case_id: int) -> None:
    page = signed_in("ana").get(f"/accounts/{RIDGE}").text
    assert f'href="/suspensions/{case_id}">suspension: candidate</a>' in page
    assert "suspension:" not in signed_in("ana").get("/accounts/1").text


def test_a_rep_sees_their_own_only(signed_in: SignedIn, case_id: int) -> None:
    assert "Ridgeway" in signed_in("ana").get("/suspensions").text
    assert "Ridgeway" not in signed_in("ben").get("/suspensions").text
    assert signed_in("ben").get(f"/suspensions/{case_id}").status_code == 404
    assert decide(signed_in("ben"), case_id, "recommend")[0] == 404
    assert "Ridgeway" in signed_in("cay").get("/suspensions").text, "cay covers for ana"


def test_from_the_recommendation_to_the_posted_notice(
    office: Office, signed_in: SignedIn, case_id: int
) -> None:
    ana, sam = signed_in("ana"), signed_in("sam")
    page = ana.get(f"/suspensions/{case_id}").text
    assert "Recommend <kbd>" in page
    assert "Approve <kbd>" not in page
    assert "Withdraw <kbd>" not in page
    assert decide(ana, case_id, "recommend")[0] == 303
    assert "You have recommended it: a supervisor approves." in ana.get(f"/suspensions/{case_id}").text
    assert decide(sam, case_id, "approve")[0] == 303
    code, text = decide(ana, case_id, "posted")
    assert (code, "Attach the document that shows it." in text) == (422, True)
    assert "no answer" in text, "what was typed is still there"
    receipt = (io.BytesIO(b"%PDF- a receipt"), 'C:\\scans\\re"ceipt\r\n.pdf')
    assert decide(ana, case_id, "posted", document=receipt)[0] == 303
    assert state(office, case_id) == "noticed"
    page = ana.get(f"/suspensions/{case_id}").text
    assert "Mon Dec 7" in page
    assert "was posted <kbd>" not in page, "the second notice is for Nov 30"
    code, text = decide(ana, case_id, "posted-2", document=(io.BytesIO(b"x"), "x.pdf"))
    assert (code, "too early: the second notice is for 2026-11-30" in text) == (422, True)
    with office.ledger.reading() as session:
        last = session.scalars(select(SuspensionTransition).order_by(SuspensionTransition.id.desc())).first()
        assert last
    answer = ana.get(f"/suspensions/{case_id}/documents/{last.id}")
    assert answer.data == b"%PDF- a receipt"
    assert answer.mimetype == "application/octet-stream"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert signed_in("ben").get(f"/suspensions/{case_id}/documents/{last.id}").status_code == 404


def test_who_recommends_does_not_approve(office: Office, signed_in: SignedIn, case_id: int) -> None:
    sam = signed_in("sam")
    decide(sam, case_id, "recommend")
    page = sam.get(f"/suspensions/{case_id}").text
    assert "another supervisor approves" in page
    assert decide(sam, case_id, "approve")[0] == 422
    assert decide(signed_in("ada"), case_id, "approve")[0] == 303
    assert state(office, case_id) == "approved"


@pytest.mark.parametrize(
    ("deed", "reason", "words"),
    [
        ("withdraw", "because", "ask a supervisor"),
        ("recommend", "  ", "Say why"),
        ("confirm", "because", "ask a supervisor"),
        ("posted", "because", "candidate"),
    ],
)
def test_what_is_not_allowed_is_said_in_words(
    office: Office, signed_in: SignedIn, case_id: int, deed: str, reason: str, words: str
) -> None:
    code, text = decide(signed_in("ana"), case_id, deed, reason=reason)
    assert (code, words in text) == (422, True)
    assert state(office, case_id) == "candidate"


def test_what_is_no_deed_does_not_exist(signed_in: SignedIn, case_id: int) -> None:
    assert decide(signed_in("sam"), case_id, "destroy")[0] == 404
    assert decide(signed_in("sam"), 10**30, "withdraw")[0] == 404
    assert signed_in("sam").get(f"/suspensions/{10**30}").status_code == 404
    assert signed_in("sam").get(f"/suspensions/{case_id}/documents/999").status_code == 404


def test_words_are_words(office: Office, signed_in: SignedIn, case_id: int) -> None:
    attack = "<script>alert(1)</script>"
    decide(signed_in("ana"), case_id, "recommend", reason=attack)
    page = signed_in("sam").get(f"/suspensions/{case_id}").text
    assert attack not in page
    assert "&lt;script&gt;" in page


def test_agenda_and_minutes_leave_as_files(signed_in: SignedIn, case_id: int) -> None:
    ana = signed_in("ana")
    decide(ana, case_id, "recommend", reason="=HYPERLINK(1)")
    rows = list(csv.DictReader(io.StringIO(ana.get("/suspensions/agenda?format=csv").text.lstrip("\ufeff"))))
    assert [(row["state"], row["account"], row["unpaid"]) for row in rows] == [
        ("recommended", "RIDGE", "15000.00"),
        ("candidate", "LAKE", "450.00"),
    ]
    [row] = csv.DictReader(io.StringIO(ana.get("/suspensions/minutes?format=csv").text.lstrip("\ufeff")))
    assert (row["by"], row["what"], row["reason"]) == ("ana", "recommended", "'=HYPERLINK(1)")
    text = ana.get("/suspensions/agenda").text
    assert text.startswith("Suspensions: agenda of 2026-11-25\n\nRecommended, to be decided: 1\n")
    assert "nothing was decided" in signed_in("ben").get("/suspensions/minutes").text.lower()
