import pytest

from outreach.rules.steps import LADDER, STEPS, Purpose, step

# product.md 3, word for word
PURPOSES = {
    Purpose.DUNNING: "followup_5 followup_15 final_overdue aged_mrr overdue_31 broken_promise",
    Purpose.REMINDER: "pre_due_7 pre_due_3 promise_check instalment_check",
    Purpose.STATEMENT: "statement",
    Purpose.SERVICE: "final_check introduction callback voicemail_return reply_waiting confirmation answer",
    Purpose.NOTICE: "suspension_notice_1 suspension_notice_2 suspension_notice_final",
}
# product.md 2, "Highest: for letters"; a confirmation and an answer go by themselves
LETTERS = (
    "statement final_check broken_promise final_overdue aged_mrr overdue_31 followup_15 followup_5 "
    "instalment_check promise_check pre_due_3 pre_due_7 introduction confirmation answer"
)
# product.md 2, "Tiers"
TIERS = {
    "callback": 0,
    "voicemail_return": 0,
    "reply_waiting": 0,
    "introduction": 0,
    "suspension_notice_1": 0,
    "broken_promise": 1,
    "final_overdue": 2,
    "aged_mrr": 3,
    "overdue_31": 4,
    "final_check": 5,
    "followup_15": 6,
    "followup_5": 7,
}


def test_every_step_has_the_purpose_of_the_book() -> None:
    found = {purpose: {s.name for s in STEPS.values() if s.purpose is purpose} for purpose in Purpose}
    assert found == {purpose: set(names.split()) for purpose, names in PURPOSES.items()}


def test_letters_decide_in_the_order_of_the_book() -> None:
    mailed = [s for s in STEPS.values() if s.email]
    ordered = [s.name for s in sorted(mailed, key=lambda s: -1 if s.letter is None else s.letter)]
    assert ordered[:3] == ["suspension_notice_final", "suspension_notice_2", "suspension_notice_1"]
    assert ordered[3:] == LETTERS.split()
    assert len({s.letter for s in mailed}) == len(mailed)


@pytest.mark.parametrize(("name", "tier"), TIERS.items())
def test_tiers(name: str, tier: int) -> None:
    assert step(name).tier == tier


def test_what_has_a_call_has_a_tier_and_what_has_a_letter_has_its_place() -> None:
    for s in STEPS.values():
        assert s.call == (s.tier is not None), s.name
        assert s.email == (s.letter is not None), s.name


def test_an_invoices_ladder() -> None:
    names = [s.name for s in LADDER]
    assert names == ["pre_due_7", "pre_due_3", "followup_5", "followup_15", "overdue_31"]
    assert [s.rung for s in LADDER] == [1, 2, 3, 4, 5]


def test_an_unknown_step_is_an_error() -> None:
    with pytest.raises(KeyError):
        step("followup_6")
