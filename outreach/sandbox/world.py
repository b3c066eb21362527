"""What every part of the sandbox is handed."""

from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession

from outreach.sandbox.clock import Clock
from outreach.sandbox.faults import Dice
from outreach.sandbox.keys import Keys
from outreach.sandbox.people import People
from outreach.sandbox.running import Running
from outreach.sandbox.truth import Truth


@dataclass
class World:
    """`people` and `dice` are replaced when a script or faults are loaded at run time."""

    keys: Keys
    clock: Clock
    people: People
    dice: Dice
    truth: Truth
    running: Running
    http: ClientSession
    door_url: str
    """where the events of letters and people's calls go; Twilio's callbacks go where each request says"""
    keys_file: Path  # the seal that signs for SNS lies beside it
