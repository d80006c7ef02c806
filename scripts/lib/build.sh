# shellcheck shell=bash
# Builds the workspace, always in the same way, so that nothing is ever compiled twice. Sourced after common.sh and env.

# shellcheck disable=SC2034 # used by the scripts that source this
NODE_BINARY="$CARGO_TARGET_DIR/release/busbar-node"
CLI_BINARY="$CARGO_TARGET_DIR/release/busbar"
STORE_BINARY="$CARGO_TARGET_DIR/release/busbar-store"

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
