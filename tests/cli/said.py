"""What a command answers: exit code, standard output, standard error."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"
PASSWORD = "correct horse battery"
Run = Callable[..., tuple[int, str, str]]


def document(answer: tuple[int, str, str]) -> Any:
    code, out, complaint = answer
    assert (code, complaint) == (0, "")
    return json.loads(out)
