"""What one person may see: every row a page shows is read through `scoped(session, user)` (trust.md 4).

A rep sees their own accounts and those of reps they cover, with the children and the parents of both, and the
calls planned for them; supervisors and admins see all. What is out of sight does not exist: the answer is
NotFound, never "forbidden".
"""

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.orm import Session, aliased

from outreach.ledger.attempts import CallAttempt
from outreach.ledger.letters import Letter, LetterTouch
from outreach.ledger.people import User
from outreach.ledger.receivables import Account
from outreach.ledger.tasks import Task
from outreach.ledger.touches import Touch
from outreach.ledger.voicemails import Voicemail

Row = TypeVar("Row")
OfAccount = TypeVar("OfAccount", CallAttempt, Touch)


class NotFound(LookupError):
    """There is no such thing, or it is not theirs to see."""


_OTHER = aliased(Account)  # made once: an alias costs more than the query it stands in


@dataclass(frozen=True, slots=True)
class Scope:
    """A session seen through one person's eyes."""

    session: Session
    user: User

    @property
    def sees_all(self) -> bool:
        return self.user.role in ("supervisor", "admin")

    def accounts(self) -> ColumnElement[bool]:
        """The condition on `Account` that every query about accounts carries."""
        if self.sees_all:
            return true()
        theirs = select(_OTHER.id).where(_OTHER.rep_id.in_(self._reps()))
        with_parent = (_OTHER.rep_id.in_(self._reps()), _OTHER.parent_id.is_not(None))
        parents = select(_OTHER.parent_id).where(*with_parent)
        return or_(Account.rep_id.in_(self._reps()), Account.parent_id.in_(theirs), Account.id.in_(parents))

    def account(self, account_id: int) -> Account:
        return self._one(select(Account).where(Account.id == account_id, self.accounts()))

    def account_numbered(self, number: str) -> Account | None:
        """By what a person has typed; None: there is none that they see."""
        theirs = select(Account).where(Account.number == number.strip(), self.accounts())
        return self.session.scalars(theirs).one_or_none()

    def touch(self, touch_id: int) -> Touch:
        return self._of_account(Touch, Touch.id == touch_id)

    def attempt(self, attempt_id: str) -> CallAttempt:
        return self._of_account(CallAttempt, CallAttempt.id == attempt_id)

    def letter(self, letter_id: str) -> Letter:
        """A letter of theirs, also where it speaks for accounts of several reps with one address."""
        seen = select(Account.id).where(self.accounts())
        carries = select(LetterTouch.letter_id).join(Touch, Touch.id == LetterTouch.touch_id)
        theirs = or_(Letter.account_id.in_(seen), Letter.id.in_(carries.where(Touch.account_id.in_(seen))))
        return self._one(select(Letter).where(Letter.id == letter_id, theirs))

    def voicemails(self) -> ColumnElement[bool]:
        """The condition on `Voicemail`: of accounts they see, and of callers nobody knows."""
        if self.sees_all:
            return true()
        theirs = Voicemail.account_id.in_(select(Account.id).where(self.accounts()))
        return or_(Voicemail.account_id.is_(None), theirs)

    def voicemail(self, voicemail_id: str) -> Voicemail:
        return self._one(select(Voicemail).where(Voicemail.id == voicemail_id, self.voicemails()))

    def tasks(self) -> ColumnElement[bool]:
        """The condition on `Task`: their own, and a rep's tasks about accounts they see."""
        if self.sees_all:
            return true()
        theirs = Task.account_id.in_(select(Account.id).where(self.accounts()))
        return or_(Task.owner_id == self.user.id, and_(Task.for_role == "rep", theirs))

    def task(self, task_id: int) -> Task:
        return self._one(select(Task).where(Task.id == task_id, self.tasks()))

    def _of_account(self, table: type[OfAccount], is_it: ColumnElement[bool]) -> OfAccount:
        theirs = or_(self.accounts(), table.rep_id.in_(self._reps()))
        return self._one(select(table).join(Account, Account.id == table.account_id).where(is_it, theirs))

    def _reps(self) -> Select[int]:
        """Themselves and whom they cover."""
        return select(User.id).where(or_(User.id == self.user.id, User.cover_id == self.user.id))

    def _one(self, query: Select[Row]) -> Row:
        row = self.session.scalars(query).one_or_none()
        if row is None:
            raise NotFound
        return row


def scoped(session: Session, user: User) -> Scope:
    return Scope(session, user)
