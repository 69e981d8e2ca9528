# Answer a survey.  Reads only, takes no lock, leaves nothing behind.  Each line is a tag and a
# value; lines that begin with a blank are bytes in hex, so that nothing read can forge a line.

# say WORD...: a line as it is; `echo` of some shells makes others of what stands behind a backslash.
say() { printf '%s\n' "$*"; }

# lacks GROUP...: say of which groups, such as `od|hexdump`, this host has no tool; true when of one.
# Without /proc or a ps that knows starting times no process can be told from a later one.
lacks() {
  lacks_=1
  mark $$
  [ -n "$MARK" ] || { echo "lacks /proc"; lacks_=0; }
  for group_ in "$@"; do
    rest_=$group_\| there_=
    while [ -n "$rest_" ]; do
      ! have "${rest_%%\|*}" || there_=1
      rest_=${rest_#*\|}
    done
    [ -n "$there_" ] || { echo "lacks $group_"; lacks_=0; }
  done
  return "$lacks_"
}

# survey ROOT GROUP...: what is true of the host as a whole; all ends here where a tool lacks.
survey() {
  place "$1" -
  shift
  if lacks "$@"; then
    echo end
    exit 0
  fi
  BASE=
  [ -z "$ROOT" ] || BASE=$(cd -P -- "$ROOT" 2>/dev/null && pwd -P)
  echo "time $(date +%s.%N)"
  say "user $(id -un)"
  [ -n "$ROOT" ] || [ "$(id -u)" = 0 ] || echo powerless
  release_=$ROOT/etc/os-release
  [ -f "$release_" ] || release_=/etc/os-release
  system_=
  [ ! -r "$release_" ] || while IFS= read -r line_ && [ -z "$system_" ]; do
    case $line_ in PRETTY_NAME=*) system_=${line_#*=} ;; esac
  done <"$release_"
  system_=${system_#[\"\']}
  say "system ${system_%[\"\']}"
  for tool_ in openssl java keytool systemctl tar sha256sum sudo runuser ss; do
    printf 'tool %s ' "$tool_"
    command -v "$tool_" 2>/dev/null || echo
  done
  at_=$STATE
  while [ ! -d "${at_:-/}" ]; do at_=${at_%/*}; done
  set -- $(df -Pk "${at_:-/}" 2>/dev/null)
  [ "$#" -lt 7 ] || shift 7  # the words of its first line
  case ${4:-none} in *[!0-9]*) ;; *) echo "free $4" ;; esac
  unfinished
  for id_ in $UNFINISHED; do say "unfinished $id_"; done
}

# bytes: standard input in hex, 1 MiB at most; each line begins with a blank.
if have od; then
  case $(printf a | od -An -v -tx1 -N 9 2>/dev/null) in
    ' '*61*) bytes() { od -An -v -tx1 -N 1048576; } ;;
    *) bytes() { head -c 1048576 | od -An -v -tx1 | sed 's/^[^ ]/ &/'; } ;;
  esac
elif have hexdump; then bytes() { head -c 1048576 | hexdump -v -e '32/1 " %02x" "\n"'; }
else bytes() { head -c 1048576 | xxd -p | sed 's/^/ /'; }
fi

# look text|digest PATH...: what stands at each path; a path that is a pattern may match none.
look() {
  how_=$1
  shift
  all_facts "$@"
  DIGESTS=$NL
  [ "$how_" = text ] || digests "$@"
  for path_ in "$@"; do
    case $path_ in *[[:cntrl:]]*) continue ;; esac
    say "file ${path_#"$ROOT"}"
    if [ ! -e "$path_" ]; then
      [ ! -L "$path_" ] || echo "type symlink"
      continue
    fi
    real
    case $REAL in *[[:cntrl:]]*) continue ;; esac
    say "real ${REAL#"$BASE"}"
    look_at
  done
}

# real: REAL becomes the path without links.
real() {
  if [ -L "$path_" ] || [ -z "${path_##*/}" ] || ! cd -P -- "${path_%/*}/" 2>/dev/null; then
    REAL=$(readlink -f -- "$path_" 2>/dev/null) || REAL=$path_
    return
  fi
  REAL=${PWD%/}/${path_##*/}
  cd /
}

look_at() {
  if [ -d "$REAL" ]; then echo "type directory"
  elif [ -f "$REAL" ]; then echo "type file"
  else echo "type other"
  fi
  facts "$REAL" 2>/dev/null || return 0
  if [ -n "$ROOT" ] && [ -f "$STATE/owners" ]; then
    while IFS="$TAB" read -r o_ g_ p_; do
      [ "$p_" != "${path_#"$ROOT"}" ] || F_OWNER=$o_ F_GROUP=$g_
    done <"$STATE/owners"
  fi
  say "stat $F_MODE $F_SIZE $F_OWNER:$F_GROUP"
  [ -f "$REAL" ] || return 0
  if [ "$how_" = text ] && [ "$F_SIZE" -le 1048576 ] && [ -r "$REAL" ]; then
    echo "data"
    bytes <"$REAL"
  else
    known_digest "$REAL" 2>/dev/null
    echo "sha256 $DIGEST"
  fi
}

# ask INDEX SECONDS SNIPPET: run it, give its output, status and errors.
ask() {
  limits
  echo "command $1"
  exec 3>&1
  err_=$({ { limited "$2" "$3" 3>&-; printf '\n%s' "$?" >&2; } | bytes >&3; } 2>&1)
  exec 3>&-
  echo "code ${err_##*"$NL"}"
  err_=${err_%"$NL"*}
  [ -z "$err_" ] || printf '%s' "$err_" | head -c 65536 | bytes
}

# seek INDEX SECONDS SNIPPET: ask, and look at what its lines `text PATH` and `digest PATH` name.
seek() {
  limits
  echo "command $1"
  said_=$(limited "$2" "$3" 2>/dev/null | head -c 65536)
  printf '%s\n' "$said_" | bytes
  echo "code 0"
  printf '%s\n' "$said_" | grep -E '^(text|digest) /' | head -n 200 | while IFS= read -r line_; do
    look "${line_%% *}" "$ROOT${line_#* }"
  done
}
