"""Mail at the door: nothing of ours is lost, nothing of a stranger's is believed."""

import base64
import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import update

from outreach.ledger import knocks, papers, replies
from outreach.ledger.base import Ledger
from outreach.ledger.log import LogEntry, LogText
from outreach.ledger.papers import Paper
from outreach.ledger.receivables import Account
from outreach.ledger.replies import Reply
from outreach.ledger.tasks import Task
from outreach.ledger.touches import Touch
from outreach.office import DoorKeys
from outreach.sandbox.signing import EventSigner
from outreach.webhooks import sendgrid_inbound
from outreach.webhooks.sendgrid_mail import SIGNATURE, TIMESTAMP
from tests.webhooks.mail import BOUNDARY, HARBOR, OLD_TOKEN, TOKEN, MailDoor, form, mail, raw

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "sendgrid"


@pytest.fixture
def door(ledger: Ledger, tmp_path: Path) -> MailDoor:
    return MailDoor(ledger, tmp_path)


def test_a_reply_to_a_letter_is_read_and_waits_for_an_answer(door: MailDoor) -> None:
    letter_id = door.letter()
    reply = door.come(mail(), to=door.address(letter_id))
    assert (reply.account_id, reply.letter_id, reply.matched_by) == (1, letter_id, "reply address")
    assert (reply.kind, reply.intent, reply.due_on) == ("reply", "promise", date(2026, 11, 27))
    assert (reply.is_verified, reply.contact_id is not None, reply.match_confidence) == (True, True, 0.99)
    (firing,) = door.owed()
    assert (firing.subject, firing.call_side) == (reply.id, "open")
    assert reply.answer_due == datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    (entry,) = door.rows(LogEntry, LogEntry.about == reply.id)
    assert (entry.what, entry.direction, entry.channel) == ("reply received", "in", "email")
    (text,) = door.rows(LogText, LogText.id == entry.text_id)
    assert text.body == "We will pay on Friday."
    call = door.rows(Touch, Touch.account_id == 1, Touch.step == "reply_waiting")
    assert call[0].reasons[0].startswith("they wrote on Nov 23 at 10:00: Re: Invoices past due")


def test_the_post_is_on_disk_before_anything_is_said_of_it(door: MailDoor) -> None:
    body = raw(mail())
    assert door.post(body) == 204
    (paper,) = door.rows(Paper)
    assert paper.sha256 == hashlib.sha256(body).hexdigest()
    assert papers.read(door.files, paper) == body
    assert [event.state for event in door.events()] == ["new"]
    assert list(door.files.glob("*.draft")) == []


def test_the_same_mail_comes_once(door: MailDoor) -> None:
    to = door.address(door.letter())
    for _ in range(3):
        door.come(mail(), to=to)
    assert len(door.events()) == len(door.rows(Reply)) == 1
    door.post(raw(mail(), to=to, spf="softfail"))  # not the same bytes, and the same mail
    door.digest()
    assert len(door.events()) == 2
    assert len(door.rows(Reply)) == len(door.owed()) == 1


def test_mails_without_an_id_are_told_apart_by_what_they_say(door: MailDoor) -> None:
    to = door.address(door.letter())
    door.come(mail("Friday it is.", message_id=None), to=to)
    door.come(mail("Sorry, Monday.", message_id=None), to=to)
    assert len(door.rows(Reply)) == len(door.owed()) == 2


def test_both_tokens_open_the_door_and_any_other_is_counted(door: MailDoor) -> None:
    assert door.post(raw(mail()), token=OLD_TOKEN) == 204
    for stranger in ("x", "n" * 39, "né"):
        assert door.post(raw(mail()), token=stranger) == 404
    with door.ledger.reading() as session:
        times, last_at = knocks.lately(session, door.clock.wall())
    assert times == 3
    assert last_at is not None


def test_without_a_token_of_ours_nothing_comes_in(ledger: Ledger, tmp_path: Path) -> None:
    door = MailDoor(ledger, tmp_path, keys=DoorKeys())
    assert door.post(raw(mail())) == 404


@pytest.fixture
def signed_door(ledger: Ledger, tmp_path: Path) -> tuple[MailDoor, EventSigner]:
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    encoded = base64.b64encode(public).decode()
    door = MailDoor(ledger, tmp_path, DoorKeys(inbound_tokens=(TOKEN,), sendgrid_inbound_key=encoded))
    return door, EventSigner(base64.b64encode(private).decode())


