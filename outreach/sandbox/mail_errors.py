"""One thing SendGrid finds wrong with a letter, as its 400 tells it."""

from dataclasses import dataclass

HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message."


@dataclass(frozen=True)
class Problem:
    """`field` is the path of the value in the request, or None when there is no single one."""

    message: str
    field: str | None = None

    def entry(self) -> dict[str, str | None]:
        return {"message": self.message, "field": self.field, "help": self.field and HELP + self.field}
