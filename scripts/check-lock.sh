#!/bin/sh
# A lock names releases and their hashes, never where they were downloaded from.
set -eu
if grep -nE '://|^ *--(extra-)?index-url|^ *--find-links|^ *--trusted-host' requirements.txt requirements-dev.txt; then
    echo "The lines above name a place: remove them." >&2
    exit 1
fi
