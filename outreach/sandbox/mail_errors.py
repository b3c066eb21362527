"""One thing SendGrid finds wrong with a letter, as its 400 tells it."""

from dataclasses import dataclass

HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message."


@dataclass(frozen=True)
class Problem:
    """`field` is the path of the value in the request, or None when there is no single one."""

    message: str
    field: str | None = None

    def entry(self) -> dict[str, str | None]:
        return {"message": self.message, "field": self.field, "help": self._help()}

    def _help(self) -> str | None:
        """Its page has a place for `personalizations.to` and for `from`, none for one element of an array."""
        parts = (self.field or "").split(".")
        names = [part for part in parts if not part.isdigit() and part != "email"]
        return HELP + ".".join(names) if names and not (len(names) == 1 and parts[-1].isdigit()) else None
