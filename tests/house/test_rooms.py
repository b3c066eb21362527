"""The contracts of docs/architecture.md that a linter can hold."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "outreach").rglob("*.py"))
DRAWERS = {"utils", "util", "helpers", "common", "core", "manager", "service", "services", "misc"}
ROLL_CALL = ROOT / "outreach" / "ledger" / "__init__.py"


def test_imports_go_down_only() -> None:
    lint = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(cache_dir=None))"
    linted = subprocess.run([sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_room_is_a_junk_drawer(path: Path) -> None:
    assert not DRAWERS & {path.stem, path.parent.name}


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.name == "__init__.py"], ids=lambda path: path.parent.name
)
def test_a_package_opens_with_its_docstring_and_holds_nothing_else(path: Path) -> None:
    body = ast.parse(path.read_text()).body
    assert ast.get_docstring(ast.parse(path.read_text())), "say what the room is for"
    assert len(body) == 1 or path == ROLL_CALL
