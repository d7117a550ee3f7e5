#!/usr/bin/env bash
# purity.sh NM LIBRARY: no undefined symbol of the library is a clock, thread, file, socket or entropy function.
# CHECK may write its last words (fprintf, fflush, abort, stderr).
set -euo pipefail
nm=$1
library=$2

forbidden='^(clock|clock_.*|time|gettimeofday|nanosleep|usleep|sleep|timer_.*'
forbidden+='|pthread_.*|thrd_.*|mtx_.*|fork|vfork|execv.*|system|popen'
forbidden+='|open|open64|openat|creat|fopen|fopen64|freopen|fdopen|read|pread.*|write|pwrite.*|fsync|fdatasync|unlink|rename|stat.*|mmap.*'
forbidden+='|socket|connect|bind|listen|accept.*|send|sendto|sendmsg|recv.*|poll|select|epoll_.*'
forbidden+='|rand|srand|random|srandom|rand_r|drand48|getrandom|getentropy|arc4random.*|getenv|secure_getenv|getpid'
forbidden+='|_ZNSt6chrono.*|_ZNSt13random_device.*|_ZNSt6thread.*|_ZNSt5mutex.*|_ZNSt18condition_variable.*'
forbidden+='|_ZNSt13basic_filebuf.*|_ZNSt14basic_ifstream.*|_ZNSt14basic_ofstream.*|_ZNSt10filesystem.*|_ZNSt7__cxx1113basic_filebuf.*)$'

strip_version() { sed 's/@.*//'; }
undefined=$("$nm" --undefined-only "$library" | awk 'NF == 2 && $1 == "U" { print $2 }' | strip_version | sort -u)

# The test must be able to fail: the list is not empty, and the pattern finds what it should.
[[ $(wc -l <<<"$undefined") -gt 10 ]] || { echo "no symbols seen in $library"; exit 1; }
for bad in clock_gettime pthread_create fopen getrandom socket _ZNSt6chrono3_V212steady_clock3nowEv; do
  grep -qE "$forbidden" <<<"$bad" || { echo "the pattern misses $bad"; exit 1; }
done

found=$(grep -E "$forbidden" <<<"$undefined" || true)
if [[ -n $found ]]; then
  printf 'core reaches outside its inputs:\n%s\n' "$found"
  exit 1
fi
echo "$(wc -l <<<"$undefined") undefined symbols, none forbidden"
