"""`outreach replies read`: what the reader makes of one reply. It needs no database and changes nothing."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from outreach import policy_files
from outreach.campaigns.conversations.replying import origin_of, own_words
from outreach.cli.output import Failure, json_option, print_json
from outreach.mail import automatic, incoming
from outreach.mail.incoming import Incoming
from outreach.policy_files import policy_file
from outreach.rules import money
from outreach.rules.policy import Policy
from outreach.rules.reading.intents import Intent
from outreach.rules.reading.reply import Reading, read

LARGEST = 64 * 1024 * 1024


@click.group("replies")
def replies_command() -> None:
    """What customers write to us."""


@replies_command.command("read")
@click.argument("file")
@json_option
def replies_read_command(file: str, as_json: bool) -> None:
    """What the reader makes of one reply: FILE.eml, or - for standard input."""
    raw = _content(file)
    if not raw.strip():
        raise Failure("there is no mail: give a file that holds one", exit_code=2)
    mail = incoming.from_bytes(raw)
    words = own_words(mail)
    document = _document(_reading(mail, words), words)
    print_json(document) if as_json else _print(document)


def _content(file: str) -> bytes:
    try:
        if file == "-":
            return sys.stdin.buffer.read(LARGEST)
        with Path(file).open("rb") as opened:
            return opened.read(LARGEST)
    except OSError as error:
        words = f"{file} cannot be read ({error.strerror or error}): give a file that holds one mail"
        raise Failure(words, exit_code=2) from None


def _reading(mail: Incoming, words: str) -> Reading:
    kind = automatic.kind(mail)
    policy = Policy.parse(policy_files.read(policy_file()).policy)
    origin = origin_of(mail, policy.organization.zone, policy.business_days, datetime.now(UTC), "")
    reading = read(words, origin)
    if kind == "reply":
        return reading
    said = read(f"{mail.subject}.\n\n{words}", origin)
    away = kind == "auto_reply" and Intent.OUT_OF_OFFICE in (said.intent, *said.also)
    return Reading(intent=Intent.OUT_OF_OFFICE if away else Intent.BOUNCE_OR_AUTO, confidence=0.9)


def _document(reading: Reading, words: str) -> dict[str, Any]:
    stated = reading.amount_minor is not None and reading.currency
    return {
        "intent": reading.intent.value,
        "also": [one.value for one in reading.also],
        "date": reading.on.isoformat() if reading.on else None,
        "amount": money.decimal(reading.amount_minor or 0, str(reading.currency)) if stated else None,
        "currency": reading.currency,
        "invoices": list(reading.invoices),
        "visible": words,
        "confidence": reading.confidence,
        "words": reading.words,
    }


def _print(document: dict[str, Any]) -> None:
    for name, value in document.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        click.echo(f"{name:11}{'' if shown is None else shown}")
