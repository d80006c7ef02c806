# shellcheck shell=bash
# The Wasm target of the runtime: rustup's own where it can be had, else built once with Debian's toolchain.
# Sourced after common.sh.

WASM_TARGET=wasm32v1-none

# Directory of a sysroot's standard library for the target.
wasm_library() {
	printf '%s/lib/rustlib/%s/lib' "$1" "$WASM_TARGET"
}

# Whether a sysroot holds a standard library for the target.
has_wasm_library() {
	local crate
	for crate in core alloc compiler_builtins; do
		compgen -G "$(wasm_library "$1")/lib$crate-*.rlib" >/dev/null || return 1
	done
}

# Sysroot of the default toolchain.
rust_sysroot() {
	rustc --print sysroot
}

# Sysroot of Debian's toolchain, if it is linked.
debian_sysroot() {
	rustup run debian rustc --print sysroot 2>/dev/null
}

# Whether Debian's toolchain has a library for the target that its present compiler built.
debian_is_ready() {
	local sysroot stamp
	sysroot="$(debian_sysroot)" && has_wasm_library "$sysroot" || return 1
	stamp="$(wasm_library "$sysroot")/compiler"
	[[ -r $stamp && "$(<"$stamp")" == "$(rustup run debian rustc --version)" ]]
}

# The way that is in place: "rustup", "debian" or nothing. A caller who has set WASM_BUILD_TOOLCHAIN=debian wants that one.
wasm_way() {
	local sysroot
	if [[ ${WASM_BUILD_TOOLCHAIN:-} != debian ]] && sysroot="$(rust_sysroot)" && has_wasm_library "$sysroot"; then
		echo rustup
	elif debian_is_ready; then
		echo debian
	fi
}

# Directory with a rust-lld, which links the Wasm runtime. A rustup toolchain brings one.
rust_lld_directory() {
	local host directory
	host="$(rustc -vV | sed -n 's/^host: //p')"
	directory="$(rust_sysroot)/lib/rustlib/$host/bin"
	if [[ -x $directory/rust-lld ]]; then
		printf '%s' "$directory"
	fi
}

# Tries rustup, with a time limit: on a machine without access the download would hang.
add_wasm_target_by_rustup() {
	local server=${RUSTUP_DIST_SERVER:-https://static.rust-lang.org}
	if ! curl --silent --fail --location --max-time 10 --output /dev/null "$server/dist/channel-rust-stable.toml.sha256"; then
		say "$server cannot be reached, so rustup cannot add the target"
		return 1
	fi
	timeout 300 rustup target add "$WASM_TARGET"
}

# Links Debian's toolchain and builds its standard library for the target, once.
build_wasm_target_by_debian() {
	have apt-get || fail "rustup cannot add $WASM_TARGET here and there is no apt-get for Debian's toolchain; run: rustup target add $WASM_TARGET"
	if ! installed rustc-web cargo-web rust-web-src; then
		say "installing Debian's newer toolchain: rustc-web cargo-web rust-web-src"
		install_packages rustc-web cargo-web rust-web-src
	fi
	if ! debian_sysroot >/dev/null; then
		say "linking it as the rustup toolchain \"debian\""
		rustup toolchain link debian /usr >/dev/null || fail "rustup could not link /usr as the toolchain \"debian\""
	fi

	local sysroot library work crate
	sysroot="$(debian_sysroot)"
	library="$(wasm_library "$sysroot")"
	work="$(mktemp -d)"
	say "building core and alloc for $WASM_TARGET (about 25 s)"
	mkdir "$work/src"
	printf '#![no_std]\nextern crate alloc;\n' >"$work/src/lib.rs"
	printf '[package]\nname = "standard-library"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n' >"$work/Cargo.toml"
	# Without the bitcode the runtime's link-time optimisation fails.
	if ! (cd "$work" && env RUSTC_BOOTSTRAP=1 RUSTFLAGS="-C embed-bitcode=yes" CARGO_TARGET_DIR="$work/target" \
		rustup run debian cargo build --quiet --release -Z build-std=core,alloc --target "$WASM_TARGET" >"$work/log" 2>&1); then
		tail -n 20 "$work/log" >&2
		rm -rf "$work"
		fail "the standard library for $WASM_TARGET could not be built (see above)"
	fi
	as_root mkdir -p "$library"
	# Leftovers of another version would clash with what is new.
	as_root find "$library" -maxdepth 1 -name 'lib*.rlib' -delete
	for crate in core alloc compiler_builtins; do
		as_root install -m 644 "$work/target/$WASM_TARGET/release/deps/lib$crate"-*.rlib "$library/"
	done
	rustup run debian rustc --version | as_root tee "$library/compiler" >/dev/null
	rm -rf "$work"
	debian_is_ready || fail "the standard library for $WASM_TARGET did not arrive in $library"
}
