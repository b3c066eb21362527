"""The truth survives the sandbox; the control API shows it, and starts afresh."""

import json
from pathlib import Path

from tests.sandbox.playing import CUSTOMER, REP, Door, Sandbox, playing
from tests.sandbox.test_life_of_letters import AP, send


def test_the_truth_survives_a_restart(tmp_path: Path, door: Door) -> None:
    file = tmp_path / "truth.jsonl"
    door.twiml("/answer", f"<Dial>{CUSTOMER}</Dial>")
    with playing(tmp_path, door, truth_file=file) as sandbox:
        sandbox.script(addresses={AP: "bounced"}, numbers={CUSTOMER: "busy"})
        sandbox.ring()
        send(sandbox)
        before = sandbox.truth()
    with playing(tmp_path, door, truth_file=file) as sandbox:
        assert sandbox.truth() == before
        assert sandbox.get("/sandbox/letters/1")["request"]["subject"] == "Invoice 1042"
        assert [call.to for call in sandbox.calls.list()] == [CUSTOMER, REP]
        sandbox.script(numbers={CUSTOMER: ["busy", "no-answer"]})
        sandbox.ring("a2")
        send(sandbox, mid="m2")
        after = sandbox.truth()
    assert after["calls"][-1]["status"] == "no-answer"  # the second attempt on this number
    assert after["letters"][-1]["events"] == ["dropped"]  # the bounce is remembered
    assert after["calls"][:2] == before["calls"]


def test_a_call_cut_off_by_the_end_of_the_sandbox_has_failed(tmp_path: Path, door: Door) -> None:
    file = tmp_path / "truth.jsonl"
    with playing(tmp_path, door, truth_file=file) as sandbox:
        sandbox.script(reps={REP: "no-answer"})
        sid = sandbox.ring(timeout=600, status_callback_event=["completed"]).sid
        sandbox.faults(calls={"queued": 1, "queue_ms": 60_000})
        cut_off = sandbox.ring("a2").sid
    with playing(tmp_path, door, truth_file=file) as sandbox:
        assert sandbox.calls(cut_off).fetch().status == "failed"
        assert sandbox.calls(sid).fetch().status in ("failed", "no-answer")


def test_it_is_only_ever_appended_to(tmp_path: Path, door: Door) -> None:
    file = tmp_path / "truth.jsonl"
    with playing(tmp_path, door, truth_file=file) as sandbox:
        send(sandbox)
        sandbox.truth()
        before = file.read_bytes()
        assert sandbox.post("/sandbox/reset", {}).ok
        names = ("requests", "calls", "letters", "recordings", "replies")
        assert sandbox.truth() == {name: [] for name in names} | {"suppressed": {}}
        send(sandbox, mid="m2")
        sandbox.truth()
        lines = file.read_bytes()
    assert lines.startswith(before)
    kinds = [kind for line in lines.splitlines() for kind in json.loads(line)]
    assert kinds.count("reset") == 1
    with playing(tmp_path, door, truth_file=file) as sandbox:
        assert [letter["mid"] for letter in sandbox.truth()["letters"]] == ["m2"]


def test_reset_cuts_off_what_is_under_way(sandbox: Sandbox, door: Door) -> None:
    sandbox.faults(calls={"queued": 1, "queue_ms": 60_000})
    sandbox.ring()
    assert sandbox.get("/sandbox/quiet") == {"quiet": False, "call": 1}
    sandbox.post("/sandbox/reset", {})
    assert sandbox.get("/sandbox/quiet") == {"quiet": True}
    assert door.posts == []


def test_quiet_waits_for_reports_that_the_door_refuses(sandbox: Sandbox, door: Door) -> None:
    door.status("/webhooks/sendgrid/events", 503, 503, 503, 204)
    send(sandbox)
    sandbox.truth()
    assert len(door.at("/webhooks/sendgrid/events")) >= 4


def test_it_says_that_it_is_up(sandbox: Sandbox) -> None:
    assert sandbox.get("/healthz") == {"ok": True}
