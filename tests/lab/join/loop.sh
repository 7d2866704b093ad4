#!/bin/bash
# Several workers in a shell loop, all at once.
#   loop.sh INPUT PROGRAMS WORKER…
set -euo pipefail
input=$1 programs=$2
shift 2
joins=()
for worker; do
  "$input/short.sh" "$worker" "192.168.5.2${worker#worker-}" "$input" "$programs" &
  joins+=($!)
done
for join in "${joins[@]}"; do wait "$join"; done
