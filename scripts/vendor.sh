#!/usr/bin/env bash
# Copy the front-end packages of package-lock.json into the folder that the pages load them from.
set -euo pipefail
vendor=$1
if ! command -v npm >/dev/null; then
    if [ "$(id -u)" != 0 ]; then
        echo "The front-end packages need npm; run: sudo apt-get install nodejs npm" >&2
        exit 1
    fi
    apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs npm
fi
npm ci --silent --ignore-scripts --no-audit --no-fund
mkdir -p "$vendor"
cp node_modules/htmx.org/dist/htmx.min.js node_modules/htmx-ext-sse/dist/sse.min.js "$vendor/"
