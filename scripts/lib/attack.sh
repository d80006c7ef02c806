# shellcheck shell=bash
# Attacks on a network that runs. Sourced after network.sh.

# So little room that it is filled within seconds.
ATTACK_STORE_OPTIONS=(--pending-mb 8 --documents-mb 4)

# attack SECONDS [PART...]: makes the attacks of tests/attack whose names contain a PART, and prints their table.
attack() {
	local seconds=$1
	shift
	BUSBAR_ATTACK_SECONDS=$seconds BUSBAR_CLI=$CLI_BINARY BUSBAR_URL="$(node_url gateway)" BUSBAR_STORE="$(store_url)" \
		BUSBAR_STORE_PID="$(<"$NETWORK/store.pid")" BUSBAR_STORE_FOLDER="$NETWORK/store" node "$ROOT/tests/attack/main.mjs" "$@"
}
