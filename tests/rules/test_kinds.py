"""Which kind a document is by the organization's own rules: the first that matches, and never a guess."""

import pytest

from outreach.rules.kinds import Document, first_match
from outreach.rules.policy import Policy, PolicyError

LEAST = '[organization]\nname = "Acme"\nzone = "America/Los_Angeles"\n'
RULES = """
[[kinds]]
kind = "final"
item = '(?i)retainage'

[[kinds]]
kind = "mrr"
document_type = '^Subscription'
number = '^SUB-'

[[kinds]]
kind = "standard"
memo = 'one-off'
number = '^SUB-'
"""
POLICY = Policy.parse(LEAST + RULES)


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (Document(item="RETAINAGE release"), "final"),
        (Document(item="Retainage", document_type="Subscription", number="SUB-1"), "final"),
        (Document(document_type="Subscription plus", number="SUB-1"), "mrr"),
        (Document(document_type="Subscription plus", number="INV-1"), None),
        (Document(memo="a one-off", document_type="Invoice", number="SUB-1"), "standard"),
        (Document(memo="last invoice, final, closing"), None),
        (Document(), None),
    ],
)
def test_the_first_rule_whose_patterns_are_all_found(document: Document, kind: str | None) -> None:
    place = first_match(POLICY.kinds, document)
    assert (None if place is None else POLICY.kinds[place].kind) == kind


def test_a_rule_says_itself_in_words() -> None:
    assert POLICY.kinds[1].words == "document_type ~ ^Subscription, number ~ ^SUB-"


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ('kind = "final"', "one or more of item, memo"),
        ('kind = "last"\nitem = "x"', "final, mrr, standard"),
        ('kind = "final"\nitem = "("', "a regular expression"),
        ('kind = "final"\namount = "x"', "amount is unknown"),
        ('item = "x"', "kind is missing"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(rule: str, complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint):
        Policy.parse(f"{LEAST}[[kinds]]\n{rule}\n")
