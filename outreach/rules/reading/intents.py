"""What one sentence means to a collector: patterns of plain English, tried on each sentence by itself.

What promises money is in `promises`, what says that it is paid in `payments`.
"""

import re
from enum import StrEnum

from outreach.rules.reading.payments import is_paid
from outreach.rules.reading.phrases import any_of


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


TAMPERING = any_of(
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

_DISPUTE = any_of(
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
_DOCUMENTS = any_of(
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
_WE_SEND = any_of(
    r"\b(?:we|i)(?:['’]ll| will| have|['’]ve| did)? (?:already )?(?:send|sent|forward\w*|provided?|"
    r"attach\w*|submitted)\b(?! you a)"
)
_CONTACT_CHANGE = any_of(
    r"\bno longer (?:\w+ ){0,2}(?:works?|with|here|employed|handles?|at|part of|manages?|in|"
    r"responsible|the (?:right|correct))\b",
    r"\b(?:has |have |had )?(?:left|retired from|departed|moved on from) (?:the |our )?(?:company|"
    r"organi[sz]ation|firm|us|business|team)\b|\bhas (?:left|retired)\b",
    r"\b(?:new|correct|right|proper|different|another(?! e-?mail\b(?! address))) (?:ap |a/p |"
    r"accounts payable |billing )?(?:contact|person|address|e-?mail(?: address)?)\b",
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
_OUT_OF_OFFICE = any_of(
    r"\b(?:i am|i'm|i’m|i will be|i'll be|currently|we are|am|is|be|office is) (?:currently |"
    r"presently |now )?(?:out of (?:the )?office|away|ooo|on (?:\w+ )?leave|"
    r"on (?:vacation|holidays?|pto|annual leave|parental leave)|travell?ing|closed)\b",
    r"^(?:out of (?:the )?office|ooo)\b|\bauto(?:matic)?[- ]?reply\b.{0,20}\bout of\b",
    r"\blimited access to (?:my )?(?:e-?mails?|inbox)\b|\b(?:return|back)(?:ing)? (?:to|"
    r"in) the office (?:on|in)\b|\bthank you for your (?:e-?mail|message)\.? i (?:am|will)\b",
    r"\b(?:will|shall) (?:return|be back)\b.{0,20}\b(?:on|monday|tuesday|wednesday|thursday|friday|\d)",
)
_AUTO = any_of(
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
_STOP = any_of(
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
_NOT_STOP = any_of(
    r"\bstop(?:ped)? payment\b|\bstop by\b|\bdo not (?:send|mail) (?:the )?(?:check|payment|goods|"
    r"product|replacement)\b|\b(?:do not|don['’]t) (?:call|contact|e-?mail|write to|send)"
    r" .{0,40}\b(?:but|instead|rather)\b|\b(?:do not|don['’]t) (?:receive|get) (?:the |an? |your |any |"
    r"these )?(?:invoice|copy|statement|bill|goods|shipment)"
)
_PLAN = any_of(
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
_INSOLVENCY = any_of(
    r"\bbankrupt(?:cy)?\b|\bchapter (?:7|11|13|xi|vii)\b|\binsolven(?:t|cy)\b|\breceivership\b|"
    r"\bin administration\b|\badministrators? (?:was|were|has|have) been appointed\b",
    r"\bassignment for the benefit of creditors\b|\b(?:court-appointed|bankruptcy) trustee\b|"
    r"\bproof of claim\b|\bliquidat(?:ion|or|ing)\b|\bceased (?:operations|trading)\b|"
    r"\bgoing out of business\b",
)
_QUESTION = any_of(r"\?\s*$|^(?:what|which|why|who|how|where|is|are|can|could|do|does|did|has|have)\b.*\?")

SIMPLE: tuple[tuple[Intent, re.Pattern[str], re.Pattern[str] | None], ...] = (
    (Intent.INSOLVENCY, _INSOLVENCY, None),
    (Intent.STOP, _STOP, _NOT_STOP),
    (Intent.PAYMENT_PLAN, _PLAN, None),
    (Intent.DOCUMENTS, _DOCUMENTS, _WE_SEND),
    (Intent.CONTACT_CHANGE, _CONTACT_CHANGE, None),
    (Intent.OUT_OF_OFFICE, _OUT_OF_OFFICE, any_of(r"\bwas (?:out|away|on)\b")),
    (Intent.BOUNCE_OR_AUTO, _AUTO, None),
)


def meanings(sentence: str) -> set[Intent]:
    """What the sentence means, save that it promises."""
    found = {one for one, yes, no in SIMPLE if yes.search(sentence) and not (no and no.search(sentence))}
    if is_paid(sentence):
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
