"""One line of what doctor says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `words` say what was found, and if it is not well, what to do."""

    what: str
    ok: bool
    words: str

    def document(self) -> dict[str, object]:
        return {"what": self.what, "ok": self.ok, "words": self.words}
