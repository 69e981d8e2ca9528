# The files of one transaction: judged and staged beside their targets.
#
# $RUN/in        what was sent: manifest, f<n> bytes, t<n> tests, stop, start, check, logs
# $RUN/table     one line a target (see `row`), written before anything is touched; `back` is the
#                same in reverse order
# $RUN/old/<n>   the old bytes with owner and mode, kept for a later restore
# $RUN/dirs      directories that we made, the outermost first
# beside target  .tlswright.ID.N the new file, .tlswright.ID.N.old a link to the old one, so that
#                undoing needs renames only and no space on the disk

# receive BYTES SHA256: read exactly the payload from standard input and unpack it.
receive() {
  attempt "cannot write to $RUN" mkdir "$RUN/in" "$RUN/old" || return 1
  attempt "cannot store the payload in $RUN" take "$1" || return 1
  digest "$RUN/payload"
  [ "$DIGEST" = "$2" ] || {
    got_=$(wc -c <"$RUN/payload")
    WHY="the payload was damaged on the way"
    [ "$((got_))" -eq "$1" ] || WHY="the payload was cut: $((got_)) of $1 bytes"
    return 1
  }
  attempt "cannot unpack the payload in $RUN" tar -xof "$RUN/payload" -C "$RUN/in"
}

# take BYTES: write so many bytes of standard input into the payload.
take() {
  if [ "${FULLBLOCK-}" = y ]; then
    dd bs=512 iflag=fullblock count=$(($1 / 512)) >"$RUN/payload"
  else
    dd ibs=1 obs=4096 count="$1" >"$RUN/payload"
  fi
}

