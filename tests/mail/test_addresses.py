"""The signed reply address: made by us alone, and good after a rotation of keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.ledger.base import new_id
from outreach.mail.addresses import letter_of, reply_address

ID, DOMAIN, KEYS = "abcdefghijklmno", "reply.example.com", ("new key", "old key")
ADDRESS = reply_address(ID, DOMAIN, KEYS)


def test_its_shape() -> None:
    local, _, domain = ADDRESS.partition("@")
    assert (len(local), domain) == (34, DOMAIN)
    assert local == local.lower()


@pytest.mark.parametrize("keys", [KEYS, ("new key",), ("newer key", "new key")])
def test_a_reply_finds_its_letter(keys: tuple[str, ...]) -> None:
    assert letter_of(ADDRESS, keys) == ID


@pytest.mark.parametrize(
    "address",
    [ADDRESS.upper(), f"  {ADDRESS}", reply_address(ID, "elsewhere.example", KEYS)],
    ids=["shouted", "spaced", "another domain"],
)
def test_what_mail_servers_do_to_it(address: str) -> None:
    assert letter_of(address, KEYS) == ID


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ap@example.com",
        f"r+{ID}@{DOMAIN}",
        f"r+{ID}.{'a' * 16}@{DOMAIN}",
        ADDRESS.replace(ID, "bbbbbbbbbbbbbbb"),
        ADDRESS.replace("@", "x@"),
        "x" + ADDRESS,
        reply_address(ID, DOMAIN, ("another house's key",)),
    ],
)
def test_strangers_and_forgeries(address: str) -> None:
    assert letter_of(address, KEYS) is None


def test_a_key_that_is_gone_is_no_key() -> None:
    assert letter_of(reply_address(ID, DOMAIN, ("old key",)), ("new key",)) is None


@given(st.text(max_size=80))
def test_anything_may_be_written_to_us(address: str) -> None:
    assert letter_of(address, KEYS) is None


def test_every_id_makes_an_address() -> None:
    for _ in range(100):
        letter_id = new_id()
        assert letter_of(reply_address(letter_id, DOMAIN, KEYS), KEYS) == letter_id
