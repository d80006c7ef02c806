# shellcheck shell=bash
# The runtime with its optional features, and the program that runs its benchmarks. Sourced after common.sh, env and build.sh.

# shellcheck disable=SC2034 # used by the scripts that source this
BENCH_BINARY="$CARGO_TARGET_DIR/release/busbar-bench"
# Of its own: other features and flags than the node's runtime.
FEATURES_DIRECTORY="$CARGO_TARGET_DIR/features"
FEATURES_WASM="$FEATURES_DIRECTORY/$WASM_TARGET/release/busbar_runtime.wasm"

# The runtime's Wasm alone with all its optional features, without a native build of it: one Wasm serves benchmarks and
# invariants, so that FRAME is compiled once for both. Flags as of substrate-wasm-builder, without its link-time and Wasm
# optimisations, which only make it faster. A further feature may be named.
build_features() {
	CARGO_TARGET_DIR="$FEATURES_DIRECTORY" CARGO_PROFILE_RELEASE_PANIC=abort RUSTFLAGS="$WASM_FLAGS" \
		wasm_cargo rustc --release --locked --package busbar-runtime --lib --crate-type cdylib \
		--target "$WASM_TARGET" --no-default-features --features "runtime-benchmarks,try-runtime${1:+,$1}"
}

# Every benchmark once at its least and its greatest components, with its own assertions.
check_benchmarks() {
	"$BENCH_BINARY" --runtime "$FEATURES_WASM" --check
}

# The devnet's genesis decodes, and every pallet's invariants hold on it.
check_genesis() {
	"$BENCH_BINARY" --runtime "$FEATURES_WASM" --try-state
}

# check_states FOLDER: every pallet's invariants on a network's state before an upgrade, by way of its migrations, and after it. Waits
# for the network to get there.
check_states() {
	local began=$SECONDS name
	until [[ -e $1/done ]]; do
		((SECONDS - began < 600)) || { echo "no state has come within 10 minutes"; return 1; }
		sleep 1
	done
	for name in before after; do
		"$BENCH_BINARY" --runtime "$FEATURES_WASM" --try-state --state "$1/$name.json" || return 1
	done
}

build_bench() {
	claim_target_directory
	# With the features of the whole workspace, or half of its dependencies would be compiled once more.
	cargo build --release --locked --workspace --bin busbar-bench
}

# The commit that is measured, with a + if there are changes on top of it.
bench_commit() {
	local commit
	commit="$(git -C "$ROOT" rev-parse --short HEAD)"
	if [[ -n "$(git -C "$ROOT" status --porcelain --untracked-files=no)" ]]; then
		commit+=+
	fi
	printf '%s' "$commit"
}

# The machine's processor and the day, for the head of what is measured.
bench_note() {
	printf '%s, %s' "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" "$(date +%F)"
}
