"""What is committed works anywhere: no registry's address, no path of one machine, everything locked."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

REGISTRIES = ["pypi" + ".org", "files." + "pythonhosted", "registry." + "npmjs", "registry." + "yarnpkg"]
MACHINE_PATHS = ["/" + place + "/" for place in ("work", "opt/pypi", "opt/wheels", "root", "home")]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def mentions(needle: str) -> list[str]:
    found = re.compile(rf"(?<![\w./]){re.escape(needle)}".encode())
    return [str(path.relative_to(ROOT)) for path in tracked() if found.search(path.read_bytes())]


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_a_registry(host: str) -> None:
    assert mentions(host) == []


@pytest.mark.parametrize("path", MACHINE_PATHS)
def test_no_file_names_a_path_of_one_machine(path: str) -> None:
    assert mentions(path) == []


LOCKS = ["requirements", "requirements-dev", "requirements-setup"]


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_locked_by_hash(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text()
    pinned = re.findall(r"^([a-z0-9][a-z0-9._-]*)==\S+(.*(?:\n    --hash=.*)*)", text, re.M)
    assert pinned
    assert [package for package, rest in pinned if "--hash=sha256:" not in rest] == []


@pytest.mark.parametrize("name", LOCKS)
def test_everything_asked_for_is_locked(name: str) -> None:
    asked = re.findall(r"^([A-Za-z0-9][\w.-]*)", (ROOT / f"{name}.in").read_text(), re.M)
    locked = set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", (ROOT / f"{name}.txt").read_text(), re.M))
    assert {re.sub(r"[._]", "-", package.lower()) for package in asked} <= locked
