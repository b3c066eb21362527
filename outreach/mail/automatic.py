"""Is it a person who wrote? Machines are never answered and no answer is owed to them (RFC 3834)."""

import re
from typing import Literal

from outreach.mail.incoming import Incoming

Kind = Literal["reply", "auto_reply", "bounce", "complaint"]

_DAEMON = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|auto-?reply|auto-?responder)@?", re.IGNORECASE)
_SUBJECT = re.compile(
    r"^\W*(?:auto(?:matic|mated)?[ -]?(?:reply|response|respons|generated|answer)\b|auto\s*:|autoreply|"
    r"autoresponse|"
    r"out[ -]of[ -](?:the[ -])?office\b|ooo\b\s*[:-]|away from (?:my |the )?(?:desk|office|mail)|"
    r"vacation (?:reply|notice)|"
    r"automatische antwort|abwesenheit\w*|réponse automatique|respuesta automática|risposta automatica|"
    r"automatisch antwoord|undeliver(?:able|ed)|mail delivery (?:failed|failure|system)|"
    r"delivery (?:status notification|failure)|"
    r"returned mail|failure notice)",
    re.IGNORECASE,
)


def kind(mail: Incoming) -> Kind:
    """What has written: a person, or which kind of machine (providers.md B3.3)."""
    if mail.notice is not None:
        return mail.notice.kind
    return "auto_reply" if _is_automatic(mail) else "reply"


def _is_automatic(mail: Incoming) -> bool:
    headers = mail.headers
    submitted = headers.get("auto-submitted", "no").split(";")[0].strip().lower()
    precedence = headers.get("precedence", "").strip().lower()
    marks = (
        "x-auto-response-suppress",
        "x-autoreply",
        "x-autorespond",
        "x-autoresponse",
        "x-apple-action",
        "list-id",
    )
    null_path = headers.get("return-path", "").strip() == "<>" or (
        mail.route.is_told and not mail.route.sender
    )
    return (
        submitted not in ("", "no")
        or precedence in ("auto_reply", "bulk", "list", "junk")
        or any(name in headers for name in marks)
        or null_path
        or mail.content_type.lower().startswith("multipart/report")
        or bool(_DAEMON.match(mail.sender))
        or bool(_SUBJECT.match(mail.subject))
    )
