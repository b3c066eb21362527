"""Why an invoice is not paid yet: the list of product.md 1, asked at the end of a call."""

from typing import Literal, get_args

RootCause = Literal[
    "not_received",
    "awaiting_po_or_approval",
    "in_payment_run",
    "portal_upload",
    "price_quantity_service_dispute",
    "tax_exempt",
    "bank_change",
    "cash_flow",
    "insolvency",
    "contact_gone",
    "remittance_unmatched",
    "cannot_pay",
    "other",
]
CAUSES: tuple[RootCause, ...] = get_args(RootCause)
