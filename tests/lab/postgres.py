"""PostgreSQL: a primary and streaming standbys, each a real server of the tests' own.

    with Postgres(folder / "east") as primary:
        primary.sql("create table t (n int)")
        with primary.standby(folder / "west") as standby:
            standby.wait_for(primary)
            primary.kill()
            standby.promote()

As root the servers run as `nobody`, since PostgreSQL refuses root; their data is then in a
folder below /tmp that goes when they are closed.  They are killed, but never lose their power: so
they sync nothing.  `monitor` with the password `PASSWORD` may look at everything, the superuser is
`USER` with the same one.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from . import processes
from .server import Server
from .ssh import LabError, wait_until

USER, MONITOR, PASSWORD, DATABASE = "shop", "monitor", "lab-db-tulip-81", "shop"
ORDINARY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]
CONFIG = """\
listen_addresses = '{address}'
port = {port}
unix_socket_directories = ''
cluster_name = '{name}'
max_connections = 40
shared_buffers = 16MB
max_wal_size = 256MB
wal_keep_size = 256MB
wal_level = replica
wal_log_hints = on
wal_retrieve_retry_interval = 200ms
wal_receiver_status_interval = 1s
wal_receiver_timeout = 5s
wal_sender_timeout = 5s
hot_standby = on
fsync = off
track_commit_timestamp = on
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
{more}
"""
ACCESS = "host all all 0.0.0.0/0 scram-sha-256\nhost replication all 0.0.0.0/0 scram-sha-256\n"


def programs():
    """The folder of the newest PostgreSQL's programs; they are in no PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"),
                   key=lambda path: float(path.parts[-3]))
    if not found:
        raise LabError("PostgreSQL is missing: tools/install-deps test installs it")
    return found[-1].parent


def as_ordinary(*words):
    """A command that runs as an ordinary user, also when root asks."""
    return [*(ORDINARY if os.geteuid() == 0 else []), *map(str, words)]


class Postgres(Server):
    """One server.  `data` is its data directory, ports["port"] its port."""

    name = "postgres"

    def __init__(self, folder, address="127.0.0.1", source=None, settings=None):
        super().__init__(folder, address)
        self.source, self.settings = source, dict(settings or {})
        self.bin = programs()
        self.program = self.bin / "postgres"
        self.data = None

    @property
    def port(self):
        return self.ports["port"]

    @property
    def env(self):
        """For checks with Password '{{resolve:env:PGPW}}'."""
        return {"PGPW": PASSWORD}

    def check(self, **more):
        """An entry of HealthChecks that asks this server."""
        return {"Type": "POSTGRES", "Host": self.address, "Port": self.port, "User": MONITOR,
                "Password": "{{resolve:env:PGPW}}", "Database": DATABASE, **more}

    def standby(self, folder, address="127.0.0.1", **settings):
        """A server, not yet started, that streams from this one; settings: postgresql.conf."""
        return Postgres(folder, address, self, settings)

    # What Server asks

    def prepare(self):
        if os.geteuid() == 0:
            self.data = Path(tempfile.mkdtemp(prefix="hadeploy-pg-"))
            shutil.chown(self.data, "nobody", "nogroup")
            atexit.register(shutil.rmtree, self.data, ignore_errors=True)
        else:
            self.data = self.dir / "data"
        if self.source:
            self._copy_source()
        else:
            self._make_cluster()

    def _call(self, program, *words):
        done = subprocess.run(
            as_ordinary(self.bin / program, *words), capture_output=True, text=True, check=False,
            cwd="/", env={"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD,
                          "PGCONNECT_TIMEOUT": "5", "LC_ALL": "C.UTF-8"})
        if done.returncode != 0:
            raise LabError(f"{program}: {done.stderr.strip()}")
        return done.stdout

    def _make_cluster(self):
        with tempfile.NamedTemporaryFile("w") as password:
            password.write(PASSWORD + "\n")
            password.flush()
            if os.geteuid() == 0:
                shutil.chown(password.name, "nobody")
            self._call("initdb", "--no-sync", "-D", self.data, "-U", USER, "-E", "UTF8",
                       "--locale=C", "-A", "scram-sha-256", f"--pwfile={password.name}")
        (self.data / "pg_hba.conf").write_text(ACCESS)

    def _copy_source(self):
        source = f"host={self.source.address} port={self.source.port} user={USER}"
        self._call("pg_basebackup", "--no-sync", "-D", self.data, "-d", source, "-c", "fast")
        self.follow(self.source)

    def configure(self):
        more = "\n".join(f"{name} = '{value}'" for name, value in self.settings.items())
        (self.data / "postgresql.conf").write_text(CONFIG.format(
            address=self.address, port=self.port, name=self.dir.name, more=more))

    def command(self):
        return as_ordinary(self.program, "-D", self.data)

    def answers(self):
        try:
            self.sql("select 1", "postgres")
            if not self.source and not self.sql("select 1 from pg_roles where rolname = 'monitor'",
                                                "postgres"):
                self._first_start()
            return True
        except LabError:
            return False

    def _first_start(self):
        self.sql(f"create role {MONITOR} login password '{PASSWORD}' in role pg_monitor",
                 "postgres")
        self.sql(f"create database {DATABASE}", "postgres")

    # PostgreSQL's processes are each a session of their own

    def _send(self, sig):
        pids = processes.descendants(self.proc.pid) if sig != signal.SIGINT else [self.proc.pid]
        processes.send(pids, sig)

    def stop(self):
        """In order: everything that was committed is on the disk and sent to standbys."""
        self._end(signal.SIGINT)

    def close(self):
        super().close()
        if os.geteuid() == 0 and self.data:
            shutil.rmtree(self.data, ignore_errors=True)

    # What tests do with it

    def sql(self, text, database=DATABASE):
        """What psql answers, rows as lines and columns with tabs."""
        return self._call("psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d",
                          f"host={self.address} port={self.port} user={USER} dbname={database}",
                          "-c", text).rstrip("\n")

    def follow(self, source):
        """From its next start on it is a standby of source."""
        self.source = source
        self.settings["primary_conninfo"] = (
            f"host={source.address} port={source.port} user={USER} password={PASSWORD} "
            f"connect_timeout=2 application_name={self.dir.name}")
        (self.data / "standby.signal").touch()

    def promote(self):
        """Returns when it accepts writes."""
        self.sql("select pg_promote(true, 20)", "postgres")
        self.source = None

    def rewind(self, source):
        """A primary that was left behind becomes a standby of source; it must be stopped."""
        # pg_rewind reads the timeline from the control file, where a promotion arrives with the
        # next checkpoint: without one it says that there is nothing to do.
        source.sql("checkpoint", "postgres")
        self._call("pg_rewind", "--no-sync", "-D", self.data, "--source-server",
                   f"host={source.address} port={source.port} user={USER} dbname=postgres")
        self.follow(source)

    def is_primary(self):
        return self.sql("select pg_is_in_recovery()", "postgres") == "f"

    def pause_replay(self):
        """A standby falls behind from now on, until resume_replay."""
        self.sql("select pg_wal_replay_pause()", "postgres")

    def resume_replay(self):
        self.sql("select pg_wal_replay_resume()", "postgres")

    def wait_for(self, primary, limit_s=20):
        """Until a standby has replayed what the primary has written by now."""
        place = primary.sql("select pg_current_wal_lsn()", "postgres")
        wait_until(lambda: self.sql(
            f"select pg_last_wal_replay_lsn() >= '{place}'", "postgres") == "t",
            limit_s, f"standby {self.dir.name} at {place}")
