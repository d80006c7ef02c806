# shellcheck shell=bash
# A network of four validators, one gateway and a meter-data store on loopback, with temporary data. Sourced after
# common.sh and build.sh.
#
# Ports, from a base port P: the gateway's RPC listens on P, the validators' on P+1 to P+4; the store on P+10; the peers on
# P+20 to P+24; light clients reach the gateway on P+30 (WebSocket). Validators speak to these five nodes and to no others: their
# identities are registered in the genesis (runtime/src/genesis.rs).

VALIDATORS=(alice bob charlie dave)
NODES=(gateway "${VALIDATORS[@]}")
# How long a young network may take to finalise its first blocks, in seconds.
START_SECONDS=90

NETWORK=""
BASE_PORT=""
# What is the same for every network of a build: the plain specification, and the compiled runtime, with which the export of
# the first raw specification begins, so that no two nodes compile at once.
DEVNET_PRESET="$CARGO_TARGET_DIR/devnet-preset.json"
WASM_CACHE="$CARGO_TARGET_DIR/wasm-cache"

# node_index NAME: its offset to the base ports.
node_index() {
	local i
	for i in "${!NODES[@]}"; do
		if [[ ${NODES[i]} == "$1" ]]; then
			echo "$i"
		fi
	done
}

node_rpc_port() {
	echo $((BASE_PORT + $(node_index "$1")))
}

node_url() {
	echo "ws://127.0.0.1:$(node_rpc_port "$1")"
}

# Node keys are public knowledge here, so that peer addresses are the same on every devnet.
node_key() {
	printf '%064x' $(($(node_index "$1") + 1))
}

node_peer() {
	cat "$NETWORK/$1.peer"
}

node_address() {
	echo "/ip4/127.0.0.1/tcp/$((BASE_PORT + 20 + $(node_index "$1")))/p2p/$(node_peer "$1")"
}

# Where light clients dial in.
gateway_address() {
	echo "/ip4/127.0.0.1/tcp/$((BASE_PORT + 30))/ws/p2p/$(node_peer gateway)"
}

# Every port that peers and light clients dial.
peer_ports() {
	echo "$(seq -s ' ' $((BASE_PORT + 20)) $((BASE_PORT + 20 + ${#VALIDATORS[@]}))) $((BASE_PORT + 30))"
}

store_url() {
	echo "http://127.0.0.1:$((BASE_PORT + 10))"
}

# rpc NODE METHOD [PARAMS]: the result of a JSON-RPC call.
rpc() {
	curl --silent --show-error --fail --max-time 10 --header 'Content-Type: application/json' \
		--data "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":${3:-[]}}" \
		"http://127.0.0.1:$(node_rpc_port "$1")" | jq --exit-status --compact-output '.result'
}

# ensure_free_ports BASE_PORT: fails if something listens where a network would.
ensure_free_ports() {
	local port
	for port in $(seq "$1" $(($1 + 4))) $(($1 + 10)) $(seq $(($1 + 20)) $(($1 + 24))) $(($1 + 30)); do
		if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			fail "port $port is taken: is another devnet running? Choose another base port with --port"
		fi
	done
}

# set_market_parameters PLAIN_SPECIFICATION INTERVAL_CLOCK_S EPOCH_MS: the specification with another clock and start of
# interval 0. Edited as text: jq would write large amounts of money as floating-point numbers.
set_market_parameters() {
	local parameters='.genesis.runtimeGenesis.patch.market.parameters'
	if ! jq --exit-status "$parameters | has(\"interval_clock_s\") and has(\"epoch\")" "$1" >/dev/null; then
		fail "the chain specification $1 has no market parameters"
	fi
	sed -E "s/(\"interval_clock_s\": *)[0-9]+/\1$2/; s/(\"epoch\": *)[0-9]+/\1$3/" "$1"
}

