#!/usr/bin/env bash
# The tables of docs/properties.md: every property stands there once, in order, with its reference, class and statement; its two
# stories are those of tests/checkers/bites_*.cpp, and every test that is named exists.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
document=docs/properties.md
bad=0
complain() { echo "$document: $*"; bad=1; }

# One line per row of the table of properties: name|ref|statement|class
properties=$(tr '\n' ' ' <history/property.cpp | grep -oE '\{[a-z_]+, "[a-z_]+", "[A-Z][0-9]+s?", +"[^"]*", +[a-z]+\}' |
  sed -E 's/^\{[a-z_]+, "([a-z_]+)", "([A-Z0-9s]+)", +"([^"]*)", +([a-z]+)\}$/\1|\2|\3|\4/')
(($(wc -l <<<"$properties") == $(grep -cE '^ {4}\{[a-z_]+, "' history/property.cpp))) || complain "not all properties were read"
rows=$(grep -E '^\| `[a-z_]+` \| [A-Z][0-9]+s? \|' "$document" || true)
[[ $(sed -E 's/^\| `([a-z_]+)`.*/\1/' <<<"$rows") == "$(cut -d'|' -f1 <<<"$properties")" ]] ||
  complain "not every property has one row, in the order of sim list properties"

# The stories, on one line each file; a literal may be cut in two.
stories=$(cat tests/checkers/bites_*.cpp | tr '\n' ' ' | sed -E 's/" +"//g')
while IFS='|' read -r name ref statement class; do
  row=$(grep -F "| \`$name\` |" <<<"$rows" || true)
  field() { cut -d'|' -f"$1" <<<"$row" | sed -E 's/^ | $//g'; }
  [[ $(field 3) == "$ref" && $(field 4) == "$class" && $(field 5) == "$statement" ]] ||
    complain "$name: reference, class or statement is not that of history/property.cpp"
  for column in 6 7; do [[ -n $(field $column) ]] || complain "$name: nothing in column $((column - 1))"; done
  grep -qF "{$name, \"$(field 8)\"," <<<"$(sed -E 's/, +"/, "/g' <<<"$stories")" || complain "$name: no story \"$(field 8)\""
  grep -qF "\"$(field 9)\"" <<<"$stories" || complain "$name: no story \"$(field 9)\""
done <<<"$properties"

# The traps.
for test in $(grep -E '^\| .*` \|$' "$document" | grep -oE '`[a-z_]+` \|$' | tr -d '`| ' || true); do
  grep -rqE "TEST_CASE\($test[,)]" tests/checkers || complain "no test $test"
done
exit $bad
