"""Reads TwiML as Twilio does: unknown verbs and attributes are warnings, broken XML ends the call."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

_SPEECH = {"voice", "language", "loop"}
_AMD = {
    "machineDetection",
    "machineDetectionTimeout",
    "machineDetectionSpeechThreshold",
    "machineDetectionSpeechEndThreshold",
    "machineDetectionSilenceTimeout",
    "amdStatusCallback",
    "amdStatusCallbackMethod",
}
_RECORDING = {
    "record",
    "trim",
    "recordingTrack",
    "recordingStatusCallback",
    "recordingStatusCallbackMethod",
    "recordingStatusCallbackEvent",
}
_STATUS = {"statusCallback", "statusCallbackMethod", "statusCallbackEvent"}

# verb: the attributes Twilio knows; the verbs this sandbox obeys
VERBS: Mapping[str, frozenset[str]] = {
    "Say": frozenset(_SPEECH),
    "Play": frozenset({"loop", "digits"}),
    "Pause": frozenset({"length"}),
    "Gather": frozenset(
        {
            "action",
            "method",
            "timeout",
            "numDigits",
            "finishOnKey",
            "input",
            "actionOnEmptyResult",
            "language",
        }
    ),
    "Dial": frozenset(
        {"action", "method", "timeout", "callerId", "answerOnBridge", "timeLimit", "hangupOnStar", "ringTone"}
        | _RECORDING
    ),
    "Number": frozenset({"url", "method", "sendDigits", "byoc", "phoneNumberSid"} | _STATUS | _AMD),
    "Record": frozenset(
        {
            *("action", "method", "timeout", "finishOnKey", "maxLength", "playBeep", "trim"),
            *("recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent"),
            *("transcribe", "transcribeCallback"),
        }
    ),
    "Hangup": frozenset(),
    "Redirect": frozenset({"method"}),
    "Reject": frozenset({"reason"}),
}
NESTED: Mapping[str, frozenset[str]] = {
    "Response": frozenset(VERBS) - {"Number"},
    "Gather": frozenset({"Say", "Play", "Pause"}),
    "Dial": frozenset({"Number"}),
}


class Unreadable(Exception):
    """The document cannot be obeyed at all (12100)."""


@dataclass(frozen=True)
class Verb:
    """One element of a document: `text` is its own text, `inner` the verbs or nouns inside it."""

    name: str
    text: str
    attributes: Mapping[str, str]
    inner: tuple["Verb", ...]

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def seconds(self, name: str, default: int) -> int:
        """An attribute that is a whole number of seconds; nonsense counts as absent, as with Twilio."""
        text = self.get(name)
        return int(text) if text.isdigit() else default


def read(document: bytes) -> tuple[tuple[Verb, ...], list[str]]:
    """The document's verbs in order, and a warning for each thing Twilio would not know.

    Raises Unreadable.
    """
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - from the service under test, on loopback
    except ElementTree.ParseError as error:
        raise Unreadable(str(error)) from error
    if root.tag != "Response":
        raise Unreadable("the root element must be Response")
    return _known(root), list(_warnings(root))


def _known(parent: ElementTree.Element) -> tuple[Verb, ...]:
    known = NESTED.get(parent.tag, frozenset())
    return tuple(
        Verb(child.tag, (child.text or "").strip(), dict(child.attrib), _known(child))
        for child in parent
        if child.tag in known
    )


def _warnings(parent: ElementTree.Element) -> Iterator[str]:
    for child in parent:
        if child.tag not in NESTED.get(parent.tag, frozenset()):
            yield f"<{child.tag}> is not known inside <{parent.tag}>"
            continue
        for attribute in sorted(set(child.attrib) - VERBS[child.tag]):
            yield f"<{child.tag}> has no attribute {attribute!r}"
        yield from _warnings(child)
