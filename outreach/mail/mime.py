"""A letter as the bytes that travel (RFC 5322 and MIME), for providers that take no JSON: SMTP and SES."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import formatdate

from outreach.mail.mailer import Attachment, Mailbox, Message

NARROW = SMTP.clone(cte_type="7bit")


class _Wire(EmailPolicy):
    """7 bits, so that no server must know 8BITMIME."""

    def fold_binary(self, name: str, value: str) -> bytes:
        # At 78 characters Python encodes a long id as if it were words, at 998 its encoded words never end.
        return super().fold_binary(name, value) if value.isascii() else NARROW.fold_binary(name, value)


WIRE = _Wire(linesep="\r\n", max_line_length=998, cte_type="7bit")


class UnwritableError(ValueError):
    """This letter cannot be written down as mail; the words say why and name no content."""


def message_id(message: Message) -> str:
    """Our own, without brackets: an answer's In-Reply-To brings the letter's id back."""
    return f"{message.mid}@{ascii_address(message.sender.address).rpartition('@')[2]}"


def write(message: Message) -> bytes:
    """The whole letter. Raises UnwritableError: a line break in a header, an address no mail can carry."""
    try:
        written = _mail(message).as_bytes()
    except UnwritableError:
        raise
    except (ValueError, LookupError, AttributeError) as error:  # LookupError, AttributeError: email's parser
        raise UnwritableError(f"its headers cannot be written: {type(error).__name__}") from None
    return written if written.endswith(b"\r\n") else written + b"\r\n"


def ascii_address(address: str) -> str:
    """The address with its domain in punycode. Raises UnwritableError for what only SMTPUTF8 could carry."""
    local, _, domain = address.rpartition("@")
    try:
        local.encode("ascii")
        domain = domain.encode("idna").decode()
    except UnicodeError:
        raise UnwritableError("the address holds characters that mail cannot carry") from None
    if not local or not domain or not f"{local}{domain}".isprintable() or " " in domain:
        raise UnwritableError("the address is no mail address")
    return f"{local}@{domain}"


def _mail(message: Message) -> EmailMessage:
    mail = EmailMessage(WIRE)
    mail["From"] = _address(message.sender)
    mail["To"] = _address(message.to)
    mail["Reply-To"] = _address(message.reply_to)
    mail["Subject"] = message.subject
    mail["Date"] = formatdate(usegmt=True)
    mail["Message-ID"] = f"<{message_id(message)}>"
    for name, value in message.headers.items():
        mail[name] = value
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    for attachment in message.attachments:
        _attach(mail, attachment)
    return mail


def _address(mailbox: Mailbox) -> Address:
    return Address(mailbox.name, addr_spec=ascii_address(mailbox.address))


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    main, _, sub = attachment.media_type.partition("/")
    mail.add_attachment(attachment.content, maintype=main, subtype=sub, filename=attachment.file_name)
