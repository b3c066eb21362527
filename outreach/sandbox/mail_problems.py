"""Everything SendGrid finds wrong with a letter (providers.md B 2.1 and its page of errors)."""

from collections.abc import Iterator

from outreach.sandbox import mail_addresses, mail_content, mail_options, mail_templates
from outreach.sandbox.mail_errors import Problem
from outreach.sandbox.mail_shape import misshapen


def problems(mail: object) -> Iterator[Problem]:
    """The problems of one `POST /v3/mail/send`, a JSON value of any kind; none when it is acceptable."""
    if not isinstance(mail, dict):
        yield Problem("Bad Request")
        return
    wrong = list(misshapen(mail))
    if wrong:
        yield from wrong  # and nothing else is looked at
        return
    yield from mail_addresses.personalizations(mail)
    yield from mail_addresses.sender(mail)
    yield from mail_addresses.reply_to(mail)
    yield from mail_content.subject(mail)
    yield from mail_content.content(mail)
    yield from mail_content.attachments(mail)
    yield from mail_templates.substitutions(mail)
    yield from mail_options.per_message_or_person(mail, "")
    yield from mail_options.categories(mail)
    yield from mail_options.unsubscribe_group(mail)
    yield from mail_options.settings(mail)
