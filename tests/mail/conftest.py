"""A post office for each test, on both databases."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from outreach.ledger.base import Ledger
from outreach.mail.letter_templates import SHIPPED
from tests.mail.post_office import PostOffice, post_office


@pytest.fixture
def office(ledger: Ledger, tmp_path: Path) -> Iterator[PostOffice]:
    with post_office(ledger, tmp_path) as opened:
        yield opened


@pytest.fixture
def bad_templates(tmp_path: Path) -> Path:
    """The shipped templates, but the first follow-up names a fact that does not exist."""
    folder = shutil.copytree(SHIPPED, tmp_path / "templates")
    words = folder / "followup_5.j2"
    words.write_text(words.read_text().replace("letter.past_due_count == 1", "letter.nonsense == 1", 1))
    return folder


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its certificate for 127.0.0.1, signed by itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "here.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path
