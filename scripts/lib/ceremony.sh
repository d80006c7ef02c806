# shellcheck shell=bash
# The ceremony of four companies, each with a folder of its own, and the network that they start with. Sourced after common.sh and
# build.sh.
#
# Ports, from a base port P: the nodes' RPC on P to P+3, their metrics on P+10 to P+13, Prometheus on P+14, the peers on P+20 to P+23.

# Folder, what the company is called, its roles. As chain-specs/consortium.toml names them.
COMPANIES=(north-grid city-utility member-services regulator)
declare -A COMPANY_NAMES=(
	[north-grid]="North Grid" [city-utility]="City Utility" [member-services]="Member Services" [regulator]="Regulator"
)
declare -A COMPANY_ROLES=(
	[north-grid]='["dso", "meter_operator"]'
	[city-utility]='["balance_responsible_party", "wholesale_trader", "settlement_agent"]'
	[member-services]='["membership_provider", "settlement_agent"]'
	[regulator]='["regulator"]'
)
CONSORTIUM_TEMPLATE="$ROOT/chain-specs/consortium.toml"
# How long a young network may take to finalise, in seconds.
CEREMONY_START_SECONDS=120

CEREMONY=""
CEREMONY_PORT=""
# Where all nodes listen.
CEREMONY_ADDRESS=127.0.0.1
# Kept for all exports of a build: without it each company would compile the runtime.
CEREMONY_CACHE="$CARGO_TARGET_DIR/wasm-cache"

# told COMMAND...: says what is run, as the transcript has it, and runs it. Where compiled runtimes are kept is nobody's matter.
told() {
	local part skip=no
	printf '$ %s' "$(basename "$1")"
	for part in "${@:2}"; do
		case $skip$part in
		yes*) skip=no ;;
		no--wasm-cache) skip=yes ;;
		*) printf ' %q' "$part" ;;
		esac
	done
	printf '\n'
	"$@"
}

company_index() {
	local i
	for i in "${!COMPANIES[@]}"; do
		if [[ ${COMPANIES[i]} == "$1" ]]; then
			echo "$i"
		fi
	done
}

# ceremony_keys: every company makes its keys in its own folder. Beyond its card nothing leaves the folder.
ceremony_keys() {
	local company
	for company in "${COMPANIES[@]}"; do
		told "$NODE_BINARY" company new --directory "$company" --name "${COMPANY_NAMES[$company]}" \
			--address "/ip4/$CEREMONY_ADDRESS/tcp/$((CEREMONY_PORT + 20 + $(company_index "$company")))" || return 1
	done
}

# ceremony_file KIND: the cards, the roles and the parameters in one file, consortium.toml.
ceremony_file() {
	local company
	sed -E "s/^kind = \"live\"/kind = \"$1\"/" "$CONSORTIUM_TEMPLATE" >consortium.toml || return 1
	for company in "${COMPANIES[@]}"; do
		printf '\n[[company]]\nroles = %s\n' "${COMPANY_ROLES[$company]}"
		cat "$company/company.toml" || return 1
	done >>consortium.toml
}

# ceremony_agree: every company compares the file with its own keys, makes the chain's specification of it by itself, and finds that all
# have the same one.
ceremony_agree() {
	local company sum first=""
	for company in "${COMPANIES[@]}"; do
		told "$NODE_BINARY" company check --directory "$company" --consortium consortium.toml || return 1
		told "$NODE_BINARY" export-chain-spec --chain consortium.toml --raw --wasm-cache "$CEREMONY_CACHE" \
			--output "$company/chain.json" 2>>"$company/log" || {
			tail -n 3 "$company/log" >&2
			return 1
		}
		sum="$(sha256sum <"$company/chain.json")"
		sum="${sum%% *}"
		printf '%s has the specification %s\n' "${COMPANY_NAMES[$company]}" "$sum"
		first="${first:-$sum}"
		if [[ $sum != "$first" ]]; then
			printf 'the companies have different specifications: compare consortium.toml and the builds of busbar-node\n' >&2
			return 1
		fi
	done
}

