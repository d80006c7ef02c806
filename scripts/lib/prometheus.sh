# shellcheck shell=bash
# Prometheus and promtool for the tests of the alert rules. Sourced after common.sh.

# Where they are if the machine has none of its own.
PROMETHEUS_FOLDER="${XDG_CACHE_HOME:-$HOME/.cache}/busbar/prometheus"

# Takes the programs out of Debian's package. Installing it would start a service that nobody asked for.
ensure_prometheus() {
	local work
	if have prometheus promtool || [[ -x $PROMETHEUS_FOLDER/usr/bin/promtool ]]; then
		return 0
	fi
	have apt-get dpkg-deb || fail "prometheus and promtool are missing, and there is no apt-get to fetch them: install them"
	say "fetching Prometheus, without its service"
	work="$(mktemp -d)"
	if ! (cd "$work" && { apt-get -qq download prometheus || { as_root apt-get -qq update && apt-get -qq download prometheus; }; }) >"$work/log" 2>&1 ||
		! dpkg-deb --extract "$work"/prometheus_*.deb "$work/tree"; then
		tail -n 5 "$work/log" >&2
		rm -rf "$work"
		fail "apt-get could not fetch prometheus (see above)"
	fi
	rm -rf "$PROMETHEUS_FOLDER"
	mkdir -p "$(dirname "$PROMETHEUS_FOLDER")"
	mv "$work/tree" "$PROMETHEUS_FOLDER"
	rm -rf "$work"
}