def test_where_a_key_is_given_the_signature_counts_too(signed_door: tuple[MailDoor, EventSigner]) -> None:
    door, signer = signed_door
    body, now = raw(mail()), str(int(datetime.now(UTC).timestamp()))
    assert door.post(body) == 403
    assert door.post(body, **{SIGNATURE: signer.sign(now, body + b"x"), TIMESTAMP: now}) == 403
    assert door.post(body, **{SIGNATURE: "?", TIMESTAMP: now}) == 403
    assert door.rows(Paper) == []
    assert door.post(body, **{SIGNATURE: signer.sign(now, body), TIMESTAMP: now}) == 204
    assert [event.state for event in door.events()] == ["new"]


def test_a_stale_signature_is_kept_and_not_acted_upon(signed_door: tuple[MailDoor, EventSigner]) -> None:
    door, signer = signed_door
    body, then = raw(mail()), str(int((datetime.now(UTC) - timedelta(hours=1)).timestamp()))
    assert door.post(body, **{SIGNATURE: signer.sign(then, body), TIMESTAMP: then}) == 204
    assert [event.state for event in door.events()] == ["quarantined"]


def test_thirty_megabytes_come_in_whole(door: MailDoor) -> None:
    content = base64.encodebytes(bytes(range(256)) * 80_000)
    parts = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\n"
        b"Caf\xe9: we will pay on Friday.\r\n--b\r\nContent-Type: application/pdf\r\n"
        b'Content-Disposition: attachment; filename="../../etc/passwd"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n"
    )
    head = b"From: ap@harbor.example\r\nSubject: big\r\nMessage-ID: <big@x>\r\n"
    email = head + parts + content + b"--b--\r\n"
    assert len(email) > 27_000_000
    reply = door.come(email, to=door.address(door.letter()))
    assert (reply.intent, reply.is_truncated) == ("promise", False)
    text, file = door.parts(reply)
    assert (file.role, file.name) == ("file", "passwd")
    kept = {paper.id: paper for paper in door.rows(Paper)}
    assert papers.read(door.files, kept[file.paper_id]) == bytes(range(256)) * 80_000
    assert papers.read(door.files, kept[text.paper_id]).decode().startswith("Café: we will pay")


def test_above_the_largest_the_headers_are_kept_with_a_mark(
    door: MailDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sendgrid_inbound, "LARGEST", 300_000)
    reply = door.come(mail("We will pay on Friday.\n" + "x" * 900_000), to=door.address(door.letter()))
    assert (reply.account_id, reply.is_truncated, reply.subject) == (1, True, "Re: Invoices past due")
    assert all(paper.size < 200_000 for paper in door.rows(Paper))
    assert list(door.files.glob("*.draft")) == []


def test_parsed_mode_with_its_files_and_charsets(door: MailDoor) -> None:
    to = door.address(door.letter())
    fields = {
        "headers": b"From: Maria <ap@harbor.example>\r\nSubject: Re: x\r\nMessage-ID: <p1@x>\r\n"
        b"Date: Mon, 23 Nov 2026 09:30:00 -0800\r\nContent-Type: multipart/mixed; boundary=q\r\n",
        "text": "Très bien: we will pay $1,200.00 on Friday.".encode("latin-1"),
        "html": b"<p>We will pay</p>",
        "charsets": b'{"text":"iso-8859-1","html":"utf-8"}',
        "envelope": b'{"to":["%s"],"from":"ap@harbor.example"}' % to.encode(),
        "SPF": b"pass",
        "dkim": b"{@harbor.example : pass}",
    }
    files = {"attachment1": ("remittance.pdf", "application/pdf", b"%PDF-1.4")}
    assert door.post(form(fields, files)) == 204
    door.digest()
    (reply,) = door.rows(Reply)
    assert (reply.account_id, reply.intent, reply.amount_minor, reply.currency) == (
        1,
        "promise",
        120_000,
        "USD",
    )
    assert [(part.role, part.name) for part in door.parts(reply)] == [
        ("text", "text"),
        ("html", "html"),
        ("file", "remittance.pdf"),
    ]


