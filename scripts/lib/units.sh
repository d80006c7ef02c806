# shellcheck shell=bash
# Unit and property tests, as scripts/test runs them. Sourced after end-to-end.sh.

# How many test programs run at a time: most of them keep one core busy.
TEST_PROGRAMS=2

# Builds every test program, and lists them in tests.json.
build_tests() {
	cargo test --release --workspace --locked --no-run --message-format json-render-diagnostics >"$WORK/tests.json"
}

# run_test_program EXECUTABLE MANIFEST: one program from its package's folder, as Cargo runs it. Its log is renamed if it fails.
run_test_program() {
	local log
	log="$TEST_LOGS/$(basename "$1").log"
	(cd "$(dirname "$2")" && CARGO_MANIFEST_DIR="$PWD" "$1") >"$log" 2>&1 || mv "$log" "$log.failed"
}

# Every test program, several at a time: integration tests first, because they take longest. Beside them the examples in the
# documentation, which Cargo runs.
test_units() {
	local documentation passed programs results failed=no log
	export TEST_LOGS="$WORK/units" LD_LIBRARY_PATH
	# Tests of procedural macros use the compiler's libraries.
	LD_LIBRARY_PATH="$(rustc --print target-libdir)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
	export -f run_test_program
	mkdir -p "$TEST_LOGS"
	cargo test --release --workspace --locked --doc >"$WORK/documentation.log" 2>&1 &
	documentation=$!
	jq --raw-output 'select(.reason == "compiler-artifact" and .profile.test and .executable != null)
		| [(.target.kind | index("test") == null), .executable, .manifest_path] | @tsv' "$WORK/tests.json" |
		sort --stable --key 1,1 | cut --fields 2- >"$WORK/programs"
	xargs --arg-file "$WORK/programs" --max-lines=1 --max-procs "$TEST_PROGRAMS" \
		bash -c 'run_test_program "$@"' run_test_program || failed=yes
	wait "$documentation" || mv "$WORK/documentation.log" "$TEST_LOGS/documentation.failed"

	for log in "$TEST_LOGS"/*.failed; do
		[[ -e $log ]] || continue
		failed=yes
		cat "$log"
	done
	# Each program reports once.
	programs="$(wc --lines <"$WORK/programs")"
	results="$(find "$TEST_LOGS" -name '*.log' -exec cat {} + | grep --count '^test result: ok')"
	if ((results < programs)); then
		echo "$results results of $programs test programs"
		failed=yes
	fi
	passed="$(find "$WORK/documentation.log" "$TEST_LOGS" -name '*.log' -exec cat {} + | awk '/^test result: ok/ { sum += $4 } END { print sum + 0 }')"
	# Each counts, beside the check as a whole.
	count passed "$passed"
	[[ $failed == no ]] && ((passed > 0))
}