# row: read one line of the table from standard input.
row() {
  IFS=$TAB read -r N ACTION SAME OLD NEW SOURCE OWNER GROUP MODE TEST TARGET REAL || return 1
  NEXT=${REAL%/*}/.tlswright.$ID.$N
  BACK=$NEXT.old
}

# weigh: judge every target of the manifest before anything is touched, and write the table.
weigh() {
  seen_=$NL back_= CHANGES=0
  attempt "cannot write to $RUN" touch "$RUN/table" || return 1
  survey_targets
  while IFS=$TAB read -r N ACTION MODE OWNER GROUP NEW FROM EXPECT TEST TARGET; do
    SOURCE=$RUN/in/f$N SAME=0
    resolve || return 1
    case $seen_ in *"$NL$REAL$NL"*) WHY="$TARGET is named twice"; return 1 ;; esac
    seen_=$seen_$REAL$NL
    current || return 1
    OLD=$NOW
    case ,$EXPECT, in
      *",$OLD,"*) ;;
      *) WHY="$TARGET is not as expected: it is $OLD"; return 1 ;;
    esac
    [ "$ACTION" != restore ] || recollect || return 1
    keep_owner
    if same; then SAME=1; else CHANGES=1; fi
    row_=$N$TAB$ACTION$TAB$SAME$TAB$OLD$TAB$NEW
    row_=$row_$TAB$SOURCE$TAB$OWNER$TAB$GROUP$TAB$MODE$TAB$TEST$TAB$TARGET$TAB$REAL
    add "cannot write to $RUN" "$RUN/table" "$row_" || return 1
    back_=$row_${back_:+$NL}$back_
  done <"$RUN/in/manifest"
  unknown
  [ -z "$back_" ] || add "cannot write to $RUN" "$RUN/back" "$back_"
}

# survey_targets: read all targets with one process each for bytes and modes; what a link hides is
# read by itself.
survey_targets() {
  set --
  while IFS=$TAB read -r n_ a_ m_ o_ g_ s_ f_ e_ t_ path_; do
    [ ! -f "$ROOT$path_" ] || [ -L "$ROOT$path_" ] || set -- "$@" "$ROOT$path_"
  done <"$RUN/in/manifest"
  digests "$@"
  all_facts "$@"
}

# unknown: what was read of many files at once is old by now.
unknown() { DIGESTS=$NL FACTS=$NL; }

# resolve: REAL becomes the file behind TARGET; links are followed, and never out of $ROOT.
resolve() {
  REAL=$ROOT$TARGET
  if [ -L "$REAL" ]; then
    REAL=$(readlink -f -- "$REAL") || REAL=
    { [ -n "$REAL" ] && [ -e "$REAL" ]; } || { WHY="$TARGET is a dangling link"; return 1; }
  fi
  [ ! -d "$REAL" ] || { WHY="$TARGET is a directory"; return 1; }
  [ ! -e "$REAL" ] || [ -f "$REAL" ] || { WHY="$TARGET is not a regular file"; return 1; }
  case $REAL in *[[:cntrl:]]*) WHY="$TARGET leads to a name that is not safe"; return 1 ;; esac
  above_=${REAL%/*}
  while [ ! -d "${above_:-/}" ]; do above_=${above_%/*}; done
  if [ -n "$ROOT" ]; then
    case $(cd -P -- "$above_" && pwd -P)/ in
      "$BASE"/*) ;;
      *) WHY="$TARGET leads out of $ROOT"; return 1 ;;
    esac
  fi
}

# current: NOW becomes the digest of REAL, or `absent`.
current() {
  NOW=absent
  [ -e "$REAL" ] || return 0
  known_digest "$REAL" 2>/dev/null
  NOW=$DIGEST
  [ -n "$NOW" ] || { WHY="$TARGET cannot be read"; return 1; }
}

# recollect: turn a restore into a put or a delete by the table of the transaction FROM.
recollect() {
  there_=$STATE/runs/$FROM found_= was_=
  if [ -f "$there_/table" ] && [ -d "$there_/old" ]; then
    while IFS=$TAB read -r n_ a_ s_ o_ w_ x_ y_ z_ m_ t_ path_ real_; do
      [ "$path_" != "$TARGET" ] || found_=$n_ was_=$o_
    done <"$there_/table"
  fi
  [ -n "$found_" ] || { WHY="this host no longer keeps what $FROM found at $TARGET"; return 1; }
  NEW=$was_ OWNER=- GROUP=- MODE=- SOURCE=-
  ACTION=delete
  [ "$was_" != absent ] || return 0
  ACTION=put SOURCE=$there_/old/$found_
  digest "$SOURCE" 2>/dev/null
  [ "$DIGEST" = "$was_" ] || { WHY="the bytes that $FROM kept of $TARGET are damaged"; return 1; }
  facts "$SOURCE" || return 1
  OWNER=$F_OWNER GROUP=$F_GROUP MODE=$F_MODE
  [ -z "$ROOT" ] || { recorded "$there_/owners"; OWNER=$R_OWNER GROUP=$R_GROUP; }
}

# recorded FILE: R_OWNER and R_GROUP of TARGET in a list of owners; `-` when not listed.
recorded() {
  R_OWNER=- R_GROUP=-
  [ -f "$1" ] || return 0
  while IFS=$TAB read -r o_ g_ p_; do
    [ "$p_" != "$TARGET" ] || R_OWNER=$o_ R_GROUP=$g_
  done <"$1"
}

# keep_owner: where no owner, group or mode is wanted the found one stays.
keep_owner() {
  F_OWNER=- F_GROUP=- F_MODE=
  [ "$OLD" = absent ] || facts "$REAL"
  [ -z "$ROOT" ] || { recorded "$STATE/owners"; F_OWNER=$R_OWNER F_GROUP=$R_GROUP; }
  [ "$OWNER" != - ] || OWNER=$F_OWNER
  [ "$GROUP" != - ] || GROUP=$F_GROUP
}

# same: true when nothing is to be written.
same() {
  [ "$OLD" = "$NEW" ] || return 1
  [ "$ACTION" = put ] || return 0
  [ "$OWNER:$GROUP:$MODE" = "$F_OWNER:$F_GROUP:$F_MODE" ]
}

# stage_files: write everything that will be renamed, and keep the old bytes.
stage_files() {
  set --
  while row; do
    keep_old || return 1
    new || continue
    parents || return 1
    # The first byte goes into a new file that is ours alone; then owner, mode, and only later the
    # name.
    attempt "cannot write beside $TARGET" lay "$SOURCE" "$NEXT" || return 1
    set -- "$@" "$NEXT"
  done <"$RUN/table"
  read_back "$@" || return 1
  [ "$#" = 0 ] || flush "$@" || { WHY="what was written beside the targets does not last"; return 1; }
  [ -z "$ROOT" ] || { touch "$STATE/owners" && cp -p "$STATE/owners" "$RUN/owners"; } || return 1
  set +f
  rm -f "$RUN/payload" "$RUN"/in/f*
  set -f
}

# new: true for a target that gets a new file.
new() { [ "$ACTION" = put ] && [ "$SAME" = 0 ]; }

keep_old() {
  [ "$OLD" != absent ] || return 0
  attempt "cannot keep the old $TARGET" cp -p "$REAL" "$RUN/old/$N" || return 1
  [ "$SAME" = 1 ] || ln "$REAL" "$BACK" 2>/dev/null || back_up
}

# read_back NEW...: judge what lies on the disk now, old bytes and new ones.
read_back() {
  all_facts "$@"
  while row; do
    [ "$OLD" = absent ] || set -- "$@" "$RUN/old/$N"
  done <"$RUN/table"
  digests "$@"
  while row; do
    if [ "$OLD" != absent ]; then
      known_digest "$RUN/old/$N"
      [ "$DIGEST" = "$OLD" ] ||
        { WHY="$TARGET was changed by somebody while we were staging"; return 1; }
    fi
    ! new || dress || return 1
  done <"$RUN/table"
  unknown
}

# dress: the new file gets its owner and mode, and is judged.
dress() {
  known_digest "$NEXT"
  [ "$DIGEST" = "$NEW" ] || { WHY="what was written beside $TARGET reads back differently"; return 1; }
  F_OWNER= F_GROUP= F_MODE=
  facts "$NEXT"
  case ${OWNER#-}:${GROUP#-} in
    "$F_OWNER:$F_GROUP"|:"$F_GROUP"|"$F_OWNER":|:) ;;
    *)
      own "$NEXT" || { WHY="cannot give $TARGET to $OWNER:$GROUP: is there such a user?"; return 1; }
      ;;
  esac
  [ "$MODE" = "$F_MODE" ] || chmod "$MODE" "$NEXT" ||
    { WHY="cannot set mode $MODE on $TARGET"; return 1; }
  [ "$TEST" = 0 ] || judge
}

# lay SOURCE NEW: make a new file; ends its shell.
lay() {
  set -C
  exec cat "$1" >"$2"
}

# back_up: where the old file takes no second name it is copied, if it can be replaced at all.
back_up() {
  flags_=$(lsattr -d -- "$REAL" 2>/dev/null)
  case ${flags_%% *} in
    *[ai]*) WHY="$TARGET is immutable or append-only: see chattr"; return 1 ;;
  esac
  attempt "cannot keep the old $TARGET beside it" cp -p "$REAL" "$BACK"
}

own() {
  [ -z "$ROOT" ] || return 0
  case $OWNER:$GROUP in
    -:-) ;;
    -:*) chown -h ":$GROUP" "$1" ;;
    *:-) chown -h "$OWNER" "$1" ;;
    *) chown -h "$OWNER:$GROUP" "$1" ;;
  esac 2>/dev/null
}

# judge: let the entry's own test look at the staged file.
judge() {
  limits
  limited 30 'test_=$1; shift; . "$test_"' "$RUN/in/t$N" "$NEXT" >"$RUN/out" 2>&1 && return 0
  show "$RUN/out"
  WHY="the test of the new $TARGET refused it: $(tail -n 1 "$RUN/out")"
  return 1
}

# parents: make the directories above REAL that are missing, and remember them.
parents() {
  above_=${REAL%/*} missing_=
  while [ ! -d "${above_:-/}" ]; do
    missing_=$above_$NL$missing_
    above_=${above_%/*}
  done
  [ -n "$missing_" ] || return 0
  while IFS= read -r dir_; do
    [ -n "$dir_" ] || continue
    attempt "cannot write to $RUN" line_to "$RUN/dirs" "$dir_" || return 1
    attempt "cannot make the directory ${dir_#"$ROOT"}" make_dir "$dir_" || return 1
  done <<END_DIRS
$missing_
END_DIRS
}

make_dir() {
  mkdir "$1" && { [ -n "$ROOT" ] || [ "$GROUP" = - ] || chgrp "$GROUP" "$1"; } && chmod 750 "$1"
}
