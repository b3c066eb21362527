"""Orders to operations: committed with the decision, sent at least once, done when they say so."""

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.campaigns.suspension import operations
from outreach.campaigns.suspension.deciding import Attached
from outreach.campaigns.suspension.standard_webhooks import OperationsHook, is_signed, signature
from outreach.ledger import suspensions
from outreach.ledger.letters import Letter
from outreach.ledger.suspension_moves import Evidence
from outreach.rules.suspension import Act, Event, NotAllowed, Role
from tests.campaigns.casework import Casework, walked_to_due
from tests.campaigns.operations_desk import SECRET, OperationsDesk, operations_desk

WRITTEN = Attached("mail.eml", b"done, says the NOC", "message/rfc822")


@pytest.fixture
def desk() -> Iterator[OperationsDesk]:
    with operations_desk() as opened:
        yield opened


@pytest.fixture
def hook(desk: OperationsDesk) -> OperationsHook:
    return OperationsHook(desk.url, SECRET)


def send(casework: Casework, hook: operations.Hook) -> int:
    return operations.send_due(casework.book.ledger, hook, casework.clock)


def acknowledged(casework: Casework, done: str) -> bool:
    act, evidence = Act("noc", Role.OPERATIONS, "done", attached=True), Evidence("acknowledgement x")
    with casework.book.ledger.writing() as session:
        [case] = suspensions.lock(session, [casework.case().id])
        return operations.acknowledge(session, case, done, act, evidence, now=casework.clock.now())


