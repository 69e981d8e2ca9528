# The host transaction: one process from `stage` to `commit`, one word per barrier on standard
# input.  `A ok|no BARRIER STATE TEXT` answers each; `L TEXT` lines before it are the host's log.

log() { printf 'L %s\n' "$*" 2>/dev/null; }

# show FILE: its last lines as log.
show() {
  [ -f "$1" ] || return 0
  tail -n 50 "$1" | cut -c1-1000 | while IFS= read -r line_ || [ -n "$line_" ]; do
    printf 'L %s\n' "$line_"
  done 2>/dev/null
}

# answer ok|no BARRIER STATE TEXT
answer() { printf 'A %s\n' "$*" 2>/dev/null; }

# leave [ok|no BARRIER STATE TEXT]: end, with a last answer; the lock is free before it is heard.
leave() {
  unlock
  [ "$#" = 0 ] || answer "$@"
  exit 0
}

# One `check` looks for this many seconds at most, so that a group hears soon of a member that fails.
LOOK_SECONDS=5

# begin ROOT ID BYTES SHA256 OWNER RUN GROUP STOP START CHECK SILENCE SETTLE TOGETHER: the payload,
# then words.
begin() {
  place "$1" "$2"
  PHASE=staging SERVICE=running SWITCHED=
  STOP_SECONDS=$8 START_SECONDS=$9
  OWNER_TEXT=$5 bytes_=$3 sum_=$4 run_=$6 group_id_=$7
  shift 9
  CHECK_SECONDS=$1 SILENCE=$2 SETTLE=$3 TOGETHER=$4 STARTED= HEALTHY_SINCE= CHECK_UNTIL=
  enter "$OWNER_TEXT" || { leave no stage untouched "$WHY"; }
  unfinished
  PHASE=staging SERVICE=running SWITCHED=
  [ -z "$UNFINISHED" ] ||
    { leave no stage untouched "unfinished transaction: $(echo $UNFINISHED)"; }
  attempt "cannot make $RUN" mkdir "$RUN" || { leave no stage untouched "$WHY"; }
  trap 'gone "a signal ended the connection"' HUP TERM
  trap : PIPE
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$run_" "$group_id_" "$STOP_SECONDS" \
    "$START_SECONDS" "$CHECK_SECONDS" "$SETTLE" "$OWNER_TEXT" >"$RUN/settings"
  stage "$bytes_" "$sum_" || fail stage "$WHY"
  trap 'gone "no word for $SILENCE seconds"' USR1
  if [ "$CHANGES" = 1 ]; then
    answer ok stage staged
  else
    answer ok stage untouched "every file is as wanted"
  fi
  words
}

stage() {
  note staging || return 1
  receive "$1" "$2" || return 1
  IFS= read -r WORD || { WHY="the connection was lost"; return 1; }
  [ "$WORD" = stage ] || { WHY="expected the word stage"; return 1; }
  weigh && stage_files || { [ -n "$WHY" ] || WHY="cannot write to $RUN"; return 1; }
  flush "$RUN/table" "$RUN/back" "$RUN" && note staged
}

# watch: in the background, look each second whether we wait for a word (the file `beat` ends in w)
# and have done so for too long; ends soon after this shell.
watch() {
  (
    mark $$
    then_=$MARK last_= tick_=0
    while [ -n "$MARK" ] && [ "$MARK" = "$then_" ]; do
      beat_=
      read -r beat_ <"$RUN/beat"
      tick_=$((tick_ + 1))
      case $beat_ in "$last_") ;; *) tick_=0 last_=$beat_ ;; esac
      case $beat_ in
        *w) [ "$tick_" -lt "$SILENCE" ] || { kill -s USR1 $$; break; } ;;
      esac
      sleep 1
      mark $$
    done
  ) </dev/null >/dev/null 2>&1 &
}

# words: wait for each word, never longer than the silence that was agreed.
words() {
  true >"$RUN/beat"
  watch
  while :; do
    printf w >>"$RUN/beat"
    IFS= read -r WORD || gone "the connection was lost"
    printf b >>"$RUN/beat"
    case $PHASE:$WORD in
      *:ping) ;;
      staged:stop) do_stop ;;
      staged:switch|stopped:switch) do_switch ;;
      switched:start) do_start ;;
      switched:check|started:check) do_check ;;
      checked:check) do_settle ;;
      started:stop|checked:stop|failed:stop) do_halt ;;
      switched:hold|started:hold|checked:hold) do_hold ;;
      held:commit) commit; leave ok commit committed ;;
      held:*) answer no "${WORD%%[!a-z]*}" held "the transaction is held already" ;;
      *:rollback) undo; leave "$UNDONE_OK" rollback "$UNDONE" "$WHY" ;;
      *) fail "${WORD%%[!a-z]*}" "this word is not due now" ;;
    esac
  done
}

