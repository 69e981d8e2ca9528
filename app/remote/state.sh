# The host's own memory: $ROOT/var/lib/tlswright holds the lock and, per transaction, a journal,
# the table of targets and the old bytes.  Only its owner may look inside.

KEPT=30

# place ROOT ID: name the places; nothing is made.
place() {
  ROOT=$1 ID=$2
  export ROOT
  STATE=$ROOT/var/lib/tlswright
  RUN=$STATE/runs/$ID
  LOCK=$STATE/lock
  LOCKED=
  WHY=
}

# enter OWNER: make the state directory and take the lock; WHY says why not.
enter() {
  if [ -n "$ROOT" ]; then
    BASE=$(cd -P -- "$ROOT" 2>/dev/null && pwd -P) || { WHY="there is no folder $ROOT"; return 1; }
  fi
  { [ -d "$STATE/runs" ] && [ ! -L "$STATE" ]; } ||
    attempt "cannot write to $STATE as $(id -un)" make_state || return 1
  take_lock "$1"
}

make_state() { mkdir -p "$STATE/runs" && chmod 700 "$STATE" && [ ! -L "$STATE" ]; }

# take_lock OWNER: a hard link is made whole or not at all; a dead owner's lock is taken over by
# whoever makes the directory `lock.take`, and only while that process is still dead.
take_lock() {
  mine_=$LOCK.$$
  mark $$
  attempt "cannot write to $STATE" line_to "$mine_" "$$$TAB${MARK:--}$TAB$(date -u \
    '+%Y-%m-%d %H:%M:%S UTC')$TAB$ID$TAB$1" || { rm -f "$mine_"; return 1; }
  tries_=0
  while [ "$tries_" -lt 10 ]; do
    if ln "$mine_" "$LOCK" 2>/dev/null; then
      rm -f "$mine_"
      LOCKED=1
      return 0
    fi
    if held; then
      rm -f "$mine_"
      WHY="held by $L_OWNER since $L_TIME (process $L_PID, transaction $L_ID)"
      return 1
    fi
    if mkdir "$LOCK.take" 2>/dev/null; then
      held || rm -f "$LOCK"
      rmdir "$LOCK.take"
    else
      # Whoever made it needs a moment only: by now it was left behind by one that died.
      [ "$tries_" -lt 4 ] || rmdir "$LOCK.take" 2>/dev/null
      sleep 1
    fi
    tries_=$((tries_ + 1))
  done
  rm -f "$mine_"
  rmdir "$LOCK.take" 2>/dev/null
  WHY="the lock $LOCK cannot be taken"
  return 1
}

# held: true while the process that the lock names lives; L_PID, L_TIME, L_ID, L_OWNER.
held() {
  L_PID=0 L_MARK= L_TIME= L_ID= L_OWNER=
  [ -f "$LOCK" ] || return 1
  { IFS=$TAB read -r L_PID L_MARK L_TIME L_ID L_OWNER <"$LOCK"; } 2>/dev/null || return 1
  case $L_PID in ''|*[!0-9]*) return 1 ;; esac
  mark "$L_PID"
  [ -n "$MARK" ] && [ "$MARK" = "$L_MARK" ]
}

unlock() {
  [ -z "$LOCKED" ] || rm -f "$LOCK"
  LOCKED=
}

# flush PATH...: make files or directories last.
flush() { sync -- "$@" 2>/dev/null || sync; }

EPOCH=
# note WORD [TEXT]: one line in the journal, on the disk before anything else is done where it bears
# on how a lost run is resolved; WHY if not.
note() {
  PHASE=$1
  case $1 in
    stop) SERVICE=down ;;
    start) SERVICE=new ;;
    live) SWITCHED=1 ;;
  esac
  clock
  [ -n "$EPOCH" ] || EPOCH=$(($(date +%s) - CLOCK))
  add "cannot write to $RUN" "$RUN/journal" "$((EPOCH + CLOCK)) $*" || return 1
  case $1 in staging|stopped|switched|started|checked) ;; *) flush "$RUN/journal" ;; esac
}

# recall DIRECTORY: PHASE, SERVICE and SWITCHED as its journal tells; a torn last line is no word.
recall() {
  PHASE=staging SERVICE=running SWITCHED=
  [ -f "$1/journal" ] || return 0
  while read -r time_ word_ rest_; do
    case $word_ in
      staging|staged|stopped|switched|started|checked|undoing) PHASE=$word_ ;;
      done|untouched|restored|restored-down) PHASE=$word_ ;;
      stop) PHASE=stop SERVICE=down ;;
      start) PHASE=start SERVICE=new ;;
      live) PHASE=live SWITCHED=1 ;;
      held) PHASE=held ;;
    esac
  done <"$1/journal"
}

over() { case $PHASE in done|untouched|restored|restored-down) return 0 ;; esac; return 1; }

# unfinished: UNFINISHED lists transactions that have no end and no living process, one a line.
unfinished() {
  UNFINISHED=
  [ -d "$STATE/runs" ] || return 0
  living_=
  ! held || [ "$L_PID" = $$ ] || living_=$L_ID
  for id_ in $(ls "$STATE/runs" 2>/dev/null); do
    [ ! -f "$STATE/runs/$id_/seq" ] && [ ! -f "$STATE/runs/$id_/undone" ] || continue
    recall "$STATE/runs/$id_"
    over || [ "$id_" = "$living_" ] || UNFINISHED=$UNFINISHED$id_$NL
  done
}

# number FILE PLACE: the next number of the counter FILE, in FILE and in PLACE.
number() {
  seq_=0
  [ ! -f "$1" ] || read -r seq_ <"$1"
  seq_=$((seq_ + 1))
  printf '%s\n' "$seq_" >"$1"
  printf '%s\n' "$seq_" >"$2"
}

# prune: keep the last $KEPT transactions, and every one that has not ended.
prune() {
  number "$STATE/seq" "$RUN/seq"
  for id_ in $(ls "$STATE/runs"); do
    [ ! -f "$STATE/runs/$id_/undone" ] || continue
    age_=$seq_
    [ ! -f "$STATE/runs/$id_/seq" ] || read -r age_ <"$STATE/runs/$id_/seq"
    [ $((seq_ - age_)) -lt "$KEPT" ] || rm -rf "${STATE:?}/runs/$id_"
  done
  prune_undone
  set +f
  set -- "$STATE"/lock.[0-9]*
  set -f
  [ ! -e "$1" ] ||
    find "$STATE" -maxdepth 1 -name 'lock.[0-9]*' -mtime +1 -exec rm -f {} \; 2>/dev/null
  return 0
}

# retire: an undone transaction gets its number; of those too the last $KEPT stay.  They are counted
# by themselves, so that any number of failures pushes out no old bytes of what was kept.
retire() { { number "$STATE/undone" "$RUN/undone"; prune_undone; } 2>/dev/null; }

prune_undone() {
  seq_=0
  [ ! -f "$STATE/undone" ] || read -r seq_ <"$STATE/undone"
  for id_ in $(ls "$STATE/runs"); do
    run_=$STATE/runs/$id_
    [ ! -f "$run_/seq" ] || continue
    if [ -f "$run_/undone" ]; then
      read -r age_ <"$run_/undone"
      [ $((seq_ - age_)) -lt "$KEPT" ] || rm -rf "${STATE:?}/runs/$id_"
    else
      ! (recall "$run_"; over) || printf '%s\n' "$seq_" >"$run_/undone"
    fi
  done
}
