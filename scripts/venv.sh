#!/bin/sh
# Make .venv, if it is not there and whole. On Debian, python3 may lack what that needs: root gets it.
set -eu
python=${PYTHON:-python3}
venv=.venv

say() { printf '%s\n' "$*" >&2; }

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "Fairhaul needs Python 3.11 or newer; '$python' is $("$python" --version 2>&1 || true)."
    say "Install it, or name another one: make install PYTHON=python3.12"
    exit 1
fi

if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        say "Installing Debian's $package, which 'python3 -m venv' needs"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" >/dev/null
    else
        say "'$python -m venv' needs the package $package: sudo apt-get install $package"
        exit 1
    fi
fi

say "Making $venv with $("$python" --version)"
"$python" -m venv --clear "$venv"
