"""SSH hosts: one real sshd each, on an address of its own out of 127.0.0.0/8."""

import atexit
import getpass
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from . import processes
from .keys import make_key, public_key, trust_line
from .project import Project

SSHD = "/usr/sbin/sshd"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
START_LIMIT_S = 20
RECORDER = """#!/bin/sh
# Stands in for {name} on this host alone and records how it was called.
{{ printf '%s\\037' "$@"; echo; }} >>'{calls}'
{body}
"""


class LabError(Exception):
    """The lab itself could not do its part."""


def wait_until(true_now, limit_s, what):
    """Looks until true_now() answers something true, and returns that."""
    deadline = time.monotonic() + limit_s
    while True:
        answer = true_now()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {limit_s} s")
        time.sleep(0.01)


def free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def user_is_locked(user):
    """Without PAM sshd refuses users whose password field starts with '!'."""
    try:
        for line in Path("/etc/shadow").read_text().splitlines():
            name, password = line.split(":")[:2]
            if name == user:
                return password.startswith("!")
    except OSError:
        pass
    return False


class SshHost:
    """One host: keys, configuration, a home, a folder for its files, and its sshd."""

    def __init__(self, lab, name, region, zone, address, roles=(), key_kinds=("ed25519",),
                 env=None, port=None):
        self.lab, self.name, self.region, self.zone = lab, name, region, zone
        self.address, self.roles, self.key_kinds = address, list(roles), tuple(key_kinds)
        self.env, self.fixed_port, self.port = dict(env or {}), port, port
        self.dir = lab.dir / "hosts" / name
        self.home, self.root, self.bin = self.dir / "home", self.dir / "tree", self.dir / "bin"
        self.pid_file, self.log = self.dir / "sshd.pid", self.dir / "sshd.log"
        self.proc = None

    # Setting up

    def prepare(self):
        for folder in (self.home, self.root, self.bin):
            folder.mkdir(parents=True, exist_ok=True)
        for kind in self.key_kinds:
            if not self.key(kind).exists():
                make_key(self.key(kind), kind)

    def key(self, kind):
        return self.dir / f"host_{kind}"

    def rekey(self):
        """New host keys, as after a reinstallation; known_hosts keeps the old ones."""
        for kind in self.key_kinds:
            make_key(self.key(kind), kind)
        self.restart()

    def trust(self, *kinds):
        """Adds this host's keys (all, or of these kinds) to known_hosts."""
        with self.lab.known_hosts.open("a") as known:
            for kind in kinds or self.key_kinds:
                known.write(trust_line(self.address, self.port, public_key(self.key(kind))))

    def distrust(self):
        """Removes this host from known_hosts."""
        name = trust_line(self.address, self.port, "").strip()
        lines = self.lab.known_hosts.read_text().splitlines(keepends=True)
        self.lab.known_hosts.write_text("".join(x for x in lines if x.split()[0] != name))

    def _write_config(self):
        env = {"HOME": self.home, "PATH": f"{self.bin}:{SYSTEM_PATH}", **self.env}
        env[processes.MARK] = self.dir
        lines = [
            *self.lab.extra_config,  # sshd takes what comes first
            f"ListenAddress {self.address}:{self.port}",
            *(f"HostKey {self.key(kind)}" for kind in self.key_kinds),
            f"AuthorizedKeysFile {self.lab.authorized_keys}",
            f"PidFile {self.pid_file}",
            f"UsePAM {'yes' if self.lab.locked else 'no'}",
            "StrictModes no", "PermitRootLogin prohibit-password", "PubkeyAuthentication yes",
            "PasswordAuthentication no", "KbdInteractiveAuthentication no",
            "MaxStartups 200", "MaxSessions 10", "LogLevel VERBOSE", "UseDNS no",
            "PrintMotd no", "PrintLastLog no", "X11Forwarding no",
            "Subsystem sftp internal-sftp",
            "SetEnv " + " ".join(f'"{name}={value}"' for name, value in env.items()),
        ]
        (self.dir / "sshd_config").write_text("\n".join(lines) + "\n")

    # Commands that stand in for the host's own

    def put_command(self, name, text):
        """An executable of the host's own, found before the system's."""
        path = self.bin / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        return path

    def record_command(self, name, body="exit 0"):
        """Puts a command there that records its arguments (see calls) and then runs body."""
        calls = self.dir / f"calls-{name}"
        return self.put_command(name, RECORDER.format(name=name, calls=calls, body=body))

    def calls(self, name):
        """The argument lists with which a recorded command was called, in order."""
        path = self.dir / f"calls-{name}"
        text = path.read_text() if path.exists() else ""
        return [line.split("\037")[:-1] for line in text.splitlines()]

    # Starting and stopping

    def words(self):
        """What a command begins with that is to run on this host."""
        return []

    def launch(self):
        """Starts sshd without waiting; see wait()."""
        self.port = self.port or free_port(self.address)
        self._write_config()
        self.pid_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.proc = subprocess.Popen(
                [*self.words(), SSHD, "-D", "-e", "-f", str(self.dir / "sshd_config")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env={"PATH": SYSTEM_PATH, processes.MARK: str(self.dir)},
                start_new_session=True)

    def _answers(self):
        if self.proc and self.proc.poll() is not None:
            return "ended"
        try:
            with socket.create_connection((self.address, self.port), timeout=5) as conn:
                return "up" if conn.recv(4) == b"SSH-" else ""
        except OSError:
            return ""

    def wait(self):
        """Returns when sshd answers; another program may have taken the port in between."""
        for _ in range(5):
            state = wait_until(self._answers, START_LIMIT_S, f"sshd of {self.name}")
            if state == "up":
                return
            if self.fixed_port or "Address already in use" not in self.log_text():
                break
            self.log.unlink()
            self.port = None
            self.launch()
        raise LabError(f"sshd of {self.name} did not start:\n{self.log_text()}")

    def start(self):
        self.launch()
        self.wait()

    def stop(self):
        """sshd and its connections end; what was started detached goes on."""
        pid = self.pid()
        if pid:
            processes.send(processes.descendants(pid), signal.SIGKILL)
            wait_until(lambda: self._reaped(pid), 10, f"end of sshd of {self.name}")
        self.proc = None

    def _reaped(self, pid):
        if self.proc:
            return self.proc.poll() is not None
        return not processes.lives(pid)

    def restart(self):
        self.stop()
        self.start()

    def kill(self):
        """Power cut: every process of the host ends at once."""
        left = processes.end_all(self.dir)
        if self.proc:
            self.proc.wait(10)
            self.proc = None
        if left:
            raise LabError(f"processes {left} of {self.name} could not be ended")

    def freeze(self):
        """The host stops answering but keeps its connections, as behind a dropping firewall."""
        processes.send(self.processes(), signal.SIGSTOP)

    def thaw(self):
        processes.send(self.processes(), signal.SIGCONT)

    # Looking

    def pid(self):
        if self.proc:
            return self.proc.pid if self.proc.poll() is None else None
        try:
            pid = int(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        return pid if pid in self.processes() else None

    def processes(self):
        """Ids of all that runs on this host, sshd and detached commands included."""
        return processes.marked(self.dir)

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def logins(self):
        """How many connections have logged in since the host was made."""
        return self.log_text().count("Accepted publickey")

    def ssh(self, command, timeout=30):
        """Runs a command there with the ordinary ssh client."""
        return subprocess.run(
            ["ssh", "-F", "none", "-i", str(self.lab.user_key), "-p", str(self.port),
             "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5",
             "-o", f"UserKnownHostsFile={self.lab.known_hosts}",
             "-o", "GlobalKnownHostsFile=/dev/null", f"{self.lab.user}@{self.address}", command],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
            check=False)


class Lab:
    """Several hosts, one user key, one known_hosts, in one folder."""

    host_class = SshHost

    def __init__(self, folder=None, extra_config=()):
        self.own_dir = folder is None
        self.dir = Path(folder or tempfile.mkdtemp(prefix="hadeploy-lab-")).resolve()
        self.user = getpass.getuser()
        self.locked = os.geteuid() == 0 and user_is_locked(self.user)
        self.keys = self.dir / "keys"
        self.user_key = self.keys / "id_ed25519"
        self.known_hosts = self.keys / "known_hosts"
        self.authorized_keys = self.keys / "authorized_keys"
        self.extra_config = list(extra_config)
        self.hosts = {}
        atexit.register(self.close)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def add(self, name, region, zone, address, **options):
        """options: roles, key_kinds, env (more variables for its sessions), port."""
        if name in self.hosts:
            raise LabError(f"two hosts are called '{name}'")
        host = self.host_class(self, name, region, zone, address, **options)
        self.hosts[name] = host
        return host

    def grid(self, regions, per_zone=1, **options):
        """Hosts web-e1, web-e2... on 127.R.Z.H for {"east": ["east-a", "east-b"], ...}."""
        for r, (region, zones) in enumerate(regions.items(), 1):
            count = 0
            for z, zone in enumerate(zones, 1):
                for h in range(per_zone):
                    count += 1
                    self.add(f"web-{region[0]}{count}", region, zone,
                             f"127.{10 * r}.{z}.{11 + h}", **{"roles": ["web"], **options})
        return self

    def start(self):
        """Starts all hosts side by side and trusts their keys."""
        self._check_machine()
        if not self.user_key.exists():
            make_key(self.user_key)
        self.authorized_keys.write_text(public_key(self.user_key) + "\n")
        for host in self.hosts.values():
            host.prepare()
        try:
            for host in self.hosts.values():
                host.launch()
            for host in self.hosts.values():
                host.wait()
        except BaseException:
            self.close()
            raise
        self.known_hosts.write_text("")
        for host in self.hosts.values():
            host.trust()
        return self

    @staticmethod
    def _check_machine():
        if not os.access(SSHD, os.X_OK):
            raise LabError(f"{SSHD} is missing: tools/install-deps test installs it")
        if os.geteuid() == 0 and not os.path.isdir("/run/sshd"):
            try:
                os.makedirs("/run/sshd", mode=0o755)
            except OSError as error:
                raise LabError(f"sshd needs /run/sshd when root starts it: {error}") from error

    def host(self, name):
        return self.hosts[name]

    def region(self, region):
        """The hosts of a region, in the order they were added."""
        return [host for host in self.hosts.values() if host.region == region]

    def stop_region(self, region):
        for host in self.region(region):
            host.stop()

    def kill_region(self, region):
        for host in self.region(region):
            host.kill()

    def freeze_region(self, region):
        for host in self.region(region):
            host.freeze()

    def thaw_region(self, region):
        for host in self.region(region):
            host.thaw()

    def start_region(self, region):
        for host in self.region(region):
            host.launch()
        for host in self.region(region):
            host.wait()

    def processes(self):
        return sorted(pid for host in self.hosts.values() for pid in host.processes())

    def close(self):
        """Ends everything; a folder of its own goes, a given one stays for reading logs."""
        atexit.unregister(self.close)
        for host in self.hosts.values():
            host.kill()
        if self.own_dir:
            shutil.rmtree(self.dir, ignore_errors=True)

    def detach(self):
        """Lets the servers outlive this process; Lab.load finds them again."""
        atexit.unregister(self.close)
        hosts = [{"name": h.name, "region": h.region, "zone": h.zone, "address": h.address,
                  "port": h.port, "roles": h.roles, "pid": h.pid()} for h in self.hosts.values()]
        state = {"user": self.user, "identity": str(self.user_key),
                 "known_hosts": str(self.known_hosts), "hosts": hosts}
        (self.dir / "lab.json").write_text(json.dumps(state, indent=2) + "\n")
        return state

    @classmethod
    def load(cls, folder):
        """The lab that another process detached from."""
        lab = cls(folder)
        atexit.unregister(lab.close)
        for h in json.loads((lab.dir / "lab.json").read_text())["hosts"]:
            lab.add(h["name"], h["region"], h["zone"], h["address"], port=h["port"],
                    roles=h["roles"])
        return lab

    def project(self, folder, **parts):
        """Writes hadeploy.yaml for these hosts; see Project."""
        return Project.write(self, folder, **parts)
