"""What a command does not need is not imported, and no folder can put its own modules in."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.cli.command import init, passphrase_file, tlswright

HEAVY = ("textual", "cryptography", "paramiko", "ruamel", "jinja2", "rich")
SCRIPT = Path(sysconfig.get_path("scripts")) / "tlswright"
VERBS = (
    "init", "plan", "apply", "attach", "stop", "status", "verify", "rotate", "rollback", "runs",
    "export", "explain", "vault", "demo",
)  # fmt: skip
LOADED = (
    "import sys\n"
    "from app.cli.main import main\n"
    "try:\n    code = main(sys.argv[1:])\nexcept SystemExit as end:\n    code = end.code\n"
    "print('loaded', *sorted({name.partition('.')[0] for name in sys.modules}))\n"
)
TRAP = "raise SystemExit('a module of the working directory was imported: ' + __name__)\n"


def loaded(cwd: Path, *arguments: str | Path) -> set[str]:
    """Run a command in a fresh interpreter and give the packages that it imported."""
    done = tlswright(
        "-c", LOADED, *arguments, cwd=cwd, program=(sys.executable, "-P"), NO_COLOR="1"
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("loaded ")]
    assert lines, done.stdout + done.stderr
    return set(lines[-1].split()[1:])


@pytest.mark.parametrize("words", [["--version"], ["-V"], ["--help"], ["apply", "--help"]])
def test_version_and_help_import_nothing_heavy(tmp_path: Path, words: list[str]) -> None:
    assert not loaded(tmp_path, *words) & {*HEAVY, "screens"}


def test_status_of_a_new_site_does_without_ssh_and_screens(tmp_path: Path) -> None:
    init(tmp_path)
    assert not loaded(tmp_path, "status", "--json") & {"textual", "paramiko", "screens", "jinja2"}


@pytest.mark.parametrize(
    "words",
    [
        ["plan"],
        ["apply", "--yes"],
        ["status"],
        ["verify"],
        ["rotate", "--all", "--yes"],
        ["rollback", "--yes"],
        ["runs"],
        ["attach"],
        ["stop"],
        ["export", "client", "c"],
        ["explain", "keystore password was incorrect"],
        ["vault", "check"],
        [],
    ],
    ids=lambda words: " ".join(words) or "nothing",
)
def test_no_verb_imports_the_screens(tmp_path: Path, words: list[str]) -> None:
    secret = init(tmp_path)
    assert not loaded(tmp_path, "--passphrase-file", secret, *words) & {"textual", "screens"}


def hostile(folder: Path) -> Path:
    """Make a folder whose modules have the names of ours and of what we import."""
    folder.mkdir()
    for package in ("app", "screens", "templates", "ruamel", "paramiko", "cryptography"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text(TRAP)
        (folder / package / "__main__.py").write_text(TRAP)
    for module in ("yaml", "jinja2", "json", "socket", "secrets", "textual", "site"):
        (folder / f"{module}.py").write_text(TRAP)
    return folder


@pytest.mark.parametrize("installed", [False, True], ids=["python -P -m", "script"])
def test_a_folder_with_modules_of_our_names_is_not_imported(
    tmp_path: Path, installed: bool
) -> None:
    if installed and not SCRIPT.exists():
        pytest.skip("the script is not installed beside this interpreter")
    program = (str(SCRIPT),) if installed else (sys.executable, "-P", "-m", "app.cli.main")
    folder = hostile(tmp_path / "hostile")
    secret = passphrase_file(folder)
    made = tlswright(
        "init", "--hub", "hub=127.0.0.1:9", "--spoke", "a=127.0.0.2:9",
        "--passphrase-file", secret, cwd=folder, program=program,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    more: dict[str, tuple[str, ...]] = {
        "apply": ("--yes",), "rotate": ("--all", "--yes"), "rollback": ("--yes",),
        "export": ("client", "c"), "explain": ("x",), "vault": ("check",), "demo": ("--stop",),
    }  # fmt: skip
    for verb in VERBS:
        done = tlswright(
            verb, *more.get(verb, ()), "--passphrase-file", secret, cwd=folder, program=program
        )
        said = done.stdout + done.stderr
        assert "of the working directory" not in said, verb
        assert "Traceback" not in said, verb
        assert done.returncode != 1, f"{verb}: {said}"
    for log in folder.glob(".tlswright/runs/*/worker.log"):
        assert "of the working directory" not in log.read_text()


@pytest.mark.parametrize(
    "module",
    ["app.errors", "app.model", "app.events", "app.plan.make", "app.plan.saved", "app.site.load"],
)
def test_the_nouns_and_the_plan_need_neither_ssh_nor_cryptography(module: str) -> None:
    text = (
        f"import sys, {module}\n"
        "print(*{'paramiko', 'cryptography', 'textual'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", text], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
