"""The board's key figures: those of the metrics, each beside its target, with a way to formula and inputs."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from outreach.ledger import figures, policies
from outreach.ledger.imports import Import
from outreach.ledger.receivables import Account
from outreach.ledger.sales import CreditSales
from outreach.office import Office
from outreach.reports.figures import refresh
from outreach.reports.key_figures import TITLES
from outreach.reports.metrics import metrics
from tests.web.board_rows import fill
from tests.web.cast import NOW, POLICY, TODAY
from tests.web.conftest import Person, SignedIn

SHOWN = re.compile(
    r'<dt><a id="[^"]+" href="/board/figures#(\w+)">([^<]+)</a></dt>\s*<dd><strong([^>]*)>([^<]*)<'
)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def sam(office: Office, signed_in: SignedIn) -> Person:
    """A supervisor of a book whose files reach back, with its credit sales stated."""
    with office.ledger.writing() as session:
        fill(session)
        session.execute(update(Import).values(as_of=date(2026, 9, 1)))
        for month in (7, 8, 9, 10, 11):
            stated = {"currency": "USD", "amount_minor": 3_300_000, "stated_at": NOW, "stated_by": "op"}
            session.add(CreditSales(month=date(2026, month, 1), **stated))
    refresh(office.ledger, NOW)
    return signed_in("sam")


def told(office: Office) -> dict[str, Any]:
    with office.ledger.reading() as session:
        return metrics(session, TODAY, policies.in_force(session), NOW)


def test_the_board_shows_what_the_metrics_say(office: Office, sam: Person) -> None:
    shown = {name: (title, value) for name, title, _, value in SHOWN.findall(sam.get("/board").text)}
    assert list(shown) == [name for name in TITLES if name != "add"]
    document = told(office)
    for name, (title, value) in shown.items():
        one = document["explained"][name]
        assert (title, value) == (TITLES[name], f"{one['value']:,.2f} {one['unit']}")


def test_a_figure_without_a_value_leads_to_the_reason(office: Office, sam: Person) -> None:
    with office.ledger.writing() as session:
        session.execute(update(CreditSales).values(currency="JPY", stated_at=LATER))
    assert refresh(office.ledger, LATER + timedelta(minutes=1)), "what was stated since makes a new set"
    shown = {name: value for name, _, _, value in SHOWN.findall(sam.get("/board").text)}
    assert shown["dso_simple"] == "–"
    assert "open items alone do not tell them" in sam.get("/board/figures").text


def test_a_harder_target_makes_a_new_set(office: Office, sam: Person) -> None:
    assert 'class="good"' in _verdict(sam, "dso_simple")
    with office.ledger.writing() as session:
        by_the_wall = NOW + timedelta(days=999)  # the demo's clock may be far behind
        policies.load(session, POLICY + "[targets]\ndso = 20\n", actor="test", why="harder", now=by_the_wall)
    assert refresh(office.ledger, LATER)
    assert not refresh(office.ledger, LATER), "once is enough"
    assert 'class="behind"' in _verdict(sam, "dso_simple")


def _verdict(person: Person, name: str) -> str:
    found = {one: verdict for one, _, verdict, _ in SHOWN.findall(person.get("/board").text)}
    return str(found[name])


def test_each_figure_stands_with_its_formula_and_inputs(office: Office, sam: Person) -> None:
    page = sam.get("/board/figures").text
    for one in told(office)["by_currency"]["USD"]["explained"].values():
        for words in (one["formula"], *one["inputs"].values()):
            assert words.replace("'", "&#39;") in page
    assert page.index(">USD<") < page.index(">EUR<"), "ours first"


def test_the_page_names_the_accounts_that_would_close_the_gap(office: Office, sam: Person) -> None:
    assert "close the gap" not in sam.get("/board/figures").text
    with office.ledger.writing() as session:
        document = POLICY + "[targets]\noverdue_31 = 10000.00\n"
        policies.load(session, document, actor="test", why="harder", now=LATER)
    refresh(office.ledger, LATER + timedelta(minutes=1))
    page = sam.get("/board/figures").text
    assert "close the gap of 5,700.00 USD" in page
    assert 'href="/accounts?q=RIDGE"' in page


def test_who_is_routinely_late_is_marked_and_listed(office: Office, sam: Person) -> None:
    with office.ledger.reading() as session:
        marked = set(session.scalars(select(Account.number).where(Account.routinely_late)))
    assert marked == {one["account"] for one in told(office)["routinely_late"]} > {"RIDGE"}
    assert sam.get("/board/routinely-late").text.count("<tr>") == len(marked) + 1


def test_before_the_first_figures_the_page_says_so(office: Office, signed_in: SignedIn) -> None:
    assert "within a minute of the first import" in signed_in("sam").get("/board/figures").text


def test_a_set_made_before_there_were_any_shows_none(office: Office, sam: Person) -> None:
    with office.ledger.writing() as session:
        session.execute(update(figures.FigureSet).values(explained={}))
    assert SHOWN.findall(sam.get("/board").text) == []
    assert sam.get("/board/figures").status_code == 200
