"""Finding an account by its number or name."""

from collections.abc import Sequence

from sqlalchemy import select

from outreach.ledger.receivables import Account
from outreach.ledger.scope import Scope


def find_accounts(scope: Scope, words: str, *, limit: int = 50) -> Sequence[Account]:
    """Accounts this person may see whose number begins with, or whose name contains, these words."""
    fits = Account.number.istartswith(words, autoescape=True) | Account.name.icontains(words, autoescape=True)
    query = select(Account).where(fits, scope.accounts()).order_by(Account.name, Account.id).limit(limit)
    return scope.session.scalars(query).all()
