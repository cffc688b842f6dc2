#!/bin/sh
# Make the virtual environment $1 and install what $2 pins, checked by hash, then Tokometer itself as an editable package.
set -eu
venv=$1
pins=$2

say() { printf '%s\n' "$*" >&2; }

# The first interpreter that is new enough.
find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    say "Tokometer needs Python 3.11 or newer, and found none. On Debian: apt-get install python3 python3-venv"
    return 1
}

# Debian ships venv without ensurepip; its package has to be there before an environment can be made.
need_ensurepip() {
    if "$1" -c 'import ensurepip' 2>/dev/null; then return; fi
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing $package, which Debian's Python needs to make an environment"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" >/dev/null
    else
        say "$1 cannot make a virtual environment: its ensurepip is missing. As root: apt-get install $package"
        return 1
    fi
}

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    python=$(find_python)
    need_ensurepip "$python"
    say "Making $venv with $("$python" --version)"
    "$python" -m venv "$venv"
fi
say "Installing what $pins pins (the first time takes a minute or two)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$pins" 2>"$venv/pip.log" || {
    cat "$venv/pip.log" >&2
    say "The packages could not be installed. Is the package index reachable, and the disk not full?"
    exit 1
}
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . \
    2>"$venv/pip.log" || {
    cat "$venv/pip.log" >&2
    exit 1
}
