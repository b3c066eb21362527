"""Cuts what the tests check against out of the providers' whole OpenAPI documents.

    python tests/sandbox/specs/extract.py TWILIO_API_V2010.json.gz SENDGRID_V3.json.gz

Twilio's document (twilio/twilio-oai) is under the Apache License 2.0, as its own `info` says, which is kept;
SendGrid's (sendgrid/sendgrid-oai) names none in the file. Prose and examples are left out.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CALLS = "/2010-04-01/Accounts/{AccountSid}/Calls"
TWILIO = (
    "/2010-04-01/Accounts/{Sid}.json",
    f"{CALLS}.json",
    f"{CALLS}/{{Sid}}.json",
    f"{CALLS}/{{CallSid}}/Notifications.json",
)
SENDGRID = ("/mail/send", "/scopes")
PROSE = ("description", "summary", "example", "examples", "x-stoplight", "servers", "tags", "headers")


def extract(document: dict[str, Any], paths: tuple[str, ...]) -> dict[str, Any]:
    """The named paths, and every component they lead to."""
    wanted = {path: _bare(document["paths"][path]) for path in paths}
    found: dict[str, Any] = {"info": _bare(document["info"]), "paths": wanted, "components": {}}
    queue = _references(wanted)
    while queue:
        kind, name = queue.pop().removeprefix("#/components/").split("/", 1)
        if name not in found["components"].setdefault(kind, {}):
            component = found["components"][kind][name] = _bare(document["components"][kind][name])
            queue += _references(component)
    return found


def _bare(node: Any, *, names: bool = False) -> Any:
    """Without prose; under `properties` the keys are names, whatever they are called."""
    if isinstance(node, list):
        return [_bare(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {key: each for key, each in node.items() if names or key not in PROSE}
    return {key: _bare(each, names=key == "properties" and not names) for key, each in kept.items()}


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for each in node for found in _references(each)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for each in node.values() for found in _references(each)]


def main(twilio: str, sendgrid: str) -> None:
    for source, paths, target in (
        (twilio, TWILIO, "twilio_calls.json"),
        (sendgrid, SENDGRID, "sendgrid_mail.json"),
    ):
        with gzip.open(source, "rt", encoding="utf-8") as file:
            part = extract(json.load(file), paths)
        (FOLDER / target).write_text(json.dumps(part, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
