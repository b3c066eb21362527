"""Twilio at the door when somebody calls us: who takes the call, and what was left (providers.md A 2.1).

A number's voice URL at Twilio is `/webhooks/twilio/inbound`; everything else is asked for by our own TwiML.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from sqlalchemy.orm import Session
from twilio.twiml.voice_response import Gather, VoiceResponse

from outreach import news
from outreach.campaigns.conversations import returning
from outreach.dialer import answering, twilio_recordings
from outreach.dialer.answering import Join, Listen, Offer, Over, Screen
from outreach.dialer.twilio_voice import door_url
from outreach.ledger import inbound_calls, people
from outreach.ledger.inbox import Arrival, Event
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.office import Office
from outreach.webhooks.post import Digested, Post, UnreadableError

NAME = "twilio"
CALL = re.compile(r"CA[0-9a-fA-F]{32}")
WORD = re.compile(r"[a-z-]{0,20}")
WAIT_FOR_KEY = 8
"""seconds the rep has to press a key, before it is taken for a voicemail that picked up"""
SILENCE = 5
"""seconds without a word after which a message is over"""
RECORDINGS = ("voicemail", "recording", "transcription")
KINDS = frozenset({"inbound", *RECORDINGS})
NO_MESSAGE = "We did not hear a message. Goodbye."
THANKS = "Thank you. We will call you back. Goodbye."


def concerns(post: Post) -> bool:
    """Whether it is about a call that came in. `dial-done` is asked for by calls of either direction."""
    return post.kind in KINDS or (post.kind == "dial-done" and post.query.get("leg") == "rep")


def read(post: Post, form: Mapping[str, str]) -> list[Arrival]:
    """One event a post. Raises UnreadableError."""
    if post.kind in RECORDINGS:
        return [_recording(post, form)]
    of_rep = post.query.get("leg") == "rep"
    call = post.query.get("call", "") if of_rep else form["CallSid"]
    if not CALL.fullmatch(call):
        raise UnreadableError("it names no caller's call")
    if post.kind == "dial-done":
        return [Arrival(f"{call}:offer-over", "offer-over", call, post.body)]
    if not of_rep:
        return [Arrival(f"{call}:inbound", "inbound", call, post.body)]
    which = "key" if form.get("Digits") else "screen"
    return [Arrival(f"{form['CallSid']}:{which}", "screen", call, post.body)]


def _recording(post: Post, form: Mapping[str, str]) -> Arrival:
    recording = form.get("RecordingSid", "")
    state = form.get("TranscriptionStatus" if post.kind == "transcription" else "RecordingStatus", "")
    if not twilio_recordings.RECORDING.fullmatch(recording):
        raise UnreadableError("it names no recording")
    if not WORD.fullmatch(state):
        raise UnreadableError("it says nothing of the recording")
    return Arrival(f"{recording}:{post.kind}:{state}", post.kind, form["CallSid"], post.body)


def inbound(session: Session, office: Office, event: Event) -> str:
    """Somebody calls: the rep on duty, or the answering machine."""
    form, clock = _form(event), office.clock
    call, shown = str(event.about), form.get("From", "")
    said = answering.pick_up(session, NAME, call, shown, now=clock.now(), wall=clock.wall())
    return twiml(said, call, office, ours=form.get("To", ""))


def screen(session: Session, office: Office, event: Event) -> str:
    """The rep picked up, or pressed a key."""
    call = str(event.about)
    pressed = "Digits" in _form(event)
    said = answering.screen(session, NAME, call, pressed=pressed, now=office.clock.now())
    return twiml(said, call, office)


def offer_over(session: Session, office: Office, event: Event) -> str:
    """The rep's part is over: they have spoken, or nobody took the call."""
    call = str(event.about)
    return twiml(answering.leave(session, NAME, call, wall=office.clock.wall()), call, office)


def left(session: Session, office: Office, event: Event) -> str:
    """Something was said after the tone; what it means is for the digest."""
    return twiml(Over(THANKS), str(event.about), office)


def digest(session: Session, event: Event, now: datetime, wall: datetime) -> Digested:
    """A recording's report makes or moves its voicemail; the rest was decided at the door."""
    call = inbound_calls.by_ref(session, NAME, str(event.about))
    if event.kind not in RECORDINGS:
        rep = session.get(User, call.rep_id) if call and call.rep_id else None
        return Digested(changed=(news.desk(rep.login),) if rep else ())
    heard = twilio_recordings.read(event.kind, _form(event))
    voicemail = returning.take_in(session, heard, now=now, wall=wall)
    if voicemail is None:
        return Digested("waiting")
    return Digested(changed=(news.INBOX, *_of_account(session, voicemail.account_id)))


def _of_account(session: Session, account_id: int | None) -> tuple[str, ...]:
    """The names of the account's page, and of the desks it may be on."""
    account = session.get(Account, account_id) if account_id else None
    if account is None:
        return ()
    desks = people.logins_at_desk(session, account.rep_id)
    return (news.account(account.number), *map(news.desk, desks))


def twiml(said: Offer | Listen | Screen | Join | Over, call: str, office: Office, *, ours: str = "") -> str:
    """Written by Twilio's builder alone: a name must not become a verb (trust.md 4, row 27).

    `ours`: the number of ours that was called, which the rep's phone shows.
    """
    response, base_url = VoiceResponse(), office.addresses.base_url
    match said:
        case Offer():
            _offer(response, said, call, base_url, ours if ours in office.caller_ids else None)
        case Listen(words, longest):
            response.say(words)
            _record(response, longest, base_url)
        case Screen(words):
            again = door_url(base_url, "inbound", leg="rep", call=call)
            gather = Gather(num_digits=1, timeout=WAIT_FOR_KEY, action=again)
            gather.say(words)
            response.append(gather)
            response.hangup()
        case Over(words):
            if words:
                response.say(words)
            response.hangup()
    return str(response)


def _offer(response: VoiceResponse, offer: Offer, call: str, base_url: str, caller_id: str | None) -> None:
    response.say(offer.words)
    dial = response.dial(
        action=door_url(base_url, "dial-done", leg="rep", call=call),
        answer_on_bridge=True,
        timeout=offer.ring_seconds,
        caller_id=caller_id,
    )
    dial.number(offer.rep_phone, url=door_url(base_url, "inbound", leg="rep", call=call))


def _record(response: VoiceResponse, longest: int, base_url: str) -> None:
    """An empty recording asks for no action: the verbs after it are for those who said nothing."""
    response.record(
        action=door_url(base_url, "voicemail"),
        max_length=longest,
        timeout=SILENCE,
        finish_on_key="#",
        play_beep=True,
        recording_status_callback=door_url(base_url, "recording"),
        recording_status_callback_event="completed absent",
        transcribe=True,
        transcribe_callback=door_url(base_url, "transcription"),
    )
    response.say(NO_MESSAGE)
    response.hangup()


def _form(event: Event) -> dict[str, str]:
    return dict(parse_qsl(event.body.decode(), keep_blank_values=True))


QUESTIONS: Mapping[str, Callable[[Session, Office, Event], str]] = {
    "inbound": inbound,
    "screen": screen,
    "offer-over": offer_over,
    "voicemail": left,
}
"""by the kind of the event"""
DIGESTED = frozenset({*QUESTIONS, *RECORDINGS})
