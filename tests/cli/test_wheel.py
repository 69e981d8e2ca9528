"""An installed wheel works from any folder; the source archive holds the project and no more."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from app.demo.place import Place, is_free
from tests.cli.command import tlswright

ROOT = Path(__file__).parents[2]
DATA = ("*.sh", "*.j2", "*.xml", "*.properties")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build both archives with the packages at hand, without a network."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel where nothing of the checkout is; what it needs is lent by ours."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(site)  # noqa: S202 (our own, made a moment ago)
    lent = [p for p in Path(sysconfig.get_path("purelib")).iterdir() if _lent(p.name)]
    for path in lent:
        (site / path.name).symlink_to(path)
    return folder / "bin" / "python"


def _lent(name: str) -> bool:
    return not name.endswith((".pth", "__pycache__")) and "tlswright" not in name


def test_the_wheel_holds_every_module_and_data_file(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        held = set(wheel.namelist())
        entry = next(name for name in held if name.endswith("entry_points.txt"))
        assert "tlswright = app.cli.main:main" in wheel.read(entry).decode()
    for package in ("app", "screens", "templates"):
        for pattern in ("*.py", *DATA):
            for path in (ROOT / package).rglob(pattern):
                assert str(path.relative_to(ROOT)) in held
    tops = {name.partition("/")[0] for name in held}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"app", "screens", "templates"}


def test_the_source_archive_holds_the_project_and_nothing_else(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    tops = {name.partition("/")[0] for name in names}
    must = {
        "app", "screens", "templates", "tests", "README.md", "LICENSE", "Makefile",
        "constraints.txt", "pyproject.toml", "PKG-INFO",
    }  # fmt: skip
    assert must <= tops
    assert tops <= {*must, "docs", ".gitignore"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_an_installed_wheel_works_from_another_folder(installed: Path, tmp_path: Path) -> None:
    program = (str(installed), "-P", "-m", "app.cli.main")
    done = tlswright("--version", cwd=tmp_path, program=program)
    assert (done.returncode, done.stdout.split()[0]) == (0, "tlswright"), done.stderr
    assert tlswright("--help", cwd=tmp_path, program=program).returncode == 0
    text = (
        "from pathlib import Path\n"
        "import app, app.demo.rootfs as rootfs, app.rendering as rendering\n"
        "assert Path(app.__file__).is_relative_to(__import__('sys').prefix), app.__file__\n"
        "print(len(rendering.render_template('activemq/logs.sh.j2', log='/x', unit='')))\n"
        "rootfs.lay_out(Path('root').absolute(), 61616)\n"
        "import app.remote.transaction, app.remote.observe, app.verify.remote_probe\n"
        "import screens.app\n"
    )
    done = tlswright("-c", text, cwd=tmp_path, program=(str(installed), "-P"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "root/etc/activemq/instances-available/main/activemq.xml").is_file()


@pytest.mark.slow
def test_the_demo_of_an_installed_wheel_goes_the_whole_way(installed: Path, tmp_path: Path) -> None:
    """Without a screen it deploys, proves, finds nothing more to do, and leaves no process."""
    folder = tmp_path / "a demo"
    done = tlswright(
        "demo", "--headless", "--dir", folder, cwd=tmp_path,
        program=(str(installed), "-P", "-m", "app.cli.main"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the second apply wrote no file and restarted no broker" in done.stderr
    assert "no certificate refused" in done.stdout
    place = Place(folder / "headless")
    assert place.pid() == 0
    assert all(is_free(port) for h in place.hosts() for port in (h.ssh, h.plain, h.tls))
