"""A letter from its acceptance to its last event, by every kind of mailbox."""

from typing import Any

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook

from tests.sandbox.playing import Door, Sandbox

AP = "ap@example.com"


def send(sandbox: Sandbox, to: str = AP, mid: str = "m1", **more: Any) -> str:
    letter = {
        "personalizations": [{"to": [{"email": to}], "custom_args": {"mid": mid}}],
        "from": {"email": "ar@example.org"},
        "subject": "Invoice 1042",
        "content": [{"type": "text/plain", "value": "Hello"}],
        "custom_args": {"mid": "overridden", "step": "followup_5"},
        **more,
    }
    message_id: str = sandbox.mail.post(request_body=letter).headers["X-Message-Id"]
    return message_id


# mailbox, its events, fields of the last one, whether the next letter is dropped and why
MAILBOXES: list[tuple[str, list[str], dict[str, Any], str | None]] = [
    ("delivered", ["processed", "delivered"], {"response": "250 2.0.0 OK"}, None),
    ("opened", ["processed", "delivered", "open"], {"sg_machine_open": False}, None),
    ("deferred", ["processed", "deferred", "delivered"], {}, None),
    ("bounced", ["processed", "bounce"], {"type": "bounce", "status": "5.1.1"}, "Bounced Address"),
    ("blocked", ["processed", "bounce"], {"type": "blocked"}, None),
    ("dropped", ["dropped"], {"reason": "Unsubscribed Address"}, None),
    ("complained", ["processed", "delivered", "spamreport"], {}, "Spam Reporting Address"),
    ("unsubscribed", ["processed", "delivered", "unsubscribe"], {}, "Unsubscribed Address"),
]


@pytest.mark.parametrize(("behaviour", "told", "says", "then_dropped"), MAILBOXES)
def test_a_mailbox(
    sandbox: Sandbox,
    door: Door,
    behaviour: str,
    told: list[str],
    says: dict[str, Any],
    then_dropped: str | None,
) -> None:
    sandbox.script(addresses={AP: [behaviour, "delivered"]})
    message_id = send(sandbox, categories=["dunning"])
    truth = sandbox.truth()
    assert truth["letters"][0]["events"] == told
    events = door.events()
    assert [event["event"] for event in events] == told
    assert events[-1] | says == events[-1]
    for event in events:
        assert (event["email"], event["mid"], event["step"]) == (AP, "m1", "followup_5")
        assert event["sg_message_id"].startswith(f"{message_id}.")
        assert event["category"] == ["dunning"]
        assert isinstance(event["timestamp"], int)
    assert len({event["sg_event_id"] for event in events}) == len(events)

    send(sandbox, mid="m2")
    second = sandbox.truth()["letters"][1]
    assert second["events"] == (["dropped"] if then_dropped else ["processed", "delivered"])
    if then_dropped:
        assert door.events()[-1]["reason"] == then_dropped


def test_a_late_bounce_lost_our_ids(sandbox: Sandbox, door: Door) -> None:
    sandbox.script(addresses={AP: "bounced-late"})
    send(sandbox)
    sandbox.truth()
    bounce = door.events()[-1]
    assert (bounce["event"], bounce["email"]) == ("bounce", AP)
    assert not {"mid", "sg_message_id", "smtp-id"} & set(bounce)


def test_events_are_signed_over_the_raw_body(sandbox: Sandbox, door: Door) -> None:
    send(sandbox)
    sandbox.truth()
    helper = EventWebhook(sandbox.keys.sendgrid_webhook_public_key)
    posts = door.at("/webhooks/sendgrid/events")
    assert posts
    for post in posts:
        signature = post.headers["X-Twilio-Email-Event-Webhook-Signature"]
        timestamp = post.headers["X-Twilio-Email-Event-Webhook-Timestamp"]
        assert helper.verify_signature(post.body.decode(), signature, timestamp)
        assert post.body.endswith(b"\r\n")


def test_events_come_in_batches(sandbox: Sandbox, door: Door) -> None:
    for nth in range(30):
        send(sandbox, to=f"ap{nth}@example.com")
    sandbox.truth()
    assert len(door.at("/webhooks/sendgrid/events")) < len(door.events())


def test_a_door_in_trouble_is_asked_again(sandbox: Sandbox, door: Door) -> None:
    door.status("/webhooks/sendgrid/events", 503, 503, 204)
    sandbox.script(addresses={AP: "dropped"})
    send(sandbox)
    sandbox.truth()
    posts = door.at("/webhooks/sendgrid/events")
    assert [post.body for post in posts] == [posts[0].body] * 3


def test_everybody_in_a_request_gets_a_letter(sandbox: Sandbox) -> None:
    people = [{"to": [{"email": "a@example.com"}], "cc": [{"email": "b@example.com"}], "subject": "Yours"}]
    send(sandbox, personalizations=[*people, {"to": [{"email": "c@example.com"}]}])
    letters = sandbox.truth()["letters"]
    assert [(letter["to"], letter["subject"], letter["mid"]) for letter in letters] == [
        ("a@example.com", "Yours", "overridden"),
        ("b@example.com", "Yours", "overridden"),
        ("c@example.com", "Invoice 1042", "overridden"),
    ]
    assert len({letter["message_id"] for letter in letters}) == 1


def test_a_letter_can_be_read(sandbox: Sandbox) -> None:
    send(sandbox)
    send(sandbox, to="other@example.com", subject="Second")
    letter = sandbox.get("/sandbox/letters/2")
    assert (letter["to"], letter["request"]["subject"]) == ("other@example.com", "Second")
    assert "no letter 3" in sandbox.get("/sandbox/letters/3")["error"]
