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
  [ ! -r /proc/uptime ] || IFS=' .' read -r CLOCK rest_ </proc/uptime
  [ -n "$CLOCK" ] || CLOCK=$(date +%s)
}

# digest FILE: DIGEST becomes its SHA-256 in hex.
if have sha256sum; then hash_stdin() { sha256sum; }
elif have shasum; then hash_stdin() { shasum -a 256; }
else hash_stdin() { openssl dgst -sha256 -r; }
fi
digest() {
  DIGEST=
  set -- $(hash_stdin <"$1")
  DIGEST=${1-}
}

# facts FILE: F_OWNER, F_GROUP, F_MODE (octal), F_SIZE.  A colon separates: names may hold spaces.
if stat -c %a / >/dev/null 2>&1; then
  facts() {
    facts_=$(stat -c '%U:%G:%a:%s:%u:%g' -- "$1") || return 1
    IFS=: read -r F_OWNER F_GROUP F_MODE F_SIZE F_UID F_GID <<END_FACTS
$facts_
END_FACTS
    case $F_OWNER in UNKNOWN) F_OWNER=$F_UID ;; esac
    case $F_GROUP in UNKNOWN) F_GROUP=$F_GID ;; esac
  }
else
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

# limited SECONDS SNIPPET [ARGUMENTS]: run a snippet with a time limit, away from our standard
# input; the status is the snippet's, 124 or more when it was too slow.
if timeout -k 1 5 true >/dev/null 2>&1; then
  limited() {
    limit_=$1 snippet_=$2
    shift 2
    (umask 022; exec timeout -k 5 "$limit_" sh -c "$snippet_" sh "$@") </dev/null
  }
else
  limited() {
    limit_=$1 snippet_=$2 group_=
    shift 2
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
fi