do_stop() {
  note stop || { fail stop "$WHY"; return; }
  command_ stop "$STOP_SECONDS" || { fail stop "$WHY"; return; }
  [ ! -s "$RUN/in/stop" ] ||
    sed -n 's/^note: //p' "$out_" | while IFS= read -r line_; do log "$line_"; done
  note stopped
  answer ok stop stopped
}

do_switch() {
  switch_files || { fail switch "$WHY"; return; }
  note switched
  answer ok switch switched
}

do_start() {
  note start || { fail start "$WHY"; return; }
  clock
  STARTED=$CLOCK
  command_ start "$START_SECONDS" || { logs; fail start "$WHY"; return; }
  note started
  answer ok start started
}

# do_check: healthy now, not yet (the word comes again), or never.
do_check() {
  clock
  [ -n "$CHECK_UNTIL" ] || CHECK_UNTIL=$((CLOCK + CHECK_SECONDS))
  look_=$((CLOCK + LOOK_SECONDS))
  [ "$look_" -le "$CHECK_UNTIL" ] || look_=$CHECK_UNTIL
  healthy "$look_" "$CHECK_UNTIL"
  case $? in
    0) note checked; answer ok check checked; return ;;
    2) answer ok check waiting "$last_"; return ;;
  esac
  show "$RUN/out"; logs
  fail check "$WHY"
}

# do_settle: asked once more, it must have been healthy for as long as it takes to settle.
do_settle() {
  settled || { show "$RUN/out"; logs; fail check "$WHY"; return; }
  note checked
  answer ok check checked
}

do_hold() {
  note held || { fail hold "$WHY"; return; }
  answer ok hold held
}

# command_ NAME SECONDS: run one of the member's commands; its output is shown when it fails.
command_() {
  [ -s "$RUN/in/$1" ] || return 0
  limits
  out_=$RUN/out
  true 2>/dev/null >"$out_" || out_=/dev/null
  limited "$2" '. "$1"' "$RUN/in/$1" >"$out_" 2>&1
  code_=$?
  [ "$code_" != 0 ] || return 0
  last_=$(tail -n 1 "$out_" | cut -c1-300)
  WHY="$1 failed with status $code_${last_:+: $last_}"
  case $code_ in 124|137|143) WHY="$1 took longer than $2 seconds" ;; esac
  [ "$1" = check ] || show "$out_"
  return "$code_"
}

# healthy LOOK UNTIL: repeat the check each second until it passes (0), says dead or its time is over
# (1), or only this look is over (2); both are times of `clock`.
healthy() {
  while :; do
    clock
    left_=$(($2 - CLOCK))
    [ "$left_" -gt 0 ] || left_=1
    command_ check "$left_" && { clock; HEALTHY_SINCE=$CLOCK; life; LIFE=$THIS; return 0; }
    [ "$code_" != 3 ] || { WHY="the service is dead${last_:+: $last_}"; return 1; }
    clock
    [ "$CLOCK" -lt "$2" ] ||
      { WHY="not healthy within $CHECK_SECONDS seconds${last_:+: $last_}"; return 1; }
    [ "$CLOCK" -lt "$1" ] || return 2
    sleep 1
  done
}

# life: THIS is what a check that has passed says of the service's start, where it says any; WHOLE
# that it has nothing left to load which could end it.
life() {
  THIS= WHOLE=
  { [ -s "$RUN/in/check" ] && [ -s "$out_" ]; } || return 0
  THIS=$(sed -n 's/^life //p' "$out_" 2>/dev/null)
  WHOLE=$(sed -n 's/^whole$/&/p' "$out_" 2>/dev/null)
}

# patience: how long to watch a healthy service: where it came up slowly, it dies slowly too.  One
# that is whole gets the moment in which it would end by what it met last.
patience() {
  PATIENCE=$(((HEALTHY_SINCE - ${STARTED:-$HEALTHY_SINCE}) / 2))
  [ "$PATIENCE" -le $((SETTLE * 5)) ] || PATIENCE=$((SETTLE * 5))
  [ "$PATIENCE" -ge "$SETTLE" ] || PATIENCE=$SETTLE
  [ -z "$WHOLE" ] || [ "$PATIENCE" -le 2 ] || PATIENCE=2
}

# settled: it has been healthy for long enough, and still is.
settled() {
  until patience; clock; [ $((CLOCK - HEALTHY_SINCE)) -ge "$PATIENCE" ]; do
    sleep 1
    command_ check "$CHECK_SECONDS" || break
    life
  done
  if command_ check "$CHECK_SECONDS"; then
    life
    # Nothing said (a disk that is full keeps no word of a check) is no other start.
    case $THIS in ''|"${LIFE:-$THIS}") return 0 ;; esac
    WHY="it came up, but then died, and was started again"
    return 1
  fi
  WHY="it came up, but did not stay healthy for $PATIENCE seconds${last_:+: $last_}"
  [ "$code_" != 3 ] || WHY="it came up, but then died${last_:+: $last_}"
  return 1
}

