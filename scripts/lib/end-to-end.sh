# shellcheck shell=bash
# The end-to-end checks of scripts/test. Sourced after network.sh.

# Folder of the whole run, and of one lane: a network with its checks, beside which other lanes run.
RUN=""
WORK=""
# A grid from practice, as the project's tests have it.
SINGLE_BUS="$ROOT/operations/tests/grids/single-bus"
# Where a network's state before and after its upgrade is left.
STATES=""
# Process groups of the lanes and of what runs beside them.
BESIDE=()

# count passed|failed NUMBER: adds to the tally, which all lanes share. Each line is written at once.
count() {
	printf '%s %d\n' "$1" "$2" >>"$RUN/tally"
}

# tally passed|failed: how many there are.
tally() {
	awk -v what="$1" '$1 == what { sum += $2 } END { print sum + 0 }' "$RUN/tally"
}

# The lint and format tools, which a minimal toolchain lacks.
ensure_lints() {
	if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
		say "adding clippy and rustfmt"
		timeout 300 rustup component add clippy rustfmt || fail "clippy or rustfmt is missing: rustup component add clippy rustfmt"
	fi
}

# check "what" command...: runs a check, says how it ended and how long it took, and counts it. Checks are functions that
# return an error explicitly, because the shell's own error handling is off inside a condition.
check() {
	local what=$1 began=$SECONDS log
	shift
	log="$(mktemp "$WORK/check-XXXXXX")"
	if ("$@") >"$log" 2>&1; then
		count passed 1
		say "passed: $what ($(duration $((SECONDS - began))))"
	else
		count failed 1
		say "FAILED: $what ($(duration $((SECONDS - began))))"
		sed 's/^/    /' "$log" >&2
	fi
}

# run_tests FILE: the tests of one file, each counted.
run_tests() {
	local file=$1 began=$SECONDS log passed failed
	log="$WORK/$file.tap"
	(cd "$ROOT/tests" && timeout 900 node --test --test-reporter=tap "$file") >"$log" 2>&1 || true
	passed="$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$log")"
	failed="$(sed -n 's/^# \(fail\|cancelled\) \([0-9]*\)$/\2/p' "$log" | paste -sd+)"
	failed=$((${failed:-0}))
	# A file whose tests never ran is a failure, too.
	if ((${passed:-0} + failed == 0)); then
		failed=1
	fi
	count passed "${passed:-0}"
	count failed "$failed"
	if ((failed > 0)); then
		sed 's/^/    /' "$log" >&2
	fi
	say "$file: ${passed:-0} passed, $failed failed ($(duration $((SECONDS - began))))"
}

# What the report must say, whatever the day was like.
report_holds() {
	jq --exit-status --argjson intervals "$INTERVALS_TRADED" '
		.intervals == $intervals and .cleared_intervals == $intervals and .settled_intervals == $intervals
		and .optimum_equal == $intervals and .money_conserved == true and .limits_respected == true
		and .orders_submitted == .orders_accepted and .orders_accepted > 100 * $intervals
		and .traded_wh > 0 and .locally_traded_share > 0 and .grid_fees > 0
		and .finality_lag_blocks_max != null and .finality_lag_blocks_max <= 3
		' "$WORK/report/report.json" || {
		jq 'del(.bills, .timeline)' "$WORK/report/report.json"
		return 1
	}
}

