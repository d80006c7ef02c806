# shellcheck shell=bash
# Helpers of all scripts. Sourced, never run.

set -euo pipefail

# Where the checkout is, whatever directory the caller stands in.
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
NAME="$(basename "$0")"

# One line of progress.
say() {
	printf '%s %s: %s\n' "$(date +%H:%M:%S)" "$NAME" "$*"
}

# One line about what is wrong, and the end.
fail() {
	printf '%s: error: %s\n' "$NAME" "$*" >&2
	exit 1
}

# A wrong command line: one line, the usage, exit code 2.
usage_error() {
	printf '%s: %s\n\n' "$NAME" "$*" >&2
	usage >&2
	exit 2
}

# Whether all the named commands exist.
have() {
	local command
	for command in "$@"; do
		command -v "$command" >/dev/null 2>&1 || return 1
	done
}

# Runs a command as root, through sudo where need be.
as_root() {
	if [[ $EUID -eq 0 ]]; then
		"$@"
	elif have sudo; then
		sudo "$@"
	else
		fail "this needs root: run it as root or install sudo (wanted: $*)"
	fi
}

# Seconds as "1 min 05 s".
duration() {
	if (($1 >= 60)); then
		printf '%d min %02d s' $(($1 / 60)) $(($1 % 60))
	else
		printf '%d s' "$1"
	fi
}

# step "what" command...: runs a command and says how long it took; its failure ends the script.
step() {
	local what=$1 began=$SECONDS
	shift
	say "$what ..."
	"$@" || fail "$what failed (after $(duration $((SECONDS - began))))"
	say "$what: done in $(duration $((SECONDS - began)))"
}

# install_npm_packages FOLDER: exactly what its package-lock.json says, unless that is what is there.
install_npm_packages() {
	if [[ $1/node_modules/.package-lock.json -nt $1/package-lock.json ]]; then
		return 0
	fi
	(cd "$1" && npm ci --no-audit --no-fund --loglevel=error)
}