# Writes the devnet's plain specification, once for each build of the node.
devnet_preset() {
	local new
	[[ ! $DEVNET_PRESET -nt $NODE_BINARY ]] || return 0
	new="$(mktemp "$DEVNET_PRESET.XXXXXX")"
	if ! "$NODE_BINARY" export-chain-spec --chain devnet >"$new" 2>"$NETWORK/logs/chain-spec.log"; then
		rm -f "$new"
		fail "the chain specification could not be built, see $NETWORK/logs/chain-spec.log"
	fi
	mv "$new" "$DEVNET_PRESET"
}

# network_prepare DIRECTORY BASE_PORT INTERVAL_CLOCK_S [GRID]: node identities and the chain specification, plain and raw.
# GRID is a folder with a grid's files, `built-in`, or `members:N`, the grid of a load of so many members: its zones, members, meters, money, deposits and margins stand in the genesis, so
# that it is traded at once. Without it the chain begins with the devnet's operators alone.
network_prepare() {
	NETWORK=$1
	BASE_PORT=$2
	local clock_s=$3 grid=${4:-} node preset=$DEVNET_PRESET of=()
	mkdir -p "$NETWORK/logs"
	for node in "${NODES[@]}"; do
		node_key "$node" >"$NETWORK/$node.key"
		"$NODE_BINARY" key inspect-node-key --file "$NETWORK/$node.key" 2>/dev/null >"$NETWORK/$node.peer" ||
			fail "$NODE_BINARY cannot read a node key"
	done

	# The grid, the clock and the start of interval 0 are the only things in which one devnet differs from another.
	devnet_preset
	if [[ -n $grid ]]; then
		case $grid in
		built-in) of=(grid genesis) ;;
		members:*) of=(load genesis --accounts "${grid#members:}") ;;
		*) of=(grid genesis --data "$grid") ;;
		esac
		preset="$NETWORK/preset.json"
		"$CLI_BINARY" "${of[@]}" --onto "$DEVNET_PRESET" >"$preset" || fail "the grid is refused (see above)"
	fi
	set_market_parameters "$preset" "$clock_s" "$(date +%s)000" >"$NETWORK/plain.json"
	"$NODE_BINARY" export-chain-spec --chain "$NETWORK/plain.json" --raw --wasm-cache "$WASM_CACHE" >"$NETWORK/raw.json" 2>>"$NETWORK/logs/chain-spec.log" ||
		fail "the raw chain specification could not be built, see $NETWORK/logs/chain-spec.log"
}

# start_node NAME OPTION...: starts a node in its own process group and notes its process.
start_node() {
	local node=$1 other peers=()
	shift
	for other in "${NODES[@]}"; do
		if [[ $other != "$node" ]]; then
			peers+=("$(node_address "$other")")
		fi
	done
	setsid "$NODE_BINARY" --chain "$NETWORK/raw.json" --base-path "$NETWORK/data/$node" --name "$node" \
		--node-key-file "$NETWORK/$node.key" --listen-addr "/ip4/127.0.0.1/tcp/$((BASE_PORT + 20 + $(node_index "$node")))" \
		--wasm-cache "$WASM_CACHE" --reserved-nodes "${peers[@]}" --no-mdns --no-telemetry --no-prometheus --detailed-log-output \
		--rpc-port "$(node_rpc_port "$node")" --rpc-cors all "$@" >"$NETWORK/logs/$node.log" 2>&1 </dev/null &
	echo $! >"$NETWORK/$node.pid"
	# The shell need not report its end.
	disown
}

# network_start [OPTION...]: starts the validators, and the gateway with these options more if it is one of the network's nodes.
network_start() {
	local node
	for node in "${VALIDATORS[@]}"; do
		start_node "$node" "--$node" --validator
	done
	[[ -n $(node_index gateway) ]] || return 0
	start_node gateway --listen-addr "/ip4/127.0.0.1/tcp/$((BASE_PORT + 30))/ws" \
		--state-pruning archive --blocks-pruning archive --rpc-max-connections 500 --max-runtime-instances 32 "$@"
}

