"""The sandbox's HTTP server. One asyncio process: hundreds of calls live at once, each a sleeping coroutine.

aiohttp, because it is both server and client in one loop, keeps connections alive, and is installed
already: the twilio client needs it.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession, DummyCookieJar, TCPConnector, web

from outreach.sandbox import calls_api, connect_api, keys, mail_api, ses_api, truth
from outreach.sandbox import faults as faults_file
from outreach.sandbox import script as script_file
from outreach.sandbox.answers import Answers
from outreach.sandbox.calls_api import CallsApi
from outreach.sandbox.clock import Clock
from outreach.sandbox.connect_api import ConnectApi
from outreach.sandbox.contact_events import ContactEvents
from outreach.sandbox.control import Control
from outreach.sandbox.event_queue import EventQueue
from outreach.sandbox.events import EventStream
from outreach.sandbox.exchange import Exchange
from outreach.sandbox.faults import Dice, Faults
from outreach.sandbox.letters import Letters
from outreach.sandbox.mail_api import MailApi
from outreach.sandbox.people import People, Script
from outreach.sandbox.replies import Replies
from outreach.sandbox.running import Running
from outreach.sandbox.ses_api import SesApi
from outreach.sandbox.sqs_api import SqsApi
from outreach.sandbox.switchboard import Switchboard
from outreach.sandbox.world import World

HOST = "127.0.0.1"
WEBHOOKS_AT_ONCE = 64


@dataclass(frozen=True)
class Options:
    """What a sandbox is made of. `speed` is the seconds of a call's life that pass in one real second."""

    seed: int = 1
    script: Path | None = None
    faults: Path | None = None
    speed: float = 300.0
    keys_file: Path = Path("var/sandbox.json")
    truth_file: Path | None = None
    door_url: str = "http://127.0.0.1:8000"
    call_backs: float = 0.0
    """share of people not reached who call back"""
    replies: bool = False
    """people write back by themselves"""


def serve(
    port: int = 8010,
    seed: int = 1,
    script: Path | None = None,
    faults: Path | None = None,
    speed: float = 300.0,
    keys_file: Path = Path("var/sandbox.json"),
    truth_file: Path | None = None,
    door_url: str = "http://127.0.0.1:8000",
    call_backs: float = 0.0,
    replies: bool = False,
) -> None:
    """Runs the sandbox until SIGINT or SIGTERM; it is up when GET /healthz answers.

    Raises ValueError, one sentence, for an unusable script, faults or keys file; OSError for a taken port.
    """
    options = Options(seed, script, faults, speed, keys_file, truth_file, door_url, call_backs, replies)
    web.run_app(make_app(options), host=HOST, port=port, print=None, access_log=None, shutdown_timeout=1)


async def make_app(options: Options) -> web.Application:
    """Raises ValueError as `serve` does."""
    scripted = script_file.read(options.script) if options.script else Script()
    people = People(options.seed, scripted, options.call_backs)
    dice = Dice(faults_file.read(options.faults) if options.faults else Faults())
    own_keys = keys.load(options.keys_file)
    record = truth.open_truth(options.truth_file)
    http = ClientSession(connector=TCPConnector(limit=WEBHOOKS_AT_ONCE), cookie_jar=DummyCookieJar())
    clock, running = Clock(options.speed), Running()
    return _wire(
        World(own_keys, clock, people, dice, record, running, http, options.door_url, options.keys_file),
        spontaneous=options.replies,
    )


def _wire(world: World, *, spontaneous: bool) -> web.Application:
    orders = {
        "/Calls.json": calls_api.order_id,
        "/mail/send": mail_api.order_id,
        ses_api.ROUTE: ses_api.order_id,
        connect_api.START: connect_api.order_id,
    }
    app = web.Application(
        middlewares=[Answers(world, orders).middleware()],
        client_max_size=2 * mail_api.MOST_BYTES,  # beyond its limit a letter gets SendGrid's own 413
    )
    exchange, replies = Exchange(world), Replies(world, spontaneous=spontaneous)
    app.add_routes(CallsApi(world, exchange).routes())
    app.add_routes(MailApi(world, Letters(world, EventStream(world), replies)).routes())
    app.add_routes(SesApi(world, replies).routes())
    queue = EventQueue(world)
    app.add_routes(ConnectApi(world, Switchboard(world, ContactEvents(world, queue))).routes())
    app.add_routes(SqsApi(world, queue).routes())
    app.add_routes(Control(world, exchange, replies).routes())
    app.cleanup_ctx.append(_closing(world))
    return app


def _closing(world: World) -> Callable[[web.Application], AsyncIterator[None]]:
    async def closing(app: web.Application) -> AsyncIterator[None]:
        yield
        await world.running.stop()
        await world.http.close()
        world.truth.close()

    return closing
