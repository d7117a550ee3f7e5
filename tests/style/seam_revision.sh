#!/usr/bin/env bash
# What seam/ declares and its revision change together: modules are refused by the revision.
# RAFTSIM_REWRITE=1 writes the pair down; raise seam_revision in seam/system.hpp first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
revision=$(sed -nE 's/.*seam_revision = ([0-9]+);.*/\1/p' seam/system.hpp)
# Without comments and layout, which no module notices.
declared=$(cat seam/*.hpp | sed -E 's://.*$::' | tr -d ' \t\n' | sed "s/seam_revision=$revision;//" | sha256sum | cut -c1-16)
[[ -n $revision ]] || { echo "seam/system.hpp has no seam_revision"; exit 1; }
known=tests/style/seam_revision.txt
if [[ -n ${RAFTSIM_REWRITE:-} ]]; then echo "$revision $declared" >"$known"; fi
if [[ $(<"$known") != "$revision $declared" ]]; then
  echo "seam/*.hpp are revision $revision, $declared; $known says $(<"$known")"
  echo "raise seam_revision in seam/system.hpp where a module must be built again, then RAFTSIM_REWRITE=1 $0"
  exit 1
fi
echo "seam revision $revision"
