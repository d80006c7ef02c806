# shellcheck shell=bash
# The package of a release: binaries, units, what people watch it by, and checksums. Sourced after common.sh and build.sh.

PACKAGED_BINARIES=(busbar-node busbar busbar-store busbar-vault busbar-door)

package_version() {
	sed -nE '/^\[workspace.package\]/,/^\[/s/^version = "(.*)"$/\1/p' "$ROOT/Cargo.toml"
}

# package DIRECTORY: writes busbar-VERSION-MACHINE-linux.tar.gz and its .sha256 there, and prints the archive's path. The same files give
# the same bytes: times are the commit's, owners and order are fixed.
package() {
	local directory name tree binary
	directory="$(realpath "$1")" || return 1
	name="busbar-$(package_version)-$(uname --machine)-linux"
	tree="$(mktemp -d "$directory/package-XXXXXX")" || return 1
	mkdir -p "$tree/$name"/{bin,systemd,prometheus,grafana,doc} || return 1
	for binary in "${PACKAGED_BINARIES[@]}"; do
		install --mode 755 "$CARGO_TARGET_DIR/release/$binary" "$tree/$name/bin/" || return 1
	done
	install --mode 644 "$ROOT"/packaging/systemd/* "$tree/$name/systemd/" || return 1
	install --mode 644 "$ROOT"/packaging/prometheus/{alerts,prometheus}.yml "$tree/$name/prometheus/" || return 1
	install --mode 644 "$ROOT"/packaging/grafana/busbar.json "$tree/$name/grafana/" || return 1
	install --mode 644 "$ROOT"/docs/operations.md "$ROOT"/chain-specs/consortium.toml "$ROOT"/LICENSE "$tree/$name/doc/" || return 1
	(cd "$tree/$name" && find . -type f -printf '%P\n' | LC_ALL=C sort | xargs sha256sum >"$tree/sums") || return 1
	mv "$tree/sums" "$tree/$name/SHA256SUMS" || return 1
	tar --create --directory "$tree" --sort=name --owner=0 --group=0 --numeric-owner \
		--mtime="@$(git -C "$ROOT" log -1 --format=%ct 2>/dev/null || echo 0)" "$name" | gzip --no-name -6 >"$directory/$name.tar.gz" || return 1
	rm -rf "$tree"
	(cd "$directory" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256") || return 1
	echo "$directory/$name.tar.gz"
}

# package_is_sound: a package that is made twice is the same, holds what its checksums say, and its units start programs that are in it
# with options that these know.
package_is_sound() {
	local first second out="$WORK/package" tree unit binary option
	mkdir -p "$out"/{1,2,tree} || return 1
	first="$(package "$out/1")" && second="$(package "$out/2")" || return 1
	cmp "$first" "$second" || return 1
	(cd "$out/1" && sha256sum --check --quiet ./*.sha256) || return 1
	tar --extract --file "$first" --directory "$out/tree" || return 1
	tree="$(echo "$out"/tree/busbar-*)"
	(cd "$tree" && sha256sum --check --quiet SHA256SUMS) || return 1
	for unit in "$tree"/systemd/*.service; do
		binary="$(sed -nE 's|^ExecStart=/usr/bin/([a-z-]+) .*|\1|p' "$unit")"
		[[ -x $tree/bin/$binary ]] || { echo "$unit starts $binary, which is not in the package" && return 1; }
		while read -r option; do
			"$tree/bin/$binary" "$(subcommand "$unit" "$binary")" --help 2>&1 | grep --quiet -- "$option\b" ||
				{ echo "$unit: $binary knows no $option" && return 1; }
		done < <(sed -n '/^ExecStart=/,/[^\\]$/p' "$unit" | grep --only-matching --extended-regexp -- '--[a-z-]+')
		if have systemd-analyze; then
			sed "s|/usr/bin/|$tree/bin/|" "$unit" >"$out/$(basename "$unit")"
			systemd-analyze verify --man=no "$out/$(basename "$unit")" || return 1
		fi
	done
	du --bytes "$first"
}

# subcommand UNIT BINARY: what follows the program, if it is not an option; else an option that changes nothing.
subcommand() {
	sed -nE "s|^ExecStart=/usr/bin/$2 ([a-z]+) .*|\1|p" "$1" | grep . || echo --help
}