# A member's bill in every form, against the statements that the chain shows interval by interval.
bills_add_up() {
	local epoch first last format interval sum=0 lines=0 own bill="$WORK/bill"
	epoch="$(rpc gateway energy_clock | jq '.epoch / 1000 | floor')" || return 1
	first="$(date --utc --date="@$epoch" +%F)"
	last="$(date --utc --date="@$((epoch + 86400))" +%F)"
	for format in json csv html espi; do
		"$CLI_BINARY" statement --url "$(node_url gateway)" --point 1 --period "$first..$last" --timezone UTC --proof \
			--format "$format" --out "$bill.$format" || return 1
	done
	# Sums below 2^53 are exact in jq and in the shell.
	for interval in $(jq '[.lines[].interval] | unique[]' "$bill.json"); do
		own="$("$CLI_BINARY" statement --json --url "$(node_url gateway)" --point 1 --interval "$interval")" || return 1
		sum=$((sum + $(jq '.sum' <<<"$own")))
		lines=$((lines + $(jq '.lines | length' <<<"$own")))
	done
	echo "$lines lines, $sum nEUR"
	jq --exit-status --argjson traded "$INTERVALS_TRADED" --argjson lines "$lines" --arg sum "$sum" '
		.totals.amount == $sum and (.lines | length) == $lines and .coverage.billed >= $traded
		and ([.days[].amount | tonumber] | add) == ($sum | tonumber)
		and all(.lines[]; .proof.hashes | length > 0)
		and all(.lines[] | select(.cause == "contract"); .contract.order != null)
		and all(.readings[]; .dataset_root != null)
		and (.participant as $member | all(.statements[]; .payer == $member))
		' "$bill.json" || return 1
	[[ "$(grep --count ',point:1,' "$bill.csv")" == "$lines" ]] || return 1
	grep --quiet '<!doctype html>' "$bill.html" || return 1
	[[ "$(grep --count '<IntervalReading>' "$bill.espi")" == "$(jq '2 * (.readings | length)' "$bill.json")" ]]
}

# Lines that a member kept with their proofs are proven by the root that the chain keeps; a changed one is not.
receipts_prove() {
	local url interval receipt="$WORK/receipt.json"
	url="$(node_url gateway)"
	interval="$(jq '[.lines[].interval] | min' "$WORK/bill.json")" || return 1
	"$CLI_BINARY" statement --json --url "$url" --point 1 --interval "$interval" --proof >"$receipt" || return 1
	"$CLI_BINARY" statement --json --url "$url" --check "$receipt" |
		jq --exit-status --slurpfile kept "$receipt" 'length > 0 and length == ($kept[0].lines | length)' || return 1
	rpc gateway energy_statementProof "[$interval, $(jq '.lines[0].index' "$receipt")]" >"$WORK/answer.json" || return 1
	"$CLI_BINARY" statement --url "$url" --check "$WORK/answer.json" || return 1
	jq '.lines[0].line.amount = "1"' "$receipt" >"$WORK/forged.json" || return 1
	local code=0
	"$CLI_BINARY" statement --url "$url" --check "$WORK/forged.json" || code=$?
	((code == 1))
}

# Every cleared interval, exported from the chain, against the rules and the linear programme's optimum.
clearings_are_optimal() {
	local url current interval status exported=0
	url="$(node_url gateway)"
	current="$(rpc gateway energy_clock | jq .current)" || return 1
	for ((interval = 0; interval <= current; interval++)); do
		status="$(rpc gateway energy_status "[$interval]" 2>/dev/null)" || continue
		if jq --exit-status '.outcome.cleared and .orders > 0' <<<"$status" >/dev/null; then
			"$CLI_BINARY" market export --url "$url" --interval "$interval" \
				--case "$WORK/cases/$interval.json" --result "$WORK/cases/$interval.result.json" || return 1
			"$CLI_BINARY" check --optimum "$WORK/cases/$interval.json" "$WORK/cases/$interval.result.json" || return 1
			exported=$((exported + 1))
		fi
	done
	echo "$exported intervals"
	((exported >= INTERVALS_TRADED))
}

