#!/bin/sh
# The browser tests need a Chromium; Debian has one. Fonts, because a slim Debian has none and pages would be boxes.
set -eu
if [ -x /usr/bin/chromium ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    printf 'Installing Chromium for the browser tests\n' >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core >/dev/null
else
    printf 'The browser tests need Chromium, and there is none. As root: apt-get install chromium fonts-dejavu-core\n' >&2
    exit 1
fi
