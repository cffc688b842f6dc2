#!/bin/sh
# Programs that tests run for real, from Debian: `sh tools/debian.sh chromium-headless-shell prometheus postgresql`.
# What is there already is not asked for. Fonts, because a slim Debian has none and pages would be boxes.
set -eu
installable() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-cache show "$1" >/dev/null 2>&1
}
there() {
    case $1 in
        chromium) [ -x /usr/bin/chromium ] ;;
        # Who cannot install the smaller one (not root, or a Debian without it) has the other: it does the same, slower.
        chromium-headless-shell)
            [ -x /usr/bin/chromium-headless-shell ] || { [ -x /usr/bin/chromium ] && ! installable "$1"; } ;;
        prometheus) [ -x /usr/bin/prometheus ] && [ -x /usr/bin/promtool ] ;;
        postgresql) ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 ;;
        mariadb-server) [ -x /usr/sbin/mariadbd ] ;;
        *) printf 'tools/debian.sh knows nothing of %s\n' "$1" >&2; exit 1 ;;
    esac
}
packages=""
for program in "$@"; do
    there "$program" && continue
    case $program in
        chromium*) packages="$packages $program fonts-dejavu-core" ;;
        *) packages="$packages $program" ;;
    esac
done
[ -n "$packages" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    printf 'Installing%s for the tests\n' "$packages" >&2
    apt-get update -qq
    installable chromium-headless-shell || packages=$(printf '%s' "$packages" | sed 's/chromium-headless-shell/chromium/')
    # shellcheck disable=SC2086 # several packages
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages >/dev/null
else
    printf 'The tests need programs that are not there. As root: apt-get install%s\n' "$packages" >&2
    exit 1
fi
