#!/usr/bin/env bash
# Builds build/campaign/sim for long campaigns: the hot code of a step is larger than a processor's first cache, and g++ lays
# it out a fifth faster once it has seen the program run. Builds with counters, runs the fixed work of bench/, builds again
# with what was counted and link-time optimisation: some ten minutes on two cores. Same results, hash for hash: checked here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rm -rf build/campaign/profile
cmake --preset campaign -DRAFTSIM_PROFILE=generate >/dev/null
cmake --build --preset campaign --target bench_runs
build/campaign/bench_runs --benchmark_filter='kv5_judged|leader_crash' --benchmark_min_time=2
cmake --preset campaign >/dev/null
cmake --build --preset campaign --target sim
tests/determinism/matrix.sh --only campaign build/campaign/sim
