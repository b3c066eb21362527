"""Robot reps: each signs in like a person, takes the next call, waits for its end, saves what came of it; and
answers what lies in the inbox when nobody can be called."""

import random
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import requests

from outreach.demo.forms import Browser, Form

TALKS = {
    "promise_to_pay": 34,
    "will_pay_in_run": 12,
    "paid_already": 8,
    "dispute": 7,
    "documents_requested": 7,
    "callback": 6,
    "refused": 4,
    "payment_plan_request": 3,
    "left_message": 12,
    "no_contact": 7,
}
"""How talks end, in parts: a field guess."""

CONFIRMED = ("promise_to_pay", "payment_plan_request")
"""what a robot confirms by letter, where there is an address"""

REPLY = re.compile(r'href="(/replies/[A-Za-z0-9]+)"')
PROPOSED = re.compile(r'class="main" formaction="(/replies/[^"]+)"')
"""the button that a reply's page puts first: what the reader makes of it"""
STATE = re.compile(r'class="state"><strong>([^<]*)<')
GLANCE = 0.25
UNSETTLED = 422


@dataclass
class Rep:
    """One robot. `idle` is true while its desk has no call that may be made now."""

    base_url: str
    login: str
    password: str
    seed: int
    glance: float = GLANCE
    """seconds between two looks at a page"""
    idle: threading.Event = field(default_factory=threading.Event)
    calls: int = 0
    """started by it"""
    read: set[str] = field(default_factory=set)
    """replies it has opened: one that it could not settle waits for somebody cleverer"""

    def work(self, stop: threading.Event) -> None:
        """Until told to stop. Trouble with the pages is a rep's trouble: wait a little, sign in again."""
        dice = random.Random(f"{self.seed}:{self.login}")  # noqa: S311 - a robot's whims, not a secret
        browser = None
        while not stop.is_set():
            try:
                browser = browser or self._sign_in()
                busy = self._one_customer(browser, dice) or self._inbox(browser)
            except (requests.RequestException, SignedOutError):
                browser, busy = None, False
            self.idle.clear() if busy else self.idle.set()
            stop.wait(0 if busy else self.glance)

    def _sign_in(self) -> Browser:
        browser = Browser(self.base_url).get("/sign-in")
        browser.submit(_form(browser, "sign-in"), login=self.login, password=self.password)
        return browser.get("/desk")

    def _one_customer(self, browser: Browser, dice: random.Random) -> bool:
        """The desk is before them, as saving and a call's end leave it. False: nobody can be called now."""
        if not _has_work(browser) and not _has_work(browser.get("/desk")):
            return False
        dial = browser.form("/dial")
        if browser.form("/save") is None and dial is not None:
            browser.submit(dial)
            self.calls += 1
        self._listen(browser)
        save = browser.form("/save")
        if save is not None:
            browser.submit(save, **_what_came_of_it(browser, save, dice))
        return True

    def _inbox(self, browser: Browser) -> bool:
        """Looked at after the last call, and whenever the day asks whether anything is left to do."""
        if self.idle.is_set():
            return False
        browser.get("/inbox")
        return self._one_reply(browser) or self._one_stranger(browser)

    def _one_reply(self, browser: Browser) -> bool:
        """Confirm what is proposed of the next reply; where that cannot be, it is at least handled."""
        waiting = [path for path in REPLY.findall(browser.page) if path not in self.read]
        if not waiting:
            return False
        self.read.add(waiting[0])
        form, proposed = browser.get(waiting[0]).form("/replies/"), PROPOSED.search(browser.page)
        if form is not None and proposed:
            browser.submit(replace(form, action=proposed[1]))
            if browser.status == UNSETTLED:
                browser.submit(replace(form, action=f"{waiting[0]}/handled"))
        return True

    def _one_stranger(self, browser: Browser) -> bool:
        """A voicemail of nobody we know is put away; those of customers are calls of the desk."""
        unknown = browser.form("/assign")
        if unknown is None:
            return False
        put_away = replace(unknown, action=unknown.action.replace("/assign", "/answered"))
        browser.submit(put_away, why="robot: no customer of ours")
        return True

    def _listen(self, browser: Browser) -> None:
        """Watch the call's state until it is over; then see the page that it leaves."""
        watched = browser.form("/hang-up")
        while (hang_up := browser.form("/hang-up")) is not None:
            time.sleep(self.glance)
            browser.look_again(hang_up.action.removesuffix("/hang-up"), "call")
        if watched is not None:
            browser.get("/desk")


def _has_work(browser: Browser) -> bool:
    """A call to save, or one that may be made."""
    if browser.form("/sign-in"):
        raise SignedOutError
    dial = browser.form("/dial")
    return browser.form("/save") is not None or (dial is not None and not dial.disabled)


class SignedOutError(Exception):
    """The pages want a sign-in again."""


def _form(browser: Browser, wanted: str) -> Form:
    found = browser.form(wanted)
    if found is None:
        raise SignedOutError
    return found


def _what_came_of_it(browser: Browser, save: Form, dice: random.Random) -> Mapping[str, str]:
    """A talk ends by the dice; where nobody talked, the desk only wants to know that."""
    state = STATE.search(browser.page)
    words = state.group(1).lower() if state else ""
    if "machine" in words or "voicemail" in words:
        return {"disposition": "left_message"}
    if "answered" not in words and "talk" not in words and "person" not in words:
        return {"disposition": "no_contact"}
    disposition = dice.choices([*TALKS], [*TALKS.values()])[0]
    in_writing = disposition in CONFIRMED and 'name="confirm"' in browser.page
    return ({"confirm": "1"} if in_writing else {}) | {
        "disposition": disposition,
        "reason": "price differs from the order",
        "note": f"robot: {disposition}",
    }
