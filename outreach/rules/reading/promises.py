"""Whether a sentence promises money: stated by them, unconditionally (product.md 4).

What else sounds like one is none: a hope, a condition, a colleague being told to pay, general run days.
"""

import re

from outreach.rules.reading.amounts import amounts
from outreach.rules.reading.phrases import any_of

_PAY = (
    r"(?:pay(?:ing|ment|ments)?|paid|remit(?:ting|tance|ted)?|check(?! (?:with|on|in|into|if|whether|"
    r"back|and|this|it|that|our|my|"
    r"again|status)\b)|cheque|wir(?:e|ed|ing)|ach|eft|bacs|transfer(?:red|ring)?|"
    r"settl(?:e|ed|ing|ement)|releas(?:e|ed|ing)|sen(?:d|t|ding)|process(?:ed|ing)?|issu(?:e|ed|ing)|"
    r"mail(?:ed|ing)?|"
    r"clear(?:ed|ing)?|cut(?:ting)?|go(?:es|ing)? out|(?:check|pay(?:ment)?|cheque|ap|"
    r"disbursement)[ -]?run|funds|balance|"
    r"disburs\w+|taken care of|money|overnight\w*)"
)
_MONEY = any_of(rf"\b{_PAY}\b")
_YOU_HAVE_IT = any_of(
    r"\byou (?:will|should|can expect to|'ll) (?:have|receive|get|see) (?:it|this|that|them)\b"
)
_STATED = any_of(
    r"\b(?:will|shall|'ll|’ll|i'll|we'll|going to|gonna)\b(?! (?:not|never))",
    r"\b(?:is|are|am|'s|'re|'m|’s|’re|’m|been|be)\b (?:\w+ ){0,3}(?:scheduled|set|planned|slated|"
    r"slotted|earmarked|due to|to be paid|to go|booked|queued|"
    r"approved|in the|on the|part of|included|cutting|paying|sending|wiring|mailing|releasing|"
    r"processing|issuing|"
    r"remitting|transferring|making|being|going out|arranged|lined up|settling|clearing|running|"
    r"initiating|submitting)",
    r"\b(?:plan|intend|expect|aim(?:ing)?|planning|scheduled|expecting|intending|set)\b (?:for|to|"
    r"payment|on|our|the)",
    r"\byou(?:'ll| will| can expect| should (?:have|see|receive|get))\b",
    r"\bshould\b (?:be|go|have|reach|arrive|hit|clear|receive|see|get)",
    r"\b(?:goes|leaves|arrives|ships) (?:out |with |in )?",
    r"\b(?:can|able to) (?:do|make|send|pay|get|commit|have|release|wire|promise|confirm|process)\b",
    r"^(?:(?:hi|hello|ok|okay|yes|sure|sorry|thanks|understood)\b[^a-z0-9]*(?:\w+[,.] )?)?"
    r"(?:full |partial )?(?:will )?(?:pay(?:ing|ment)?|check|cheque|wire|ach|remittance|sending|wiring|"
    r"mailing)\b"
    r"(?! (?:was|were|has|have|had|terms|run|runs|cycle))",
    r"^(?:the )?(?:eta|(?:expected|estimated|scheduled|planned)? ?pay(?:ment)? date)\b",
    r"\b(?:we|i) (?:are |am )?(?:commit|promise|confirm|guarantee|undertake|pay|remit|send)\b",
    r"\b(?:payment|check|cheque|wire|ach|balance|invoices?|it|this|these|all)\b.{0,60}\b(?:by|on|in|"
    r"this|next|tomorrow|today|before)\b",
)
_CONDITIONAL = any_of(
    r"\bif\b|\bonce\b|\bas soon as\b|\bunless\b|\bpending\b|\bsubject to\b|\bassuming\b|\bprovided\b|"
    r"\bcontingent\b",
    r"\bdepend(?:s|ing|ent)?\b|\bwait(?:ing)? (?:for|on|until)\b|\bupon (?:receipt|approval|"
    r"receiving)\b|\bas long as\b",
    r"\bwhen(?:ever)?\b(?! (?:will|do|can)\b)|\bafter\b.{0,30}\b(?:approv|receiv|gets?|is|are|we|they|"
    r"he|she|the (?:po|goods))",
    r"\bbefore (?:we|i|they|it|this)\b|\buntil\b|\bin case\b|\bshould (?:you|they|the|your)\b|"
    r"\botherwise\b",
)
_UNSURE = any_of(
    r"\b(?:was|were|had been) (?:going|supposed|planning|meant|scheduled|hoping|due) (?:to|for)\b|"
    r"\bhad (?:planned|hoped|intended)\b",
    r"\b(?:would|could|might)\b|\bmay\b (?!\d)(?=\w)(?:be|not|pay|have|go|send|get|take|need)",
    r"\b(?:hope|hoping|hopefully|try|trying|possibly|perhaps|maybe|probably not|not sure|unsure|"
    r"no promises|tentative\w*|wish)\b",
    r"\b(?:tbd|to be determined|to be confirmed|can't say|cannot say|don't know|do not know)\b",
)
_NEGATED = any_of(
    r"\b(?:not|never|no|cannot|unable|neither|nor|without)\b|n['’]t\b|\brefuse\b|\bdecline\b",
)
_NOT_NEGATED = any_of(
    r"\bno (?:later|problem|worries|problems|issue|issues)\b|\bif not sooner\b|\bnot later than\b|"
    r"\bwhy not\b"
)
_GENERAL = any_of(
    r"\b(?:every|each|usually|normally|typically|generally|always|weekly|bi-?weekly|monthly|regularly|"
    r"twice a)\b",
    r"\b(?:mon|tues|wednes|thurs|fri)days\b|\b(?:our|standard|the) (?:payment )?terms\b|\bnet[ -]?\d\d\b",
    r"\b(?:check|pay(?:ment)?|cheque|ap) runs?(?: days?)? (?:are|is|take|happen|occur|"
    r"go)s?\b (?!.{0,25}\b(?:this|next|tomorrow)\b)",
    r"\bwe (?:run|cut|do|issue|process) (?:checks|payments|cheques|ap|pay runs)\b",
)
_OTHERS = any_of(
    r"\b(?:asked|told|instructed|reminded|requested|directed|pushed|urged|chas(?:ed|ing)|"
    r"nudged) (?!(?:that )?we\b)\w+.{0,60}\bto\b",
    r"\b(?:please|pls|kindly|can you|could you|would you)\b.{0,25}\b(?:pay|process|release|approve|"
    r"schedule|send|wire|remit|cut|issue)\b",
    r"\b(?:you|your (?:letter|email|e-mail|notice|invoice|statement)) (?:said|asked|say|says|ask|asks|"
    r"want|wanted|demand\w*|"
    r"request\w*|told|stated?|mentioned|promised)\b",
    r"\b(?:they|he|she|our customer|our client|our tenant|the client|the customer|the owner|the gc|"
    r"someone) "
    r"(?:said|says|told us|promised|claims?|claimed|thinks?|thought)\b",
    r"\b(?:is|are|was|were|becomes?|falls?) (?:not )?(?:yet )?due (?:on|by|until|in)\b",
)
_TAIL = re.compile(
    r"[,;–—-]?\s*\b(?:and |but |so )?(?:please |pls |kindly )?(?:let (?:me|us) know|feel free|"
    r"reach out|call me|contact me|"
    r"(?:if|should) (?:you|there) (?:have|need|are|require)\b.{0,40}(?:questions?|anything|concerns?|"
    r"issues?|help|info\w*))\b.*$",
    re.IGNORECASE,
)