# ceremony_start: every company starts its validator.
ceremony_start() {
	local company
	for company in "${COMPANIES[@]}"; do
		ceremony_start_one "$company"
	done
}

# ceremony_start_one COMPANY: its validator, with its own keys, reachable by the others alone.
ceremony_start_one() {
	local company=$1 other i reserved=()
	i="$(company_index "$company")"
	for other in "${COMPANIES[@]}"; do
		[[ $other == "$company" ]] || reserved+=("$(sed -nE 's/^node = "(.*)"$/\1/p' "$other/company.toml")")
	done
	setsid "$NODE_BINARY" --chain "$company/chain.json" --base-path "$company/data" --validator \
		--name "${COMPANY_NAMES[$company]}" --keystore-path "$company/keystore" --node-key-file "$company/node.key" \
		--listen-addr "/ip4/$CEREMONY_ADDRESS/tcp/$((CEREMONY_PORT + 20 + i))" --reserved-only --reserved-nodes "${reserved[@]}" \
		--rpc-port $((CEREMONY_PORT + i)) --prometheus-port $((CEREMONY_PORT + 10 + i)) --wasm-cache "$CEREMONY_CACHE" \
		--no-mdns --no-telemetry --detailed-log-output >>"$company/log" 2>&1 </dev/null &
	echo $! >"$company/pid"
	disown
}

# ceremony_rpc COMPANY METHOD [PARAMS]: the result of a JSON-RPC call.
ceremony_rpc() {
	curl --silent --fail --max-time 10 --header 'Content-Type: application/json' \
		--data "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":${3:-[]}}" \
		"http://127.0.0.1:$((CEREMONY_PORT + $(company_index "$1")))" | jq --exit-status --compact-output '.result'
}

# ceremony_finalized COMPANY: number of the block that its node has as final; nothing while it does not answer.
ceremony_finalized() {
	local hash
	hash="$(ceremony_rpc "$1" chain_getFinalizedHead 2>/dev/null)" || return 0
	printf '%d' "$(ceremony_rpc "$1" chain_getHeader "[$hash]" 2>/dev/null | jq --raw-output .number)"
}

# ceremony_wait NUMBER: until every node has this block as final.
ceremony_wait() {
	local company number began=$SECONDS
	for company in "${COMPANIES[@]}"; do
		until number="$(ceremony_finalized "$company")" && ((${number:-0} >= $1)); do
			if ! kill -0 "$(<"$company/pid")" 2>/dev/null || ((SECONDS - began >= CEREMONY_START_SECONDS)); then
				tail -n 15 "$company/log" >&2
				printf '%s has not finalised block %d\n' "${COMPANY_NAMES[$company]}" "$1" >&2
				return 1
			fi
			sleep 0.5
		done
		printf '%s has block %d as final\n' "${COMPANY_NAMES[$company]}" "$number"
	done
}

# ceremony_stop: stops the nodes, by force after ten seconds.
ceremony_stop() {
	local company pids=()
	[[ -n $CEREMONY ]] || return 0
	for company in "${COMPANIES[@]}"; do
		if [[ -r $CEREMONY/$company/pid ]]; then
			pids+=("$(<"$CEREMONY/$company/pid")")
			rm -f "$CEREMONY/$company/pid"
		fi
	done
	((${#pids[@]} > 0)) || return 0
	kill -TERM "${pids[@]}" 2>/dev/null || true
	for _ in $(seq 100); do
		kill -0 "${pids[@]}" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "${pids[@]}" 2>/dev/null || true
}

# ceremony DIRECTORY BASE_PORT KIND: everything up to a specification that all have, in a folder that is new.
ceremony() {
	CEREMONY=$1
	CEREMONY_PORT=$2
	mkdir -p "$CEREMONY" && cd "$CEREMONY" || return 1
	ceremony_keys && ceremony_file "$3" && ceremony_agree
}
