#!/usr/bin/env bash
# The golden hashes on arm64, under qemu-user. Not part of every CI run: it adds the arm64 architecture to this machine's
# package manager. arm64.sh [SCENARIO...]; default: the first three of the golden file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

as_root=()
((EUID == 0)) || as_root=(sudo)
if ! command -v aarch64-linux-gnu-g++ >/dev/null || ! command -v qemu-aarch64 >/dev/null ||
  ! dpkg-query -W libc6:arm64 libfmt-dev:arm64 libzstd-dev:arm64 libxxhash-dev:arm64 zlib1g-dev:arm64 libboost-filesystem1.74-dev:arm64 >/dev/null 2>&1; then
  "${as_root[@]}" dpkg --add-architecture arm64
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" apt-get install -y -qq --no-install-recommends g++-aarch64-linux-gnu qemu-user \
    libc6:arm64 libfmt-dev:arm64 libzstd-dev:arm64 libxxhash-dev:arm64 zlib1g-dev:arm64 \
    libboost-filesystem1.74-dev:arm64 libboost-test1.74-dev:arm64 >/dev/null
fi

PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig \
  cmake -S . -B build/arm64 -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O2 -g1" \
  -DCMAKE_TOOLCHAIN_FILE=cmake/arm64.cmake -DRAFTSIM_TESTS=OFF -DRAFTSIM_BENCH=OFF -DCMAKE_UNITY_BUILD=ON \
  -DCMAKE_CXX_COMPILER_LAUNCHER=ccache >/dev/null
cmake --build build/arm64 --target sim

scenarios=("$@")
if ((${#scenarios[@]} == 0)); then
  mapfile -t names < <(grep -v '^#' tests/determinism/golden.txt | cut -d' ' -f1 | uniq | head -3)
  for name in "${names[@]}"; do scenarios+=("scenarios/$name.json"); done
fi
bad=0
for scenario in "${scenarios[@]}"; do
  name=$(basename "$scenario" .json)
  for seed in 1 2; do
    golden=$(awk -v n="$name" -v s="$seed" '$1 == n && $2 == s { print $3 }' tests/determinism/golden.txt)
    # Without -L: the loader and the C library must both be Debian's arm64 packages. The cross compiler's loader beside
    # that library hangs in fork().
    hash=$(qemu-aarch64 build/arm64/sim -q --format jsonl run "$scenario" --seed "$seed" \
      --check-determinism never --report never --history never | sed -nE 's/.*"hash":"([0-9a-f]{32})".*/\1/p')
    if [[ -n $golden && $hash == "$golden" ]]; then
      echo "arm64 $name seed $seed: $hash, as on x86-64"
    else
      echo "arm64 $name seed $seed: ${hash:-no hash}, golden ${golden:-missing}"
      bad=1
    fi
  done
done
exit $bad