def ordered(casework: Casework) -> None:
    walked_to_due(casework)
    casework.decide(Event.CONFIRMED, "sam", reason="unpaid, no plan")


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    """The example of the specification's own libraries."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected
    again = f"v1,AAAA v1a,xx {expected}"
    assert is_signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, again)
    assert not is_signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265331, body, again)
    assert not is_signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, "")


def test_from_the_confirmation_to_the_cut_and_back(
    casework: Casework, desk: OperationsDesk, hook: OperationsHook
) -> None:
    ordered(casework)
    assert casework.case().state == "due", "outreach cuts nothing"
    assert "Operations: suspend the service of RIDGE Inc., and acknowledge it" in casework.tasks()
    assert send(casework, hook) == 1
    [(id_, body)] = desk.came
    assert id_ == casework.orders()[0].id
    assert body["type"] == "suspension.requested"
    assert body["data"]["account"] == "RIDGE"
    assert (body["data"]["amount"], body["data"]["currency"]) == ("4000.00", "USD")
    assert body["data"]["invoices"] == [{"number": "INV-1", "due_on": "2026-10-22", "open": "4000.00"}]
    assert casework.case().state == "due", "taken is not done"
    assert acknowledged(casework, "suspended")
    assert casework.case().state == "suspended"
    assert not any("Operations" in title for title in casework.tasks())
    assert not acknowledged(casework, "suspended"), "said twice it is one"
    casework.book.pay("INV-1")
    casework.on("2026-12-30")
    assert casework.case().state == "suspended"
    assert any("have it reinstated" in title for title in casework.tasks())
    casework.decide(Event.RECALLED, "sue", reason="paid")
    assert send(casework, hook) == 1
    assert desk.came[-1][1]["type"] == "reinstatement.requested"
    assert acknowledged(casework, "reinstated")
    assert casework.case().state == "reinstated"
    assert casework.tasks() == []
    assert casework.events()[-4:] == [
        *("suspension ordered", "suspended by operations"),
        *("reinstatement ordered", "reinstated by operations"),
    ]


def test_it_goes_out_again_under_the_same_id(
    casework: Casework, desk: OperationsDesk, hook: OperationsHook
) -> None:
    ordered(casework)
    desk.answers = [500, 302, 200]
    assert send(casework, hook) == 0
    assert send(casework, hook) == 0, "not before its time"
    assert len(desk.came) == 1
    casework.clock.at += timedelta(seconds=20)
    assert send(casework, hook) == 0
    assert casework.orders()[0].detail == "answered 302"
    casework.clock.at += timedelta(seconds=40)
    assert send(casework, hook) == 1
    casework.clock.at += timedelta(days=1)
    assert send(casework, hook) == 0, "it was taken"
    assert len(desk.came) == 3
    assert len({id_ for id_, _ in desk.came}) == 1
    assert len({str(body) for _, body in desk.came}) == 1
    assert desk.refused == 0


def test_nobody_there_is_no_answer(casework: Casework) -> None:
    ordered(casework)
    assert send(casework, OperationsHook("http://127.0.0.1:9/", SECRET)) == 0
    [order] = casework.orders()
    assert (order.tries, order.delivered_at) == (1, None)
    assert order.detail is not None
    assert order.detail.startswith("no answer")


class Nosy:
    """Looks whether a transaction is open while it is asked."""

    def __init__(self, casework: Casework) -> None:
        self.casework, self.asked = casework, 0

    def post(self, id_: str, body: bytes, at: datetime) -> str:
        self.asked += 1
        assert send(self.casework, self) == 0, "who is second leaves it alone"
        with self.casework.book.ledger.writing() as session:
            suspensions.lock(session, [self.casework.case().id])  # nobody holds anything
        return ""


def test_no_transaction_is_open_while_they_are_asked(casework: Casework) -> None:
    ordered(casework)
    nosy = Nosy(casework)
    assert send(casework, nosy) == 1
    assert nosy.asked == 1


def test_an_order_is_given_once(casework: Casework) -> None:
    ordered(casework)
    with pytest.raises(NotAllowed, match="ordered already"):
        casework.decide(Event.CONFIRMED, "sue")
    assert len(casework.orders()) == 1


@pytest.mark.parametrize(("sent", "kinds"), [(False, ["suspend"]), (True, ["suspend", "cancel"])])
def test_a_payment_calls_the_order_off(
    casework: Casework, desk: OperationsDesk, hook: OperationsHook, *, sent: bool, kinds: list[str]
) -> None:
    ordered(casework)
    if sent:
        send(casework, hook)
    casework.book.pay("INV-1")
    casework.on("2026-12-30")
    assert casework.case().state == "withdrawn"
    send(casework, hook)
    assert [order.kind for order in casework.orders()] == kinds
    assert [order.ended_how for order in casework.orders()] == ["called off", "delivered"][: len(kinds)]
    types = [body["type"] for _, body in desk.came]
    assert types == (["suspension.requested", "suspension.canceled"] if sent else [])
    assert casework.tasks() == []


def test_what_nobody_ordered_is_not_believed(casework: Casework) -> None:
    walked_to_due(casework)
    with pytest.raises(operations.NotOrdered):
        acknowledged(casework, "suspended")
    with pytest.raises(operations.NotOrdered):
        acknowledged(casework, "reinstated")
    assert casework.case().state == "due"


def test_a_supervisor_may_have_their_word_in_writing(casework: Casework) -> None:
    ordered(casework)
    with pytest.raises(NotAllowed, match="Attach"):
        casework.decide(Event.SUSPENDED, "sam")
    with pytest.raises(NotAllowed, match="ask"):
        casework.decide(Event.SUSPENDED, "ana", attached=WRITTEN)
    assert casework.decide(Event.SUSPENDED, "sam", attached=WRITTEN) == "suspended"
    assert casework.history()[-1].document == "mail.eml"
    with pytest.raises(NotAllowed, match="suspended"):
        casework.decide(Event.SUSPENDED, "sam", attached=WRITTEN)


def test_not_confirmed_is_not_acknowledged_by_hand(casework: Casework) -> None:
    walked_to_due(casework)
    with pytest.raises(NotAllowed, match="Nobody has ordered it"):
        casework.decide(Event.SUSPENDED, "sam", attached=WRITTEN)
    assert casework.case().state == "due"


def test_confirming_needs_a_fresh_ledger_and_a_debt(casework: Casework) -> None:
    walked_to_due(casework)
    casework.on("2026-12-31", fresh=False)
    with pytest.raises(NotAllowed, match="not fresh"):
        casework.decide(Event.CONFIRMED, "sam")
    casework.book.imported(casework.today)
    casework.book.pay("INV-1")
    with pytest.raises(NotAllowed, match="nothing to suspend for"):
        casework.decide(Event.CONFIRMED, "sam")
    assert casework.orders() == []


def test_a_notice_that_comes_back_calls_the_order_off(casework: Casework, hook: OperationsHook) -> None:
    ordered(casework)
    send(casework, hook)
    casework.book.change(Letter, Letter.step == "suspension_notice_1", state="bounced")
    casework.hear()
    casework.run()
    assert (casework.case().state, casework.case().deadline_on) == ("approved", None)
    assert sorted(one.kind for one in casework.orders()) == ["cancel", "suspend"]


def test_the_receiver_of_the_documentation_knows_us() -> None:
    document = (Path(__file__).parents[2] / "docs/suspension.md").read_text("utf-8")
    names: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", document, re.S)[0], names)  # noqa: S102 - our own words
    at, body = int(time.time()), b'{"type": "suspension.requested"}'
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(at)}
    headers["webhook-signature"] = signature(SECRET, "msg_1", at, body)
    assert names["is_from_outreach"](SECRET, headers, body)
    assert not names["is_from_outreach"](SECRET, headers, body + b" ")
    assert not names["is_from_outreach"](SECRET, headers | {"webhook-timestamp": str(at - 601)}, body)
