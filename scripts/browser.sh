#!/usr/bin/env bash
# What only the browser tests need: Debian's Chromium, and the front-end packages by npm.
set -euo pipefail
if ! command -v chromium >/dev/null; then
    if [ "$(id -u)" != 0 ]; then
        echo "The browser tests need Chromium; run: sudo apt-get install chromium" >&2
        exit 1
    fi
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium
fi
exec make --no-print-directory outreach/web/static/vendor/.ready
