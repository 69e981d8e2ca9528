"""Hand a private key to the ssl module, which reads keys from files only."""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import PkiError
from app.verify.result import Identity


def load_identity(context: ssl.SSLContext, identity: Identity) -> None:
    """Give the context a client certificate and key.

    Raises PkiError when they do not belong together or cannot be read.
    """
    with _private_file(identity.cert_pem.rstrip() + b"\n" + identity.key_pem) as path:
        try:
            context.load_cert_chain(path, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            raise PkiError(
                "the probe's certificate and key cannot be used",
                hint="The key must be unencrypted PEM and belong to the certificate.",
            ) from error


@contextmanager
def _private_file(data: bytes) -> Iterator[str]:
    """Give a path under which only this process reads `data`: memory without a name, else 0600."""
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        descriptor = os.memfd_create("tlswright")
        try:
            os.fchmod(descriptor, 0o600)
            _write_all(descriptor, data)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    folder = tempfile.mkdtemp(prefix="tlswright-")  # 0700
    try:
        path = Path(folder, "identity.pem")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write_all(descriptor, data)
        finally:
            os.close(descriptor)
        yield str(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _no_password() -> str:
    # Without this, OpenSSL asks for the password of an encrypted key on the terminal.
    raise ValueError("the key is encrypted")
