# Shared by the host scripts.  Sent on standard input and evaluated by a small bootstrap: nothing is
# installed on the host.  POSIX sh only: dash, bash, busybox ash, ksh93, zsh as sh.

set -u
set -f
umask 077
LC_ALL=C
PATH="${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
export LC_ALL PATH
# A redirection that fails ends the whole shell at a special builtin such as `:`; never at `true`.
NL='
'
TAB='	'
cd / || exit 70

have() { command -v "$1" >/dev/null 2>&1; }

# attempt TEXT COMMAND...: run a command; when it fails, WHY is the text with the tool's own reason.
attempt() {
  what_=$1
  shift
  said_=$("$@" 2>&1) && return 0
  reason "$said_"
  WHY=$what_${REASON:+: $REASON}
  return 1
}

# add TEXT FILE LINE: add a line to a file; when that fails, WHY is the text with the reason, which
# another file of the same folder gives: half a line must not be followed by a whole one.
add() {
  { printf '%s\n' "$3" >>"$2"; } 2>/dev/null && return 0
  ! attempt "$1" line_to "${2%/*}/out" "$3" || WHY=$1
  return 1
}

# line_to FILE LINE: add a line.
line_to() { printf '%s\n' "$2" >>"$1"; }

# reason WORDS: REASON is what a failed tool gives as the cause: behind the last colon it wrote.
reason() {
  REASON=
  rest_=$1$NL
  while [ -n "$rest_" ]; do
    line_=${rest_%%"$NL"*}
    rest_=${rest_#*"$NL"}
    case $line_ in *': '*) REASON=${line_##*: } ;; esac
  done
  case $REASON in *'No space left'*) REASON="$REASON (disk full)" ;; esac
}

# clock: CLOCK is seconds that only go on: a clock that is set meanwhile must not stop or hurry us.
clock() {
  CLOCK=
  [ ! -r /proc/uptime ] || IFS=' .' read -r CLOCK up_ </proc/uptime
  [ -n "$CLOCK" ] || CLOCK=$(date +%s)
}

# digest FILE: DIGEST becomes its SHA-256 in hex; `known_digest` takes it from the last `digests`.
if have sha256sum; then
  digest() { set -- $(sha256sum <"$1"); DIGEST=${1-}; }
elif have shasum; then
  digest() { set -- $(shasum -a 256 <"$1"); DIGEST=${1-}; }
else
  digest() { set -- $(openssl dgst -sha256 -r <"$1"); DIGEST=${1-}; }
fi

# digests FILE...: read many files with one process: DIGESTS are its lines, digest, blanks, name.
digests() {
  DIGESTS=$NL
  have sha256sum || return 0
  for file_ in "$@"; do
    shift
    [ ! -f "$file_" ] || set -- "$@" "$file_"
  done
  [ "$#" -gt 1 ] || return 0
  DIGESTS=$NL$(sha256sum -- "$@" 2>/dev/null)$NL
}

# known_digest FILE: as `digest`, from DIGESTS where it stands there and its name cannot mislead.
known_digest() {
  case $DIGESTS in
    *"  $1$NL"*)
      DIGEST=${DIGESTS%%"  $1$NL"*}
      DIGEST=${DIGEST##*"$NL"}
      case $DIGEST in *[!0-9a-f]*) ;; *) [ "${#DIGEST}" != 64 ] || return 0 ;; esac
      ;;
  esac
  digest "$1"
}

