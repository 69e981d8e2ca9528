#!/bin/sh
# Starts and stops the broker of this demo host, with the verbs of Debian's script.
# As there, start and stop always answer 0; status answers 3 when nothing runs.
ROOT=@ROOT@
PYTHON=@PYTHON@
PIDFILE=$ROOT/run/activemq/main.pid

alive() {
    kill -0 "$pid" 2>/dev/null || return 1
    # A dead process that nobody has collected yet still takes signals.
    case $(cat "/proc/$pid/stat" 2>/dev/null) in *") Z "*) return 1 ;; esac
}

running() {
    [ -f "$PIDFILE" ] || return 1
    pid=$(cat "$PIDFILE" 2>/dev/null) && [ -n "$pid" ] && alive
}

start() {
    if running; then echo "main (running)"; return; fi
    if "$PYTHON" -P -m app.demo.broker --root "$ROOT"; then
        echo "main (running)"
    else
        echo "main (failed?)"
    fi
}

stop() {
    if running; then
        kill -TERM "$pid" 2>/dev/null
        tries=0
        # It takes its pid file away a moment before it ends.
        while alive && [ "$tries" -lt 200 ]; do
            tries=$((tries + 1))
            [ "$tries" -gt 100 ] && kill -KILL "$pid" 2>/dev/null
            sleep 0.05
        done
    fi
    rm -f "$PIDFILE"
    echo "main (stopped)"
}

case "$1" in
start) start ;;
stop) stop ;;
restart | force-reload) stop; start ;;
status)
    if running; then echo "main (running)"; exit 0; fi
    echo "main (stopped)"
    tail -n 20 "$ROOT/var/lib/activemq/main/data/activemq.log" 2>/dev/null | grep "Caused by:"
    exit 3 ;;
*) echo "Usage: $0 {start|stop|restart|force-reload|status}" >&2; exit 1 ;;
esac
exit 0
