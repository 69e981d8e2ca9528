"""What a user would pick instead of tlswright to bring four files to sixteen hosts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.bench.sixteen import CALLS, FILES, HOSTS, WHERE, Sixteen

FORKS = 32
_BRING = f"""\
set -eu
cd "$1/{WHERE}"
rm -rf .new; mkdir -m 700 .new; tar -xf - -C .new
changed=
for name in {" ".join(FILES)}; do
  cmp -s .new/$name $name || {{ mv .new/$name $name; changed=1; }}
done
rm -rf .new
[ -z "$changed" ] || echo reloaded >>"$1/{CALLS}"
"""
_ONE = """\
set -eu
tar -C "$1" -cf - . | ssh -F none -p "$2" -i "$3" -o BatchMode=yes -o IdentitiesOnly=yes \\
    -o UserKnownHostsFile="$4" $6 "${5%%=*}" "sh -c '$7' sh ${5#*=}"
"""


def openssh(place: Sixteen, *options: str, remote: str = _BRING) -> list[str]:
    """Give a command: OpenSSH's client, as many at once as there are hosts, one exec on each."""
    for name, mode in FILES.items():
        (place.source / name).chmod(mode)
    script = place.folder / "one.sh"
    script.write_text(_ONE)
    hosts = " ".join(f"{host.address}={host.root}" for host in place.hosts())
    words = [place.source, place.port, place.identity, place.known]
    given = " ".join(f"'{word}'" for word in words)
    return [
        "sh", "-c",
        f"printf '%s\\n' {hosts} | xargs -P {HOSTS} -I@ sh {script} {given} @ "
        f"'{' '.join(options)}' \"$0\"",
        remote.replace("'", "'\\''"),
    ]  # fmt: skip


def ansible(place: Sixteen) -> list[str]:
    """Give a command: ansible-playbook with pipelining, the copy module and a handler."""
    folder = place.folder / "ansible"
    folder.mkdir(exist_ok=True)
    (folder / "ansible.cfg").write_text(
        f"[defaults]\nforks = {FORKS}\nlocal_tmp = {folder}/local\nretry_files_enabled = false\n"
        f"remote_tmp = {folder}/remote\n"
        f"[ssh_connection]\npipelining = true\ncontrol_path_dir = {folder}/cp\n"
        f"ssh_args = -F none -C -o ControlMaster=auto -o ControlPersist=60s "
        f"-o UserKnownHostsFile={place.known} -o IdentitiesOnly=yes\n"
    )
    hosts = {
        host.name: {
            "ansible_host": host.address, "ansible_port": host.port, "ansible_user": host.user,
            "ansible_ssh_private_key_file": host.identity, "root": host.root,
            "ansible_python_interpreter": sys.executable,
        }
        for host in place.hosts()
    }  # fmt: skip
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    tasks = [
        {
            "ansible.builtin.copy": {
                "src": f"{place.source}/{{{{ item.name }}}}",
                "dest": f"{{{{ root }}}}/{WHERE}/{{{{ item.name }}}}",
                "mode": "{{ item.mode }}",
            },
            "loop": [{"name": name, "mode": f"{mode:04o}"} for name, mode in FILES.items()],
            "notify": "reload",
        }
    ]
    shell = {"ansible.builtin.shell": f"echo reloaded >>{{{{ root }}}}/{CALLS}"}
    play = {
        "hosts": "all", "gather_facts": False, "tasks": tasks,
        "handlers": [{"name": "reload", **shell}],
    }  # fmt: skip
    (folder / "play.json").write_text(json.dumps([play]))
    program = Path(sys.executable).with_name("ansible-playbook")
    return [
        "env", f"ANSIBLE_CONFIG={folder}/ansible.cfg", str(program), "-i",
        str(folder / "hosts.json"), str(folder / "play.json"),
    ]  # fmt: skip


def hang_up(place: Sixteen) -> None:
    """End the connections that Ansible leaves open for a minute: a second run is a day later."""
    for control in (place.folder / "ansible" / "cp").glob("*"):
        subprocess.run(
            ["ssh", "-F", "none", "-o", f"ControlPath={control}", "-O", "exit", "x"],
            capture_output=True, check=False,
        )  # fmt: skip
