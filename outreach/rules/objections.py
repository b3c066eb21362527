"""What the house, the account and the number or address say against a call or a letter.

One function a rule, None when it has nothing to say; the gate's table tells for which purposes it speaks.
"""

from datetime import UTC, time

from outreach.rules.calendar import DAY
from outreach.rules.commitments import Cover
from outreach.rules.standing import Answer, Case, day_words, defer, no
from outreach.rules.steps import (
    ANSWER,
    CALLBACK,
    INSTALMENT_CHECK,
    PRE_DUE_3,
    PRE_DUE_7,
    REPLY_WAITING,
    VOICEMAIL_RETURN,
)

_PRE_DUES = {PRE_DUE_7.name, PRE_DUE_3.name}
_ANSWERS = {CALLBACK.name, VOICEMAIL_RETURN.name, REPLY_WAITING.name, ANSWER.name, ""}

# The house


def kill_switch(case: Case) -> Answer | None:
    if case.standing.kill_switch:
        return no("kill switch", "Everything is stopped: the kill switch is on.")
    return None


def paused(case: Case) -> Answer | None:
    if why := case.standing.paused:
        return no("paused", f"Paused by a supervisor: {why}.")
    return None


# The account


_BARRED = {
    "legal hold": "The account is under legal hold.",
    "insolvency": "They gave notice of insolvency: the account is held.",
    "outside agency": "The account is placed with an outside agency.",
}


def barred(case: Case) -> Answer | None:
    if bar := case.standing.barred:
        return no(bar, _BARRED[bar])
    return None


def barred_unasked(case: Case) -> Answer | None:
    """A person may still answer what they asked."""
    by_a_person = case.is_call or case.question.by_hand
    return None if by_a_person and case.question.step in _ANSWERS else barred(case)


def disputed(case: Case) -> Answer | None:
    """A dispute or a payment plan covers all that would be asked."""
    if case.standing.cover is Cover.DISPUTE:
        return no("held by dispute", "All of it is in dispute.")
    if case.standing.cover is Cover.PLAN:
        return no("held by plan", "A payment plan covers all of it.")
    return None


def disputed_reminder(case: Case) -> Answer | None:
    return None if case.question.step == INSTALMENT_CHECK.name else disputed(case)


def promised(case: Case) -> Answer | None:
    if case.standing.cover is not Cover.PROMISE:
        return None
    last = case.standing.covered_until
    if last is None:
        return no("held by promise", "They have promised to pay all of it.")
    words = f"They have promised to pay all of it; that holds through {day_words(last)}."
    return no("held by promise", words, case.policy.moment(last + DAY, time.min).astimezone(UTC))


def promised_pre_due(case: Case) -> Answer | None:
    return promised(case) if case.question.step in _PRE_DUES else None


def issue_open(case: Case) -> Answer | None:
    if case.standing.cover is Cover.ISSUE:
        return no("held by issue", "We owe them something first: an issue on the invoice is open.")
    return None


def claimed(case: Case) -> Answer | None:
    if case.standing.cover is Cover.CLAIM:
        return no("payment claimed", "They say it is paid: we are looking for the payment.")
    return None


_NOTHING = {
    Cover.NOTHING: ("nothing asked", "Nothing is asked: it is paid or not yet due."),
    Cover.CASH: ("unapplied cash", "Payments or credits not yet applied cover it."),
    Cover.MINIMUM: ("below minimum", "What is left is too little to ask for."),
}


def nothing_asked(case: Case) -> Answer | None:
    found = _NOTHING.get(case.standing.cover)
    return no(*found) if found else None


def settled(case: Case) -> Answer | None:
    """A reminder's own invoice, promise or instalment."""
    if case.standing.cover is Cover.NOTHING:
        return no("nothing asked", "It is settled already.")
    return None


def nothing_open(case: Case) -> Answer | None:
    if case.standing.total_open <= 0:
        return no("nothing open", "Nothing is open, or credits cover all of it.")
    return None


# The number or address


def nowhere(case: Case) -> Answer | None:
    if case.standing.destination:
        return None
    if case.is_call:
        return no("no number", "No contact has a number: find one.")
    return no("no address", "No contact has an e-mail address: find one.")


def not_allowed(case: Case) -> Answer | None:
    if why := case.standing.not_allowed:
        return no(f"{case.thing} not allowed", why)
    return None


def bad(case: Case) -> Answer | None:
    if why := case.standing.bad:
        return no(f"bad {case.thing}", f"This {case.thing} does not reach them: {why}.")
    return None


def opted_out(case: Case) -> Answer | None:
    if not case.standing.opted_out:
        return None
    if case.is_call:
        return no("do not call", "The contact does not want to be called.")
    return no("do not mail", "The contact does not want mail.")


def suppressed(case: Case) -> Answer | None:
    if why := case.standing.suppressed:
        return no("suppressed", f"This {case.thing} is suppressed: {why}.")
    return None


def no_rep(case: Case) -> Answer | None:
    if case.standing.duty is None:
        return no("no rep", "Nobody works this account: assign a rep.")
    return None


def no_zone(case: Case) -> Answer | None:
    if not case.standing.place.zones:
        return no(
            "no zone", "Their time zone is not known: fill in the contact's zone, or country and state."
        )
    return None


def attempt(case: Case) -> Answer | None:
    what = "call" if case.is_call else "letter"
    if case.standing.attempt == "live":
        return no(f"{what} under way", f"A {what} to this {case.thing} is under way.")
    if case.standing.attempt == "in doubt":
        return no("attempt in doubt", f"An earlier {what} may have gone out: it is being looked up.")
    return None


# What came from them


def reply_waiting(case: Case) -> Answer | None:
    if case.standing.reply_waiting and not case.question.by_hand:
        return no("reply waiting", "They wrote to us: answer them first.")
    return None


def stale(case: Case) -> Answer | None:
    """Dunning by old figures is worse than none; the others wait for the next import."""
    as_of = case.standing.ledger_as_of
    fresh = case.policy.business_days.add_business_days(case.today, -1)
    if case.question.by_hand or (as_of and as_of >= fresh):
        return None
    since = f"stands at {day_words(as_of)}" if as_of else "has no import yet"
    return no("stale ledger", f"The ledger {since}: import the open invoices first.")


def untied(case: Case) -> Answer | None:
    """What does not add up to the ledger it came from is not stated to a customer (product.md 6, tie-out)."""
    if file := case.standing.untied:
        words = f"The ledger is not tied out: a supervisor acknowledges the difference of {file} first."
        return defer("ledger not tied out", None, words)
    return None


def stale_waits(case: Case) -> Answer | None:
    found = stale(case)
    return found._replace(answer="defer") if found else None
