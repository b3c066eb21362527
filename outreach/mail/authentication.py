"""What SPF and DKIM say of a sender: whether the domain in From is really where it came from."""

from outreach.mail.incoming import Incoming


def is_verified(mail: Incoming) -> bool:
    """A pass of the domain that From names, or of the one above it; nobody else's pass counts."""
    if not mail.route.is_told:
        return False
    domain = _domain(mail.sender)
    signed = any(result == "pass" and _aligned(name, domain) for name, result in mail.route.dkim.items())
    sent = mail.route.spf == "pass" and _aligned(_domain(mail.route.sender), domain)
    return bool(domain) and (signed or sent)


def words(mail: Incoming) -> str:
    """As a page shows it: `SPF pass, DKIM pass (harbor.example)`."""
    dkim = (
        ", ".join(f"DKIM {result} ({name})" for name, result in sorted(mail.route.dkim.items())) or "no DKIM"
    )
    return f"SPF {mail.route.spf or 'unknown'}, {dkim}"[:500]


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip().lower().rstrip(".")


def _aligned(one: str, other: str) -> bool:
    one, other = one.lower().lstrip("@").rstrip("."), other.lower()
    nearly = one.endswith(f".{other}") or other.endswith(f".{one}")
    return bool(one and other) and (one == other or (nearly and min(one, other, key=len).count(".") >= 1))
