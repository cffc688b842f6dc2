#!/bin/sh
# Make .venv-clients: programs of others (SDKs, instrumentations, a gateway) that the tests run against us. About 900 MB.
# Those that cannot stand beside the others lie in .venv-clients/beside, to be put in front of the others' path.
# Those for Node lie in .venv-clients/node; where npm cannot bring them, the tests that need them are skipped.
set -eu
venv=.venv-clients
mark=$venv/.installed
pins=constraints-clients.txt
beside=constraints-clients-beside.txt
node=$venv/node
lock=tests/clients/node/package-lock.json

if ! [ -f "$mark" ] || ! [ "$mark" -nt "$pins" ] || ! [ "$mark" -nt "$beside" ]; then
    printf 'Installing the clients that the tests run against us (half a minute)\n' >&2
    [ -x "$venv/bin/python" ] || .venv/bin/python -m venv --without-pip "$venv"
    .venv/bin/uv pip install --quiet --python "$venv/bin/python" --require-hashes -r "$pins"
    .venv/bin/uv pip install --quiet --python "$venv/bin/python" --require-hashes --no-deps --target "$venv/beside" -r "$beside"
    touch "$mark"
fi

if ! [ -f "$node/.installed" ] || ! [ "$node/.installed" -nt "$lock" ]; then
    printf 'Installing the clients for Node (a quarter of a minute)\n' >&2
    mkdir -p "$node"
    rm -f "$node/.installed"
    cp tests/clients/node/package.json "$lock" "$node"
    # The lock holds versions and digests and no addresses; nothing of what is fetched is run.
    if PATH="$PWD/.venv/bin:$PATH" npm --prefix "$node" ci --ignore-scripts --no-audit --no-fund --loglevel error \
        --fetch-retries 1 --fetch-retry-mintimeout 1000 --fetch-retry-maxtimeout 5000 --fetch-timeout 60000 2>"$node/npm.log"; then
        touch "$node/.installed"
    else
        sed -n '1,5s/^/    /p' "$node/npm.log" >&2
        printf 'npm could not bring the clients for Node, so their tests are skipped. Is its registry reachable?\n' >&2
    fi
fi
