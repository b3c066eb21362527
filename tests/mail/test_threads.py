"""Below which mail an answer stands."""

from dataclasses import replace
from email import message_from_bytes

import pytest

from outreach.mail import mime
from outreach.mail.incoming import Incoming
from outreach.mail.threads import headers, subject_of, thread_of
from tests.mail.test_smtp_mail import LETTER


@pytest.mark.parametrize(
    ("message_id", "refs", "thread"),
    [
        ("c@x", ("b@x", "a@x"), ["a@x", "b@x", "c@x"]),
        ("c@x", (), ["c@x"]),
        ("c@x", ("c@x", "b@x"), ["b@x", "c@x"]),
        ("", ("b@x",), []),
        ("caf\u00e9@x", ("b@x",), []),
        ("c@x", ("b\x00@x", "a@x"), ["a@x", "c@x"]),
    ],
)
def test_the_nearest_stands_last(message_id: str, refs: tuple[str, ...], thread: list[str]) -> None:
    assert thread_of(Incoming(message_id=message_id, refs=refs)) == thread


def test_a_long_thread_keeps_its_end_and_one_line() -> None:
    refs = tuple(f"{n}{'x' * 150}@x" for n in range(30))
    kept = thread_of(Incoming(message_id="last@x", refs=refs))
    assert kept[-2:] == [refs[0], "last@x"]
    assert len(headers(kept)["References"]) < 990
    short = thread_of(Incoming(message_id="last@x", refs=tuple(f"{n}@x" for n in range(30))))
    assert short == [f"{n}@x" for n in range(8, -1, -1)] + ["last@x"]


def test_headers() -> None:
    assert headers(["a@x", "b@x"]) == {"In-Reply-To": "<b@x>", "References": "<a@x> <b@x>"}
    assert headers([]) == {}


def test_they_travel_as_they_are() -> None:
    """Long ids, as Exchange makes them, are words to no program."""
    refs = tuple(f"{n}{'x' * 150}@eur.prod.outlook.example" for n in range(9))
    found = headers(thread_of(Incoming(message_id="last@x", refs=refs)))
    sent = message_from_bytes(mime.write(replace(LETTER, headers=found)))
    assert {name: sent[name] for name in found} == found


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Invoice 7", "Re: Invoice 7"),
        ("RE: Re: AW: Invoice 7", "Re: Invoice 7"),
        ("re[2]: Invoice", "Re: Invoice"),
        ("Reminder: Invoice", "Re: Reminder: Invoice"),
        ("", "Re: your message"),
        ("Re:", "Re: your message"),
        ("x" * 500, "Re: " + "x" * 200),
    ],
)
def test_re_stands_once(theirs: str, ours: str) -> None:
    assert subject_of(theirs) == ours
