"""
50 sshd on loopback, five resources each: hadeploy against ansible-playbook with the same five
tasks, and against one `ssh host true` per host, all at once, as the floor.

Every contestant meets the same servers with the same key exchange, and each run of a first apply
begins with empty folders.  Contestants take turns, so a slow moment hits all of them.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from lab import Lab
from measure import Series, run, table

HOSTS = 50
KEX = "curve25519-sha256"
FILE_1K = ("0123456789abcde\n" * 64)
TEMPLATE = """\
Resources:
  Fn::ForEach::Web:
    - Name
    - Fn::Hosts: {Roles: [web]}
    - Dir&{Name}:
        Type: SSH::Directory
        Properties: {Host: !Ref Name, Path: !Sub 'ROOT/${Name}', Mode: '0755'}
      Copy&{Name}:
        Type: SSH::File
        DependsOn: Dir&{Name}
        Properties: {Host: !Ref Name, Path: !Sub 'ROOT/${Name}/file1k.txt', Source: file1k.txt}
      Conf&{Name}:
        Type: SSH::File
        DependsOn: Dir&{Name}
        Properties:
          Host: !Ref Name
          Path: !Sub 'ROOT/${Name}/app.conf'
          Content: !Sub "host = ${Name}\\nregion = ${HA::Region}\\n"
      Line&{Name}:
        Type: SSH::File
        DependsOn: Dir&{Name}
        Properties:
          Host: !Ref Name
          Path: !Sub 'ROOT/${Name}/line.conf'
          Content: "enabled=1\\n"
      Done&{Name}:
        Type: SSH::Command
        DependsOn: Dir&{Name}
        Properties: {Host: !Ref Name, Create: 'true', Read: 'true'}
"""
PLAYBOOK = """\
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.file: {path: "ROOT/{{ inventory_hostname }}", state: directory, mode: "0755"}
    - ansible.builtin.copy:
        {src: file1k.txt, dest: "ROOT/{{ inventory_hostname }}/file1k.txt", mode: "0644"}
    - ansible.builtin.template:
        {src: app.j2, dest: "ROOT/{{ inventory_hostname }}/app.conf", mode: "0644"}
    - ansible.builtin.lineinfile:
        {path: "ROOT/{{ inventory_hostname }}/line.conf", line: "enabled=1", create: true,
         mode: "0644"}
    - ansible.builtin.command: "true"
      changed_when: false
"""
ANSIBLE_CFG = """\
[defaults]
forks = 50
gathering = explicit
host_key_checking = True
interpreter_python = /usr/bin/python3
[ssh_connection]
pipelining = True
ssh_args = -F none -o ControlMaster=auto -o ControlPersist=60s -o KexAlgorithms=KEX \
-o UserKnownHostsFile=KNOWN
"""


def start_lab(folder):
    lab = Lab(folder / "lab")
    for number in range(HOSTS):
        region = "east" if number % 2 == 0 else "west"
        lab.add(f"web-{number:02}", region, f"{region}-a",
                f"127.{10 if region == 'east' else 20}.1.{11 + number}", roles=["web"])
    return lab.start()


class Contest:
    """The servers, the project, and the playbook."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.root = folder / "root"
        self.lab = start_lab(folder)
        self.project = self.lab.project(folder / "project",
                                        templates={"web": TEMPLATE.replace("ROOT", str(self.root))})
        (folder / "project" / "file1k.txt").write_text(FILE_1K)
        self.ansible = shutil.which("ansible-playbook")
        self.write_playbook(folder / "ansible")

    def write_playbook(self, folder):
        folder.mkdir()
        self.playbook = folder / "play.yml"
        self.playbook.write_text(PLAYBOOK.replace("ROOT", str(self.root)))
        (folder / "file1k.txt").write_text(FILE_1K)
        (folder / "app.j2").write_text("host = {{ inventory_hostname }}\nregion = {{ region }}\n")
        config = ANSIBLE_CFG.replace("KEX", KEX).replace("KNOWN", str(self.lab.known_hosts))
        (folder / "ansible.cfg").write_text(config)
        (folder / "hosts.ini").write_text("".join(
            f"{h.name} ansible_host={h.address} ansible_port={h.port} region={h.region} "
            f"ansible_user={self.lab.user} ansible_ssh_private_key_file={self.lab.user_key}\n"
            for h in self.lab.hosts.values()))

    def floor(self):
        lines = "".join(f"{h.address} {h.port}\n" for h in self.lab.hosts.values())
        listing = self.folder / "hosts.txt"
        listing.write_text(lines)
        ssh = (f"ssh -F none -o BatchMode=yes -o KexAlgorithms={KEX} "
               f"-o UserKnownHostsFile={self.lab.known_hosts} -i {self.lab.user_key} "
               f'-l {self.lab.user} -p "$2" "$1" true')
        return run(["sh", "-c", f"xargs -P{HOSTS} -n2 sh -c '{ssh}' x <{listing}"])

    def hadeploy(self, *words):
        return run([self.program, *words], cwd=self.project.dir,
                   env={**os.environ, "CI": "true"})

    def play(self):
        sockets = self.folder / "home"
        shutil.rmtree(sockets, ignore_errors=True)
        sample = run([self.ansible, "-i", "hosts.ini", "play.yml"], cwd=self.playbook.parent,
                     env={**os.environ, "HOME": str(sockets), "ANSIBLE_LOCALHOST_WARNING": "0"})
        self.close_masters()
        return sample

    def close_masters(self):
        """Ansible's persistent connections would help its next run only."""
        for socket in (self.folder / "home").glob(".ansible/cp/*"):
            subprocess.run(["ssh", "-F", "none", "-O", "exit", "-o", f"ControlPath={socket}", "x"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

    def empty(self):
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir()

    def forget(self):
        shutil.rmtree(self.project.dir / ".hadeploy", ignore_errors=True)


def one_round(contest, series):
    contest.empty()
    contest.forget()
    series["floor"].add(contest.floor())
    series["first"].add(contest.hadeploy("apply", "--yes"))
    series["refresh"].add(contest.hadeploy("apply", "--yes", "--refresh"))
    series["again"].add(contest.hadeploy("apply", "--yes"))
    if contest.ansible:
        contest.empty()
        series["play"].add(contest.play())
        series["replay"].add(contest.play())


NAMES = {
    "floor": f"floor: {HOSTS} x `ssh host true` at once",
    "first": "hadeploy: first apply",
    "refresh": "hadeploy: apply --refresh, nothing to change",
    "again": "hadeploy: apply, nothing to change (no connection)",
    "play": "ansible-playbook: first run",
    "replay": "ansible-playbook: nothing to change",
}


def bench(program, rounds):
    series = {key: Series(name) for key, name in NAMES.items()}
    with tempfile.TemporaryDirectory(prefix="hadeploy-bench-") as folder:
        contest = Contest(program, Path(folder))
        try:
            for _ in range(rounds):
                one_round(contest, series)
        finally:
            contest.lab.close()
    print(f"## {HOSTS} SSH hosts, five resources each ({rounds} rounds)\n")
    table([s for s in series.values() if s.samples], series["floor"])
    if contest.ansible:
        print(f"first apply / ansible: {series['first'].wall() / series['play'].wall():.3f}  "
              f"(aim: at most 0.1)")
        print(f"refresh / ansible: {series['refresh'].wall() / series['replay'].wall():.3f}  "
              f"(aim: at most 0.05)")
    print(f"refresh / floor: {series['refresh'].wall() / series['floor'].wall():.2f}  "
          f"(aim: at most 2)\n", flush=True)
