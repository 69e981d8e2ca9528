"""What README.txt beside the requests says, done: easy-rsa, openssl ca and cfssl sign them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.export.requests import README, file_name, request_files
from app.pki.judging import judge
from app.pki.keys import new_key
from app.pki.requests import make_request
from app.pki.returned import read_returned
from app.plan.requested import Requested
from tests.unit.issued import NOW, PEER
from tests.unit.judges import need
from tests.unit.outside_ca import LEAF, OutsideCa, openssl
from tests.unit.test_outside_judge import LATER

RSA = replace(PEER, subject="spoke-a.example.com", key_type="rsa-3072")
DIALS = replace(PEER, usage="client")
SPECS = {"hub": PEER, "spoke-a": RSA, "hub/client": DIALS}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of requests as it is written: of both key types, of a peer and of a mere client."""
    made = []
    for name, spec in SPECS.items():
        csr = make_request(spec, new_key(spec.key_type)).decode()
        made.append(Requested(name, spec, csr, "", NOW.isoformat()))
    found = tmp_path / "requests of 'us'"
    found.mkdir()
    for name, data in request_files("prod-mq", made, NOW).items():
        (found / name).write_bytes(data)
    return found


def commands(folder: Path, title: str) -> str:
    """Give the commands that README.txt has under a title."""
    text = (folder / README).read_text()
    part = text[text.index(f"\n{title}") :].partition("\n\n\n")[0]
    return "\n".join(line[4:] for line in part.splitlines() if line.startswith("    "))


def run(folder: Path, script: str, changed: Mapping[str, str], **environment: str) -> None:
    """Run the commands with the paths of this machine; nothing is asked."""
    for old, new in changed.items():
        assert old in script
        script = script.replace(old, new)
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=folder, stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=120, env={**os.environ, **environment}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def check(folder: Path, root: Path, ending: str, *, strict: bool = True) -> list[str]:
    """Judge what came back; gives every note."""
    anchor = read_returned(root.read_bytes(), "root")[0].certificate
    notes: list[str] = []
    for name, spec in SPECS.items():
        path = folder / f"{file_name(name)}{ending}"
        (one,) = read_returned(path.read_bytes(), path.name)
        judged = judge(one.certificate, spec, (), anchor, LATER)
        assert judged.faults == (), (name, judged.faults)
        notes += judged.notes
        for purpose in ("sslclient", "sslserver") if spec.usage == "peer" else ("sslclient",):
            words = ("-CAfile", root, *(("-x509_strict",) if strict else ()), "-purpose", purpose)
            openssl("verify", *words, path, cwd=folder)
    return notes


def test_easy_rsa_signs_them(folder: Path, tmp_path: Path) -> None:
    program = need("/usr/share/easy-rsa/easyrsa")
    place = tmp_path / "easy"
    place.mkdir()
    (place / "easyrsa").symlink_to(program)
    setup = f"cd '{place}'; ./easyrsa --batch init-pki; ./easyrsa --batch build-ca nopass"
    run(folder, setup, {}, EASYRSA_ALGO="ec", EASYRSA_CURVE="prime256v1", EASYRSA_REQ_CN="Easy")
    script = commands(folder, "With easy-rsa")
    run(folder, script, {"/etc/easy-rsa": f"'{place}'"})
    # Its root is not strict: basic constraints that are not critical.
    notes = check(folder, place / "pki/ca.crt", ".crt", strict=False)
    assert {note.partition(":")[0] for note in notes} == {"it names its CA by serial number"}


@pytest.mark.parametrize("copies", ["none", "copy"])
def test_openssl_ca_signs_them_whether_it_copies_extensions_or_not(
    folder: Path, tmp_path: Path, copies: str
) -> None:
    ca = OutsideCa(tmp_path / "ca", copy=copies)
    text = Path("/etc/ssl/openssl.cnf").read_text()
    text = re.sub(r"(?m)^dir\s*=.*", f"dir = {ca.folder}", text, count=1)
    for key, value in {
        "new_certs_dir": "$dir", "certificate": "$dir/ca.crt", "private_key": "$dir/ca.key",
        "serial": "$dir/serial",
    }.items():  # fmt: skip
        text = re.sub(rf"(?m)^{key}\s*=.*", f"{key} = {value}", text, count=1)
    if copies == "copy":
        text = text.replace("# copy_extensions = copy", "copy_extensions = copy")
    (ca.folder / "openssl.cnf").write_text(text)
    (ca.folder / "serial").write_text("1000\n")
    # The stock configuration wants each subject once; one host has two requests here.
    (ca.folder / "index.txt.attr").write_text("unique_subject = no\n")
    script = commands(folder, "With openssl ca")
    run(folder, script, {"/etc/ssl/openssl.cnf": f"'{ca.folder}/openssl.cnf'"})
    assert check(folder, ca.folder / "ca.crt", ".crt") == []


def test_openssl_ca_that_copies_needs_no_more_than_the_request(
    folder: Path, tmp_path: Path
) -> None:
    ca = OutsideCa(tmp_path / "ca")
    ca.configure(section="", leaf=LEAF)
    for name in SPECS:
        csr = (folder / f"{file_name(name)}.csr").read_bytes()
        (folder / f"{file_name(name)}.crt").write_bytes(ca.sign(csr))
    assert check(folder, ca.folder / "ca.crt", ".crt") == []


def test_cfssl_signs_them(folder: Path, tmp_path: Path) -> None:
    need("cfssl")
    place = tmp_path / "cf"
    place.mkdir()
    (place / "ca.json").write_text('{"CN": "Corp CA", "key": {"algo": "ecdsa", "size": 256}}')
    run(place, "cfssl genkey -initca ca.json | cfssljson -bare ca", {})
    run(folder, commands(folder, "With cfssl"), {"/etc/cfssl": f"'{place}'"})
    assert check(folder, place / "ca.pem", ".pem") == []
