# shellcheck shell=bash
# The consortium's part of scripts/test: the ceremony, the chain that begins with it, what watches it, and the package. Sourced after
# end-to-end.sh, ceremony.sh and package.sh.

# Process of the Prometheus that watches the ceremony's network.
PROMETHEUS=""

# consortium_lane BASE_PORT
consortium_lane() {
	local began=$SECONDS
	WORK="$RUN/consortium"
	mkdir -p "$WORK"
	trap consortium_stop EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	CEREMONY="$WORK/companies"
	CEREMONY_PORT=$1
	check "four companies make keys and agree on a chain" ceremony "$CEREMONY" "$1" live
	check "a company whose card was changed on the way is refused" changed_card_is_refused
	check "well-known keys are refused for a live chain, whatever file they come in" known_keys_are_refused
	check "a chain begins with the grid of a folder that the file names" grid_is_taken
	cd "$CEREMONY" || return
	ceremony_start
	check "a chain of four companies finalises" ceremony_wait 3
	check "rules and the example of Prometheus are well-formed" monitoring_is_well_formed
	if start_prometheus; then
		export BUSBAR_METRICS BUSBAR_PROMETHEUS="http://127.0.0.1:$((CEREMONY_PORT + 14))"
		BUSBAR_METRICS="$(for i in 0 1 2 3; do echo "http://127.0.0.1:$((CEREMONY_PORT + 10 + i))"; done | paste -sd' ')"
		run_tests monitoring.mjs
	else
		check "Prometheus runs" tail -n 5 "$WORK/prometheus.log"
		count failed 1
	fi
	check "one company's node comes back from its backup" node_is_restored
	check "no panic and no error line in any company's log" ceremony_logs_are_clean
	consortium_stop
	check "the package holds what its checksums say, and its units are sound" package_is_sound
	say "consortium: done in $(duration $((SECONDS - began)))"
}

consortium_stop() {
	ceremony_stop
	if [[ -n $PROMETHEUS ]]; then
		kill "$PROMETHEUS" 2>/dev/null || true
		PROMETHEUS=""
	fi
}

# refused FILE TEXT: whether the node makes no chain of the file and says this, in one line.
refused() {
	local said
	if said="$("$NODE_BINARY" export-chain-spec --chain "$1" --raw --wasm-cache "$CEREMONY_CACHE" 2>&1 >/dev/null)"; then
		echo "it was taken"
		return 1
	fi
	echo "$said"
	[[ "$(grep -c '^Error: ' <<<"$said")" == 1 ]] && grep -q "$2" <<<"$said"
}

changed_card_is_refused() {
	sed "s/tcp\/$((CEREMONY_PORT + 20))\//tcp\/9\//" "$CEREMONY/consortium.toml" >"$WORK/changed.toml" || return 1
	! cmp --silent "$CEREMONY/consortium.toml" "$WORK/changed.toml" || return 1
	refused "$WORK/changed.toml" "the card of 'North Grid' is not signed"
}

# The devnet's own specification under the name of a live chain: no company's file, no name of a company.
known_keys_are_refused() {
	"$NODE_BINARY" export-chain-spec --chain devnet 2>/dev/null |
		sed 's/"chainType": "Local"/"chainType": "Live"/' >"$WORK/known.json" || return 1
	grep -q '"chainType": "Live"' "$WORK/known.json" || return 1
	refused "$WORK/known.json" 'is a live one: the well-known key' || return 1
	# And by a node that is given it as a raw one.
	"$NODE_BINARY" export-chain-spec --chain devnet --raw --wasm-cache "$CEREMONY_CACHE" 2>/dev/null |
		sed 's/"chainType": "Local"/"chainType": "Live"/' >"$WORK/known-raw.json" || return 1
	local said
	said="$(timeout 60 "$NODE_BINARY" --chain "$WORK/known-raw.json" --tmp --no-mdns --no-telemetry --no-prometheus \
		--rpc-port $((CEREMONY_PORT + 9)) --listen-addr "/ip4/127.0.0.1/tcp/$((CEREMONY_PORT + 29))" 2>&1)" && return 1
	echo "$said" | tail -n 3
	grep -q '^Error: .*is a live one: the well-known key' <<<"$said"
}

