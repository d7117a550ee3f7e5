#!/usr/bin/env bash
# Makes a fresh Debian 12 or Ubuntu machine ready and builds: packages, configure, build. Idempotent: installs only what
# is missing. `./setup.sh --packages` stops after the packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

packages=(
  g++ cmake ninja-build ccache pkg-config patch binutils git            # build
  libboost-dev libboost-test-dev libboost-filesystem-dev                # Boost.Test, Boost.DLL, Boost.Graph
  libfmt-dev nlohmann-json3-dev libcli11-dev                            # text, JSON, command line
  libxxhash-dev libzstd-dev zlib1g-dev                                  # hashes, histories, report payload
  librapidcheck-dev libbenchmark-dev                                    # property tests, benchmarks
  esbuild node-d3-selection node-d3-scale node-d3-axis node-d3-zoom node-d3-brush   # the report's viewer
  clang clang-format libclang-rt-14-dev                                 # second compiler, format check
  chromium nodejs                                                       # browser tests of the report
)

command -v apt-get >/dev/null || die "this script knows Debian and Ubuntu (no apt-get here); install by hand: ${packages[*]}"

missing=()
for package in "${packages[@]}"; do
  # Ubuntu releases carry another clang: its runtime comes with the matching version there.
  if [[ $package == libclang-rt-14-dev ]] && ! apt-cache show "$package" >/dev/null 2>&1; then continue; fi
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [[ $status == "install ok installed" ]] || missing+=("$package")
done

if ((${#missing[@]})); then
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "need root to install: ${missing[*]} (run as root, or install sudo)"
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq || die "apt-get update failed; is the network up?"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    >/dev/null || die "could not install: ${missing[*]}"
else
  say "all packages are there"
fi
[[ ${1:-} == --packages ]] && exit 0

say "configuring (preset release)"
cmake --preset release >/dev/null || { cmake --preset release; die "configure failed"; }
say "building (preset release)"
cmake --build --preset release || die "build failed"
say "done: build/release/sim"
