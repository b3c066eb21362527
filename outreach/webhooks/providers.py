"""Who may come to the door, by the name in its path. A provider more is a line more."""

from collections.abc import Mapping
from types import MappingProxyType

from outreach.webhooks import (
    amazon_connect,
    operations,
    sendgrid_inbound,
    sendgrid_mail,
    ses_mail,
    twilio_voice,
)
from outreach.webhooks.post import Provider

PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        "twilio": twilio_voice.PROVIDER,
        "connect": amazon_connect.PROVIDER,
        "sendgrid": sendgrid_mail.PROVIDER,
        "ses": ses_mail.PROVIDER,
        operations.NAME: operations.PROVIDER,
        sendgrid_inbound.NAME: sendgrid_inbound.PROVIDER,
    }
)
