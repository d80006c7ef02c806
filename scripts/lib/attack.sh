# shellcheck shell=bash
# Attacks on a network that runs. Sourced after network.sh.

# So little room that it is filled within seconds.
ATTACK_STORE_OPTIONS=(--pending-mb 8 --documents-mb 4)

# Processes of the nodes, as tests/attack/memory.mjs reads them.
node_pids() {
	local node
	for node in "${NODES[@]}"; do
		printf '%s:%s ' "$node" "$(<"$NETWORK/$node.pid")"
	done
}

# attack SECONDS [OPTION...] [PART...]: makes the attacks of tests/attack whose names contain a PART, and prints their table.
attack() {
	local seconds=$1
	shift
	BUSBAR_ATTACK_SECONDS=$seconds BUSBAR_CLI=$CLI_BINARY BUSBAR_URL="$(node_url gateway)" BUSBAR_STORE="$(store_url)" \
		BUSBAR_STORE_PID="$(<"$NETWORK/store.pid")" BUSBAR_STORE_FOLDER="$NETWORK/store" BUSBAR_NODE_PIDS="$(node_pids)" \
		BUSBAR_PEER_PORTS="$(peer_ports)" node "$ROOT/tests/attack/main.mjs" "$@"
}
