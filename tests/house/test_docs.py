"""What the documents say exists, and what exists is documented."""

import re
from pathlib import Path

import pytest

from outreach.cli.main import COMMANDS
from outreach.ledger.crash import AT as CRASH
from outreach.settings import FIELDS

ROOT = Path(__file__).parents[2]
DOCS = {path.relative_to(ROOT): path.read_text() for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]}
EVERYTHING = "\n".join(DOCS.values())

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.M))

OTHER_VARIABLES = {"OUTREACH_PASSWORD", CRASH}
"""What single commands read by themselves."""

in_documents = pytest.mark.parametrize("document", DOCS, ids=str)


@in_documents
def test_every_command_named_exists(document: Path) -> None:
    code = re.findall(r"`[^`]+`|^```.*?^```", DOCS[document], re.M | re.S)
    named = {
        command for text in code for command in re.findall(r"(?:^|`|bin/)outreach ([a-z][a-z-]*)", text, re.M)
    }
    assert named <= set(COMMANDS)


@in_documents
def test_every_variable_named_exists(document: Path) -> None:
    named = set(re.findall(r"\b(?:OUTREACH|TWILIO|SENDGRID)_[A-Z_]+\b", DOCS[document]))
    known = {*FIELDS, *(f"{name}_FILE" for name in FIELDS), *OTHER_VARIABLES}
    assert {name for name in named if not name.startswith("OUTREACH_TEST_")} <= known


@in_documents
def test_every_make_target_named_exists(document: Path) -> None:
    assert set(re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", DOCS[document], re.M)) <= {
        pair for target in TARGETS for pair in ((target, ""), ("", target))
    }


@in_documents
def test_every_file_linked_exists(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", DOCS[document])
    assert [link for link in links if not (ROOT / document).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"`(?:outreach )?{command}\b|outreach {command}\b", EVERYTHING)


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_make_target_says_what_it_does(target: str) -> None:
    assert re.search(rf"^{target}:[^\n]* ## \S", MAKEFILE, re.M)
