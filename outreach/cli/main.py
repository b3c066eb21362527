"""The command's front: every subcommand in one list, and every mistake one plain sentence."""

import sys
from importlib import import_module

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from outreach.bootstrap import NotConnectedError
from outreach.cli.output import Failure
from outreach.embedded_redis import NoRedis
from outreach.ledger.policies import NoPolicyError
from outreach.policy_files import BadPolicyFile
from outreach.settings import BadSettings

COMMANDS: dict[str, str] = {
    "init": "installation",
    "doctor": "installation",
    "user": "installation",
    "policy": "installation",
    "import": "receivables",
    "contacts": "receivables",
    "assign": "receivables",
    "documents": "papers",
    "sales": "papers",
    "tie-out": "tie_outs",
    "reconcile": "reconciliation",
    "change": "change_requests",
    "action-plan": "action_plans",
    "payment-policy": "payment_policies",
    "recommendation": "recommendations",
    "bar": "bars",
    "root-causes": "root_causes",
    "plan": "planning",
    "queue": "planning",
    "why": "planning",
    "calendar": "planning",
    "metrics": "figures",
    "replay": "replay",
    "letters": "planning",
    "promise": "promises",
    "dispute": "disputes",
    "payment-plan": "payment_plans",
    "issue": "issues",
    "replies": "replies",
    "suspension": "suspension",
    "log": "collections_log",
    "verify-log": "collections_log",
    "web": "processes",
    "worker": "processes",
    "tick": "processes",
    "sandbox": "processes",
    "demo": "demo",
    "seed": "demo",
    "bench": "bench",
}


class LazyGroup(click.Group):
    """Loads a command's module when it is asked for: `outreach plan` must not wait for the web's imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = import_module(f"outreach.cli.{COMMANDS[name]}")
        command = getattr(module, name.replace("-", "_") + "_command")
        assert isinstance(command, click.Command)  # noqa: S101 - a command's module keeps this file's promise
        return command


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def outreach() -> None:
    """Telephony and email outreach for a business-to-business collections team."""


def main() -> None:
    """Exit 0 for done, 1 for a failure, 2 for bad use; errors are one sentence on standard error."""
    try:
        outreach.main(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.UsageError as mistake:
        _complain(mistake.format_message(), 2)
    except click.Abort:
        _complain("stopped", 1)
    except Failure as failure:
        _complain(str(failure), failure.exit_code)
    except (BadPolicyFile, BadSettings, NotConnectedError, NoPolicyError, NoRedis) as unready:
        _complain(str(unready), 1)
    except (OperationalError, ProgrammingError) as trouble:
        _complain(_about_database(trouble), 1)


def _complain(sentence: str, exit_code: int) -> None:
    click.echo(f"outreach: {sentence}", err=True)
    sys.exit(exit_code)


def _about_database(trouble: OperationalError | ProgrammingError) -> str:
    words = str(trouble.orig)
    if "no such table" in words or "does not exist" in words:
        return "this database has no schema, or an older one: run `outreach init`"
    return f"the database does not answer ({words.splitlines()[0]}): check OUTREACH_DATABASE_URL"
