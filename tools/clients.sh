#!/bin/sh
# Make .venv-clients: programs of others (SDKs, instrumentations, a gateway) that the tests run against us. About 800 MB.
set -eu
venv=.venv-clients
mark=$venv/.installed
if [ -f "$mark" ] && [ "$mark" -nt constraints-clients.txt ]; then exit 0; fi
printf 'Installing the clients that the tests run against us (half a minute)\n' >&2
[ -x "$venv/bin/python" ] || .venv/bin/python -m venv --without-pip "$venv"
.venv/bin/uv pip install --quiet --python "$venv/bin/python" --require-hashes -r constraints-clients.txt
touch "$mark"
