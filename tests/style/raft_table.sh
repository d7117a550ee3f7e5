#!/usr/bin/env bash
# The table of docs/raft.md: what it names exists, every behaviour names a transcript, a scenario and a property, and every
# transcript and every scenario stands in it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
document=docs/raft.md
bad=0
complain() { echo "$document: $*"; bad=1; }

# Rows: | behaviour | sections | transcripts | scenarios | properties |
rows=$(grep -E '^\| ' "$document" | grep -vE '^\| *(behaviour|-+)')
names() { cut -d'|' -f"$1" | grep -oE '`[a-z0-9_]+`' | tr -d '`' | sort -u; }
properties=$(sed -nE 's/^ *\{[a-z_0-9]+, "([a-z_0-9]+)",.*/\1/p' history/property.cpp)
for name in $(names 4 <<<"$rows"); do
  [[ -f tests/core_raft/transcripts/$name.txt || -f tests/core_server/$name.cpp ]] || complain "no transcript $name"
done
for name in $(names 5 <<<"$rows"); do [[ -f scenarios/$name.json ]] || complain "no scenario $name"; done
for name in $(names 6 <<<"$rows"); do
  grep -qw "$name" <<<"$properties" || complain "no property $name"
done
while IFS= read -r row; do
  for column in 4 5; do
    [[ -n $(names $column <<<"$row" || true) ]] || complain "nothing in column $((column - 1)) of: $(cut -d'|' -f2 <<<"$row")"
  done
done <<<"$rows"
for file in tests/core_raft/transcripts/*.txt; do
  name=$(basename "$file" .txt)
  grep -q "\`$name\`" <<<"$rows" || complain "transcript $name stands nowhere"
done
for file in scenarios/*.json; do
  name=$(basename "$file" .json)
  grep -q "\`$name\`" <<<"$rows" || complain "scenario $name stands nowhere"
done
exit $bad
