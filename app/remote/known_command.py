"""Ask the command of KnownHostsCommand for host keys, as directories of machines give them.

It is run as ssh runs it: by itself and without a shell, once before the key exchange (the types
that it names are asked for first) and once more about the key that was offered.  What it prints
are lines of known_hosts; one that fails lets nobody in.  After `load_hostkeys_command` in
sshconnect.c.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import Final

from app.quoting import calm
from app.remote.known_hosts import HostKey, KnownHosts
from app.remote.sshconf.tokens import Call

SECONDS: Final = 30.0
MOST: Final = 1 << 20


class CommandFailed(Exception):
    """Say in a few words why the command gave no answer."""


@dataclass(frozen=True, slots=True)
class KnownCommand:
    """Hold the command's words, and what stands for their tokens."""

    words: tuple[str, ...]
    call: Call

    def words_for(self, name: str, offered: HostKey | None) -> list[str]:
        """Fill in the tokens; raises TokenError for one that nobody knows."""
        more = {
            "H": name,
            "I": "HOSTNAME" if offered else "ORDER",
            "t": offered.type if offered else "NONE",
            "f": offered.fingerprint if offered else "NONE",
            "K": offered.blob if offered else "NONE",
        }
        return [self.call.fill(word, dollar=False, more=more) for word in self.words]

    def ask(self, name: str, offered: HostKey | None = None) -> KnownHosts:
        """Give the lines for a name of known_hosts; raises CommandFailed.

        Without a key the types of keys that are known are asked for.
        """
        try:
            done = subprocess.run(
                self.words_for(name, offered), stdin=subprocess.DEVNULL, capture_output=True,
                timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise CommandFailed(f"took longer than {SECONDS:.0f} seconds") from None
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise CommandFailed(f"cannot be run: {why}") from None
        if done.returncode != 0:
            said = " ".join(calm(done.stderr.decode("utf-8", "replace"), 300).split())
            raise CommandFailed(f"ended with {done.returncode}{': ' if said else ''}{said}")
        if len(done.stdout) > MOST:
            raise CommandFailed("said more than a mebibyte")
        return KnownHosts.parse(done.stdout.decode("utf-8", "replace"))
