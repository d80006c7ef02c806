# shellcheck shell=bash
# Builds the workspace, always in the same way, so that nothing is ever compiled twice. Sourced after common.sh and env.

# shellcheck disable=SC2034 # used by the scripts that source this
NODE_BINARY="$CARGO_TARGET_DIR/release/busbar-node"
CLI_BINARY="$CARGO_TARGET_DIR/release/busbar"

# Release, the whole workspace: one profile and one feature set for nodes, tools and tests.
build_workspace() {
	cargo build --release --workspace --locked
}
