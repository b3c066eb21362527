"""What letters say: every step, whatever the account looks like, and nothing that it must not."""

import re
import shutil
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.mail.composing import REPLY_ABOVE, Composed, compose, one_line, shipped
from outreach.mail.facts import Answered, Case, Facts, Instalment, Promised, Said, Section, Signer
from outreach.mail.letter_templates import SHIPPED, LetterError, Templates
from outreach.mail.lines import Line, sums_of
from outreach.rules import money
from outreach.rules.commitments import Held
from outreach.rules.steps import STEPS, Purpose
from tests.mail.given import DAY, WE, facts, line, section

EMAILING = tuple(sorted(name for name, step in STEPS.items() if step.email))
NOTICES = tuple(name for name in EMAILING if STEPS[name].purpose is Purpose.NOTICE)
QUIET = ("introduction", "answer")
"""asks for no money"""
SUBJECTS: dict[str, Any] = {
    "promised": (Promised(300_00, "USD", DAY + timedelta(1)),),
    "broken": (Promised(300_00, "USD", DAY - timedelta(4)),),
    "instalment": Instalment(125_00, "USD", DAY + timedelta(1), 2, 3),
    "case": Case(DAY - timedelta(7), DAY + timedelta(7)),
    "answer": Answered("Re: Your letter", "The copies are attached."),
}
"""All that some step speaks of besides invoices."""


def whole(step: str, *sections: Section, **more: Any) -> Facts:
    """A letter's facts with all that any step speaks of."""
    return facts(step, *sections, **{**SUBJECTS, **more})


def ripe(step: str, number: str = "INV-7", minor: int = 99_900) -> Line:
    """An invoice that every step may be about; the pre-dues' is not due yet."""
    return line(number, -5 if step.startswith("pre_due") else 40, minor, kind="final", about=True)


def written(letter: Facts) -> Composed:
    return compose(letter, WE, shipped())


def plain(composed: Composed) -> str:
    return " ".join(composed.text.split())


