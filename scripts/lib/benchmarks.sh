# shellcheck shell=bash
# The runtime with its optional features, and the program that runs its benchmarks. Sourced after common.sh, env and build.sh.

# shellcheck disable=SC2034 # used by the scripts that source this
BENCH_BINARY="$CARGO_TARGET_DIR/release/busbar-bench"
# Of its own: other features and flags than the node's runtime.
FEATURES_DIRECTORY="$CARGO_TARGET_DIR/features"
FEATURES_WASM="$FEATURES_DIRECTORY/$WASM_TARGET/release/busbar_runtime.wasm"

# build_runtime FEATURE: the runtime's Wasm alone, without a native build of it. Flags as of substrate-wasm-builder, without
# its link-time and Wasm optimisations, which only make it faster.
build_runtime() {
	local cargo=(cargo)
	if [[ "$(wasm_way)" == debian ]]; then
		cargo=(rustup run debian cargo)
	fi
	env CARGO_TARGET_DIR="$FEATURES_DIRECTORY" CARGO_PROFILE_RELEASE_PANIC=abort \
		RUSTFLAGS="-C link-arg=--export-table -C link-arg=--export=__heap_base -C link-arg=--import-memory --cfg substrate_runtime" \
		"${cargo[@]}" rustc --release --locked --package busbar-runtime --lib --crate-type cdylib \
		--target "$WASM_TARGET" --no-default-features --features "$1"
}

build_bench() {
	claim_target_directory
	cargo build --release --locked --package busbar-bench
}

# The machine's processor and the day, for the head of what is measured.
bench_note() {
	printf '%s, %s' "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" "$(date +%F)"
}
