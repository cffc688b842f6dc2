#!/bin/sh
# Make .venv-clients: programs of others (SDKs, instrumentations, a gateway) that the tests run against us. About 800 MB.
# Those that cannot stand beside the others lie in .venv-clients/beside, to be put in front of the others' path.
set -eu
venv=.venv-clients
mark=$venv/.installed
pins=constraints-clients.txt
beside=constraints-clients-beside.txt
if [ -f "$mark" ] && [ "$mark" -nt "$pins" ] && [ "$mark" -nt "$beside" ]; then exit 0; fi
printf 'Installing the clients that the tests run against us (half a minute)\n' >&2
[ -x "$venv/bin/python" ] || .venv/bin/python -m venv --without-pip "$venv"
.venv/bin/uv pip install --quiet --python "$venv/bin/python" --require-hashes -r "$pins"
.venv/bin/uv pip install --quiet --python "$venv/bin/python" --require-hashes --no-deps --target "$venv/beside" -r "$beside"
touch "$mark"