# The zones of a grid from practice, in the genesis of the four companies.
grid_is_taken() {
	"$CLI_BINARY" grid zones --data "$SINGLE_BUS" >"$WORK/grid.json" || return 1
	sed '0,/^\[\[company\]\]/s//[grid]\nfile = "grid.json"\n\n[[company]]/' "$CEREMONY/consortium.toml" >"$WORK/with-grid.toml"
	"$NODE_BINARY" export-chain-spec --chain "$WORK/with-grid.toml" --raw --wasm-cache "$CEREMONY_CACHE" --output "$WORK/with-grid.json" || return 1
	# Another genesis than without.
	! cmp --silent "$WORK/with-grid.json" "$CEREMONY/regulator/chain.json" || return 1
	jq '.zones = [.zones[0], .zones[0]]' "$WORK/grid.json" >"$WORK/roots.json" || return 1
	sed 's/grid.json/roots.json/' "$WORK/with-grid.toml" >"$WORK/two-roots.toml"
	refused "$WORK/two-roots.toml" "zone 1 needs a parent"
}

monitoring_is_well_formed() {
	promtool check rules "$ROOT/packaging/prometheus/alerts.yml" || return 1
	promtool check config "$ROOT/packaging/prometheus/prometheus.yml" || return 1
	(cd "$ROOT/packaging/prometheus" && promtool test rules alerts_test.yml)
}

# A Prometheus with the package's rules over the four nodes, faster than a real one.
start_prometheus() {
	local i began=$SECONDS
	mkdir -p "$WORK/prometheus"
	cp "$ROOT/packaging/prometheus/alerts.yml" "$WORK/prometheus/"
	{
		printf 'global: { scrape_interval: 1s, evaluation_interval: 2s }\nrule_files: [alerts.yml]\nscrape_configs:\n'
		printf '  - job_name: busbar-validator\n    static_configs:\n      - targets:\n'
		for i in 0 1 2 3; do
			printf '          - 127.0.0.1:%d\n' $((CEREMONY_PORT + 10 + i))
		done
	} >"$WORK/prometheus/prometheus.yml"
	setsid prometheus --config.file="$WORK/prometheus/prometheus.yml" --storage.tsdb.path="$WORK/prometheus/data" \
		--web.listen-address="127.0.0.1:$((CEREMONY_PORT + 14))" >"$WORK/prometheus.log" 2>&1 </dev/null &
	PROMETHEUS=$!
	disown
	until curl --silent --fail --max-time 2 --output /dev/null "http://127.0.0.1:$((CEREMONY_PORT + 14))/-/ready"; do
		kill -0 "$PROMETHEUS" 2>/dev/null && ((SECONDS - began < 60)) || return 1
		sleep 0.3
	done
}

# The machine of a company burns down: another one is started with what docs/operations.md says to keep, and nothing else. While it is
# away the other three finalise.
node_is_restored() {
	local company=regulator backup="$WORK/backup" before now began=$SECONDS
	mkdir "$backup" && cp -r "$company/keystore" "$company/node.key" "$company/company.toml" "$company/chain.json" "$backup/" || return 1
	kill -KILL "$(<"$company/pid")"
	mv "$company" "$WORK/burnt" || return 1
	cp -r "$backup" "$company" || return 1
	before="$(ceremony_finalized north-grid)"
	until now="$(ceremony_finalized north-grid)" && ((${now:-0} >= before + 2)); do
		((SECONDS - began < CEREMONY_START_SECONDS)) || return 1
		sleep 0.5
	done
	echo "three of four finalise without $company"
	ceremony_start_one "$company"
	ceremony_wait $((before + 4)) || return 1
	local i authored=no
	# Four authors take turns: it writes a block within some slots.
	for ((i = 0; i < 120; i++)); do
		if grep -q 'Pre-sealed block for proposal' "$company/log"; then
			authored=yes
			break
		fi
		sleep 0.5
	done
	echo "$company writes blocks again: $authored"
	[[ $authored == yes ]]
}

ceremony_logs_are_clean() {
	! grep --with-filename --line-number --extended-regexp ' ERROR |panicked at|^Error:' "$CEREMONY"/*/log
}
