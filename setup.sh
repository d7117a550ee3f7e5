#!/usr/bin/env bash
# Makes a fresh Debian 12 or Ubuntu 24.04 machine ready and builds: packages, configure, build. Idempotent: installs only what
# is missing. `./setup.sh --packages` stops after the packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

# A trailing "?": wanted, and gone without where the distribution has no package of that name.
packages=(
  g++ cmake ninja-build ccache pkg-config patch binutils git            # build
  libboost-dev libboost-test-dev libboost-filesystem-dev                # Boost.Test, Boost.DLL, Boost.Graph
  libfmt-dev nlohmann-json3-dev libcli11-dev                            # text, JSON, command line
  libxxhash-dev libzstd-dev zlib1g-dev                                  # hashes, histories, report payload
  librapidcheck-dev libbenchmark-dev                                    # property tests, benchmarks
  esbuild node-d3-selection node-d3-scale node-d3-axis node-d3-zoom node-d3-brush   # the report's viewer
  clang clang-format-14?                                                # second compiler, format check
  nodejs chromium?                                                      # browser tests (Ubuntu has Chromium as a snap only)
)

command -v apt-get >/dev/null || die "this script knows Debian and Ubuntu (no apt-get here); install by hand: ${packages[*]//\?/}"

# A machine may have a package for several architectures: its own is what counts.
architecture=$(dpkg --print-architecture)
installed() {
  local rows
  rows=$(dpkg-query -W -f='${Architecture} ${db:Status-Status}\n' "$1" 2>/dev/null || true)
  grep -qxE "($architecture|all) installed" <<<"$rows"
}
available() {
  local policy
  policy=$(apt-cache policy "$1" 2>/dev/null || true)
  grep -q '^  Candidate: [^(]' <<<"$policy"
}
# The sanitizers' runtime bears the version of the release's clang: 14 on Debian 12, 18 on Ubuntu 24.04.
clang_runtime() {
  apt-cache depends clang 2>/dev/null | sed -nE 's/.*Depends: clang-([0-9]+)$/libclang-rt-\1-dev?/p' | head -1
}
wanted() {  # the packages that are not there yet, one a line
  local package
  for package in "${packages[@]}" $(clang_runtime); do
    installed "${package%\?}" || printf '%s\n' "$package"
  done
}

needed() {  # whether anything of what is missing is to be had, or must be
  local package
  for package in "${missing[@]}"; do
    if [[ $package != *\? ]] || available "${package%\?}"; then return 0; fi
  done
  return 1
}

mapfile -t missing < <(wanted)
if needed; then
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "need root to install: ${missing[*]//\?/} (run as root, or install sudo)"
    as_root=(sudo)
  fi
  say "looking for ${missing[*]//\?/}"
  "${as_root[@]}" apt-get update -qq || die "apt-get update failed; is the network up?"
  mapfile -t missing < <(wanted)  # the update may have brought the version of clang
  install=() unknown=()
  for package in "${missing[@]}"; do
    if available "${package%\?}"; then install+=("${package%\?}")
    elif [[ $package == *\? ]]; then say "no package ${package%\?} here; going on without it"
    else unknown+=("$package")
    fi
  done
  ((${#unknown[@]} == 0)) || die "this release has no package named: ${unknown[*]}
  (on Ubuntu: is the component universe enabled? Otherwise install what they hold by hand and take them from the list in setup.sh)"
  if ((${#install[@]})); then
    say "installing ${install[*]}"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${install[@]}" \
      >/dev/null || die "could not install: ${install[*]}"
  fi
else
  say "all packages are there"
fi
cmake_version=$(cmake --version | sed -nE '1s/[^0-9]*([0-9]+\.[0-9]+).*/\1/p')
printf '3.25\n%s\n' "$cmake_version" | sort -CV ||
  die "cmake $cmake_version is too old, 3.25 is needed (Ubuntu 22.04 has 3.22: use 24.04, or Kitware's packages from apt.kitware.com)"
[[ ${1:-} == --packages ]] && exit 0

say "configuring (preset release)"
cmake --preset release >/dev/null || { cmake --preset release; die "configure failed"; }
say "building (preset release)"
cmake --build --preset release || die "build failed"
say "done: build/release/sim"
