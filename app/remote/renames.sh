# The staged files of a transaction are renamed into place, stay, or go back: see files.sh.

# switch_files: look once more, then rename all in order.
switch_files() {
  set --
  while row; do [ "$SAME" = 1 ] || set -- "$@" "$REAL"; done <"$RUN/table"
  digests "$@"
  set --
  while row; do
    [ "$SAME" = 0 ] || continue
    current || { unknown; return 1; }
    [ "$NOW" = "$OLD" ] ||
      { unknown; WHY="$TARGET was changed by somebody while we were staging"; return 1; }
    ! new || set -- "$@" "$NEXT"
  done <"$RUN/table"
  unknown
  note live || return 1
  [ "$#" = 0 ] || touch "$@" 2>/dev/null  # a file that cannot be touched cannot be renamed either
  set --
  seen_=$NL
  while row; do
    [ "$SAME" = 0 ] || continue
    case $ACTION in
      put) attempt "cannot rename $TARGET into place" mv -f "$NEXT" "$REAL" ;;
      delete) attempt "cannot delete $TARGET" rm -f "$REAL" ;;
    esac || return 1
    [ -z "$ROOT" ] || [ "$ACTION" != put ] ||
      printf '%s\t%s\t%s\n' "$OWNER" "$GROUP" "$TARGET" >>"$STATE/owners"
    case $seen_ in
      *"$NL${REAL%/*}$NL"*) ;;
      *) seen_=$seen_${REAL%/*}$NL; set -- "$@" "${REAL%/*}" ;;
    esac
  done <"$RUN/table"
  [ "$#" = 0 ] || flush "$@"
}

# drop_staged: nothing was renamed; take away what stands beside the targets.
drop_staged() {
  [ -f "$RUN/table" ] || return 0
  while row; do rm -f "$NEXT" "$BACK"; done <"$RUN/table"
  drop_dirs "$RUN/dirs"
}

# put_back: the old set again, the last renamed first, with fresh times; false when one failed.
put_back() {
  unknown
  bad_=0
  while row; do
    [ "$SAME" = 0 ] || continue
    if [ "$OLD" = absent ]; then rm -f "$REAL"
    else back_one
    fi || bad_=1
    rm -f "$NEXT" "$BACK"
    [ ! -d "${REAL%/*}" ] || flush "${REAL%/*}"
  done 2>/dev/null <"$RUN/back"
  drop_dirs "$RUN/dirs"
  [ ! -f "$RUN/owners" ] || cp -p "$RUN/owners" "$STATE/owners"
  return "$bad_"
}

back_one() {
  if [ -f "$BACK" ]; then
    touch "$BACK"
    mv -f "$BACK" "$REAL"
  elif current && [ "$NOW" != "$OLD" ]; then
    rm -f "$NEXT"
    cp -p "$RUN/old/$N" "$NEXT" && touch "$NEXT" && mv -f "$NEXT" "$REAL"
  fi
  current && [ "$NOW" = "$OLD" ]
}

# drop_dirs LIST: take away directories that we made and nobody uses, the innermost first.
drop_dirs() {
  [ -f "$1" ] || return 0
  sed '1!G;h;$!d' "$1" | while IFS= read -r dir_; do rmdir "$dir_" 2>/dev/null; done
}

# settle_files: the new set stays; the links to the old one go.
settle_files() {
  set --
  while row; do [ "$OLD" = absent ] || set -- "$@" "$BACK"; done <"$RUN/table"
  [ "$#" = 0 ] || rm -f -- "$@"
  while IFS=$TAB read -r n_ a_ m_ o_ g_ s_ from_ rest_; do
    [ "$a_" != restore ] || drop_dirs "$STATE/runs/$from_/dirs"
  done <"$RUN/in/manifest"
}
