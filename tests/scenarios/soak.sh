#!/usr/bin/env bash
# soak.sh SIM: a simulated day (scenarios/soak_day.json) holds, in 64 MiB of resident memory.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
verdict=$("$1" -q --format jsonl run scenarios/soak_day.json --seed "${2:-1}" --check-determinism never --report never --history never | head -1)
number() { sed -nE "s/.*\"$1\":([0-9]+).*/\1/p" <<<"$verdict"; }
grep -q '"verdict":"held"' <<<"$verdict" || { echo "soak_day: $verdict" | cut -c1-2000; exit 1; }
(($(number sim_ns) == 86400000000000)) || { echo "soak_day ended after $(number sim_ns) ns"; exit 1; }
kib=$(number peak_rss_kib)
((kib > 0 && kib < 65536)) || { echo "soak_day: $kib KiB resident at most, 64 MiB allowed"; exit 1; }
echo "a day, $(number commits) commits: $kib KiB resident at most"
