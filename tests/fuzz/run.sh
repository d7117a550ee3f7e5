#!/bin/sh
# tests/fuzz/run.sh SECONDS [TARGET...]: runs each fuzz target (default: all) that long on one processor, from the kept
# corpus. New inputs and findings go to build/fuzz/found/TARGET; exit 1 if there is a finding. keep.sh adds what reaches
# further to the corpus.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:?usage: tests/fuzz/run.sh SECONDS [TARGET...]}
shift
[ -f build/fuzz/build.ninja ] || cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target raftsim_fuzz >/dev/null
[ $# -gt 0 ] || set -- message request answer state_slot batch configuration snapshot recovery state_machine raft server
failed=0
for target in "$@"; do
  work=build/fuzz/found/$target
  mkdir -p "$work"
  log=$work.log
  if build/fuzz/tests/fuzz/fuzz_"$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
    -print_final_stats=1 -artifact_prefix="$work/finding-" "$work" tests/fuzz/corpus/"$target" >"$log" 2>&1; then
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions," \
      "$(grep -o 'cov: [0-9]*' "$log" | tail -1), $(grep -o 'ft: [0-9]*' "$log" | tail -1)"
  else
    echo "$target: FINDING, see $log" >&2
    failed=1
  fi
done
exit $failed