class Words(HTMLParser):
    """The words of an HTML page, and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def __str__(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_every_emailing_step_has_a_letter_and_callback_has_none() -> None:
    assert set(shipped()) == set(EMAILING)
    assert len(EMAILING) == 18
    with pytest.raises(LetterError, match="no letter for the step callback"):
        compose(facts("callback"), WE, shipped())


@pytest.mark.parametrize("step", EMAILING)
def test_what_every_letter_has(step: str) -> None:
    letter = written(whole(step, section(ripe(step))))

    for form in (plain(letter), str(Words(letter.html))):
        assert REPLY_ABOVE in form
        assert "Dear Maria Ortiz" in form
        assert "INV-7" in form
        assert "999.00 USD" in form
        assert ("ACH or check" in form) == (step not in QUIET)
        assert ("may have crossed with this letter" in form) == (step not in QUIET)
        assert "100 Example Street, New York, NY 10001" in form
        assert "reply with the word “stop”" in form
        assert "Ana Lopez" in form
    assert ("https://pay.example.com/" in letter.text) == (step not in QUIET)
    assert ('href="https://pay.example.com/"' in letter.html) == (step not in QUIET)
    assert letter.template.startswith(f"{step}@")


@pytest.mark.parametrize("step", EMAILING)
def test_no_letter_threatens(step: str) -> None:
    """No "suspend" without an approved case (product.md 5), nor anything like it, nor worse with one."""
    days = -5 if step.startswith("pre_due") else 400
    letter = written(whole(step, section(line("INV-7", days, kind="final", about=True))))
    never = r"disconnect|legal|attorney|lawyer|court|lawsuit|agency|credit bureau|penalt|interest|fee\b"
    forbidden = re.compile(never if step in NOTICES else f"suspen|{never}", re.IGNORECASE)
    assert not forbidden.search(letter.subject + letter.text + letter.html)


def test_each_step_reads_differently() -> None:
    letters = {step: written(whole(step, section(ripe(step)))) for step in EMAILING}
    assert len({letter.subject for letter in letters.values()}) == len(EMAILING)
    assert len({letter.text.split("\n\n")[2] for letter in letters.values()}) == len(EMAILING)


def test_invoices_each_with_their_own_days() -> None:
    letter = written(
        facts("followup_15", section(line("INV-A", 17, 100_00), line("INV-B", 12, 200_00, po_number="77")))
    )
    rows = [row.split() for row in letter.text.splitlines() if row.startswith("INV-")]
    assert rows == [
        ["INV-A", "6", "Nov", "2026", "17", "100.00", "USD"],
        ["INV-B", "11", "Nov", "2026", "12", "200.00", "USD"],
    ]
    assert "PO 77" in letter.text
    assert letter.subject == "2 invoices up to 17 days past due: 300.00 USD"


def test_what_is_held_and_what_is_credited_is_not_asked() -> None:
    held = line("INV-B", 12, 200_00, held=Held(disputed=150_00))
    letter = written(facts("followup_5", section(line("INV-A", 6, 100_00), held, line("CM-1", 5, -30_00))))
    assert letter.subject == "2 invoices past due: 120.00 USD"
    assert "150.00 USD in dispute" in letter.text
    assert re.search(r"Not asked for here +-150.00 USD", letter.text)
    assert re.search(r"Your credits +-30.00 USD", letter.text)
    assert re.search(r"To pay now +120.00 USD", letter.text)


def test_currencies_are_never_added() -> None:
    letter = written(facts("followup_5", section(line("A", 6, 100_00), line("B", 6, 9_000, "JPY"))))
    assert letter.subject == "2 invoices past due: 9,000 JPY and 100.00 USD"


def test_a_section_for_each_account() -> None:
    two = (section(line("A")), section(line("B"), id=2, name="Harbor East", number="1002"))
    letter = written(facts("followup_5", *two))
    assert "Harbor Clinic (account 1001)" in letter.text
    assert "Harbor East (account 1002)" in letter.text
    assert "the accounts above" in plain(letter)


def test_what_was_said_and_what_was_promised() -> None:
    letter = facts(
        "followup_15",
        said=Said(date(2026, 11, 13), "Maria Ortiz", "asked us to call back."),
        broken=(
            Promised(300_00, "USD", date(2026, 11, 19)),
            Promised(500_00, "USD", date(2026, 11, 12), 200_00),
        ),
        promised=(Promised(100_00, "USD", date(2026, 11, 27)),),
        voicemail=True,
    )
    for form in (plain(written(letter)), str(Words(written(letter).html))):
        assert "On 13 November 2026 Maria Ortiz asked us to call back." in form
        assert "We had noted a payment of 300.00 USD for 19 November 2026. It has not reached us." in form
        assert "500.00 USD for 12 November 2026. Of it, 200.00 USD has reached us." in form
        assert "Thank you for the payment of 100.00 USD that you have promised for 27 November 2026." in form
        assert "We have also left you a voice message today." in form


def test_a_statement_ages_everything_open() -> None:
    lines = (line("A", -5, 100_00), line("B", 6, 200_00), line("C", 95, 400_00), line("CM", 33, -50_00))
    letter = written(facts("statement", section(*lines), also_dunning=True))
    rows = dict(re.findall(r"^(Not yet due|\S+ days|Total) +(-?[\d.,]+)$", letter.text, re.MULTILINE))
    assert rows == {
        "Not yet due": "100.00",
        "1-30 days": "200.00",
        "31-60 days": "-50.00",
        "61-90 days": "0.00",
        "91+ days": "400.00",
        "Total": "650.00",
    }
    assert "not in question: 550.00 USD" in plain(letter)


def test_a_final_check_that_is_not_due_asks_for_no_money() -> None:
    letter = written(facts("final_check", section(line("F-1", -12, kind="final", about=True))))
    assert letter.subject == "Final invoice F-1: received?"
    assert "To pay now" not in letter.text
    assert "Pay online" not in letter.html


LEFT_OVER = re.compile(r"\{[{%]|None|Undefined")
"""what a template shows of a fact it misses"""
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60).filter(
    lambda name: not LEFT_OVER.search(name)
)
LINES = st.builds(
    line,
    number=NAMES,
    days=st.integers(-40, 400),
    minor=st.integers(-(10**9), 10**12).filter(bool),
    currency=st.sampled_from(["USD", "EUR", "JPY", "KWD"]),
    kind=st.sampled_from(["standard", "mrr", "final"]),
    po_number=NAMES,
    held=st.builds(Held, *[st.integers(0, 10**6)] * 5),
    about=st.booleans(),
)
SECTIONS = st.builds(lambda lines, name: section(*lines, name=name), st.lists(LINES, max_size=8), NAMES)


@settings(max_examples=150, deadline=None)
@given(
    step=st.sampled_from(EMAILING),
    sections=st.lists(SECTIONS, min_size=1, max_size=3),
    contact=NAMES | st.just(""),
)
def test_every_template_for_every_account(step: str, sections: list[Section], contact: str) -> None:
    """No missing fact, no markup of theirs, one line of subject, and figures that add up."""
    letter = whole(step, section(ripe(step)), *sections, contact=contact)
    composed = written(letter)

    assert composed.subject == one_line(composed.subject, "subject").strip()
    assert len(composed.subject) > 10
    words = str(Words(composed.html))
    for name in [contact, *(one.name for one in sections)]:
        assert " ".join(name.split()) in words
    assert not LEFT_OVER.search(composed.text)
    for sums in [sums for one in letter.sections for sums in one.sums]:
        assert sum(minor for _, minor in sums.buckets) == sums.open_minor
        assert sums.asked_minor == max(0, sums.past_due_minor - sums.held_minor - sums.credit_minor)
    for box in letter.boxes:
        assert f"{box.words}:  {money.words(box.minor, box.currency)}" in composed.text
        assert money.words(box.minor, box.currency) in words


@pytest.mark.parametrize("step", EMAILING)
def test_markup_in_a_name_stays_a_name(step: str) -> None:
    evil = "<script>alert(1)</script><a href='https://evil.example'>pay here</a> & Sons"
    signer = Signer(evil, evil, "ana@example.com")
    about = replace(ripe(step, evil), po_number=evil)
    letter = written(replace(whole(step, section(about, name=evil), contact=evil), signer=signer))
    parsed = Words(letter.html)
    assert "script" not in parsed.tags
    assert "https://evil.example" not in re.findall(r'href="([^"]+)"', letter.html)
    assert evil in " ".join(parsed.words)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x85", "\u2028"])
def test_no_line_break_gets_into_a_header(end: str) -> None:
    number = f"INV{end}Bcc: all@example.com"
    for step in ("final_overdue", "pre_due_3"):
        with pytest.raises(LetterError, match="the subject holds a line break"):
            written(whole(step, section(ripe(step, number))))


# The figures of each


@pytest.mark.parametrize("step", EMAILING)
def test_forty_invoices_in_two_currencies(step: str) -> None:
    ripe_ = ripe(step)
    forty = [replace(ripe_, number=f"INV-{n:02}", currency="EUR" if n % 2 else "USD") for n in range(40)]
    letter = whole(step, section(*forty))
    composed = written(letter)
    assert all(
        f"INV-{n:02}" in form for n in range(40) for form in (composed.text, str(Words(composed.html)))
    )
    totals = [(box.minor, box.currency) for box in letter.boxes]
    own = {
        "promise_check": [(300_00, "USD")],
        "instalment_check": [(125_00, "USD")],
        "introduction": [],
        "answer": [],
    }
    assert totals == own.get(step, [(20 * 99_900, "EUR"), (20 * 99_900, "USD")])
    assert "39,960.00" not in composed.text  # never added up


MISSING = (
    *((step, {"case": None}, "no approved case") for step in NOTICES),
    ("suspension_notice_2", {"case": Case()}, "no deadline"),
    ("suspension_notice_final", {"case": Case(DAY)}, "no deadline"),
    ("promise_check", {"promised": ()}, "no promise is open"),
    ("broken_promise", {"broken": ()}, "no promise is broken"),
    ("instalment_check", {"instalment": None}, "no instalment"),
    ("answer", {"answer": None}, "no answer"),
)


@pytest.mark.parametrize(("step", "without", "why"), MISSING)
def test_what_is_missing_is_not_invented(step: str, without: dict[str, Any], why: str) -> None:
    with pytest.raises(LetterError, match=why):
        written(whole(step, section(ripe(step)), **without))


@pytest.mark.parametrize("step", ["pre_due_7", "pre_due_3", "final_check", "final_overdue"])
def test_no_letter_about_an_invoice_that_is_not_there(step: str) -> None:
    with pytest.raises(LetterError, match="no"):
        written(whole(step, section(line(days=12))))


ASKING = [name for name in EMAILING if STEPS[name].purpose in (Purpose.DUNNING, Purpose.NOTICE)]


@pytest.mark.parametrize("step", ASKING)
@pytest.mark.parametrize(
    "lines",
    [
        (line("A", 40, 100_00, kind="final", about=True, held=Held(disputed=100_00)),),
        (line("A", 40, 100_00, kind="final", about=True), line("CM", 40, -100_00)),
        (line("A", 0, 100_00, kind="final", about=True),),
    ],
    ids=["held", "credited", "not past due"],
)
def test_nothing_is_asked_where_nothing_is(step: str, lines: tuple[Line, ...]) -> None:
    with pytest.raises(LetterError, match="nothing to ask for"):
        written(whole(step, section(*lines)))


def test_an_invoice_that_comes_due() -> None:
    ahead = line("INV-8", -7, 500_00, about=True, held=Held(claimed=100_00))
    letter = written(whole("pre_due_7", section(ahead, line("INV-9", 2, 70_00))))
    assert letter.subject == "Coming due on 30 November 2026: invoice INV-8, 400.00 USD"
    assert "Due on 30 November 2026:  400.00 USD" in letter.text
    both = section(ahead, line("INV-9", -8, 100_00, about=True))
    assert written(whole("pre_due_3", both)).subject == "2 invoices due from 30 November 2026: 500.00 USD"
    assert "Due soon:  500.00 USD" in written(whole("pre_due_3", both)).text


def test_a_promise_that_was_kept_in_part() -> None:
    part = (Promised(500_00, "USD", DAY - timedelta(4), 200_00),)
    letter = written(whole("broken_promise", section(line(minor=300_00)), broken=part, promised=()))
    assert letter.subject == "Payment expected on 19 November 2026 is incomplete: 300.00 USD open"
    assert "200.00 USD of it has reached us; the rest has not." in plain(letter)
    assert "We had noted" not in letter.text


def test_a_suspension_notice_names_its_day_as_soon_as_it_is_known() -> None:
    first = written(whole("suspension_notice_1", section(line(days=40)), case=Case()))
    assert "within 14 days of the business day on which this letter reaches you" in plain(first)
    second = written(whole("suspension_notice_2", section(line(days=47))))
    assert "Our notice reached you on 16 November 2026." in plain(second)
    assert "The last day to pay is 30 November 2026." in plain(second)
    last = written(whole("suspension_notice_final", section(line(days=52))))
    assert last.subject.endswith("1,250.00 USD to be paid by 30 November 2026")


def test_an_introduction_asks_for_no_money() -> None:
    letter = written(whole("introduction", section(), promised=()))
    assert letter.subject == "Your contact for invoices at Meridian Supply Company: Ana Lopez"
    assert not re.search("past due|pay now|Invoice  ", letter.text)
    assert "you can reach me by a reply to this letter or at +1 213 555 0100" in plain(letter).replace(
        "You", "you"
    )


# Templates that must not be sent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(SHIPPED, tmp_path / "templates")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("{{ ''.__class__.__mro__ }}", None),
        ("{{ letter.__init__.__globals__ }}", None),
        ("{{ letter.lines.__class__ }}", None),
        ("{{ config }}", "nothing is called config"),
        ("{{ 'a' * 10**9 }}", "do not call, count or join"),
        ("{{ 'a'.ljust(1000000000) }}", "do not call, count or join"),
        ("{{ '%1000000000d' % 1 }}", "do not call, count or join"),
        ("{% for i in range(1000000000) %}{% endfor %}", "do not call, count or join"),
        ("{% for i in cycler %}{% endfor %}", "nothing is called cycler"),
        ("{% set a = we.name ~ we.name %}", "do not call, count or join"),
        ("{{ 'a' | center(1000000000) }}", "No filter named 'center'"),
        ("{{ 'a' | left(1000000000) }}", None),
        ("{% import 'words' as w %}", "do not call, count or join"),
        ("{{ letter.step | attr('__class__') }}", "No filter named 'attr'"),
        ("{% block", "expected token"),
        ("We may suspend your service.", "no letter may say"),
        ("{{ letter.nothing_of_the_kind }}", None),
    ],
)
def test_a_template_at_fault(folder: Path, words: str, why: str | None) -> None:
    """Refused when it is loaded, or when it is rendered, and at once; never sent."""
    page = folder / "followup_5.j2"
    page.write_text(page.read_text().replace("{% block ask %}", "{% block ask %}" + words))
    if why:
        with pytest.raises(LetterError, match=re.escape(why)):
            Templates(folder)
    elif "left" in words:
        assert len(compose(facts("followup_5"), WE, Templates(folder)).text) < 5_000
    else:
        templates = Templates(folder)
        with pytest.raises(LetterError, match="followup_5"):
            compose(facts("followup_5"), WE, templates)


def test_a_letter_has_an_end(folder: Path) -> None:
    page = folder / "followup_5.j2"
    endless = "{% for a in letter.lines %}{% for b in letter.lines %}{{ we.name }}{% endfor %}{% endfor %}"
    page.write_text(page.read_text().replace("{% block ask %}", "{% block ask %}" + endless))
    many = section(*[line(f"INV-{n}") for n in range(700)])
    with pytest.raises(LetterError, match="more than 3,000,000 characters"):
        compose(facts("followup_5", many), WE, Templates(folder))


def test_a_thousand_invoices_fit() -> None:
    letter = written(facts("statement", section(*[line(f"INV-{n}", n % 200) for n in range(1000)])))
    assert letter.text.count("INV-") == 1000


def test_sums_over_nothing() -> None:
    nothing: tuple[Line, ...] = ()
    assert sums_of(nothing) == ()
    assert written(facts("statement", section(line()), section(id=2))).subject == (
        f"Statement of account as of {DAY.day} November 2026"
    )


def test_an_answer_is_what_was_written_line_by_line() -> None:
    words = "Two things:\n- the copy is <b>attached</b>\n- {{ letter.address }} stays\n\nThank you."
    letter = written(facts("answer", answer=Answered("Re: A copy", words), voicemail=True))
    assert letter.subject == "Re: A copy"
    assert "Dear Maria Ortiz,\n\n" + words + "\n" in letter.text
    assert "- the copy is &lt;b&gt;attached&lt;/b&gt;<br>- {{ letter.address }} stays</p>" in letter.html
    assert "Ana Lopez" in letter.text
    assert "voice message" not in letter.text


def test_a_confirmation_claims_to_have_understood_only_what_was_said() -> None:
    said = facts("confirmation", said=Said(DAY, "Maria Ortiz", "asked us to call back."))
    assert "this is what we understood" in plain(written(said))
    assert "this is what we understood" not in plain(written(facts("confirmation")))
