"""The table of outcomes (providers.md A 2.3): what DescribeContact tells, and what we make of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outreach.dialer import connect_words, reports
from outreach.dialer.connect_reports import translate
from outreach.rules.outcomes import Outcome

BEGUN = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def contact(reason: str | None = None, *, lasts: Any = 10, **own: Any) -> dict[str, Any]:
    """One that has ended, `lasts` seconds after it was begun."""
    told = {
        "Id": "c1",
        "InitiationTimestamp": BEGUN,
        "DisconnectTimestamp": BEGUN + timedelta(seconds=lasts),
        "DisconnectReason": reason,
        "Attributes": {"attempt": "a1", "ring_seconds": "30"},
        **own,
    }
    return {name: value for name, value in told.items() if value is not None}


ANSWERED = {"ConnectedToSystemTimestamp": BEGUN + timedelta(seconds=4)}
QUEUED = {**ANSWERED, "QueueInfo": {"EnqueueTimestamp": BEGUN + timedelta(seconds=5)}}
TALKED = {**QUEUED, "AgentInfo": {"ConnectedToAgentTimestamp": BEGUN + timedelta(seconds=6)}}


def outcome(told: dict[str, Any]) -> Outcome:
    leg = connect_words.leg(told)
    return reports.outcome_of(leg.state, leg.answered_by, leg.trouble)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (contact("CUSTOMER_DISCONNECT", **TALKED), "answered_unknown"),
        (contact("AGENT_DISCONNECT", **TALKED), "answered_unknown"),
        (contact("THIRD_PARTY_DISCONNECT", **TALKED), "answered_unknown"),
        (contact("BARGED", **TALKED), "answered_unknown"),
        (contact("TELECOM_PROBLEM", **TALKED), "answered_unknown"),
        (contact("OTHER", **TALKED), "answered_unknown"),
        (contact(None, **TALKED), "answered_unknown"),
        (contact("a word of tomorrow", **TALKED), "answered_unknown"),
        (contact("CUSTOMER_DISCONNECT", **QUEUED), "abandoned"),
        (contact("CONTACT_FLOW_DISCONNECT", **ANSWERED), "abandoned"),
        (contact(None, **QUEUED), "abandoned"),
        (contact("a word of tomorrow", **ANSWERED), "abandoned"),
        (contact("TELECOM_UNANSWERED"), "no_answer"),
        (contact("TELECOM_TIMEOUT"), "no_answer"),
        (contact("CUSTOMER_NEVER_ARRIVED"), "no_answer"),
        (contact("TELECOM_BUSY"), "busy"),
        (contact("TELECOM_NUMBER_INVALID"), "bad_number"),
        (contact("TELECOM_POTENTIAL_BLOCKING"), "blocked"),
        (contact("OUTBOUND_DESTINATION_ENDPOINT_ERROR"), "blocked"),
        (contact("TELECOM_PROBLEM"), "failed"),
        (contact("OUTBOUND_RESOURCE_ERROR"), "failed"),
        (contact("OUTBOUND_ATTEMPT_FAILED"), "failed"),
        (contact("TELECOM_ORIGINATOR_CANCEL"), "canceled"),
        (contact("TELECOM_ORIGINATOR_CANCEL", lasts=30), "no_answer"),
        (contact("TELECOM_ORIGINATOR_CANCEL", lasts=31, Attributes=None), "canceled"),
        (contact("TELECOM_ORIGINATOR_CANCEL", lasts=60, Attributes=None), "no_answer"),
        (contact("OTHER"), "canceled"),
        (contact("OTHER", lasts=45), "canceled"),
        (contact(None), "canceled"),
        (contact("a word of tomorrow"), "canceled"),
        (contact("EXPIRED"), "not_placed"),
        (contact("OUTBUND_PREVIEW_DISCARDED"), "not_placed"),
        # machine detection: only where somebody has switched campaigns on
        (
            contact("AGENT_DISCONNECT", **TALKED, AnsweringMachineDetectionStatus="HUMAN_ANSWERED"),
            "answered_human",
        ),
        (contact(None, **ANSWERED, AnsweringMachineDetectionStatus="VOICEMAIL_BEEP"), "machine"),
        (contact(None, **ANSWERED, AnsweringMachineDetectionStatus="VOICEMAIL_NO_BEEP"), "machine"),
        (contact(None, **ANSWERED, AnsweringMachineDetectionStatus="FAX_MACHINE_DETECTED"), "fax"),
        (contact(None, **TALKED, AnsweringMachineDetectionStatus="AMD_UNRESOLVED"), "answered_unknown"),
        (contact(None, **TALKED, AnsweringMachineDetectionStatus="AMD_NOT_APPLICABLE"), "answered_unknown"),
        (
            contact(None, **TALKED, AnsweringMachineDetectionStatus="AMD_UNRESOLVED_SILENCE"),
            "answered_unknown",
        ),
        (contact(None, AnsweringMachineDetectionStatus="AMD_UNANSWERED"), "no_answer"),
        (contact(None, AnsweringMachineDetectionStatus="SIT_TONE_BUSY"), "busy"),
        (contact(None, AnsweringMachineDetectionStatus="SIT_TONE_INVALID_NUMBER"), "bad_number"),
        (contact(None, AnsweringMachineDetectionStatus="SIT_TONE_DETECTED"), "failed"),
    ],
)
def test_each_end_has_its_outcome(told: dict[str, Any], meant: str) -> None:
    assert outcome(told) == meant


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({}, "queued"),
        ({"RingStartTimestamp": BEGUN}, "ringing"),
        (ANSWERED, "connected"),
        (TALKED, "connected"),
    ],
)
def test_one_that_lives_has_a_state(told: dict[str, Any], state: str) -> None:
    assert connect_words.leg({"Id": "c1", "InitiationTimestamp": BEGUN, **told}).state == state


def test_a_talk_has_seconds() -> None:
    assert connect_words.leg(contact("AGENT_DISCONNECT", lasts=64, **TALKED)).seconds == 60


def envelope(**detail: Any) -> dict[str, Any]:
    arn = "arn:aws:connect:us-east-1:555501005550:instance/0f1e"
    return {"id": "e1", "detail": {"eventType": "QUEUED", "contactId": "c1", "instanceArn": arn, **detail}}


@pytest.mark.parametrize(
    ("kind", "state", "over"),
    [
        ("INITIATED", "queued", False),
        ("CONNECTED_TO_SYSTEM", "connected", False),
        ("QUEUED", "connected", False),
        ("CONNECTED_TO_AGENT", "connected", False),
        ("DISCONNECTED", None, True),
        ("COMPLETED", None, True),
    ],
)
def test_each_event_is_a_report_on_the_customers_leg(kind: str, state: str | None, over: bool) -> None:
    said = translate(envelope(eventType=kind))
    assert said
    assert said.report
    assert (said.report.of, said.report.call_id, said.report.state) == ("customer", "c1", state)
    assert said.is_over is over


@pytest.mark.parametrize("kind", ["CONTACT_DATA_UPDATED", "PAUSED", "RESUMED", "AMD_DISABLED", "TOMORROW"])
def test_nothing_is_done_about_the_others(kind: str) -> None:
    said = translate(envelope(eventType=kind))
    assert said
    assert said.report is None


def test_names_are_read_in_any_case() -> None:
    spelled = {"ID": "e1", "Detail": {name.upper(): value for name, value in envelope()["detail"].items()}}
    assert translate(spelled) == translate(envelope())


@pytest.mark.parametrize("method", ["INBOUND", "Outbound", "TRANSFER", "QUEUE_TRANSFER", "MONITOR"])
def test_a_contact_that_nobody_asked_the_api_for_is_none_of_ours(method: str) -> None:
    said = translate(envelope(initiationMethod=method))
    assert said
    assert not said.by_request


@pytest.mark.parametrize(
    "nonsense",
    [{}, {"detail": None}, {"detail": []}, {"detail": {"eventType": "QUEUED"}}, envelope(contactId=7)],
)
def test_what_is_no_event_is_none(nonsense: dict[str, Any]) -> None:
    assert translate(nonsense) is None