logs() {
  [ -s "$RUN/in/logs" ] || return 0
  limits
  limited 10 '. "$1"' "$RUN/in/logs" >"$RUN/out" 2>&1
  show "$RUN/out"
}

# do_halt: before a group goes back its services stop again, in the order that the engine gives.
do_halt() {
  export UNDOING=1
  if [ "$SERVICE" = new ]; then
    note stop
    command_ stop "$STOP_SECONDS" || log "$WHY"
  fi
  PHASE=failed
  answer ok stop stopped
}

# undo: the old set is back and the service runs on it; UNDONE is the state that this leaves.
undo() {
  trap : HUP TERM USR1 PIPE
  export UNDOING=1
  UNDONE=untouched UNDONE_OK=ok WHY=
  if [ -n "$SWITCHED" ]; then
    UNDONE=restored
    note undoing
    WHY=
    put_back || {
      UNDONE=restored-down UNDONE_OK=no WHY="not every old file could be put back"
      log "$WHY"
      return 0
    }
  else
    drop_staged
  fi
  revive || { UNDONE=restored-down UNDONE_OK=no; log "after undoing: $WHY"; }
  rm -rf "$RUN/in" "$RUN/old" "$RUN/out" "$RUN/beat"
  why_undone_=$WHY
  if [ "$UNDONE" = untouched ]; then rm -rf "${RUN:?}"; else note "$UNDONE" && retire; fi
  WHY=$why_undone_
}

# revive: where the service was stopped or started by us, run it on the old set again.
revive() {
  [ "$SERVICE" != running ] || return 0
  [ "$UNDONE" != untouched ] || UNDONE=restored
  [ "$SERVICE" != new ] || command_ stop "$STOP_SECONDS" || log "$WHY"
  clock
  STARTED=$CLOCK
  command_ start "$START_SECONDS" || return 1
  clock
  until_=$((CLOCK + CHECK_SECONDS))
  { healthy "$until_" "$until_" && settled; } || { show "$RUN/out"; logs; return 1; }
  WHY=
}

# fail BARRIER TEXT: undo, say why, end.  Where others changed with us and our service was touched,
# all must go back at once: say why, and wait for the word.
fail() {
  if [ "$TOGETHER" = 1 ] && [ "$SERVICE" != running ]; then
    PHASE=failed
    answer no "${1:-word}" failed "$2"
    return
  fi
  why_=$2
  undo
  leave no "${1:-word}" "$UNDONE" "$why_${WHY:+; after undoing: $WHY}"
}

# gone REASON: nobody listens any more; before `hold` that means undo, after it nothing.
gone() {
  trap : HUP TERM USR1 PIPE
  [ "$PHASE" != held ] || leave
  reason_=$1
  log "$reason_"
  undo
  [ ! -d "$RUN" ] || printf '%s because %s\n' "$(date +%s)" "$reason_" >>"$RUN/journal"
  leave
}

commit() {
  trap : HUP TERM USR1 PIPE
  settle_files
  rm -rf "$RUN/in" "$RUN/out" "$RUN/back" "$RUN/beat"
  note done
  prune
}

# finish ROOT ID recover|forget OWNER: resolve by the journal what a lost run left, or drop the old
# bytes of one that has ended.
finish() {
  place "$1" "$2"
  trap : HUP TERM USR1 PIPE
  enter "$4" || { leave no rollback unknown "$WHY"; }
  [ -d "$RUN" ] || { leave ok rollback untouched "nothing is left of it"; }
  recall "$RUN"
  case $3:$PHASE in
    forget:done|forget:restored*) rm -rf "${RUN:?}"; leave ok commit committed ;;
    forget:*) leave no commit unknown "it has not ended" ;;
    *:done) leave ok commit committed ;;
    *:restored|*:untouched) leave ok rollback "$PHASE" ;;
    *:restored-down) leave no rollback restored-down ;;
    *:held) commit; leave ok commit committed ;;
  esac
  run_= group_id_= STOP_SECONDS=60 START_SECONDS=120 CHECK_SECONDS=90 SETTLE=0
  [ ! -f "$RUN/settings" ] || IFS=$TAB read -r run_ group_id_ STOP_SECONDS START_SECONDS \
    CHECK_SECONDS SETTLE rest_ <"$RUN/settings"
  case $SETTLE in ''|*[!0-9]*) SETTLE=0 ;; esac
  undo
  leave "$UNDONE_OK" rollback "$UNDONE" "$WHY"
}
