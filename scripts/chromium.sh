#!/bin/sh
# The browser tests drive a chromium of the system's. Root on Debian gets one installed; others are told how.
# The headless shell draws the same pages in half of the processor time. tests/browser/conftest.py has these names too.
set -eu

for name in chromium-headless-shell chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then
        exit 0
    fi
done

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    printf 'Installing chromium for the browser tests\n' >&2
    apt-get update -qq
    for package in chromium-headless-shell chromium; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" >/dev/null
            exit 0
        fi
    done
fi

printf '%s\n' "The browser tests need chromium: sudo apt-get install chromium (or your system's way)." \
    "Without it, run the others: .venv/bin/pytest -m 'not browser'" >&2
exit 1
