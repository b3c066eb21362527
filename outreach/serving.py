"""The web server: gunicorn over `wsgi:application`, with `config/gunicorn.conf.py`."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import outreach
from outreach import bootstrap, settings

ROOT = Path(outreach.__file__).parents[1]
CONFIG = Path("config/gunicorn.conf.py")


def serve(*options: str) -> NoReturn:
    """Become the web server; `options` are gunicorn's own. Raises BadSettings or NotConnectedError first."""
    chosen = settings.load()
    chosen.check_service()
    bootstrap.redis_of(chosen)
    config = CONFIG if CONFIG.exists() else ROOT / CONFIG
    command = ["-m", "gunicorn", "--config", str(config), "--pythonpath", str(ROOT), *options]
    os.execv(sys.executable, [sys.executable, *command, "wsgi:application"])
