"""Whether a sentence says that it is paid already."""

from outreach.rules.reading.phrases import any_of

_PAID = any_of(
    r"(?<!to be )(?<!will be )(?<!get )(?<!be )\b(?:was|were|is|are|has been|have been|had been|been|"
    r"already|got|'s been|s been)\b "
    r"(?:\w+ly )?(?:already |just |fully |all )?(?:paid|wired|remitted|settled|mailed|cleared|"
    r"transferred)\b",
    r"\b(?:we|i|our \w+|accounting|ap|they|treasury)(?:['’]ve| have)? (?:have |had )?(?:already |just |"
    r"recently |\w+ly )?"
    r"(?:paid|remitted|wired|settled|transferred)\b",
    r"\b(?:sent|mailed|issued|made|released|processed|submitted|initiated|cut|overnighted|remitted|"
    r"dropped)\b (?:out )?(?:you )?"
    r"(?:the |a |an |our |your |this |that |full |both )*(?:payment|check|cheque|wire|ach|funds|eft|"
    r"transfer|money|remittance|\$)",
    r"\b(?:payments?|check|cheque|wire|ach|eft|funds|transfer|it|remittance|they|this|both|"
    r"that)\b(?: (?:for|of|in the amount of|#?\d)[^.,;]{0,40})? "
    r"(?:was|were|has been|have been|went|has|already|had been|got)\b (?:already |just |"
    r"\w+ly )?(?:been )?(?:sent|made|mailed|issued|processed|wired|"
    r"remitted|released|out|cleared|initiated|submitted|posted|delivered|cashed|deposited|through|"
    r"transferred|completed|gone)\b",
    r"\b(?:check|cheque|ach|wire|confirmation|trace|reference|eft|transaction)\s?(?:#|no\.?|number|"
    r"ref\.?)\s?:?\s?\w*\d{3,}.{0,60}"
    r"\b(?:cleared|sent|mailed|cashed|paid|dated|posted|went)\b",
    r"\b(?:payments?|check|cheque|wire|ach|eft|funds|transfer)\b (?:\w+ly )?(?:sent|mailed|made|issued|"
    r"released|processed|cleared|"
    r"completed|initiated)\b(?! (?:by|tomorrow|next|this))",
    r"\b(?:cleared|debited|left|hit|posted) (?:our|the|your|from) (?:our )?(?:bank|account)\b",
    r"\b(?:records?|system|books|ledger) shows? .{0,40}\bpaid\b|\b(?:shows?|showing|marked|"
    r"listed) (?:it |this |these |them )?as paid\b",
    r"\bpaid (?:in full|by|on|via|with|last|yesterday|this morning|today|already)\b|"
    r"\balready (?:been )?paid\b|^paid\b",
    r"\b(?:attached|enclosed|here is|here's|see|find)\b.{0,30}\b(?:remittance( advice)?|"
    r"proof of payment|payment confirmation|"
    r"bank confirmation|wire confirmation|cleared check|cancelled check|canceled check)\b",
)
_NOT_PAID = any_of(
    r"\b(?:will|to|would|should|can|could|shall|must|gets?|going to) (?:have )?(?:been |"
    r"be )(?:\w+ly )?(?:paid|sent|mailed|wired|"
    r"processed|settled|released|issued|remitted)\b",
    r"\b(?:not|never|hasn['’]t|haven['’]t|wasn['’]t|weren['’]t|isn['’]t|yet to)\b.{0,25}\b(?:paid|sent|"
    r"mailed|processed|released|cleared|issued)\b",
    r"\b(?:if|whether|once|until|when|why|did|has|have|was|were) (?:it|this|that|they|you|we|"
    r"the \w+)?\s?(?:was|were|has|have|is|are|been|gets?)?\s?"
    r"(?:been )?paid\b.*\?",
    r"\b(?:if|whether|once|until|unless|before)\b.{0,20}\bpaid\b",
    r"(?:['’]ll|\b(?:will|to|can|should)) (?:get|have) (?:\w+ ){1,3}paid\b",
)


def is_paid(sentence: str) -> bool:
    """They say so; asking whether it is says nothing."""
    return bool(_PAID.search(_NOT_PAID.sub(" ", sentence))) and not sentence.rstrip().endswith("?")