def promises(sentence: str) -> bool:
    """Whether they state, unconditionally, that money will come."""
    said = _TAIL.sub("", sentence).strip()
    if not said or said.endswith("?") or not _STATED.search(said) or not _speaks_of_money(said):
        return False
    against = (_CONDITIONAL, _UNSURE, _GENERAL, _OTHERS)
    return not any(pattern.search(said) for pattern in against) and not _NEGATED.search(
        _NOT_NEGATED.sub("", said)
    )


def is_wavering(sentence: str) -> bool:
    """Stated, but by a "should" or an "expect"."""
    return bool(re.search(r"\b(?:should|(?:we|i) (?:expect|plan|intend|aim)\w*)\b", sentence, re.IGNORECASE))


def takes_back(sentence: str) -> bool:
    """A sentence that makes a condition of the one before it."""
    return bool(
        re.match(
            r"\W*(?:that(?:['’]s| is)? )?(?:(?:but )?only if|if\b|provided|assuming|as long as|unless|"
            r"(?:this|that|it|which) (?:of course )?depends|"
            r"subject to|pending|once\b|but (?:first|before|we (?:still )?need)|no promises|i can(?:no|"
            r"')t (?:promise|guarantee))",
            sentence,
            re.IGNORECASE,
        )
    ) and not _TAIL.match(sentence)


def _speaks_of_money(said: str) -> bool:
    return bool(_MONEY.search(said) or amounts(said) or _YOU_HAVE_IT.search(said))
