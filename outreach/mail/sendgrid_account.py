"""Is our SendGrid account ready for us? What a key that may only send mail can ask (docs/sendgrid.md)."""

import json

import urllib3
from sendgrid import SendGridAPIClient

from outreach.mail.sendgrid_mail import KeepAliveClient

MAY_SEND = "mail.send"


def trouble(api_key: str, host: str) -> str | None:
    """What would stop the first letter, with what to do; None: nothing that can be seen. Nothing is sent."""
    client = KeepAliveClient(SendGridAPIClient(api_key, host=host).client)
    try:
        answer = client.scopes.get()
        if answer.status >= 300:
            return _refused(answer.status)
        scopes = json.loads(answer.data).get("scopes", [])
    except urllib3.exceptions.HTTPError:
        return "SendGrid cannot be reached: check the network, and OUTREACH_SENDGRID_URL if it is set"
    except (ValueError, AttributeError):
        return "SendGrid is not at this address: check OUTREACH_SENDGRID_URL"
    if MAY_SEND not in scopes:
        return "SENDGRID_API_KEY may not send: give it Mail Send in SendGrid's settings"
    return None


def _refused(status: int) -> str:
    if status in (401, 403):
        return (
            "SendGrid does not accept SENDGRID_API_KEY: make another one; "
            "a key of the EU region needs OUTREACH_SENDGRID_URL=https://api.eu.sendgrid.com"
        )
    if status in (404, 405):
        return "SendGrid is not at this address: check OUTREACH_SENDGRID_URL"
    return f"SendGrid could not be asked (status {status}): try again"
