"""What accounting systems call the columns we know. Headers compare by their letters and digits.

The names come from exports of QuickBooks, Xero, NetSuite, Sage Intacct, Stripe, Zoho, Salesforce and SAP, and
from our own examples. Of several names for one column the earlier one wins.
"""

from __future__ import annotations

from collections.abc import Mapping

Vocabulary = Mapping[str, tuple[str, ...]]

CONTACT_COLUMNS: Vocabulary = {
    "contact": ("contact", "contactperson", "primaryperson", "apcontact"),
    "role": ("contactrole", "role"),
    "phone": ("phone", "contactphone", "custtel", "telephone", "mobile"),
    "extension": ("extension", "ext", "contactextension"),
    "email": ("email", "contactemail", "emailaddress", "custbillemail"),
    "country": ("country", "contactcountry", "billingcountry"),
    "state": ("state", "contactstate", "region", "billingstate"),
    "postal_code": ("postalcode", "zip", "zipcode", "billingpostalcode"),
    "timezone": ("timezone", "contacttimezone"),
    "language": ("language",),
}

_CUSTOMER_NAMES = (
    *("name", "customername", "customerfullname", "accountname", "custname", "namecustomer", "company"),
    *("contactname", "customer"),
)

INVOICE_COLUMNS: Vocabulary = {
    "account": (
        *("account", "accountid", "accountnumber", "customerid", "customernumber", "customerno"),
        *("custnumber", "contactaccountnumber", "customer"),
        *_CUSTOMER_NAMES,  # where there is no id the name is one
    ),
    "name": _CUSTOMER_NAMES,
    "invoice": (
        *("invoice", "invoicenumber", "invoiceno", "num", "number", "documentnumber", "docnum", "recordid"),
        *("invoiceid", "docnumber", "docid"),
    ),
    "invoiced_on": (
        *("invoicedon", "invoicedate", "date", "txdate", "dateutc", "whencreated", "documentcreatedate"),
        *("postingdate",),
    ),
    "due_on": ("dueon", "duedate", "due", "duedateutc", "whendue", "dueindate"),
    "amount": (
        *("trxtotalentered", "foreignamount"),  # in the row's currency; their twins are in the home currency
        *("amount", "invoiceamount", "total", "totalentered", "subtamount", "gross", "grossamount"),
        *("originalamount",),
    ),
    "open_amount": (
        *("trxtotaldue", "foreignopenbal"),
        *("openamount", "openbalance", "balance", "amountdue", "invoiceamountdue", "totaldue", "balancedue"),
        *("subtopenbal", "totalopenamount", "outstanding"),
    ),
    "home_amount": ("totalentered",),
    "paid_amount": ("paidamount", "amountpaid", "invoiceamountpaid", "totalpaid"),
    "settled_on": ("settledon", "settleddate", "paidon", "paiddate", "cleardate", "datepaid"),
    "received_on": ("receivedon", "receiveddate", "datereceived", "paymentreceived", "paymentreceiveddate"),
    "disputed": ("disputed", "indispute"),
    "status": ("status", "invoicestatus", "documentstatus"),
    "type": ("transactiontype", "txntype", "type", "documenttype"),
    "terms": ("terms", "termname", "paymentterms", "paymenttermslabel", "custpaymentterms"),
    "currency": ("currency", "currencycode", "invoicecurrency"),
    "rep": ("rep", "collector", "assignedto"),
    "parent": ("parent", "parentaccount", "parentid"),
    "kind": ("kind", "invoicekind"),
    "item": ("item", "itemname", "itemcode", "product", "productservice", "productname", "sku"),
    "memo": ("memo", "memodescription", "description", "invoicememo", "privatenote", "customermemo"),
    "document_type": ("documenttype", "invoicetype", "doctype"),
    "service_month": ("servicemonth",),
    "po_number": ("ponumber", "pono", "po", "purchaseorder"),
    **CONTACT_COLUMNS,
}

CONTACT_FILE_COLUMNS: Vocabulary = {
    "account": ("account", "accountid", "accountnumber", "customerid", "customernumber", "customer"),
    "contact": ("name", "contact", "contactname"),
    "order": ("order",),
    "purposes": ("purposes", "purpose"),
    "do_not_call": ("donotcall", "dnc"),
    "do_not_mail": ("donotmail", "unsubscribed"),
    **{field: names for field, names in CONTACT_COLUMNS.items() if field != "contact"},
}

ASSIGNMENT_COLUMNS: Vocabulary = {"account": CONTACT_FILE_COLUMNS["account"], "rep": INVOICE_COLUMNS["rep"]}

DOCUMENT_COLUMNS: Vocabulary = {
    "account": CONTACT_FILE_COLUMNS["account"],
    "invoice": INVOICE_COLUMNS["invoice"],
    "kind": ("kind", "type", "documentkind", "documenttype"),
    "approved": ("approved",),
    "expiry": ("expiry", "expires", "expireson", "validuntil"),
    "file": ("file", "filename", "path"),
}

CUSTOMER_LIST_COLUMNS: Vocabulary = {
    "invoice": (
        *INVOICE_COLUMNS["invoice"],
        *("supplierinvoice", "supplierinvoiceno", "vendorinvoice", "vendorinvoiceno", "billno", "billnumber"),
        *("reference", "ref", "document", "documentno"),
    ),
    "amount": INVOICE_COLUMNS["amount"],
    "open_amount": INVOICE_COLUMNS["open_amount"],
    "currency": INVOICE_COLUMNS["currency"],
}

SALES_COLUMNS: Vocabulary = {
    "month": ("month", "period", "date"),
    "currency": INVOICE_COLUMNS["currency"],
    "amount": ("amount", "creditsales", "sales", "total"),
}

STATUS_UNLESS_CONTACTS = "state"
"""a header of two meanings: where somebody lives; in a file without contacts, what became of an invoice"""


def letters(header: str) -> str:
    """The header by which it is compared: "P.O. No." -> "pono", "Due Date" -> "duedate"."""
    return "".join(char for char in header.casefold() if char.isalnum())
