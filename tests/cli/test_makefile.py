"""`make` sets everything up with python3, pip and make alone: no compiler, no ensurepip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("app", "screens", "templates", "Makefile", "pyproject.toml", "constraints.txt")
TEXTS = ("README.md", "LICENSE")
SECONDS = 400
# Wheels like the rest and much of the work; .ci/run installs them on a bare machine.
TOOLS = ("build", "hypothesis", "import-linter", "mypy", "pika", "pkilint", "pytest-timeout",
         "pytest-xdist", "pyzipper", "ruff")  # fmt: skip

# Debian without python3-venv: the module venv is there, what it calls to bring pip is not.
WITHOUT_ENSUREPIP = """\
#!/bin/sh
case " $* " in
*" ensurepip "*) echo "No module named ensurepip" >&2; exit 1 ;;
*" venv "*) case " $* " in
    *" --without-pip "*) ;;
    *) echo "ensurepip is not available" >&2; exit 1 ;;
    esac ;;
esac
exec {python} "$@"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of what a fresh clone holds, without an environment."""
    copy = tmp_path / "clone"
    copy.mkdir()
    for name in (*PARTS, *TEXTS):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    return copy


def make(clone: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run make in the clone with an environment that offers no compiler."""
    environment = {**os.environ, "CC": "/nonexistent", "CXX": "/nonexistent", **more}
    # What the outer make or pytest says about itself is not for the inner one.
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "VIRTUAL_ENV", "PYTHONPATH"):
        environment.pop(name, None)
    return subprocess.run(
        ["make", *words],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
    )


def base_python(directory: Path) -> Path:
    """Write a python3 that has pip and lacks ensurepip; skips where there is no pip."""
    real = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    probe = subprocess.run([real, "-m", "pip", "--version"], capture_output=True)
    if probe.returncode:
        pytest.skip(f"{real} has no pip")
    wrapper = directory / "python3"
    wrapper.write_text(WITHOUT_ENSUREPIP.format(python=real))
    wrapper.chmod(0o755)
    return wrapper


@pytest.mark.slow
def test_an_environment_is_made_without_compiler_and_ensurepip(clone: Path, tmp_path: Path) -> None:
    python = base_python(tmp_path)
    project = clone / "pyproject.toml"
    text = project.read_text()
    for tool in TOOLS:
        assert f'  "{tool}",\n' in text
        text = text.replace(f'  "{tool}",\n', "")
    project.write_text(text)
    done = make(clone, "venv", f"PYTHON={python}", PIP_NO_COMPILE="1")
    assert done.returncode == 0, done.stdout + done.stderr
    check = [
        str(clone / ".venv/bin/python"),
        "-P",
        "-c",
        "import app, jks, paramiko, pytest, textual",
    ]
    assert subprocess.run(check, cwd=tmp_path).returncode == 0
    again = make(clone, "venv", f"PYTHON={python}")
    assert "Nothing to be done" in again.stdout


def test_an_interrupted_installation_leaves_no_stamp(clone: Path, tmp_path: Path) -> None:
    failing = tmp_path / "python3"
    failing.write_text("#!/bin/sh\nexit 1\n")
    failing.chmod(0o755)
    assert make(clone, "venv", f"PYTHON={failing}").returncode
    assert not (clone / ".venv/.stamp").exists()


def test_make_alone_names_the_targets_and_makes_nothing(clone: Path) -> None:
    done = make(clone)
    for target in ("demo", "test", "check", "bench", "lab-deps", "clean"):
        assert f"make {target}" in done.stdout
    assert not (clone / ".venv").exists()


def test_constraints_only_pin() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line.partition("==") for line in lines]
    assert all(name and version and " " not in name + version for name, _, version in pins)


@pytest.mark.parametrize("headless", ["", "1"])
def test_demo_runs_isolated_from_the_folder(clone: Path, headless: str) -> None:
    done = make(clone, "-n", "demo", f"HEADLESS={headless}")
    expected = "-P -m app.demo --headless" if headless else "-P -m app.demo"
    assert done.stdout.splitlines()[-1].rstrip().endswith(expected)


@pytest.mark.parametrize(("words", "workers"), [((), "-n 4"), (("WORKERS=0",), "-n 0")])
def test_tests_run_side_by_side_by_whole_files(
    clone: Path, words: tuple[str, ...], workers: str
) -> None:
    done = make(clone, "-n", "test", "TESTS=tests/unit", *words)
    said = " ".join(done.stdout.split())
    assert f"{workers} --dist loadfile" in said
    assert said.endswith("tests/unit")
