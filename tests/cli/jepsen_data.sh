#!/usr/bin/env bash
# Histories that others recorded from real systems, with what is known about them. They are not part of this project:
# the folder comes from CMake (RAFTSIM_JEPSEN_DATA); where it is absent, this test is skipped and says so.
#   jepsen_data.sh SIM FOLDER
set -uo pipefail
sim=$1 folder=$2
[[ -d $folder ]] || { echo "skipped: no folder $folder (RAFTSIM_JEPSEN_DATA names another)"; exit 77; }

linearizable=" etcd_002 etcd_005 etcd_007 etcd_018 c01-ok c10-ok "
looked=0 bad=0
judge() { # FILE MODEL
  local name want=1 got text
  name=$(basename "${1%.*}")
  [[ $linearizable == *" $name "* ]] && want=0
  # The budget is counted in search steps: each history has to be easy on every machine.
  text=$("$sim" check --format jsonl --timeout 100ms "$1" 2>&1)
  got=$?
  looked=$((looked + 1))
  [[ $got == "$want" && $text == *"\"model\":\"$2\""* ]] && return
  echo "$name: exit $got, expected $want and model $2: ${text:0:200}"
  bad=1
}
for file in "$folder"/etcd_*.log; do judge "$file" register; done
for file in "$folder"/c*.txt; do judge "$file" kv; done
((looked == 25)) || { echo "$looked histories seen, 25 expected"; exit 1; }
((bad == 0)) && echo "$looked histories, each with its known verdict"
exit $bad
