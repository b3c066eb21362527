"""What one sentence means to a collector: patterns of plain English, tried on each sentence by itself.

A promise is a day or a period, stated by them and unconditional; all else that sounds like one is none
(product.md 4).
"""

import re
from enum import StrEnum

from outreach.rules.reading.amounts import amounts


class Intent(StrEnum):
    """In the order in which the first counts where a reply means several things."""

    INSOLVENCY = "insolvency"
    STOP = "stop"
    PAYMENT_PLAN = "payment_plan"
    PROMISE = "promise"
    DISPUTE = "dispute"
    PAID = "paid"
    DOCUMENTS = "documents"
    OUT_OF_OFFICE = "out_of_office"
    CONTACT_CHANGE = "contact_change"
    BOUNCE_OR_AUTO = "bounce_or_auto"
    QUESTION = "question"
    OTHER = "other"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE)


TAMPERING = _any(
    r"<\s*/?\s*(?:script|iframe|img|svg|html|body|div|form|input|style|meta|object)\b",
    r"\b(?:ignore|disregard|forget)\b.{0,30}\b(?:previous|prior|above|all|"
    r"your)\b.{0,20}\b(?:instructions?|prompts?|rules)",
    r"\bsystem (?:prompt|message|override)\b|\bas an ai\b|\byou are (?:now )?(?:an? )?(?:ai|assistant|"
    r"bot|chatbot)\b",
    r"\"intent\"\s*:|\bintent\s*[:=]\s*\"?\w+|\bconfidence\s*[:=]",
    r"\b(?:mark|set|flag|classify|treat|record)\b.{0,40}\b(?:as|to)\b.{0,12}\b(?:paid|settled|promise|"
    r"closed|resolved)\b",
    r"\b(?:bank|banking|wire|wiring|ach|remittance|remit[- ]to)\b.{0,25}\b(?:details?|information|info|"
    r"account|instructions?|"
    r"address)\b.{0,30}\b(?:changed?|updated?|new|different|following)\b",
    r"\b(?:changed?|updated?|new|updating|change of)\b.{0,25}\b(?:bank|banking|wire|wiring|ach|"
    r"remittance)\b.{0,15}"
    r"\b(?:details?|information|info|accounts?|instructions?)\b",
    r"\{\{|\{%|\$\{",
)
"""markup, words for machines, changed bank details: such a reply is `other`, whatever else it says"""

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
_MONEY = _any(rf"\b{_PAY}\b")
_YOU_HAVE_IT = _any(
    r"\byou (?:will|should|can expect to|'ll) (?:have|receive|get|see) (?:it|this|that|them)\b"
)
_STATED = _any(
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
_CONDITIONAL = _any(
    r"\bif\b|\bonce\b|\bas soon as\b|\bunless\b|\bpending\b|\bsubject to\b|\bassuming\b|\bprovided\b|"
    r"\bcontingent\b",
    r"\bdepend(?:s|ing|ent)?\b|\bwait(?:ing)? (?:for|on|until)\b|\bupon (?:receipt|approval|"
    r"receiving)\b|\bas long as\b",
    r"\bwhen(?:ever)?\b(?! (?:will|do|can)\b)|\bafter\b.{0,30}\b(?:approv|receiv|gets?|is|are|we|they|"
    r"he|she|the (?:po|goods))",
    r"\bbefore (?:we|i|they|it|this)\b|\buntil\b|\bin case\b|\bshould (?:you|they|the|your)\b|"
    r"\botherwise\b",
)
_UNSURE = _any(
    r"\b(?:was|were|had been) (?:going|supposed|planning|meant|scheduled|hoping|due) (?:to|for)\b|"
    r"\bhad (?:planned|hoped|intended)\b",
    r"\b(?:would|could|might)\b|\bmay\b (?!\d)(?=\w)(?:be|not|pay|have|go|send|get|take|need)",
    r"\b(?:hope|hoping|hopefully|try|trying|possibly|perhaps|maybe|probably not|not sure|unsure|"
    r"no promises|tentative\w*|wish)\b",
    r"\b(?:tbd|to be determined|to be confirmed|can't say|cannot say|don't know|do not know)\b",
)
_NEGATED = _any(
    r"\b(?:not|never|no|cannot|unable|neither|nor|without)\b|n['’]t\b|\brefuse\b|\bdecline\b",
)
_NOT_NEGATED = _any(
    r"\bno (?:later|problem|worries|problems|issue|issues)\b|\bif not sooner\b|\bnot later than\b|"
    r"\bwhy not\b"
)
_GENERAL = _any(
    r"\b(?:every|each|usually|normally|typically|generally|always|weekly|bi-?weekly|monthly|regularly|"
    r"twice a)\b",
    r"\b(?:mon|tues|wednes|thurs|fri)days\b|\b(?:our|standard|the) (?:payment )?terms\b|\bnet[ -]?\d\d\b",
    r"\b(?:check|pay(?:ment)?|cheque|ap) runs?(?: days?)? (?:are|is|take|happen|occur|"
    r"go)s?\b (?!.{0,25}\b(?:this|next|tomorrow)\b)",
    r"\bwe (?:run|cut|do|issue|process) (?:checks|payments|cheques|ap|pay runs)\b",
)
_OTHERS = _any(
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
_PAID = _any(
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
_NOT_PAID = _any(
    r"\b(?:will|to|would|should|can|could|shall|must|gets?|going to) (?:have )?(?:been |"
    r"be )(?:\w+ly )?(?:paid|sent|mailed|wired|"
    r"processed|settled|released|issued|remitted)\b",
    r"\b(?:not|never|hasn['’]t|haven['’]t|wasn['’]t|weren['’]t|isn['’]t|yet to)\b.{0,25}\b(?:paid|sent|"
    r"mailed|processed|released|cleared|issued)\b",
    r"\b(?:if|whether|once|until|when|why|did|has|have|was|were) (?:it|this|that|they|you|we|"
    r"the \w+)?\s?(?:was|were|has|have|is|are|been|gets?)?\s?"
    r"(?:been )?paid\b.*\?",
    r"\b(?:if|whether|once|until|unless|before)\b.{0,20}\bpaid\b",
)
_DISPUTE = _any(
    r"\b(?:disput(?:e|ed|ing)|contest(?:ing)?|disagree|over-?charg\w*|over-?bill\w*|"
    r"double[- ]?(?:billed|charged|invoiced)|"
    r"(?:billed|charged|invoiced) (?:us )?(?:twice|incorrectly|wrong\w*|in error|too much|for)|"
    r"duplicate(?:d)? (?:invoice|charge|bill\w*)|"
    r"a duplicate|invoiced? in error)\b",
    r"\b(?:incorrect|wrong|inaccurate|erroneous|not correct|isn['’]t (?:correct|right)|not right|"
    r"off by|mistake|error)\b.{0,50}\b(?:price|pricing|amount|"
    r"quantity|invoice|rate|charges?|total|billing|tax|freight|po|bill)\b",
    r"\b(?:price|pricing|amount|quantity|qty|invoice|rate|charges?|total|tax|freight|bill|"
    r"hours)\b.{0,40}\b(?:is|are|was|were|looks?|seems?|appears?)\b"
    r".{0,15}\b(?:incorrect|wrong|inaccurate|too high|higher than|not correct|off|not what|in error|"
    r"a mistake|not match|overstated)\b",
    r"\b(?:do(?:es)?|did)(?: not|n['’]t) (?:match|agree|tie|correspond|reconcile|owe|order|"
    r"authori[sz]e|approve|recogni[sz]e)\b",
    r"\bnever (?:ordered|authori[sz]ed|approved|agreed|signed|requested|asked for)\b|\bnot (?:ours|"
    r"our (?:invoice|order|debt)|owed)\b",
    r"(?:\bnever|\bnot|n['’]t)\b (?:\w+ ){0,3}(?:received?|delivered|arrived?|shipped|provided|"
    r"completed?|performed|install\w+|get|got)\b.{0,60}"
    r"\b(?:goods|shipments?|items?|products?|deliver\w*|services?|units?|materials?|orders?|parts|work|"
    r"pallets?|training|visits?)\b",
    r"\b(?:goods|shipments?|items?|products?|deliver\w*|services?|units?|materials?|orders?|parts|work|"
    r"pallets?|visits?)\b.{0,40}(?:\bnever|\bnot|n['’]t)\b"
    r" (?:\w+ ){0,2}(?:received?|delivered|arrived?|shipped|provided|completed?|performed|happen\w*|"
    r"done)\b|\bnever arrived\b",
    r"\b(?:damaged|defective|broken|faulty|short[- ]?shipped|missing (?:items|units|parts|pieces)|"
    r"poor quality|unsatisfactory|returned (?:the|these|those|them|all))\b",
    r"\b(?:will not|won['’]t|refuse to|are not going to|not going to|"
    r"not) (?:be )?pay(?:ing)?\b(?! (?:until|before|by|this (?:week|month)|next|today|tomorrow|on time|"
    r"late))",
    r"\b(?:need|owed?|expect\w*|awaiting|waiting (?:for|on)|due|request\w*|issue|promised|want|"
    r"require)\b.{0,30}\b(?:a )?credit(?: note| memo)?\b(?! (?:card|application|limit|term))",
    r"\b(?:credit (?:note|memo))\b.{0,30}\b(?:needed|due|missing|outstanding|promised|owed|for the)\b",
    r"\b(?:cancel(?:l)?ed|terminated)\b.{0,40}\b(?:contract|service|order|subscription|agreement)\b",
)
_DOCUMENT = (
    r"(?:cop(?:y|ies)|inv[-/]?\d[\w/-]*|invoices?|statements?|w-?9|w-?8\w*|proof of delivery|pods?|back-?up|"
    r"supporting doc\w*|documentation|time ?sheets?|"
    r"purchase orders?|po(?: number| copy|s)?|tax[- ]exempt\w*|certificates?|ach form|vendor form|"
    r"packing slips?|signed \w+|bill of lading|bol|"
    r"receipts?|breakdown|contract|work orders?|eco|coi|pdfs?|paperwork|account summary|aging)(?![\w.+-]*@)"
)
_DOCUMENTS = _any(
    rf"\b(?:please|pls|kindly|can you|could you|would you|can i|may i|could i|can we|"
    rf"need you to)\b.{{0,40}}\b(?:send|re-?send|forward|provide|share|e-?mail|"
    rf"attach|get|supply|upload|submit|include|have|re-?issue|fax)\b.{{0,60}}\b{_DOCUMENT}\b",
    rf"\b(?:need|require|missing|looking for|request\w*|lack\w*|waiting (?:for|on)|without|"
    rf"want)\b (?:\w+ ){{0,5}}{_DOCUMENT}\b",
    r"(?:\bnever|\bnot|n['’]t)\b (?:\w+ ){0,4}(?:received?|have|find|see|got|get|seen|locate|"
    r"show\w*)\b.{0,40}\b(?:invoices?|statements?|copy|copies|bill|w-?9|pod|record of)\b",
    rf"^(?:re-?send|send|forward|e-?mail)\b.{{0,40}}\b{_DOCUMENT}\b",
    rf"\b(?:no|any) (?:record|copy|trace) of (?:this|these|the|that|your|invoice)\b|\b(?:do|"
    rf"did) (?:you|we) have (?:a )?{_DOCUMENT}\b",
    r"\b(?:must|needs? to|has to|have to) be (?:submitted|uploaded|sent|entered)\b.{0,40}\b(?:portal|"
    r"ariba|coupa|tungsten|po)\b",
)
_WE_SEND = _any(
    r"\b(?:we|i)(?:['’]ll| will| have|['’]ve| did)? (?:already )?(?:send|sent|forward\w*|provided?|"
    r"attach\w*|submitted)\b(?! you a)"
)
_CONTACT_CHANGE = _any(
    r"\bno longer (?:\w+ ){0,2}(?:works?|with|here|employed|handles?|at|part of|manages?|in|"
    r"responsible|the (?:right|correct))\b",
    r"\b(?:has |have |had )?(?:left|retired from|departed|moved on from) (?:the |our )?(?:company|"
    r"organi[sz]ation|firm|us|business|team)\b|\bhas (?:left|retired)\b",
    r"\b(?:new|correct|right|proper|different|another) (?:ap |a/p |accounts payable |"
    r"billing )?(?:contact|person|address|e-?mail(?: address)?)\b",
    r"\b(?:please |kindly )?(?:contact|reach out to|e-?mail|write to|direct|send|forward|copy|cc|"
    r"address)\b.{0,80}[\w.+-]+@[\w-]+\.\w+",
    r"\b(?:is|are) now (?:handled|managed|processed) by\b|\b(?:has|have) (?:taken|took) over\b|"
    r"\btook over\b",
    r"\b(?:wrong|not the (?:right|correct)) (?:person|department|contact|address|company|e-?mail)\b",
    r"\b(?:our|my) (?:e-?mail|mailing|billing|office)? ?(?:address|phone number|e-?mail) (?:has|"
    r"is) (?:changed|changing|now)\b|\bwe(?:['’]ve| have) moved\b",
    r"\b(?:i|we) (?:do not|don['’]t) (?:handle|work|deal with|manage)\b",
    r"\bmoved (?:on )?to (?:another|a different|a new) (?:department|role|team|position)\b",
)
_OUT_OF_OFFICE = _any(
    r"\b(?:i am|i'm|i’m|i will be|i'll be|currently|we are|am|is|be|office is) (?:currently |"
    r"presently |now )?(?:out of (?:the )?office|away|ooo|on (?:\w+ )?leave|"
    r"on (?:vacation|holidays?|pto|annual leave|parental leave)|travell?ing|closed)\b",
    r"^(?:out of (?:the )?office|ooo)\b|\bauto(?:matic)?[- ]?reply\b.{0,20}\bout of\b",
    r"\blimited access to (?:my )?(?:e-?mails?|inbox)\b|\b(?:return|back)(?:ing)? (?:to|"
    r"in) the office (?:on|in)\b|\bthank you for your (?:e-?mail|message)\.? i (?:am|will)\b",
    r"\b(?:will|shall) (?:return|be back)\b.{0,20}\b(?:on|monday|tuesday|wednesday|thursday|friday|\d)",
)
_AUTO = _any(
    r"\bthis is an auto(?:mated|matic|-?generated)\b|\bauto(?:mated|"
    r"matic)(?:ally)? (?:generated )?(?:response|reply|message|e-?mail|notification)\b",
    r"\b(?:do not|don['’]t|please do not) (?:reply|respond) to this (?:e-?mail|message)\b",
    r"\byour (?:ticket|request|case|inquiry|enquiry|message|e-?mail|"
    r"support request) (?:#?\w*\d\w* )?(?:has been|was) (?:received|created|logged|assigned|opened)\b",
    r"\b(?:delivery (?:has )?failed|undeliverable|could ?n[o']t be delivered|"
    r"delivery status notification|mailbox (?:is )?full|user unknown|address not found|"
    r"mail delivery (?:failed|subsystem)|message (?:was )?not delivered|no such user|"
    r"recipient address rejected)\b",
)
_STOP = _any(
    r"\b(?:stop|quit|cease)\b(?: (?:all|any|the|your|immediately|with|and desist|"
    r"from))*\s+(?:e-?mail\w*|mail\w*|contact\w*|writing|calling|calls|messag\w*|send\w*|harass\w*|"
    r"bother\w*|remind\w*|communicat\w*|spam\w*|this|these|chas\w*|phon\w*)\b",
    r"^\W*(?:stop|unsubscribe|remove)\W*$|\bunsubscribe\b|\bopt[- ]?(?:me |us )?out\b|\bcease and desist\b",
    r"\b(?:remove|take|delete)\b.{0,25}\b(?:me|us|my|our|this (?:address|e-?mail))\b.{0,40}\b(?:from|"
    r"off)\b.{0,30}\b(?:lists?|mailing|database|e-?mails?|"
    r"distribution|records|system|reminders?)\b",
    r"\b(?:do not|don['’]t|please do not|never|no longer (?:wish|want) to (?:be|"
    r"receive))\b (?:ever )?(?:e-?mail|contact(?:ed)?|call|write|send|message|text|receive|"
    r"get)\b(?!.{0,15}\bif\b)"
    r"(?: (?:me|us|this|any|again|your|these|e-?mails?|reminders?|to)\b|\s*$|\W)",
)
_NOT_STOP = _any(
    r"\bstop(?:ped)? payment\b|\bstop by\b|\bdo not (?:send|mail) (?:the )?(?:check|payment|goods|"
    r"product|replacement)\b|\b(?:do not|don['’]t) (?:call|contact|e-?mail|write to|send)"
    r" .{0,40}\b(?:but|instead|rather)\b|\b(?:do not|don['’]t) (?:receive|get) (?:the |an? |your |any |"
    r"these )?(?:invoice|copy|statement|bill|goods|shipment)"
)
_PLAN = _any(
    r"\bpayment (?:plan|arrangement|schedule|agreement)\b|\binstal(?:l)?ments?\b|\bpay (?:it |this |"
    r"that |the balance |these )?(?:down |off )?over (?:the next )?\w+",
    r"\b(?:split|spread|break)\b.{0,40}\b(?:payments?|balance|amount|it|this|over|"
    r"up)\b.{0,40}\b(?:payments|months|weeks|parts|over|into|installments)\b",
    r"\b(?:half|part|some|a portion) (?:now|this (?:week|month)|today)\b.{0,60}\b(?:and|"
    r"then)\b.{0,25}\b(?:half|rest|remainder|balance)\b",
    r"\b(?:in|do|make|with) (?:two|three|four|five|six|several) (?:equal )?payments\b",
    r"\b(?:weekly|monthly|bi-?weekly) payments?\b|\b(?:in|into) (?:two|three|four|five|six|several|"
    r"\d) (?:equal )?(?:monthly |weekly )?(?:payments|parts|installments)\b",
    r"\b(?:per|a|each) (?:month|week) (?:until|till|for)\b|\bpay (?:off )?in (?:parts|stages)\b",
)
_INSOLVENCY = _any(
    r"\bbankrupt(?:cy)?\b|\bchapter (?:7|11|13|xi|vii)\b|\binsolven(?:t|cy)\b|\breceivership\b|"
    r"\bin administration\b|\badministrators? (?:was|were|has|have) been appointed\b",
    r"\bassignment for the benefit of creditors\b|\b(?:court-appointed|bankruptcy) trustee\b|"
    r"\bproof of claim\b|\bliquidat(?:ion|or|ing)\b|\bceased (?:operations|trading)\b|"
    r"\bgoing out of business\b",
)
_QUESTION = _any(r"\?\s*$|^(?:what|which|why|who|how|where|is|are|can|could|do|does|did|has|have)\b.*\?")

SIMPLE: tuple[tuple[Intent, re.Pattern[str], re.Pattern[str] | None], ...] = (
    (Intent.INSOLVENCY, _INSOLVENCY, None),
    (Intent.STOP, _STOP, _NOT_STOP),
    (Intent.PAYMENT_PLAN, _PLAN, None),
    (Intent.DOCUMENTS, _DOCUMENTS, _WE_SEND),
    (Intent.CONTACT_CHANGE, _CONTACT_CHANGE, None),
    (Intent.OUT_OF_OFFICE, _OUT_OF_OFFICE, _any(r"\bwas (?:out|away|on)\b")),
    (Intent.BOUNCE_OR_AUTO, _AUTO, None),
)


def meanings(sentence: str) -> set[Intent]:
    """What the sentence means, save that a promise also needs its day (`promises`)."""
    found = {one for one, yes, no in SIMPLE if yes.search(sentence) and not (no and no.search(sentence))}
    if _PAID.search(_NOT_PAID.sub(" ", sentence)) and not sentence.rstrip().endswith("?"):
        found.add(Intent.PAID)
    if _DISPUTE.search(sentence) and not (Intent.DOCUMENTS in found and _invoice_missing(sentence)):
        found.add(Intent.DISPUTE)
    if (
        Intent.CONTACT_CHANGE in found
        and "@" in sentence
        and not re.search(r"\bcop(?:y|ies)\b|\bre-?send", sentence)
    ):
        found.discard(Intent.DOCUMENTS)  # where to send them from now on
    if _QUESTION.search(sentence):
        found.add(Intent.QUESTION)
    return found


def _invoice_missing(sentence: str) -> bool:
    return bool(
        re.search(r"(?:\bnever|\bnot|n['’]t)\b.{0,40}\b(?:invoices?|statements?|copy|bill)\b", sentence, re.I)
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
