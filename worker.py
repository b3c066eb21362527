"""`python worker.py [QUEUE...]`: the worker processes, as `outreach worker` starts them."""

import sys

from outreach.cli.main import main

if __name__ == "__main__":
    sys.argv.insert(1, "worker")
    main()