@pytest.mark.parametrize("name", ["py_raw_data.txt", "py_default_data.txt"])
def test_sendgrids_own_samples(door: MailDoor, name: str) -> None:
    if not (SHARED / name).exists():
        pytest.skip("no shared data here")
    body = (SHARED / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert door.post(body.replace(b"xYzZY", BOUNDARY.encode())) == 204
    door.digest()
    (reply,) = door.rows(Reply)
    assert (reply.sender, reply.account_id, reply.kind) == ("test@example.com", None, "reply")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        form({}),
        form({"nothing": b"of a mail"}),
        form({"email": b""}),
        form({"email": b"\xff\xfe\x00 no mail"}),
        form({"email": b"From: <<<>>>\r\nContent-Type: multipart/mixed\r\n\r\n--\r\n"}),
        form({"email": b"Subject: =?utf-8?q?broken\r\nDate: never\r\nContent-Type: ;;;\r\n\r\nx"}),
        form({"email": b"Content-Type: text/plain; charset=nonsense\r\nFrom: \xe9@\xe9\r\n\r\n\xe9"}),
        form({"headers": b"\x00", "envelope": b"[1]", "charsets": b'{"text": 7}', "text": b"\xff"}),
        form({"email": b"Content-Transfer-Encoding: base64\r\n\r\n!!!!"}),
        form({f"f{n}": b"x" for n in range(1500)} | {"email": b"From: a@b.example\r\n\r\nx"}),
    ],
)
def test_whatever_it_is_it_is_kept_and_nobody_is_in_trouble(door: MailDoor, body: bytes) -> None:
    assert door.post(body) == 204
    door.digest()
    (event,) = door.events()
    assert event.state in ("digested", "parked")
    assert event.tries == 0
    assert len(door.rows(Paper)) >= 1


def test_a_mail_nested_a_thousand_deep_is_shown_by_its_headers(door: MailDoor) -> None:
    email = b"From: ap@harbor.example\r\nSubject: deep\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"
    email += b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(1000)
    )
    reply = door.come(email, to=door.address(door.letter()))
    assert (reply.account_id, reply.subject) == (1, "deep")
    assert "too deeply" in reply.fault


def test_a_thread_finds_its_letter_by_our_id_or_the_providers(door: MailDoor) -> None:
    first, second = door.letter(1), door.letter(2, ref="wrfRRvF7Q0GgwUo2CvDmEA")
    one = door.come(mail(In_Reply_To=f"<{first}@outreach.example>"))
    assert (one.letter_id, one.matched_by) == (first, "thread")
    references = "<old@x> <wrfRRvF7Q0GgwUo2CvDmEA@geopod-ismtpd-1>"
    other = door.come(mail(message_id="<m2@x>", References=references))
    assert (other.account_id, other.letter_id, other.match_confidence) == (2, second, 0.7)


def test_a_forged_token_is_nobodys(door: MailDoor) -> None:
    letter_id = door.letter()
    reply = door.come(
        mail(sender="x@stranger.example"),
        to=f"r+{letter_id}.{'a' * 16}@reply.outreach.example",
        dkim="{}",
        spf="fail",
    )
    assert (reply.account_id, reply.suggested_id) == (None, None)


def test_a_known_sender_counts_only_where_somebody_vouches_for_it(door: MailDoor) -> None:
    spoofed = door.come(mail(), dkim="{@spammer.example : pass}", spf="pass", sender="bounce@spammer.example")
    assert (spoofed.account_id, spoofed.suggested_id, spoofed.is_verified) == (None, 1, False)
    assert door.owed() == []
    true = door.come(mail(message_id="<m2@x>"))
    assert (true.account_id, true.matched_by, true.is_verified) == (1, "sender", True)


def test_an_invoice_number_counts_for_a_verified_colleague_and_else_suggests(door: MailDoor) -> None:
    words = "About INV-1001: we will pay on Friday."
    colleague = door.come(mail(words, sender="boss@harbor.example"))
    assert (colleague.account_id, colleague.matched_by, colleague.contact_id) == (1, "invoice", None)
    stranger = door.come(
        mail(words, sender="a@stranger.example", message_id="<m2@x>"), dkim="{@stranger.example : pass}"
    )
    assert (stranger.account_id, stranger.suggested_id) == (None, 1)


def test_a_letter_about_several_accounts_is_answered_for_the_one_they_name(door: MailDoor) -> None:
    to = door.address(door.letter(1, covers={"1": [], "2": ["INV-1004"]}))
    reply = door.come(mail("INV-1004 will be paid on Friday."), to=to)
    assert (reply.account_id, reply.invoices) == (2, ["INV-1004"])


AUTOMATIC = (
    {"Auto_Submitted": "auto-replied"},
    {"X_Autoreply": "yes"},
    {"X_Auto_Response_Suppress": "All"},
    {"Precedence": "bulk"},
    {"subject": "Automatic reply: Invoices past due"},
    {"subject": "Out of Office: Re: Invoices"},
    {"sender": "MAILER-DAEMON@harbor.example"},
    {"List_Id": "<ap.harbor.example>"},
    {"Return_Path": "<>"},
)


