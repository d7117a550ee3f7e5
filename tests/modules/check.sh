#!/usr/bin/env bash
# A system that dereferences null, loops for ever, allocates without end or throws: each is no_crash with its seed, and
# the other seeds of the run are judged.
set -uo pipefail
sim=$1 modules=$2
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
bad=0
# With the flags that a user has.
for what in dereference_null loop_for_ever allocate_without_end throw_something; do
  text=$("$sim" run scenarios/leader_crash.json --seed 1 --system "$modules/$what.so" --out "$out/one-$what" 2>&1)
  code=$?
  history=$(find "$out/one-$what" -name 'history.jsonl.zst')
  report=$(find "$out/one-$what" -name 'report.html')
  left=$(find "$out/one-$what" -type f | wc -l)
  printf '%-22s exit %d: %s\n' "$what" "$code" "$(head -3 <<<"$text" | tail -1)"
  if ((code != 1 || left != 2)) || [[ -z $history || -z $report || $text == *"hash"* ]]; then
    bad=1
    head -c 700 <<<"$text"
  fi
done
for what in dereference_null loop_for_ever allocate_without_end throw_something; do
  json=$("$sim" --format jsonl run scenarios/leader_crash.json --seeds 1..12 --system "$modules/$what.so" \
    --set /limits/memory_mib=1200 --set /limits/time=4s --set /faults={} --set /expect={} \
    --check-determinism never --report never --history never --out "$out")
  code=$?
  # The first verdict of a line is the run's own; the summary is another format.
  runs=$(grep '"format":"raftsim/verdict@1"' <<<"$json" |
    sed -nE 's/^[^[]*"verdict":"(held)","hash".*/\1/p; s/^[^[]*"verdict":"(violated)","property":"([a-z_]*)".*/\1 \2/p')
  crashed=$(grep -c '^violated no_crash$' <<<"$runs")
  judged=$(grep -c '^held' <<<"$runs")
  seeds=$(grep -c . <<<"$runs")
  printf '%-22s exit %d: %d crashed, %d held of %d\n' "$what" "$code" "$crashed" "$judged" "$seeds"
  if ((code != 1 || crashed == 0 || judged == 0 || crashed + judged != 12)); then
    bad=1
    head -c 700 <<<"$json"
  fi
done
exit $bad
