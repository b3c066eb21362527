"""The guard of a suspension case: every pair of state and event, every role, every walk (product.md 5)."""

import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from outreach.rules.suspension import MOVES, Act, Event, NotAllowed, Role, State, move, possible, role_of

# state -> event -> the state after it; what is not written down is not allowed
MAY = {
    "none": {"FOUND": "candidate"},
    "candidate": {"RECOMMENDED": "recommended", "WITHDRAWN": "withdrawn", "ENDED": "withdrawn"},
    "recommended": {"APPROVED": "approved", "WITHDRAWN": "withdrawn", "ENDED": "withdrawn"},
    "approved": {
        "DELIVERED": "noticed",
        "POSTED": "noticed",
        "BOUNCED": "approved",
        "PAID_IN_PART": "approved",
        "WITHDRAWN": "withdrawn",
        "ENDED": "withdrawn",
    },
    "noticed": {
        "BOUNCED": "approved",
        "LATER": "noticed",
        "LATER_POSTED": "noticed",
        "LATER_BOUNCED": "noticed",
        "WARNED": "warned",
        "WARNING_POSTED": "warned",
        "WARNING_BOUNCED": "noticed",
        "PAID_IN_PART": "noticed",
        "WITHDRAWN": "withdrawn",
        "ENDED": "withdrawn",
    },
    "warned": {
        "BOUNCED": "approved",
        "LATER": "warned",
        "LATER_POSTED": "warned",
        "LATER_BOUNCED": "warned",
        "WARNING_BOUNCED": "noticed",
        "PAID_IN_PART": "warned",
        "FELL_DUE": "due",
        "WITHDRAWN": "withdrawn",
        "ENDED": "withdrawn",
    },
    "due": {
        "BOUNCED": "approved",
        "WARNING_BOUNCED": "noticed",
        "PAID_IN_PART": "due",
        "CONFIRMED": "due",
        "SUSPENDED": "suspended",
        "WITHDRAWN": "withdrawn",
        "ENDED": "withdrawn",
    },
    "suspended": {"RECALLED": "suspended", "REINSTATED": "reinstated"},
    "reinstated": {},
    "withdrawn": {},
}
WHO = {
    "FOUND": "outreach rep supervisor",
    "RECOMMENDED": "rep supervisor",
    "APPROVED": "supervisor",
    "POSTED": "rep supervisor",
    "LATER_POSTED": "rep supervisor",
    "WARNING_POSTED": "rep supervisor",
    "CONFIRMED": "supervisor",
    "RECALLED": "supervisor",
    "WITHDRAWN": "supervisor",
    "SUSPENDED": "supervisor operations",
    "REINSTATED": "supervisor operations",
}
"""who may; what is not written down only outreach itself does"""
NEED_A_DOCUMENT = {"POSTED", "LATER_POSTED", "WARNING_POSTED", "SUSPENDED", "REINSTATED"}


def act(event: Event, role: Role | None = None, actor: str = "somebody", reason: str = "because") -> Act:
    return Act(actor, role or min(MOVES[event].roles), reason, attached=True)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_pair_of_state_and_event(state: State, event: Event) -> None:
    expected = MAY[state].get(event.name)
    if expected:
        assert move(state, event, act(event)) == expected
    else:
        with pytest.raises(NotAllowed):
            move(state, event, act(event))


@pytest.mark.parametrize(("event", "role"), list(itertools.product(Event, Role)))
def test_who_may(event: Event, role: Role) -> None:
    state = min(MOVES[event].sources)
    if role in WHO.get(event.name, "outreach").split():
        assert move(state, event, act(event, role))
    else:
        with pytest.raises(NotAllowed, match="ask"):
            move(state, event, act(event, role))
    assert (event in possible(state, role)) == (role in WHO.get(event.name, "outreach").split())


@pytest.mark.parametrize("event", Event)
def test_every_step_has_its_reason_and_some_their_document(event: Event) -> None:
    state, allowed = min(MOVES[event].sources), act(event)
    with pytest.raises(NotAllowed, match="Say why"):
        move(state, event, allowed._replace(reason=" \n"))
    if event.name in NEED_A_DOCUMENT:
        with pytest.raises(NotAllowed, match="Attach"):
            move(state, event, allowed._replace(attached=False))
    else:
        assert move(state, event, allowed._replace(attached=False))


def test_who_recommends_does_not_approve() -> None:
    with pytest.raises(NotAllowed, match="another supervisor"):
        move(State.RECOMMENDED, Event.APPROVED, act(Event.APPROVED, Role.SUPERVISOR, "sam"), not_by="sam")
    assert move(State.RECOMMENDED, Event.APPROVED, act(Event.APPROVED, Role.SUPERVISOR, "sam"), not_by="ana")


@pytest.mark.parametrize(
    ("login", "role"), [("rep", Role.REP), ("supervisor", Role.SUPERVISOR), ("admin", Role.SUPERVISOR)]
)
def test_an_admin_acts_as_a_supervisor(login: str, role: Role) -> None:
    assert role_of(login) is role


class Walk(RuleBasedStateMachine):
    """Whatever is tried in whatever order, a cut of service has been through every hand it needs."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.been = State.NONE, {State.NONE}
        self.recommended_by = self.approved_by = ""

    @rule(
        event=st.sampled_from(Event), role=st.sampled_from(Role), actor=st.sampled_from(["ana", "sam", "sue"])
    )
    def attempt(self, event: Event, role: Role, actor: str) -> None:
        try:
            self.state = move(
                self.state,
                event,
                Act(actor, role, "why", attached=True),
                not_by=self.recommended_by if event is Event.APPROVED else "",
            )
        except NotAllowed:
            return
        self.been.add(self.state)
        if event is Event.RECOMMENDED:
            self.recommended_by = actor
        if event is Event.APPROVED:
            self.approved_by = actor

    @invariant()
    def no_step_is_left_out(self) -> None:
        line = [*State][1:8]
        reached = [state in self.been for state in line]
        assert reached == sorted(reached, reverse=True)
        if State.REINSTATED in self.been:
            assert all(reached)
        if State.APPROVED in self.been:
            assert self.approved_by != self.recommended_by


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)
