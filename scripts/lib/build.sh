# shellcheck shell=bash
# Builds the workspace, always in the same way, so that nothing is ever compiled twice. Sourced after common.sh and env.

# shellcheck disable=SC2034 # used by the scripts that source this
NODE_BINARY="$CARGO_TARGET_DIR/release/busbar-node"
CLI_BINARY="$CARGO_TARGET_DIR/release/busbar"
STORE_BINARY="$CARGO_TARGET_DIR/release/busbar-store"
VAULT_BINARY="$CARGO_TARGET_DIR/release/busbar-vault"
DOOR_BINARY="$CARGO_TARGET_DIR/release/busbar-door"
# The program of client/examples that runs over an upgrade, and the runtime that it runs into.
LONG_RUNNING="$CARGO_TARGET_DIR/release/examples/long_running"
LIGHT_BINARY="$CARGO_TARGET_DIR/release/busbar-light"
UPGRADE_WASM="$CARGO_TARGET_DIR/upgrade/busbar_runtime.wasm"
# How substrate-wasm-builder compiles a runtime.
WASM_FLAGS="-C link-arg=--export-table -C link-arg=--export=__heap_base -C link-arg=--import-memory --cfg substrate_runtime"

# Cargo knows the sources of a workspace by relative path and time only. When the last build in a shared target directory was
# another checkout's, its results could pass for this one's: newer times make cargo look again.
claim_target_directory() {
	local mark="$CARGO_TARGET_DIR/checkout"
	if [[ -r $mark && "$(<"$mark")" != "$ROOT" ]]; then
		find "$ROOT" \( -name target -o -name node_modules -o -name .git \) -prune -o -name '*.rs' -exec touch {} +
	fi
	mkdir -p "$CARGO_TARGET_DIR"
	printf '%s\n' "$ROOT" >"$mark"
}

# Release, the whole workspace: one profile and one feature set for nodes, tools and tests.
build_workspace() {
	claim_target_directory
	cargo build --release --workspace --locked
}

# The command line with a light client in it, beside the one without. Some dependencies have other features then, so that it
# takes minutes the first time.
build_light() {
	cargo build --release --workspace --locked --bin busbar --features busbar-cli/light || return 1
	cp "$CARGO_TARGET_DIR/release/busbar" "$LIGHT_BINARY.new" && mv "$LIGHT_BINARY.new" "$LIGHT_BINARY" || return 1
	# Both have one name there: puts the ordinary one back.
	cargo build --release --workspace --locked --bin busbar
}

# What the ordinary build leaves out and a network is tested with. By the workspace, so that it is compiled as that is.
build_long_running() {
	cargo build --release --workspace --locked --example long_running
}

# The cargo that compiles for Wasm.
wasm_cargo() {
	if [[ "$(wasm_way)" == debian ]]; then
		rustup run debian cargo "$@"
	else
		cargo "$@"
	fi
}

# The next version of the runtime, with the feature upgrade-test: what the ordinary Wasm is, one feature apart, compiled beside it
# and from its dependencies, after build_workspace.
build_upgrade() {
	local project ordinary="$CARGO_TARGET_DIR/release/wbuild/busbar-runtime"
	project="$(dirname "$UPGRADE_WASM")"
	mkdir -p "$project/src"
	cp "$ordinary/src/lib.rs" "$project/src/"
	sed 's/busbar-runtime-blob/busbar-runtime-upgrade/' "$ordinary/Cargo.lock" >"$project/Cargo.lock"
	sed -e 's/busbar-runtime-blob/busbar-runtime-upgrade/' -e 's/^name = "busbar_runtime"/name = "busbar_upgrade"/' \
		-e 's/^features = .*/features = ["upgrade-test"]/' -e "s|^path = .*|path = \"$ROOT/runtime\"|" \
		"$ordinary/Cargo.toml" >"$project/Cargo.toml"
	grep --quiet '"upgrade-test"' "$project/Cargo.toml" || return 1
	CARGO_TARGET_DIR="$ordinary/target" RUSTFLAGS="$WASM_FLAGS" wasm_cargo rustc --release --offline \
		--target "$WASM_TARGET" --manifest-path "$project/Cargo.toml" || return 1
	# Compressed, because an author takes no more than 4 MiB into a block; and whole, for who waits for it.
	"$CARGO_TARGET_DIR/release/busbar-bench" --runtime "$ordinary/target/$WASM_TARGET/release/busbar_upgrade.wasm" \
		--compress "$UPGRADE_WASM.new" && mv "$UPGRADE_WASM.new" "$UPGRADE_WASM"
}
