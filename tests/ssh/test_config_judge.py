"""~/.ssh/config means to us what it means to ssh: `ssh -G` judges configurations that are made up.

Every keyword that counts is compared, over Host and Match blocks, includes, tokens and jumps.  What
ssh refuses to start with, we refuse too.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import UsageError
from app.remote.config import SshConfig, run_quietly
from app.remote.sshconf.evaluate import evaluate
from app.remote.sshconf.settings import Asked, ConfigError, Settings
from app.remote.sshconf.tokens import Call, Here

SSH = shutil.which("ssh")
USER = pwd.getpwuid(os.getuid())
HERE = Here(Path(USER.pw_dir), user=USER.pw_name, environ={**os.environ, "SHELL": "/bin/sh"})
HOSTS = ("web1", "Web2", "db.example.org", "10.0.0.1", "127.1", "::1", "gate")

names = st.sampled_from([*HOSTS, "web*", "*", "!web1", "*.example.org", "web?", "10.0.0.?", "WEB2"])
plain = st.sampled_from(["alice", "bob", "carol", USER.pw_name])
lists = st.lists(names, min_size=1, max_size=3).map(",".join)
flags = st.sampled_from(["yes", "no", "YES", "true", "False"])


def line(keyword: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Write a line, with the ways that people separate and quote."""
    shapes = ["  {k} {v}", "{k}={v}", "\t{k} = {v}", "  {k} {v} # why", '  {k} "{v}"', "{k}  {v}\r"]
    raw = keyword.lower() in ("proxycommand", "proxyjump", "userknownhostsfile")
    return st.builds(
        lambda v, s: s.format(k=keyword, v=v), values, st.sampled_from(shapes[: 3 if raw else 6])
    )


paths = st.sampled_from(
    ["~/.ssh/a key", "/k/%h-%r-%p", "~/x/%n.%k", "/k/${LOGNAMED}/%u%i", "/k/%d%%%l%L", "none", "/k"]
)
words = paths.filter(lambda p: " " not in p)
settings_lines = st.one_of(
    line("HostName", st.sampled_from(["%h", "%h.Example.org", "10.1.1.1", "100%%.org", "web1"])),
    line("Port", st.sampled_from(["22", "2222", "65535"])),
    line("User", plain),
    line("IdentityFile", paths),
    line("identityfile", paths),
    line("CertificateFile", paths),
    line("IdentitiesOnly", flags),
    line("IdentityAgent", st.sampled_from(["none", "SSH_AUTH_SOCK", "~/agent-%r", "$LOGNAMED"])),
    line("UserKnownHostsFile", st.sampled_from(["none", "/k/%h", "~/a /b/%k-%p", "/a /b /c"])),
    line("GlobalKnownHostsFile", st.sampled_from(["none", "/etc/one", "/etc/one /etc/two"])),
    line("HostKeyAlias", st.sampled_from(["Alias", "other.example.org"])),
    line("AddressFamily", st.sampled_from(["any", "inet", "inet6"])),
    line("ConnectTimeout", st.sampled_from(["none", "7", "1m30", "2h"])),
    line("ProxyJump", st.sampled_from(
        ["none", "gate", "me@gate:2200", "a,b@c,[fe80::1]:22", "ssh://x@gate:24"])),
    line("ProxyCommand", st.sampled_from(["none", "nc %h %p", "ssh -W '[%h]:%p' \"gate\" # x"])),
    line("PasswordAuthentication", flags),
    line("KbdInteractiveAuthentication", flags),
    line("ChallengeResponseAuthentication", flags),
    line("PubkeyAuthentication", st.sampled_from(["yes", "no"])),
    line("PreferredAuthentications", st.sampled_from(["password,publickey", "publickey"])),
    line("BindAddress", st.sampled_from(["127.0.0.1", "10.9.9.9"])),
    line("Compression", st.sampled_from(["yes", "no"])),
    line("HashKnownHosts", flags),
    line("RevokedHostKeys", st.sampled_from(["none", "/etc/revoked"])),
    line("ForwardAgent", flags),
    line("LogLevel", st.sampled_from(["ERROR", "QUIET"])),
)  # fmt: skip
criteria = st.one_of(
    st.builds("{}host {}".format, st.sampled_from(["", "!"]), lists),
    st.builds("{}originalhost {}".format, st.sampled_from(["", "!"]), lists),
    st.builds('user "{}"'.format, plain),
    st.builds("{}localuser {}".format, st.sampled_from(["", "!"]), plain),
    st.sampled_from(["final", "canonical", "!canonical", 'exec "test %h = web1"', "exec true",
                     "!exec false", 'exec "test %p = 22 && test %r = alice"']),
)  # fmt: skip
heads = st.one_of(
    st.builds(lambda n: "Host " + " ".join(n), st.lists(names, min_size=1, max_size=3)),
    st.builds(lambda c: "Match " + " ".join(c), st.lists(criteria, min_size=1, max_size=2)),
    st.just("Match all"),
    st.just("Match final all"),
)
wrong = st.sampled_from(["Port nonsense", "Frobnicate yes", 'User "open', "Match tide high", "User",
                         "IdentitiesOnly maybe", "ProxyJump @,", "Host", "ConnectTimeout soon",
                         "UserKnownHostsFile none /x"])  # fmt: skip
