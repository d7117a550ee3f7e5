#!/usr/bin/env bash
# The speed budget, measured from outside the program: CPU time of `sim run bench/kv5.json` by the shell's own meter.
# bench/run.sh [SIM]: the median of five seeds. bench/run.sh --memory [SIM]: peak resident memory of one simulated hour.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
what=speed
if [[ ${1:-} == --memory ]]; then
  what=memory
  shift
fi
sim=${1:-build/release/sim}
result=$(mktemp)
trap 'rm -f "$result"' EXIT
quietly=(-j 1 --check-determinism never --history never --report never)
number() { sed -nE "s/.*\"$1\":([0-9]+).*/\1/p" "$result" | head -1; }

if [[ $what == memory ]]; then
  # Think times of seconds: the memory of an hour, not of a load.
  "$sim" --format jsonl run bench/kv5.json --seed 1 "${quietly[@]}" --set /limits/time=1h \
    --set '/workload/arrival/think="4s"' >"$result"
  awk -v kib="$(number peak_rss_kib)" -v commits="$(number commits)" \
    'BEGIN { printf "one simulated hour, %d commits: %.0f MiB resident at most\n", commits, kib / 1024 }'
  exit
fi

rows=()
for seed in 1 2 3 4 5; do
  TIMEFORMAT='%U %S'
  cpu=$( { time "$sim" --format jsonl run bench/kv5.json --seed "$seed" "${quietly[@]}" >"$result" 2>/dev/null; } 2>&1)
  read -r user system <<<"$cpu"
  rows+=("$(awk -v u="$user" -v s="$system" -v n="$(number steps)" -v c="$(number commits)" \
    -v m="$(number messages)" -v ns="$(number sim_ns)" -v seed="$seed" \
    'BEGIN { t = u + s; printf "%d seed %d: %.2f CPU s, %d steps, %d commits: %.2f M steps/s, %.1f k commits/s; %.0f commits per simulated s, %.1f messages per commit", n / t, seed, t, n, c, n / t / 1e6, c / t / 1e3, c / ns * 1e9, m / c }')")
done
printf '%s\n' "${rows[@]}" | cut -d' ' -f2-
printf 'median: %s\n' "$(printf '%s\n' "${rows[@]}" | sort -n | sed -n 3p | cut -d: -f3)"
