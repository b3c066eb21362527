#!/usr/bin/env bash
# Make .venv with CPython 3.11 or 3.12. PYTHON=... chooses another interpreter.
set -euo pipefail
fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))'

if [ -x .venv/bin/python ] && .venv/bin/python -c "$fits" && .venv/bin/python -m pip --version >/dev/null 2>&1; then
    exit 0
fi
for python in ${PYTHON:-python3 python3.12 python3.11} none; do
    "$python" -c "$fits" 2>/dev/null && break
done
if [ "$python" = none ]; then
    echo "outreach needs CPython 3.11 or 3.12; name one with: make setup PYTHON=/path/to/python3.12" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package=$("$python" -c 'import sys; print(f"python3.{sys.version_info.minor}-venv")')
    if [ "$(id -u)" != 0 ]; then
        echo "This Python has no venv module; run: sudo apt-get install $package" >&2
        exit 1
    fi
    apt-get update -qq && apt-get install -y -qq "$package"
fi
"$python" -m venv --clear .venv
