"""What every verb is given: the site directory, the terminal, and how to come by secrets."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.account import expand
from app.cli.terminal import Terminal
from app.errors import HostError, HostKeyError, HostsError, LoginError, UsageError
from app.model import Site
from app.pki.secret import Secret
from app.site.places import Places

if TYPE_CHECKING:
    from app.engine.front import Front
    from app.engine.request import Answers
    from app.remote.base import Logins

T = TypeVar("T")


@dataclass(slots=True)
class Context:
    """Hold the parsed flags with what they lead to."""

    flags: argparse.Namespace
    terminal: Terminal
    environ: Mapping[str, str]
    directory: Path

    @property
    def places(self) -> Places:
        """Give the places of the site directory."""
        return Places(self.directory)

    def front(self) -> Front:
        """Give the engine's front."""
        from app.engine.front import Front

        return Front(self.directory)

    def site(self) -> Site:
        """Read site.yaml."""
        from app.site.load import load_site

        if not self.places.site.exists():
            raise UsageError(
                f"there is no site in {self.directory}",
                hint="`tlswright init` makes one; -C DIR names another directory.",
            )
        return load_site(self.places.site)

    def answers(self, *, confirm: bool = False, needed: bool = True) -> Answers:
        """Come by the vault's passphrase and what logins need, in the documented order."""
        from app.engine.request import Answers

        passphrase = self.passphrase(confirm=confirm) if needed else None
        return Answers(passphrase, self._logins())

    def with_vault(self) -> Answers:
        """Come by the passphrase; a site that has no vault yet gets one."""
        fresh = not self.places.vault.exists()
        answers = self.answers(confirm=fresh)
        if fresh and answers.passphrase is not None:
            self.front().create_vault(self.site(), answers.passphrase)
        return answers

    def passphrase(self, *, confirm: bool = False) -> Secret:
        """Find the vault's passphrase; raises UsageError that names the flags."""
        from app.pki.passphrase import PassphraseOptions, find_passphrase

        file = self.flags.passphrase_file
        options = PassphraseOptions(
            file=Path(file) if file else None, fd=self.flags.passphrase_fd, confirm=confirm
        )
        prompt = self.terminal.secret if self.terminal.interactive else None
        return find_passphrase(options, self.environ, _prompt(prompt))

    def other_secret(self, file: str | None, question: str, flag: str) -> Secret:
        """Come by another secret: from the file that `flag` names, or at the terminal, twice."""
        from app.pki.passphrase import PassphraseOptions, find_passphrase

        if file:
            return find_passphrase(PassphraseOptions(file=Path(file), flag=flag), {}, None)
        if not self.terminal.interactive:
            raise UsageError(f"{question} is needed", hint=f"Without a terminal, give {flag} FILE.")
        first = self.terminal.secret(question)
        if self.terminal.secret("The same again") != first:
            raise UsageError("the two differ", hint="Type it again.")
        return first

    def _logins(self) -> Logins:
        """Read the files that the flags name: each for every host, or `NAME=FILE` for one."""
        from app.remote.base import Logins

        flags = self.flags
        given = (flags.password_file, flags.sudo_password_file, flags.key_passphrase_file)
        if not any(given):
            return Logins()
        from app.engine.opening import machines

        names, keys = machines(self.site())
        return Logins(
            self._files("--password-file", flags.password_file, names),
            self._files("--sudo-password-file", flags.sudo_password_file, self.site().hosts),
            self._files("--key-passphrase-file", flags.key_passphrase_file, keys),
        )

    def _files(
        self, flag: str, given: Sequence[str] | None, names: Iterable[str]
    ) -> dict[str, Secret]:
        from app.pki.passphrase import PassphraseOptions, find_passphrase

        whole: dict[str, Secret] = {}
        single: dict[str, Secret] = {}
        for text in given or ():
            name, equals, file = text.partition("=")
            one = bool(equals) and not Path(text).exists()
            place = Path(file if one else text)
            secret = find_passphrase(PassphraseOptions(file=place, flag=flag), {}, None)
            if one:
                single[str(expand(Path(name))) if "key" in flag else name] = secret
            else:
                whole = dict.fromkeys(names, secret)
        return {**whole, **single}

    def asking(self, act: Callable[[Answers], T], answers: Answers) -> T:
        """Do something that logs in; ask for what a host lacks, as often as it takes.

        Without a terminal the host's own error ends it.
        """
        while True:
            try:
                return act(answers)
            except HostsError as several:
                if not all(isinstance(e, HostKeyError | LoginError) for e in several.errors):
                    raise
                for one in several.errors:
                    answers = self._mended(one, answers)
            except HostError as error:
                answers = self._mended(error, answers)

    def _mended(self, error: HostError, answers: Answers) -> Answers:
        """Ask for what one host lacks; raises the error where asking does not help."""
        if isinstance(error, HostKeyError):
            self.pin(error)
            return answers
        if isinstance(error, LoginError):
            return self._with_login(error, answers)
        raise error

    def _with_login(self, error: LoginError, answers: Answers) -> Answers:
        if not self.terminal.interactive:
            raise error
        from app.remote.base import OneTime
        from app.remote.locked import asked_code, locked_key

        sudo = "sudo" in error.step or "sudo" in error.text
        path = "" if sudo else locked_key(error.text)
        prompt = "" if sudo else asked_code(error.text)
        if path in answers.logins.keys and f"key {path}: needs its passphrase" in error.text:
            return answers  # given meanwhile, for another host
        self.terminal.complain(error)
        if path:
            secret = self.terminal.secret(f"passphrase of the key {path} (empty: a password)")
            if secret:
                keys = {**answers.logins.keys, path: secret}
                return replace(answers, logins=replace(answers.logins, keys=keys))
        if prompt:
            secret = self._code(error.host, prompt)
            if not secret:
                raise error
            codes = {**answers.logins.codes, error.host: OneTime(secret)}
            return replace(answers, logins=replace(answers.logins, codes=codes))
        word = f"sudo password on {error.host}" if sudo else f"password for {error.host}"
        secret = self.terminal.secret(f"{word} (empty to give up)")
        if not secret:
            raise error
        logins = answers.logins
        if sudo:
            logins = replace(logins, sudo={**logins.sudo, error.host: secret})
        else:
            logins = replace(logins, passwords={**logins.passwords, error.host: secret})
        return replace(answers, logins=logins)

    def for_a_run(self, answers: Answers) -> Answers:
        """Ask for new codes where hosts wanted some: the run makes connections of its own."""
        from app.remote.base import OneTime

        codes = dict(answers.logins.codes)
        for host in codes if self.terminal.interactive else ():
            secret = self._code(host, "a new code, for the run makes its own connection")
            codes[host] = OneTime(secret)
        return replace(answers, logins=replace(answers.logins, codes=codes))

    def _code(self, host: str, prompt: str) -> Secret:
        return self.terminal.secret(f"{host} asks: {prompt.rstrip(': ')} (empty to give up)")

    def pin(self, error: HostKeyError) -> None:
        """Pin an unknown host key that the user accepts; a changed one stops here.

        That of a jump host that is no host of the site goes into the user's known_hosts.
        """
        from app.remote.known_hosts import HostKey, remember
        from app.site.write import save_site

        key = HostKey.parse(error.offered)
        if error.pinned or key is None:
            raise error
        accepted = key.fingerprint in (self.flags.accept_host_key or ())
        if not accepted:
            if not self.terminal.interactive:
                error.hint = f"If it is the right one: --accept-host-key {key.fingerprint}"
                raise error
            self.terminal.say(f"{error.host} is not known. Its host key is {key.fingerprint}.")
            self.terminal.say("Compare it with the one that the host's owner gave you.")
            if not self.terminal.confirm("Trust this key for this site?", "--accept-host-key"):
                raise error
        site = self.site()
        if error.host not in site.hosts:
            self.terminal.say(f"added the key of {error.host} to {remember(error)}")
            return
        host = replace(site.hosts[error.host], host_key=error.offered)
        save_site(replace(site, hosts={**site.hosts, error.host: host}), self.places.site)


def _prompt(ask: Callable[[str], Secret] | None) -> Callable[[str], str] | None:
    return None if ask is None else lambda text: ask(text).reveal()
