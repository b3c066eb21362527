"""Twilio at the door: its papers, the keys of its events, and the TwiML it waits for (providers.md A 2.1)."""

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from sqlalchemy.orm import Session
from twilio.request_validator import SIGNATURE_SETTINGS_HEADER, RequestValidator, get_signature_algorithm
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from outreach import news
from outreach.dialer import bridging, reports, twilio_reports
from outreach.dialer.bridging import Ask, Connect, Speak
from outreach.dialer.twilio_voice import CUSTOMER_EVENTS, callback_url
from outreach.ledger import attempts
from outreach.ledger.inbox import Arrival, Event
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.office import DoorKeys, Office
from outreach.webhooks import twilio_inbound
from outreach.webhooks.post import Digested, Papers, Post, Provider, UnreadableError

ATTEMPT = re.compile(r"[a-z2-7]{15}")
CALL = re.compile(r"CA[0-9a-fA-F]{32}")
WORD = re.compile(r"[a-z0-9-]{1,20}")
WAIT_FOR_KEY = 10
"""seconds the rep has to press a key, before it is taken for a voicemail that picked up"""


def papers(post: Post, keys: DoorKeys, wall: datetime) -> Papers:
    """Twilio's signature has no time in it, so nothing of Twilio is stale: a replay meets its own event."""
    signature = post.headers.get("X-Twilio-Signature")
    form = post.form
    if not keys.twilio_auth_token or not signature or form is None:
        return Papers.FALSE
    algorithm = get_signature_algorithm(post.headers.get(SIGNATURE_SETTINGS_HEADER, ""))
    valid = RequestValidator(keys.twilio_auth_token).validate(post.url, form, signature, algorithm)
    # A recording is fetched from our own account: one of another's is none of ours, whoever signed for it.
    ours = not twilio_inbound.concerns(post) or _is_ours(form, keys)
    return Papers.GOOD if valid and ours else Papers.FALSE


def _is_ours(form: Mapping[str, str], keys: DoorKeys) -> bool:
    return keys.twilio_account_sid is not None and form.get("AccountSid") == keys.twilio_account_sid


def read(post: Post) -> list[Arrival]:
    """One event a post; `kind` tells the customer's leg from the rep's, and calls that came in from ours."""
    form, attempt = post.form, post.query.get("attempt", "")
    if form is None or not CALL.fullmatch(form.get("CallSid", "")):
        raise UnreadableError("it names no call")
    if twilio_inbound.concerns(post):
        return twilio_inbound.read(post, form)
    if not ATTEMPT.fullmatch(attempt):
        raise UnreadableError("it names no attempt")
    of_customer = post.kind == "status" and post.query.get("leg") == "customer"
    kind = "customer" if of_customer else post.kind
    return [Arrival(f"{form['CallSid']}:{_which(kind, form)}", kind, attempt, post.body)]


def _which(kind: str, form: Mapping[str, str]) -> str:
    """What tells events of one call apart. Status callbacks are numbered; the others come once a call."""
    if kind == "answer":
        return "key" if form.get("Digits") else "answer"
    if kind not in ("status", "customer"):
        return kind
    for which in (form.get("SequenceNumber", ""), form.get("CallStatus", "")):
        if WORD.fullmatch(which):
            return which
    raise UnreadableError("a status callback without a status")


def answer(session: Session, office: Office, event: Event) -> str:
    """The rep picked up, or pressed a key. Decided now: only by this answer does a customer's phone ring."""
    form = dict(parse_qsl(event.body.decode()))
    said = bridging.pick_up(
        session,
        str(event.about),
        form["CallSid"],
        pressed="Digits" in form,
        now=office.clock.now(),
        wall=office.clock.wall(),
    )
    if not isinstance(said, bridging.NotKnown):
        event.state, event.digested_at = "digested", office.clock.wall()
    return twiml(said, str(event.about), office.addresses.base_url)


def digest(session: Session, event: Event, now: datetime, wall: datetime) -> Digested:
    """What a leg's report comes to. The rep's answers were decided at the door."""
    if event.kind in twilio_inbound.DIGESTED:
        return twilio_inbound.digest(session, event, now, wall)
    attempt = attempts.lock(session, str(event.about))
    if attempt is None:
        return Digested("waiting")
    if event.kind == "answer":
        return Digested()
    report = twilio_reports.read(event.kind, dict(parse_qsl(event.body.decode())))
    verdict = reports.hear(session, attempt, report, now=now, wall=wall)
    if verdict == "of another call":
        return Digested("parked", why=f"it speaks of another call than attempt {attempt.id} is")
    rep, account = session.get_one(User, attempt.rep_id), session.get_one(Account, attempt.account_id)
    changed = (news.attempt(attempt.id), news.desk(rep.login), news.account(account.number), news.BOARD)
    return Digested("late" if verdict == "late" else "digested", changed)


def dial_done(session: Session, office: Office, event: Event) -> str:
    """The customer's leg is over, and with it the rep's; what it means is for the digest."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def twiml(said: Ask | Connect | Speak, attempt_id: str, base_url: str) -> str:
    """Written by Twilio's builder alone: a name must not become a verb (trust.md 4, row 27)."""
    response = VoiceResponse()
    match said:
        case Ask(words):
            again = callback_url(base_url, "answer", attempt_id)
            gather = Gather(num_digits=1, timeout=WAIT_FOR_KEY, action=again)
            gather.say(words)
            response.append(gather)
            response.hangup()
        case Connect():
            response.append(_dial(said, attempt_id, base_url))
        case Speak(words):
            response.say(words)
            response.hangup()
    return str(response)


def _dial(said: Connect, attempt_id: str, base_url: str) -> Dial:
    dial = Dial(
        action=callback_url(base_url, "dial-done", attempt_id),
        answer_on_bridge=True,
        caller_id=said.caller_id,
        timeout=said.ring_seconds,
    )
    # With digits to send Twilio ignores machine detection; it does not listen and dial an extension at once.
    detection = {"send_digits": said.digits} if said.digits else {"machine_detection": "Enable"}
    dial.number(
        said.to,
        status_callback=callback_url(base_url, "status", attempt_id, leg="customer"),
        status_callback_event=" ".join(CUSTOMER_EVENTS),
        amd_status_callback=None if said.digits else callback_url(base_url, "amd", attempt_id),
        **detection,
    )
    return dial


PROVIDER = Provider(
    kinds=frozenset({"answer", "dial-done", "status", "amd"}) | twilio_inbound.KINDS,
    papers=papers,
    read=read,
    digest=digest,
    questions={"answer": answer, "dial-done": dial_done, **twilio_inbound.QUESTIONS},
)
