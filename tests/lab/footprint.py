"""Say exactly what stands on a host and what runs there, to see that it came back or was left."""

from __future__ import annotations

import hashlib
import os
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.lab.host import LabHost

ETC = "/etc/activemq"
STATE = "/var/lib/tlswright"
Footprint = Mapping[str, tuple[str, ...]]


def content(host: LabHost, folder: str = ETC) -> Footprint:
    """Give type, mode, owner, group and content of everything below a folder, links unfollowed."""
    return {path: (*_who(found), _what(path, found)) for path, found in _walk(host, folder)}


def writes(host: LabHost, *folders: str) -> Footprint:
    """Give inode, size and times of everything below: any write at all changes it."""
    every = folders or (ETC, STATE)
    return {
        path: (str(found.st_ino), f"{found.st_size}", f"{found.st_mtime_ns} {found.st_ctime_ns}")
        for folder in every
        for path, found in _walk(host, folder)
    }


def life(host: LabHost, instance: str = "main") -> str:
    """Give number and start of a broker's process: another value after any restart."""
    text = host.run(f"cat /proc/$(cat /run/activemq/{instance}.pid)/stat").stdout
    return f"{text.split()[0]} {text.rpartition(')')[2].split()[19]}"


def presented(host: LabHost, port: int = 61617) -> str:
    """Give the SHA-256 of the certificate that a TLS port shows to anybody."""
    return served(host, port).fingerprint(hashes.SHA256()).hex()


def served(host: LabHost, port: int = 61617) -> x509.Certificate:
    """Give the certificate that a TLS port shows to anybody, whoever signed it."""
    shown = ssl.get_server_certificate((host.address, port), timeout=10)
    return x509.load_pem_x509_certificate(shown.encode())


def _walk(host: LabHost, folder: str) -> list[tuple[str, os.stat_result]]:
    top = host.path(folder)
    found = [top, *sorted(top.rglob("*"))] if top.exists() else []
    return [(str(path), path.lstat()) for path in found]


def _who(found: os.stat_result) -> tuple[str, ...]:
    return (stat.filemode(found.st_mode), str(found.st_uid), str(found.st_gid))


def _what(path: str, found: os.stat_result) -> str:
    if stat.S_ISLNK(found.st_mode):
        return str(Path(path).readlink())
    if stat.S_ISREG(found.st_mode):
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return ""