@pytest.mark.parametrize("signs", AUTOMATIC, ids=lambda signs: next(iter(signs.items()))[0])
def test_a_machine_is_logged_quietly_and_owed_nothing(door: MailDoor, signs: dict[str, str]) -> None:
    words = "I am out of the office until November 30. Contact tom@harbor.example."
    reply = door.come(mail(words, **signs), to=door.address(door.letter()))
    assert (reply.kind, reply.ended_how, reply.account_id) == ("auto_reply", "automatic", 1)
    assert reply.intent == "out_of_office"
    assert door.owed() == []
    assert [entry.what for entry in door.rows(LogEntry, LogEntry.about == reply.id)] == [
        "automatic reply received"
    ]


def bounce(status: str, to: str, words: str = "smtp; 550 user unknown") -> bytes:
    return (
        f"From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\nMessage-ID: <{status}@mx.example>\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: {words}\r\n\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("status", "words", "bad"),
    [
        ("5.1.1", "smtp; 550 no", True),
        ("5.0.0", "smtp; 550 user unknown", True),
        ("5.2.2", "smtp; 552 mailbox full", False),
        ("5.7.1", "smtp; 550 policy", False),
        ("4.4.1", "smtp; 421 later", False),
    ],
)
def test_a_notice_of_non_delivery_marks_only_what_is_gone_for_good(
    door: MailDoor, status: str, words: str, bad: bool
) -> None:
    reply = door.come(bounce(status, HARBOR, words), to=door.address(door.letter()))
    assert (reply.kind, door.owed()) == ("bounce", [])
    assert (door.address_row().bad_at is not None) is bad


def test_a_notice_about_another_address_or_no_letter_of_ours_marks_nothing(door: MailDoor) -> None:
    door.come(bounce("5.1.1", "other@harbor.example"), to=door.address(door.letter()))
    door.come(bounce("5.1.2", HARBOR), to="x@reply.outreach.example")
    assert door.address_row().bad_at is None


def test_a_complaint_suppresses_the_address(door: MailDoor) -> None:
    report = (
        b"From: fbl@isp.example\r\nMessage-ID: <arf@isp.example>\r\n"
        b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        b"Feedback-Type: abuse\r\nUser-Agent: x/1\r\n\r\n--b--\r\n"
    )
    reply = door.come(report, to=door.address(door.letter()))
    assert (reply.kind, door.address_row().suppressed_at is not None) == ("complaint", True)


def test_who_asks_to_be_left_alone_is_even_unverified(door: MailDoor) -> None:
    reply = door.come(mail("Please stop emailing me."), dkim="{}", spf="fail")
    assert (reply.account_id, reply.intent) == (None, "stop")
    assert door.address_row().suppressed_why == "asked to stop by mail"
    assert [task.kind for task in door.rows(Task, Task.account_id == 1)] == ["mend contact"]


def test_a_mail_alone_changes_nothing_else(door: MailDoor) -> None:
    words = (
        "Our bank details have changed, please update your records. INV-1005 is settled, release the hold."
    )
    door.come(mail(words, sender="ap@north.example"), to=door.address(door.letter(5)))
    with door.ledger.reading() as session:
        account = session.get_one(Account, 5)
        assert (account.legal_hold_on, account.insolvent_on) == (None, None)
    (reply,) = door.rows(Reply)
    assert (reply.intent, reply.due_on, reply.amount_minor) == ("other", None, None)
    assert door.address_row("ap@north.example").suppressed_at is None


def test_trouble_of_ours_is_503_and_nothing_is_left(door: MailDoor) -> None:
    door.files.parent.mkdir(exist_ok=True)
    door.files.write_text("a file where the folder should be")
    assert door.post(raw(mail())) == 503
    assert door.events() == []


def test_a_reply_after_an_answer_counts_anew(door: MailDoor) -> None:
    to = door.address(door.letter())
    first = door.come(mail(), to=to)
    with door.ledger.writing() as session:
        replies.end(session, [first.id], by="ana", how="call", now=door.clock.now(), on=date(2026, 11, 23))
    assert [firing.state for firing in door.owed()] == ["done"]
    door.come(mail("Actually, Monday.", message_id="<m2@x>"), to=to)
    assert [firing.state for firing in door.owed()] == ["done", "open"]


def test_a_child_speaks_for_its_family(door: MailDoor) -> None:
    with door.ledger.writing() as session:
        session.execute(update(Account).where(Account.id == 2).values(parent_id=1))
    door.come(mail(), to=door.address(door.letter(2)))
    with door.ledger.reading() as session:
        assert replies.customers(session) == {1}
