#!/bin/bash
# join.sh WAY WORKER…: makes the files of each WORKER on master-1 and brings it up, in the words of join/WAY.
#   tutorial, short, mixed, bundle, bootstrap    one worker after the other
#   loop, make                                   all at once: a shell loop, `make -j`
. "$(dirname "$0")/common.sh"

way=${1-}
[ $# -ge 2 ] || fail "a way and a worker are needed" "run: tests/lab/lab join tutorial worker-1"
shift
khw=$(khw_bin)

# ssh and scp as one types them.
mkdir -p "$state/bin"
for program in ssh scp; do
  {
    printf '#!/bin/bash\nexec /usr/bin/%s' "$program"
    printf ' %q' "${ssh_options[@]}"
    printf ' "$@"\n'
  } >"$state/bin/$program"
done
chmod 755 "$state"/bin/*

case $way in
  tutorial | short | bundle | bootstrap) run=() ;;
  # The real kubectl is part of this way.
  mixed) run=("$top/tests/judges.sh" --only compiler,kubectl) ;;
  loop) command=("$lab/join/loop.sh" "$lab/join" "$cache/kubernetes" "$@") ;;
  make) command=(make --no-print-directory -j -f "$lab/join/Makefile" "WORKERS=$*" "PROGRAMS=$cache/kubernetes") ;;
  *) fail "no way is named $way" "tutorial, short, mixed, bundle, bootstrap, loop, make" ;;
esac

cd "$state/master"
# khw overwrites no key: a second join begins from nothing, as the first.
for worker; do rm -rf "$worker" "$worker".* "openssl-$worker.cnf" "proxy-$worker" "kube-proxy-$worker".*; done

# join NAME COMMAND…
join() {
  local log=$state/log/join-$1
  say "joining $1 in the words of $way"
  shift
  on_master env PATH="$state/bin:$khw:$PATH" "$@" >"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    fail "could not be joined" "see $log"
  }
}
if [ -n "${command+set}" ]; then
  join "$*" "${command[@]}"
else
  for worker; do
    join "$worker" "${run[@]}" "$lab/join/$way.sh" "$worker" "$(worker_address "$worker")" "$lab/join" "$cache/kubernetes"
  done
fi
