"""Try everything without a server: `python -P -m app.demo`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.demo.active import run_is_active
from app.demo.front import clear, command_line, start, stop, wizard
from app.demo.headless import journey
from app.demo.place import Place
from app.errors import Exit, TlswrightError
from app.quoting import sh_words


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; answers an exit code of the command line."""
    asked = _parser().parse_args(arguments)
    directory = asked.dir.resolve()
    try:
        if asked.stop:
            return _stop(directory)
        if asked.headless:
            clear(directory / "headless")
            return _use(Place(directory / "headless"), asked.keep, headless=True)
        if asked.fresh:
            clear(directory)
        return _use(Place(directory), asked.keep, headless=False)
    except TlswrightError as error:
        _say(f"demo: {error}" + (f"\n  {error.hint}" if error.hint else ""))
        return int(error.exit_code)
    except KeyboardInterrupt:
        _say("demo: interrupted; the demo hosts end when no run needs them")
        return int(Exit.INTERRUPTED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tlswright demo",
        description="Three hosts on loopback, each a folder with an SSH server and a small broker, "
        "and a ready-made site over them.",
    )
    parser.add_argument("--dir", type=Path, default=Path(".demo"), help="where it all is kept")
    parser.add_argument(
        "--headless", action="store_true", help="plan, apply and verify on new hosts, no screen"
    )
    parser.add_argument("--keep", action="store_true", help="leave the hosts up afterwards")
    parser.add_argument("--fresh", action="store_true", help="forget the earlier demo first")
    parser.add_argument("--stop", action="store_true", help="end hosts that were kept")
    return parser


def _use(place: Place, keep: bool, *, headless: bool) -> int:
    """Hold the hosts while the journey or the wizard lasts."""
    with place.lock("front", shared=True, wait=True):
        start(place)
        if keep:
            place.keep.touch()
        code = journey(place, _say) if headless else wizard(place)
    if place.keep.exists():
        again = sh_words(*command_line(place))
        _say(f"The demo hosts stay up. The site: {place.site}\n  {again}\n  end them with --stop")
    elif run_is_active(place.site):
        _say("A run is still active; the demo hosts end with it. Start the demo again to see it.")
    elif not place.used():
        stop(place)
    return code


def _stop(directory: Path) -> int:
    places = [p for p in (Place(directory), Place(directory / "headless")) if p.dir.exists()]
    ended = [stop(place) for place in places]
    _say("The demo hosts have ended." if any(ended) else "No demo hosts are up.")
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