# store_start [OPTION...]: starts the meter-data store, which asks the gateway who may read what, at $STORE_CHAIN if that is set.
store_start() {
	setsid "$STORE_BINARY" serve --backend "$NETWORK/store" --listen "127.0.0.1:$((BASE_PORT + 10))" \
		--chain "${STORE_CHAIN:-$(node_url gateway)}" "$@" >"$NETWORK/logs/store.log" 2>&1 </dev/null &
	echo $! >"$NETWORK/store.pid"
	disown
	local began=$SECONDS
	until curl --silent --fail --max-time 5 --output /dev/null "$(store_url)/metrics"; do
		kill -0 "$(<"$NETWORK/store.pid")" 2>/dev/null || fail "the meter-data store has ended, see $NETWORK/logs/store.log"
		((SECONDS - began < START_SECONDS)) || fail "the meter-data store does not answer, see $NETWORK/logs/store.log"
		sleep 0.2
	done
}

# Fails with the end of the log of the first node, or the store, that is not running.
network_check_running() {
	local node
	for node in "${NODES[@]}" store; do
		# The store is started last.
		[[ $node != store || -e $NETWORK/store.pid ]] || continue
		if ! kill -0 "$(<"$NETWORK/$node.pid")" 2>/dev/null; then
			tail -n 15 "$NETWORK/logs/$node.log" >&2
			fail "$node has ended, see $NETWORK/logs/$node.log"
		fi
	done
}

# finalized NODE: number of the finalised block, nothing while the node does not answer.
finalized() {
	local hash
	hash="$(rpc "$1" chain_getFinalizedHead 2>/dev/null)" || return 0
	printf '%d' "$(rpc "$1" chain_getHeader "[$hash]" 2>/dev/null | jq --raw-output .number)"
}

# Waits until every node has finalised a block: from then on it answers and takes transactions.
network_wait() {
	local began=$SECONDS node number
	for node in "${NODES[@]}"; do
		until number="$(finalized "$node")" && ((${number:-0} >= 1)); do
			network_check_running
			if ((SECONDS - began >= START_SECONDS)); then
				fail "node $node has finalised nothing within $START_SECONDS s, see $NETWORK/logs/$node.log"
			fi
			sleep 0.2
		done
	done
}

# Waits in the background of a demonstration for the first interval that has cleared, and prints how many seconds have
# passed since SINCE, a value of SECONDS. Gives up when the gateway no longer answers.
say_first_cleared() {
	local since=$1 current interval
	while sleep 0.3; do
		current="$(rpc gateway energy_clock 2>/dev/null | jq .current)" || return 0
		for ((interval = 0; interval <= current; interval++)); do
			if rpc gateway energy_status "[$interval]" 2>/dev/null |
				jq --exit-status '.outcome.cleared and .orders > 0' >/dev/null 2>&1; then
				say "first interval cleared after $((SECONDS - since)) s"
				return 0
			fi
		done
	done
}

# Stops the store and all nodes of the network: politely first, by force after five seconds.
network_stop() {
	local node pid pids=()
	[[ -n $NETWORK ]] || return 0
	for node in store "${NODES[@]}"; do
		if [[ -r $NETWORK/$node.pid ]]; then
			pid="$(<"$NETWORK/$node.pid")"
			rm -f "$NETWORK/$node.pid"
			if kill -TERM "$pid" 2>/dev/null; then
				pids+=("$pid")
			fi
		fi
	done
	for _ in $(seq 50); do
		kill -0 "${pids[@]}" 2>/dev/null || break
		sleep 0.1
	done
	for pid in "${pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
}

# Whether all logs are free of panics and error lines; prints what is not.
network_logs_are_clean() {
	! grep --with-filename --line-number --extended-regexp ' ERROR |panicked at|^Error:|^Version: .*busbar' "$NETWORK"/logs/*.log
}
