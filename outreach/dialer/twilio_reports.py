"""Twilio's callbacks as reports in our words."""

from collections.abc import Mapping

from outreach.dialer.reports import Report
from outreach.dialer.twilio_words import LEG_STATES, answerer, trouble


def read(kind: str, form: Mapping[str, str]) -> Report:
    """`kind`: status (the rep's leg), customer, amd or dial-done; `form`: the callback's fields."""
    if kind == "dial-done":
        return _dial_done(form)
    of_rep = kind == "status"
    return Report(
        of="rep" if of_rep else "customer",
        call_id=form["CallSid"],
        rep_call_id=form["CallSid"] if of_rep else form.get("ParentCallSid"),
        state=None if kind == "amd" else LEG_STATES.get(form.get("CallStatus", "")),
        answered_by=answerer(form.get("AnsweredBy")),
        trouble=trouble(form.get("ErrorCode"), form.get("SipResponseCode")),
        seconds=_seconds(form.get("CallDuration")),
    )


def _dial_done(form: Mapping[str, str]) -> Report:
    why = trouble(form.get("ErrorCode"), form.get("SipResponseCode"))
    state, leg = LEG_STATES.get(form.get("DialCallStatus", "")), form.get("DialCallSid")
    return Report(
        of="customer",
        call_id=leg,
        rep_call_id=form["CallSid"],
        state=state,
        trouble=why,
        seconds=_seconds(form.get("DialCallDuration")),
        # Why a leg failed stands in its own last callback. Without a leg there is none to wait for.
        conclusive=state != "failed" or why is not None or leg is None,
    )


def _seconds(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
