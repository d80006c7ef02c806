# shellcheck shell=bash
# The examples of a first order, as scripts/test runs them. Sourced after end-to-end.sh.

# Outside the checkout, as the build is.
EXAMPLES_PYTHON="$(dirname "$CARGO_TARGET_DIR")/examples-python"

# What the examples want from npm and PyPI, unless it is there.
install_example_packages() {
	local wanted="$ROOT/examples/requirements.txt" pip="$EXAMPLES_PYTHON/bin/pip"
	install_npm_packages "$ROOT/examples" || return 1
	cmp --quiet "$wanted" "$EXAMPLES_PYTHON/requirements.txt" && return 0
	rm -rf "$EXAMPLES_PYTHON"
	python3 -m venv "$EXAMPLES_PYTHON" &&
		"$pip" install --quiet --disable-pip-version-check --requirement "$wanted" &&
		cp "$wanted" "$EXAMPLES_PYTHON/requirements.txt"
}

# first_order MEMBER COMMAND...: an example as a member of the demonstration, whose order is placed and has cleared.
first_order() {
	local member=$1 said
	shift
	said="$(BUSBAR_SURI="//busbar//point//$member" timeout 120 "$@" 2>&1)" || {
		echo "$said"
		return 1
	}
	echo "$said"
	grep -q 'interval [0-9]*: -\?[0-9]* nEUR/Wh at the root' <<<"$said" &&
		grep -q "10 Wh at 220000 nEUR/Wh ordered at point $((member + 1))\$" <<<"$said" &&
		grep -q 'interval [0-9]*: position of [0-9]* Wh' <<<"$said"
}

# Each as another member, at the same time: they mostly wait for their interval to clear.
check_examples() {
	local examples=()
	check "example: polkadot.js" first_order 10 node "$ROOT/examples/polkadot-js.mjs" &
	examples+=($!)
	check "example: polkadot-api" first_order 11 node "$ROOT/examples/papi.mjs" &
	examples+=($!)
	check "example: Python" first_order 12 "$EXAMPLES_PYTHON/bin/python" "$ROOT/examples/first_order.py" &
	examples+=($!)
	check "example: Rust" first_order 13 "$CARGO_TARGET_DIR/release/busbar-first-order" &
	examples+=($!)
	wait "${examples[@]}"
}