# facts FILE: F_OWNER, F_GROUP, F_MODE (octal), F_SIZE.  A colon separates: names may hold spaces.
# FACTS may hold the lines of many files, from `all_facts`; the name comes last.
FACTS=$NL
STAT_WORDS='%U:%G:%a:%s:%u:%g'
if stat -c %a / >/dev/null 2>&1; then
  all_facts() {
    FACTS=$NL
    [ "$#" -le 1 ] || FACTS=$NL$(stat -c "$STAT_WORDS/%n" -- "$@" 2>/dev/null)$NL
  }
  facts() {
    facts_=
    case $FACTS in
      *"/$1$NL"*)
        facts_=${FACTS%%"/$1$NL"*}
        facts_=${facts_##*"$NL"}
        ;;
    esac
    case $facts_ in ''|*/*) facts_=$(stat -c "$STAT_WORDS" -- "$1") || return 1 ;; esac
    IFS=: read -r F_OWNER F_GROUP F_MODE F_SIZE F_UID F_GID <<END_FACTS
$facts_
END_FACTS
    case $F_OWNER in UNKNOWN) F_OWNER=$F_UID ;; esac
    case $F_GROUP in UNKNOWN) F_GROUP=$F_GID ;; esac
  }
else
  all_facts() { :; }
  facts() {
    facts_=$(ls -ld -- "$1") || return 1
    set -- $facts_
    octal "$1"
    F_OWNER=$3 F_GROUP=$4 F_MODE=$OCTAL F_SIZE=$5
  }
fi

# octal -rw-r-----: OCTAL becomes 640.
octal() {
  octal_=0
  rest_=${1#?}
  for bit_ in 256 128 64 32 16 8 4 2 1; do
    char_=${rest_%"${rest_#?}"}
    rest_=${rest_#?}
    case $char_ in -|S|T) ;; *) octal_=$((octal_ + bit_)) ;; esac
    case $bit_$char_ in
      64[sS]) octal_=$((octal_ + 2048)) ;;
      8[sS]) octal_=$((octal_ + 1024)) ;;
      1[tT]) octal_=$((octal_ + 512)) ;;
    esac
  done
  OCTAL=$(printf '%o' "$octal_")
}

# mark PID: MARK tells this process from any other that had or will have its number; empty when
# there is no such process (a zombie counts as none).
mark() {
  MARK=
  if [ -r "/proc/$1/stat" ]; then
    mark_=
    { IFS= read -r mark_ <"/proc/$1/stat"; } 2>/dev/null || return 0
    close_=') '
    set -- ${mark_##*"$close_"}
    case ${1:-Z} in Z|X|x) return 0 ;; esac
    boot_=
    [ ! -r /proc/sys/kernel/random/boot_id ] ||
      IFS= read -r boot_ </proc/sys/kernel/random/boot_id
    shift 19
    MARK=$boot_/$1
  elif [ ! -d /proc/self ] && kill -0 "$1" 2>/dev/null; then
    MARK=$(ps -o lstart= -p "$1" 2>/dev/null | tr -s ' \t' '__')
  fi
}

# after SECONDS SIGNAL TARGET: in the background, send a signal later, if the process (or group,
# with a minus) is still the one that it was; ends by itself soon after the process.  It is never
# told to stop: a signal to a shell that has just been forked may be lost.
after() {
  (
    mark "${3#-}"
    then_=$MARK tick_=0
    while [ -n "$MARK" ] && [ "$MARK" = "$then_" ]; do
      [ "$tick_" -lt "$1" ] || { kill -s "$2" -- "$3"; break; }
      sleep 1
      tick_=$((tick_ + 1))
      mark "${3#-}"
    done
  ) </dev/null >/dev/null 2>&1 &
}

# limits: find out once how a time limit is kept here; to be called before `limited`, in this shell.
LIMITS=
limits() {
  [ -z "$LIMITS" ] || return 0
  LIMITS=ours
  ! timeout -k 1 5 true >/dev/null 2>&1 || LIMITS=timeout
}

# limited SECONDS SNIPPET [ARGUMENTS]: run a snippet with a time limit, away from our standard
# input; the status is the snippet's, 124 or more when it was too slow.
limited() {
  limit_=$1 snippet_=$2 group_=
  shift 2
  if [ "$LIMITS" = timeout ]; then
    (umask 022; exec timeout -k 5 "$limit_" sh -c "$snippet_" sh "$@") </dev/null
    return
  fi
  if have setsid; then
    (umask 022; exec setsid sh -c "$snippet_" sh "$@") </dev/null &
    group_=-
  else
    (umask 022; exec sh -c "$snippet_" sh "$@") </dev/null &
  fi
  child_=$!
  after "$limit_" KILL "$group_$child_"
  wait "$child_"
}
