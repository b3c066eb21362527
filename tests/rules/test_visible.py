"""Their own words, out of real shapes of mail: files of zapier/email-reply-parser (MIT, LICENSE beside)."""

from pathlib import Path

import pytest

from outreach.rules.reading.visible import visible

FILES = Path(__file__).parent / "replies"
WHOLE = {
    "correct_sig": "this is an email with a correct -- signature.",
    "email_1_3": "Oh thanks.\n\nHaving the function would be great.",
    "email_1_4": "Awesome! I haven't had another problem with it.",
    "email_1_6": "I get proper rendering as well.\n\nSent from a magnificent torch of pixels",
    "email_1_7": ":+1:",
    "email_1_8": "I will reply under this one\n\n\nand under this.",
    "email_2_1": "Outlook with a reply",
    "email_2_2": "Outlook with a reply directly above line",
    "email_2_3": "Outlook with a reply above headers using unusual format",
    "email_BlackBerry": "Here is another email",
    "email_gmail": "This is a test for inbox replying to a github message.",
    "email_headers_no_delimiter": "And another reply!",
    "email_iPhone": "Here is another email",
    "email_multi_word_sent_from_my_mobile_device": "Here is another email",
    "email_sent_from_my_not_signature": (
        "Here is another email\n\nSent from my desk, is much easier then my mobile phone."
    ),
    "email_sig_delimiter_in_middle_of_line": (
        "Hi there!\n\nStuff happened.\n\nAnd here is a fix -- this is not a signature.\n\nkthxbai"
    ),
}
ENDS = {
    "email_1_1": "I am currently using the Java HTTP API.",
    "email_1_5": "for a while.",
    "email_bullets": "   - and another",
    "email_one_is_not_on": "Locally (on development), when I run...",
    "email_partial_quote_header": "fails, the tunnel is not working.",
    "greedy_on": "fails, the tunnel is not working.",
    "pathological": "get back to a computer.",
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_they_wrote_and_nothing_else(name: str) -> None:
    assert visible((FILES / f"{name}.txt").read_text()) == WHOLE[name]


@pytest.mark.parametrize("name", ENDS)
def test_longer_mails_end_where_their_words_end(name: str) -> None:
    found = visible((FILES / f"{name}.txt").read_text())
    assert found.endswith(ENDS[name])
    assert ">" not in found


def test_answers_between_quoted_lines_are_theirs() -> None:
    found = visible((FILES / "email_1_2.txt").read_text())
    assert found.startswith("Hi,\n")
    assert "You can list the keys" in found
    assert "What is the best way" not in found


OURS = "-- Please reply above this line --\nYour invoice is past due. We will pay you nothing.\n"


@pytest.mark.parametrize(
    "mail",
    [
        f"We pay Friday.\n\n{OURS}",
        f"We pay Friday.\r\n\r\n-----Original Message-----\r\nFrom: Billing\r\n{OURS}",
        f"We pay Friday.\n\nRegards,\nMaria Ortiz\nAP Manager\n\nFrom: Billing <b@x.example>\nSent: Monday\n"
        f"To: ap\nSubject: Past due\n\n{OURS}",
        "> -- Please reply above this line --\n> Your invoice\n\nWe pay Friday.",
        "On Mon, Nov 23, 2026 at 10:00 AM Billing <r+abc@reply.x.example>\nwrote:\n\n> Past due\n\n"
        "We pay Friday.",
        "We pay Friday.\n\nAm 23.11.2026 um 10:00 schrieb Billing:\n> Your invoice",
        "We pay Friday.\n\nThanks,\nMaria\n\nThis email is confidential and intended only for the addressee.",
        "We pay Friday.\n\nGet Outlook for iOS",
        f"We pay Friday.\n\n________________________________\nFrom: Billing\nSent: Monday\nTo: ap\n{OURS}",
    ],
)
def test_our_own_letter_is_never_theirs(mail: str) -> None:
    assert visible(mail) == "We pay Friday."


@pytest.mark.parametrize("mail", ["", "\n", OURS, "> all\n> quoted", "\x00", ">" * 10_000])
def test_who_wrote_nothing_has_said_nothing(mail: str) -> None:
    assert visible(mail).strip("\x00") == ""
