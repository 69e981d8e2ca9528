"""Where the vault's passphrase comes from: never from an argument or an environment value."""

from __future__ import annotations

import importlib
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.account import expand
from app.errors import UsageError
from app.pki.secret import Secret

Prompt = Callable[[str], str]

ENVIRONMENT = "TLSWRIGHT_PASSPHRASE_FILE"
CREDENTIAL = "tlswright"
KEYRING_SERVICE = "tlswright"
_SIZE_MAX = 4096


@dataclass(frozen=True, slots=True)
class PassphraseOptions:
    """Hold what the command line says of it: a file, a descriptor, an entry of the keyring.

    `confirm` asks twice at a prompt, for a passphrase that is being chosen.  `flag` names the flag
    that gave the file, in errors: other secrets are read by the same rules.
    """

    file: Path | None = None
    fd: int | None = None
    keyring: str | None = None
    confirm: bool = False
    flag: str = "--passphrase-file"


def find_passphrase(
    options: PassphraseOptions, environ: Mapping[str, str], prompt: Prompt | None
) -> Secret:
    """Return the passphrase from the first source that is named.

    In order: the flags, the file that $TLSWRIGHT_PASSPHRASE_FILE names, `tlswright` among the
    credentials that systemd passes (systemd.exec, LoadCredential=), the prompt.  `prompt` is None
    where there is no terminal.  A source that is named and fails is an error: none is skipped.
    Raises UsageError.
    """
    if options.file is not None:
        return _from_file(options.file, options.flag)
    if options.fd is not None:
        return _from_descriptor(options.fd)
    if options.keyring is not None:
        return _from_keyring(options.keyring)
    if named := environ.get(ENVIRONMENT):
        return _from_file(Path(named), f"${ENVIRONMENT}")
    if directory := environ.get("CREDENTIALS_DIRECTORY"):
        credential = Path(directory, CREDENTIAL)
        if credential.exists():
            return _from_file(credential, "$CREDENTIALS_DIRECTORY", private=False)
    if prompt is None:
        raise UsageError(
            "the vault needs its passphrase, and there is no terminal to ask at",
            hint=f"Give --passphrase-file FILE or --passphrase-fd N, or set ${ENVIRONMENT}.",
        )
    return _from_prompt(prompt, options.confirm)


def _from_prompt(prompt: Prompt, confirm: bool) -> Secret:
    text = prompt("Passphrase of the vault: ")
    if confirm and prompt("The same again: ") != text:
        raise UsageError("the two passphrases differ", hint="Type it again.")
    return _secret(text, "the prompt")


def _from_file(path: Path, source: str, *, private: bool = True) -> Secret:
    path = expand(path)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_SIZE_MAX + 1)
    except OSError as error:
        raise UsageError(
            f"the file of {source} cannot be read: {error.strerror}", where=str(path)
        ) from None
    # A pipe, as the shell's <(command) makes, has no readers beside us.
    if private and stat.S_ISREG(mode) and mode & 0o077:
        raise UsageError(
            f"others may read or write the file of {source} (mode {stat.S_IMODE(mode):04o})",
            where=str(path),
            hint=f"chmod 600 {path}",
        )
    return _decoded(data, source)


def _from_descriptor(descriptor: int) -> Secret:
    try:
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(_SIZE_MAX + 1)
    except (OSError, ValueError):
        raise UsageError(
            f"the descriptor {descriptor} of --passphrase-fd cannot be read",
            hint="Open it for the command: tlswright … --passphrase-fd 3 3<FILE",
        ) from None
    return _decoded(data, "--passphrase-fd")


def _from_keyring(account: str) -> Secret:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise UsageError(
            "the Python package keyring is not installed",
            hint="pip install 'tlswright[keyring]', or use --passphrase-file.",
        ) from None
    try:
        found = keyring.get_password(KEYRING_SERVICE, account)
    except keyring.errors.KeyringError as error:
        raise UsageError(
            f"the system keyring does not answer: {type(error).__name__}",
            hint="Unlock it, or use --passphrase-file.",
        ) from None
    if found is None:
        raise UsageError(
            f"the system keyring has no entry {account!r} of the service {KEYRING_SERVICE!r}",
            hint=f"keyring set {KEYRING_SERVICE} {account}",
        )
    return _secret(str(found), "the keyring")


def _decoded(data: bytes, source: str) -> Secret:
    if len(data) > _SIZE_MAX:
        raise UsageError(f"the passphrase from {source} is longer than {_SIZE_MAX} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise UsageError(f"the passphrase from {source} is not UTF-8 text") from None
    return _secret(text.removesuffix("\n").removesuffix("\r"), source)


def _secret(text: str, source: str) -> Secret:
    if not text:
        raise UsageError(f"the passphrase from {source} is empty")
    if "\n" in text or "\0" in text:
        raise UsageError(f"the passphrase from {source} has more than one line")
    return Secret(text)