blocks = st.builds(
    lambda head, body: [head, *body], heads, st.lists(settings_lines, min_size=1, max_size=4)
)
texts = st.builds(
    lambda first, rest: "\n".join([*first, *(line for block in rest for line in block)]),
    st.lists(settings_lines, max_size=2),
    st.lists(blocks, max_size=5),
)


def judge(path: Path, host: str, *flags: str) -> dict[str, list[str]] | None:
    """Ask ssh; None when it would not start."""
    done = subprocess.run(
        [str(SSH), "-G", "-F", str(path), *flags, host], capture_output=True, text=True,
        env={**HERE.environ, "LOGNAMED": "loud"}, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        return None
    found: dict[str, list[str]] = {"proxyjump": [], "pubkeyauthentication": []}
    for row in done.stdout.splitlines():
        key, _, value = row.partition(" ")
        found.setdefault(key, []).append(value)
    usual = {"true": "yes", "false": "no"}
    found["pubkeyauthentication"] = [usual.get(v, v) for v in found["pubkeyauthentication"]]
    return found


def ours(path: Path, asked: Asked) -> Settings | None:
    """Ask ourselves; None when we refuse."""
    here = Here(HERE.home, HERE.user, environ={**HERE.environ, "LOGNAMED": "loud"})
    try:
        files = SshConfig.load(path, here.home).files
        return evaluate(files, asked, here, lambda command: run_quietly(command, "/bin/sh"))
    except (ConfigError, UsageError):
        return None


def told(found: Settings, asked: str) -> dict[str, list[str]]:
    """Write settings as ssh prints them."""
    alias = found.first("hostkeyalias").lower()
    here = Here(HERE.home, HERE.user, environ={"LOGNAMED": "loud"})
    call = Call(here, found.host, asked, found.port, found.user, alias)
    known = [w for w in found.all("userknownhostsfile") if w.lower() != "none"]
    agent = found.first("identityagent")
    jump = found.first("proxyjump", "none")
    proxy = found.first("proxycommand", "none")
    time = found.first("connecttimeout", "none")
    from app.remote.sshconf.words import seconds

    rows = {
        "hostname": [found.host],
        "port": [str(found.port)],
        "user": [found.user],
        "identityfile": found.all("identityfile"),
        "certificatefile": found.all("certificatefile"),
        "identityagent": [str(call.path(agent)) if "$" not in agent else agent] if agent else [],
        "hostkeyalias": [alias] if alias else [],
        "addressfamily": [found.first("addressfamily", "any")],
        "connecttimeout": [time if time == "none" else str(seconds(time))],
        "proxycommand": [proxy] if proxy != "none" else [],
        "proxyjump": [jump] if jump != "none" else [],
        "bindaddress": found.all("bindaddress"),
        "preferredauthentications": found.all("preferredauthentications"),
        "revokedhostkeys": [w for w in found.all("revokedhostkeys") if w != "none"],
        "userknownhostsfile": [" ".join(str(call.path(w)) for w in known)] if known else [],
        "globalknownhostsfile": [
            " ".join(w for w in found.all("globalknownhostsfile") if w != "none")
        ],
    }
    switches = {
        "identitiesonly": False, "passwordauthentication": True, "compression": False,
        "kbdinteractiveauthentication": True, "pubkeyauthentication": True,
        "hashknownhosts": False,
    }  # fmt: skip
    for key, default in switches.items():
        rows[key] = ["yes" if found.yes(key, default=default) else "no"]
    return rows


def agree(path: Path, host: str, *flags: str, **said: str | int) -> None:
    """Compare ssh's answer with ours, keyword by keyword."""
    right = judge(path, host, *flags)
    found = ours(path, Asked(host, **said))  # type: ignore[arg-type]
    assert (found is None) == (right is None), path.read_text()
    if found is None or right is None:
        return
    mine = told(found, host)
    for key in ("userknownhostsfile", "globalknownhostsfile", "identityfile"):
        if not found.all(key):
            mine[key] = right.get(key, [])
    for row in ("globalknownhostsfile", "userknownhostsfile"):
        if mine[row] in ([], [""]):
            mine[row] = ["none"] if right.get(row) == ["none"] else mine[row]
    if mine["proxyjump"]:
        mine["proxyjump"] = [mine["proxyjump"][0].replace("ssh://", "")]
        right["proxyjump"] = [right["proxyjump"][0].replace("ssh://", "")]
    different = {k: (v, right.get(k, [])) for k, v in mine.items() if v != right.get(k, [])}
    assert not different, f"{different}\n{path.read_text()}"


pytestmark = pytest.mark.skipif(SSH is None, reason="no ssh on this machine")
quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(text=texts, host=st.sampled_from(HOSTS))
def test_ssh_finds_the_same_values(tmp_path: Path, text: str, host: str) -> None:
    path = tmp_path / "config"
    path.write_text(text + "\n")
    agree(path, host)


@quick
@given(text=texts, inner=texts, deep=texts, head=heads, host=st.sampled_from(HOSTS))
def test_includes_stand_where_they_are_written(
    tmp_path: Path, text: str, inner: str, deep: str, head: str, host: str
) -> None:
    path, folder = tmp_path / "config", tmp_path / "more"
    folder.mkdir(exist_ok=True)
    path.write_text(f"{head}\nInclude {folder}/*.conf {tmp_path}/missing\n{text}\n")
    (folder / "1.conf").write_text(f"{inner}\nInclude {folder}/deep\n")
    (folder / "2.conf").write_text(f"{text}\n")
    (folder / "deep").write_text(f"{deep}\n")
    agree(path, host)


@quick
@given(text=texts, host=st.sampled_from(HOSTS))
def test_what_is_said_beside_the_file_wins(tmp_path: Path, text: str, host: str) -> None:
    path = tmp_path / "config"
    path.write_text(text + "\n")
    agree(path, host, "-p", "2023", "-l", "carol", port=2023, user="carol")
    agree(path, host, "-J", "x@gate:99", jump="x@gate:99")


@quick
@given(text=texts, line=wrong, host=st.sampled_from(HOSTS), at=st.integers(0, 3))
def test_what_ssh_refuses_is_refused(
    tmp_path: Path, text: str, line: str, host: str, at: int
) -> None:
    rows = text.splitlines()
    rows.insert(min(at, len(rows)), line)
    path = tmp_path / "config"
    path.write_text("\n".join(rows) + "\n")
    agree(path, host)
