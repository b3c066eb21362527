"""What they write between draft and intent stops the letter (promise P2); the sandbox's people write back."""

from outreach.ledger.log import LogEntry
from outreach.ledger.replies import Reply
from outreach.mail import posting
from outreach.mail.committing import commit
from tests.mail.post_office import HARBOR, PostOffice
from tests.web.reply_rows import keep_reply


def test_a_reply_between_draft_and_intent_wins(office: PostOffice) -> None:
    office.plan(HARBOR)
    batch = posting._next_batch(office.room)
    assert batch
    with office.ledger.writing() as session:
        keep_reply(session, office.folder / "files", account_id=HARBOR)

    intents = commit(office.room, batch.drafts, batch.due)

    assert list(intents.letters) == []
    assert (office.touch(HARBOR).state, office.touch(HARBOR).reason) == ("skipped", "reply waiting")


def test_a_letter_is_answered_to_its_signed_address(office: PostOffice) -> None:
    office.plan(HARBOR)
    office.answers(HARBOR, "delivered")
    office.send()
    office.settle_down()
    to = office.request(HARBOR)["reply_to"]["email"]

    for mode in ("raw", "parsed"):
        order = {
            "to": to,
            "sender": "ap@harbor.example",
            "text": f"We will pay on Friday, {mode}.",
            "mode": mode,
        }
        answer = office.sandbox.post("/sandbox/reply", order).json()
        assert (answer["answer"], answer["posts"]) == (204, 1)
    office.settle_down()

    letter = office.letter(HARBOR)
    found = office.rows(Reply)
    assert [(one.letter_id, one.matched_by, one.intent) for one in found] == [
        (letter.id, "reply address", "promise")
    ] * 2
    assert letter.replied_at is not None
    assert len(office.rows(LogEntry, LogEntry.what == "reply received")) == 2
    assert [one["sender"] for one in office.sandbox.truth()["replies"]] == ["ap@harbor.example"] * 2