# Every traded interval's dataset, fetched from the store, against what its operator attested.
datasets_are_as_attested() {
	local interval verified=0
	export BUSBAR_SURI=//MeterOperator
	# Cases are named by their intervals.
	for interval in $(basename --suffix=.json "$WORK"/cases/*.json | grep -x '[0-9]*'); do
		"$CLI_BINARY" data verify "$interval" --url "$(node_url gateway)" --store "$(store_url)" || return 1
		verified=$((verified + 1))
	done
	((verified >= INTERVALS_TRADED))
}

# One flipped bit in one dataset is found and named; another member reads the dataset while it is granted, and else not.
data_are_guarded() {
	local object hash byte utility log="$WORK/verify.log" verify
	object="$(find "$NETWORK/store/blobs" -type f | sort | head -n 1)"
	hash="$(basename "$object")"
	verify=("$CLI_BINARY" data verify "$hash" --url "$(node_url gateway)" --store "$(store_url)")
	if "${verify[@]}" --suri //Utility >"$log" 2>&1; then
		echo "another member read the dataset"
		return 1
	fi
	cat "$log"
	grep -q 'answered 403.*grants this account no access' "$log" || return 1
	utility="$("$CLI_BINARY" participant show --json --url "$(node_url gateway)" --suri //Utility | jq --raw-output .participant.id)"
	"$CLI_BINARY" data grant "$utility" --data datasets --until 4294967295 --url "$(node_url gateway)" --suri //MeterOperator || return 1
	"${verify[@]}" --suri //Utility || return 1
	"$CLI_BINARY" data revoke "$utility" --data datasets --url "$(node_url gateway)" --suri //MeterOperator || return 1
	if "${verify[@]}" --suri //Utility; then
		echo "a grant was revoked and goes on"
		return 1
	fi
	"${verify[@]}" --suri //MeterOperator || return 1

	cp "$object" "$WORK/object"
	byte="$(od --address-radix=n --skip-bytes=700 --read-bytes=1 --format=u1 "$object")"
	printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$object" bs=1 seek=700 conv=notrunc status=none
	if "${verify[@]}" --suri //MeterOperator >"$log" 2>&1; then
		echo "the flipped bit was not found"
		return 1
	fi
	cp "$WORK/object" "$object"
	cat "$log"
	grep -q 'bytes 0 to 4096 differ; column' "$log" && "${verify[@]}" --suri //MeterOperator
}

# Who holds a dataset announces it on chain, where others find it and its store.
holders_are_found() {
	local hash interval at=(--url "$(node_url gateway)")
	hash="$(basename "$(find "$NETWORK/store/blobs" -type f | sort | head -n 1)")"
	export BUSBAR_SURI=//MeterOperator
	interval="$("$CLI_BINARY" data verify "$hash" --json "${at[@]}" --store "$(store_url)" | jq '.[0].interval')" || return 1
	"$CLI_BINARY" data store "$(store_url)" "${at[@]}" || return 1
	"$CLI_BINARY" data announce "$hash" --store "$(store_url)" "${at[@]}" || return 1
	"$CLI_BINARY" data holders "$interval" --json "${at[@]}" | tee "$WORK/holders.json"
	jq --exit-status --arg hash "0x$hash" --arg store "$(store_url)" \
		'any(.content == $hash and .holders[0].store == $store)' "$WORK/holders.json" || return 1
	"$CLI_BINARY" data withdraw "$hash" --interval "$interval" "${at[@]}" || return 1
	"$CLI_BINARY" data holders "$interval" --json "${at[@]}" | jq --exit-status 'all(.holders == [])'
}

# The runtime that the council enacts is compiled beside the networks.
upgrade_is_built() {
	local began=$SECONDS
	until [[ -e $UPGRADE_WASM ]]; do
		((SECONDS - began < 600)) || return 1
		sleep 1
	done
}

# The council enacts another runtime, and everything that runs goes on; what held before holds after.
check_upgrade() {
	export BUSBAR_UPGRADE="$UPGRADE_WASM" BUSBAR_LONG_RUNNING="$LONG_RUNNING" BUSBAR_STATES="$STATES"
	mkdir -p "$STATES"
	check "the runtime to upgrade to is built" upgrade_is_built
	run_tests upgrade.mjs
	touch "$STATES/done"
	run_tests invariants.mjs
	check "the store serves who knew the runtime before" datasets_are_as_attested
}

# A node that is started on the data of another chain says so and ends.
foreign_chain_is_refused() {
	local log="$WORK/foreign.log"
	set_market_parameters "$NETWORK/plain.json" 12 0 >"$NETWORK/foreign.json" || return 1
	if timeout 60 "$NODE_BINARY" --chain "$NETWORK/foreign.json" --base-path "$NETWORK/data/alice" --no-mdns --no-telemetry \
		--no-prometheus --listen-addr "/ip4/127.0.0.1/tcp/$((BASE_PORT + 20))" --rpc-port "$((BASE_PORT + 1))" >"$log" 2>&1; then
		echo "the node ran on another chain's data"
		return 1
	elif (($? == 124)); then
		echo "the node did not end"
		return 1
	fi
	cat "$log"
	grep -q 'has genesis .* purge the chain' "$log"
}

# A chain specification that is none is refused in one line.
malformed_chain_is_refused() {
	local log="$WORK/malformed.log"
	printf '{"name":"nothing"}' >"$WORK/malformed.json"
	if timeout 60 "$NODE_BINARY" --chain "$WORK/malformed.json" --tmp --rpc-port "$((BASE_PORT + 1))" >"$log" 2>&1; then
		return 1
	fi
	cat "$log"
	grep -q 'is no chain specification' "$log"
}

# A node that does nothing says why: a validator without session keys or with foreign ones, and a warp sync without peers.
idle_nodes_say_why() {
	local log="$WORK/idle" node i=0 common=(--chain "$NETWORK/raw.json" --no-mdns --no-telemetry --wasm-cache "$WASM_CACHE")
	common+=(--detailed-log-output --unsafe-force-node-key-generation --reserved-only --reserved-nodes "$(node_address gateway)")
	local started=()
	for node in keyless foreign; do
		local own=(--validator --sync warp)
		[[ $node == keyless ]] || own=(--eve)
		i=$((i + 1))
		"$NODE_BINARY" "${common[@]}" "${own[@]}" --base-path "$WORK/$node" --rpc-port "$((BASE_PORT + 10 + i))" \
			--listen-addr "/ip4/127.0.0.1/tcp/$((BASE_PORT + 30 + i))" --prometheus-port "$((BASE_PORT + 40 + i))" \
			>"$log-$node.log" 2>&1 &
		started+=($!)
	done
	local began=$SECONDS told=no
	while ((SECONDS - began < 60)); do
		if grep -q 'session-keys.*the keystore has no session key of kind aura and gran.*session.setKeys' "$log-keyless.log" &&
			grep -q 'warp sync waits for 3 peers and has 1: name 2 more' "$log-keyless.log" &&
			grep -q 'session-keys.*no account has registered the session keys' "$log-foreign.log" &&
			metric_is "$((BASE_PORT + 41))" missing && metric_is "$((BASE_PORT + 42))" unregistered; then
			told=yes
			break
		fi
		sleep 0.5
	done
	kill "${started[@]}" 2>/dev/null
	wait "${started[@]}" 2>/dev/null
	rm -rf "$WORK/keyless" "$WORK/foreign"
	if [[ $told == no ]]; then
		tail -n 20 "$log-keyless.log" "$log-foreign.log"
		return 1
	fi
}

# metric_is PORT STANDING: whether the node says that its session keys stand so, and in no other way.
metric_is() {
	local metrics
	metrics="$(curl --silent --fail --max-time 5 "http://127.0.0.1:$1/metrics" | grep '^busbar_session_keys{')" || return 1
	[[ "$(grep --count ' 1$' <<<"$metrics")" == 1 ]] && grep -q "standing=\"$2\".* 1\$" <<<"$metrics"
}

# lane NAME BASE_PORT INTERVAL_CLOCK_S GRID FUNCTION...: a network of its own, with a grid at genesis unless GRID is empty, and
# the checks that the functions make on it.
lane() {
	local lane=$1 began=$SECONDS
	WORK="$RUN/$lane"
	mkdir -p "$WORK"
	trap network_stop EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM

	say "$lane: starting four validators and a gateway"
	network_prepare "$WORK/network" "$2" "$3" "$4"
	network_start
	network_wait
	store_start
	say "$lane: the network finalises after $(duration $((SECONDS - began)))"
	shift 4
	export BUSBAR_URL BUSBAR_CLI BUSBAR_CHAIN_SPEC BUSBAR_GATEWAY BUSBAR_VALIDATOR_PIDS BUSBAR_HALT BUSBAR_PEER_PORTS
	export BUSBAR_NODE="$NODE_BINARY" BUSBAR_WASM_CACHE="$WASM_CACHE" BUSBAR_VALIDATORS BUSBAR_SPARE_PORT="$((BASE_PORT + 17))"
	BUSBAR_VALIDATORS="$(for node in "${VALIDATORS[@]}"; do node_address "$node"; done | paste -sd' ')"
	BUSBAR_URL="$(node_url gateway)"
	BUSBAR_CLI="$CLI_BINARY"
	BUSBAR_CHAIN_SPEC="$NETWORK/raw.json"
	BUSBAR_GATEWAY="$(gateway_address)"
	BUSBAR_VALIDATOR_PIDS="$(for node in "${VALIDATORS[@]}"; do cat "$NETWORK/$node.pid"; done | paste -sd' ')"
	BUSBAR_HALT="$WORK/halt.json"
	BUSBAR_PEER_PORTS="$(peer_ports)"
	local checks
	for checks in "$@"; do
		"$checks"
	done
	say "$lane: done in $(duration $((SECONDS - began)))"
}

# What the day of the demonstration is, around noon when the plants deliver: traded, settled, read and proven by others.
check_day() {
	local node watched=()
	export BUSBAR_INTERVALS=$INTERVALS_TRADED
	for node in "${VALIDATORS[@]}"; do
		watched+=(--node "$(node_url "$node")")
	done
	check "a demonstration of $INTERVALS_TRADED intervals" "$CLI_BINARY" demo --url "$(node_url gateway)" --store "$(store_url)" \
		"${watched[@]}" --intervals "$INTERVALS_TRADED" --from 12:00 --report "$WORK/report"
	check "the report holds" report_holds
	check "a bill adds up and is proven, in every form" bills_add_up
	check "a receipt is proven by the root that the chain keeps, a changed one is not" receipts_prove
	check "every clearing passes the checker and is the linear programme's optimum" clearings_are_optimal
	check "six programs use one key at the same moment" one_key_serves_six_programs

	check "every dataset in the store is what was attested" datasets_are_as_attested
	check "a flipped bit is named, another member reads by grant only" data_are_guarded
	check "who holds a dataset is found on chain" holders_are_found

	check "a regulator exports the day, verifies it, and finds what was changed" regulator_exports

	run_tests invariants.mjs
	run_tests halt.mjs
	run_tests polkadot-js.mjs
	run_tests light-client.mjs
	BUSBAR_CLI="$LIGHT_BINARY" run_tests light-command.mjs
	check "a node that does nothing says why" idle_nodes_say_why
	run_tests after-halt.mjs
	# Before the upgrade: enacting code books a whole block, which is more than the call declares, and FRAME logs that as an error.
	check "no panic and no error line in any log" network_logs_are_clean
	check_upgrade
	check "all nodes are still running" network_check_running
	network_stop
	check "another chain's specification is refused" foreign_chain_is_refused
	check "a malformed chain specification is refused" malformed_chain_is_refused
}

# A member's key in six programs at the same moment: each of them is served, none waits for another or is refused.
one_key_serves_six_programs() {
	local i program programs=() failed=no before after
	before="$(deposit_of_point 1)" || return 1
	for i in 1 2 3 4 5 6; do
		"$CLI_BINARY" security deposit --url "$(node_url gateway)" --suri //busbar//point//0 --point 1 --amount 1 \
			>"$WORK/deposit-$i.log" 2>&1 &
		programs+=($!)
	done
	for program in "${programs[@]}"; do
		wait "$program" || failed=yes
	done
	cat "$WORK"/deposit-?.log
	after="$(deposit_of_point 1)" || return 1
	echo "deposit before $before nEUR, after $after nEUR"
	[[ $failed == no ]] && ((after - before == 6))
}

deposit_of_point() {
	"$CLI_BINARY" security show --json --url "$(node_url gateway)" --point "$1" |
		jq --exit-status --raw-output '.securities[] | select(.backing == "deposit").amount'
}

# Every record of the day as Parquet, proven under the chain's roots and compared with its states. Whatever is changed, is found: in a file,
# in a file and the manifest, or in a root.
regulator_exports() {
	local out="$WORK/regulator" at=(--url "$(node_url gateway)") code what until
	until="$(rpc gateway energy_clock | jq .current)" || return 1
	"$CLI_BINARY" regulator export --from 0 --until "$until" --out "$out" --json "${at[@]}" >"$WORK/manifest.json" || return 1
	jq '{files, intervals: (.intervals | length)}' "$WORK/manifest.json"
	jq --exit-status '([.intervals[] | select(.root != null)] | length) > 0
		and all("limits", "orders", "trades", "prices", "readings", "settlements"; . as $table | $manifest[$table].rows > 0)' \
		--argjson manifest "$(jq .files "$WORK/manifest.json")" "$WORK/manifest.json" || return 1
	"$CLI_BINARY" regulator verify "$out" --whole --json "${at[@]}" | tee "$WORK/verified.json" || return 1
	jq --exit-status '.findings == [] and .lines > 0 and .compared > .lines' "$WORK/verified.json" || return 1
	for what in file order root; do
		rm -rf "$WORK/forged" && cp -r "$out" "$WORK/forged" || return 1
		case $what in
		file) cp "$WORK/forged/prices.parquet" "$WORK/forged/orders.parquet" ;;
		order) jq '.files.orders.rows += 1' "$out/manifest.json" >"$WORK/forged/manifest.json" ;;
		root) jq '(.intervals[] | select(.root != null)).root = "0x0000000000000000000000000000000000000000000000000000000000000001"' \
			"$out/manifest.json" >"$WORK/forged/manifest.json" ;;
		esac
		code=0
		"$CLI_BINARY" regulator verify "$WORK/forged" "${at[@]}" || code=$?
		((code == 1)) || { echo "a changed $what was not found: $code" && return 1; }
	done
}

# A grid without a link: what its load pays is bounded by the utility's price alone, 0.22 EUR/kWh.
check_single_bus() {
	# Beside the demonstration, which waits for chain time.
	run_tests peers.mjs &
	local peers=$!
	check "a demonstration on a single bus" "$CLI_BINARY" demo --url "$(node_url gateway)" --store "$(store_url)" \
		--data "$SINGLE_BUS" --intervals 1 --report "$WORK/report"
	check "its load of 100 Wh pays at most 0.022 EUR" single_bus_pays
	wait "$peers"
	check_logs
}

single_bus_pays() {
	jq '.bills' "$WORK/report/report.json"
	jq --exit-status '.optimum_equal == 1 and .money_conserved and .orders_accepted == 3
		and (.bills["load-0"] | .kind == "load" and .market - .imbalance_cost <= 22000000)' "$WORK/report/report.json"
}

# What the council gives other parameters for: several products, and all that settlement does.
check_products() {
	check "a demonstration that registers the members" "$CLI_BINARY" demo --url "$(node_url gateway)" --store "$(store_url)" \
		--intervals 1 --from 12:00 --report "$WORK/report"
	check "bills on paper are compared with the public chain" "$ROOT/scripts/linkage" "$WORK/report/report.json"
	export BUSBAR_VAULT_PROGRAM="$VAULT_BINARY" BUSBAR_NETWORK="$NETWORK" BUSBAR_VAULT_PORT="$((BASE_PORT + 15))"
	export BUSBAR_DOOR="$DOOR_BINARY" BUSBAR_DOOR_PORT="$((BASE_PORT + 16))"
	run_tests door.mjs
	run_tests vault.mjs
	check_examples
	check "members' orders and transfers are sent at a stated rate, and each is accounted for" load_is_accounted_for
	run_tests sessions.mjs
	run_tests settlement.mjs
	run_tests attack.mjs
	check "attacks on the store are held" attacks_are_held
	check_logs
}

# What else runs here may let an order come after its gate: then it failed, and is counted as that.
load_is_accounted_for() {
	local code=0 load="$WORK/load.json"
	"$CLI_BINARY" load run --json --url "$(node_url gateway)" --node "$(node_url alice)" --accounts 112 --rate 20 --seconds 5 \
		--mix order=3,transfer=1 --process "alice=$(<"$NETWORK/alice.pid")" >"$load" || code=$?
	jq . "$load"
	jq --exit-status '.submitted == 100 and .accepted == 100 and .included == 100 and .lost == 0 and .refused == {}
		and .finalised + ([.failed[]] | add // 0) == 100 and .kinds.transfer == 25 and .kinds.order > 0
		and .latency.finalised.p50 >= .latency.included.p50 and .weight_us.p50 > 0
		and (.nodes | map(.name) == ["alice", "this program"] and all(.[]; .peak_mib > 0))' "$load" || return 1
	((code == ($(jq .finalised "$load") == 100 ? 0 : 1)))
}

# A few seconds of each attack, on a store with little room. What else runs here makes latencies no measure: scripts/attack is.
attacks_are_held() {
	kill "$(<"$NETWORK/store.pid")"
	while kill -0 "$(<"$NETWORK/store.pid")" 2>/dev/null; do
		sleep 0.1
	done
	store_start "${ATTACK_STORE_OPTIONS[@]}" || return 1
	BUSBAR_ATTACK_NOISE_MS=5000 attack 2 --part store
}

# The nodes have run without an error; stops them.
check_logs() {
	check "all nodes are still running" network_check_running
	# Before they are stopped: a node that shuts down may call that an error.
	check "no panic and no error line in any log" network_logs_are_clean
	network_stop
}

# beside NAME COMMAND...: runs something in a process group of its own beside what else runs; `join` waits for it.
beside() {
	local name=$1
	shift
	set -m
	("$@") </dev/null &
	set +m
	BESIDE+=("$!:$name")
}

# Waits for everything that runs beside; what ends with an error counts as a failure.
join() {
	local entry
	for entry in "${BESIDE[@]}"; do
		if ! wait "${entry%%:*}"; then
			say "FAILED: ${entry#*:} ended early"
			count failed 1
		fi
	done
	BESIDE=()
}

leave() {
	local code=$? entry
	trap - EXIT INT TERM
	for entry in "${BESIDE[@]}"; do
		kill -TERM -- "-${entry%%:*}" 2>/dev/null || true
	done
	wait
	if ((code == 0)); then
		rm -rf "$RUN"
	else
		rm -rf "$RUN"/*/network/data "$RUN"/*/network/store
		printf '%s: logs and reports are in %s\n' "$NAME" "$RUN" >&2
	fi
	exit "$code"
}

# Where everything that this run writes goes.
begin_run() {
	RUN="$(mktemp -d "${TMPDIR:-/tmp}/busbar-test-XXXXXX")"
	STATES="$RUN/states"
	touch "$RUN/tally"
	trap leave EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# start_end_to_end BASE_PORT INTERVAL_CLOCK_S INTERVALS: networks beside each other, which mostly wait for chain time.
start_end_to_end() {
	INTERVALS_TRADED=$3
	beside "the day" day_lanes "$1" "$2"
	beside "the products" lane products "$(($1 + 100))" "$2" "" check_products
}

# One after the other: a network whose genesis has the grid of the demonstration, one with a grid from practice, and one of a consortium.
day_lanes() {
	lane day "$1" "$2" built-in check_day
	lane single-bus "$1" "$2" "$SINGLE_BUS" check_single_bus
	consortium_lane "$1"
}

# The last line, and the exit code.
summary() {
	printf '%d passed, %d failed\n' "$(tally passed)" "$(tally failed)"
	(($(tally failed) == 0))
}
