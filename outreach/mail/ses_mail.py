"""Amazon SES: one `SendEmail` (version 2 of its API) a letter, as MIME of our own, through boto3.

Our letter's id travels as the tag `mid`, which comes back in every event. SES puts its own Message-ID and
Date in the place of ours: an answer's In-Reply-To holds the id that SES gave, `ref`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from outreach.amazon import NOT_SET_UP, Line, client, has_no_certificate
from outreach.mail import mime
from outreach.mail.mailer import Accepted, Answer, Message, Refused, Unknown

NAME = "ses"
TAG = "mid"
connect = partial(client, "sesv2")
"""looks for AWS keys, which may take seconds"""

WAIT, LONG_WAIT = timedelta(seconds=60), timedelta(minutes=15)
LINE_DOWN = Refused("Amazon SES cannot be reached", again_in=timedelta(seconds=30), everyone=True)
NO_LOGIN = Refused("there are no AWS keys: set AWS_ACCESS_KEY_ID, or give this machine a role", everyone=True)
BAD_LOGIN = Refused(
    "Amazon SES does not accept our AWS keys, or their rights: check ses:SendEmail", everyone=True
)
SLOWLY = Refused("Amazon SES asks us to slow down", again_in=WAIT, everyone=True)
TOO_LARGE = Refused("the letter is too large for Amazon SES")

REFUSALS: Mapping[str, Refused] = {
    "TooManyRequestsException": SLOWLY,
    "ThrottlingException": SLOWLY,
    "Throttling": SLOWLY,
    "LimitExceededException": Refused(
        "our quota at Amazon SES is used up", again_in=LONG_WAIT, everyone=True
    ),
    "AccountSuspendedException": Refused("Amazon SES has suspended our account", everyone=True),
    "SendingPausedException": Refused("sending is paused at Amazon SES", everyone=True),
    "MailFromDomainNotVerifiedException": Refused(
        "Amazon SES does not know our MAIL FROM domain", everyone=True
    ),
    "NotFoundException": Refused(
        "Amazon SES does not know the configuration set: check OUTREACH_SES_CONFIGURATION_SET", everyone=True
    ),
    "MessageRejected": Refused("Amazon SES does not accept this letter"),
    "BadRequestException": Refused("Amazon SES does not accept this letter"),
    "ValidationException": Refused("Amazon SES does not accept this letter"),
    "RequestEntityTooLarge": TOO_LARGE,
    "413": TOO_LARGE,
    "AccessDeniedException": BAD_LOGIN,
    "UnrecognizedClientException": BAD_LOGIN,
    "InvalidClientTokenId": BAD_LOGIN,
    "MissingAuthenticationTokenException": BAD_LOGIN,
    "IncompleteSignatureException": BAD_LOGIN,
    "InvalidSignatureException": BAD_LOGIN,
    "SignatureDoesNotMatch": BAD_LOGIN,
    "ExpiredTokenException": BAD_LOGIN,
    "OptInRequired": BAD_LOGIN,
}
"""What an error's name proves, of a status below 500. Any other proves nothing: it may have been taken."""


class SesMailer:
    """The adapter. `connect` is called with the first letter."""

    name = NAME

    def __init__(self, configuration_set: str, *, connect: Callable[[], Any] = connect) -> None:
        self._line = Line(connect)
        self._configuration_set = configuration_set

    def send(self, message: Message) -> Answer:
        """Make the one request. Never raises for what the network or SES does."""
        try:
            asked = request(message, self._configuration_set)
        except mime.UnwritableError as error:
            return Refused(str(error))
        try:
            with self._line.fresh() as ses:
                answer = ses.send_email(**asked)
        except ClientError as error:
            return _refusal(error)
        except BotoCoreError as error:
            return _lost(error)
        ref = answer.get("MessageId")
        return Accepted(ref) if ref else Unknown("Amazon SES answered without a message id")


def request(message: Message, configuration_set: str) -> dict[str, Any]:
    """The parameters of `SendEmail`. Raises mime.UnwritableError."""
    return {
        "FromEmailAddress": mime.ascii_address(message.sender.address),
        "Destination": {"ToAddresses": [mime.ascii_address(message.to.address)]},
        "Content": {"Raw": {"Data": mime.write(message)}},
        "ConfigurationSetName": configuration_set,
        "EmailTags": [{"Name": TAG, "Value": message.mid}],
    }


def _refusal(error: ClientError) -> Refused | Unknown:
    code, words = _told(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    proof = REFUSALS.get(code)
    if proof is None or not 400 <= status < 500:
        return Unknown(f"Amazon SES answered {status} {code}")
    if proof in (BAD_LOGIN, NO_LOGIN):
        return proof  # its words name the key
    if code == "MessageRejected" and "not verified" in words.lower():
        proof = Refused("Amazon SES does not let us send: verify the sender", everyone=True)
    if proof is SLOWLY and "daily" in words.lower():
        proof = replace(SLOWLY, again_in=LONG_WAIT)
    return replace(proof, why=f"{proof.why}: {words}" if words else proof.why)


def _told(error: ClientError) -> tuple[str, str]:
    """The name of an error and one printable line of its words."""
    said = error.response.get("Error", {})
    words = "".join(c if c.isprintable() else " " for c in str(said.get("Message") or ""))
    return str(said.get("Code") or ""), " ".join(words.split())[:300]


def _lost(error: BotoCoreError) -> Refused | Unknown:
    """No answer. Only what failed before the request was written is proof that nothing was sent."""
    if isinstance(error, NOT_SET_UP):
        return NO_LOGIN
    if isinstance(error, ParamValidationError):
        return Refused("Amazon SES would not accept this letter")
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return LINE_DOWN
    if has_no_certificate(error):
        return replace(LINE_DOWN, why="Amazon SES's certificate cannot be verified")
    return Unknown(f"the answer was lost: {type(error).__name__}")
