#!/usr/bin/python3
"""guard CONFIG VERB: keeps one of two PostgreSQL servers the only one that accepts writes.

A primary runs only while it holds a lease of a majority of voters.  A voter is this program too:
one beside each of the two servers, one outside both regions.  A primary that cannot renew stops
before its lease is over, so whoever is then granted the lease is alone.

    serve      votes, and starts and stops PostgreSQL as the lease allows; runs until it is ended
    init       makes the data, the first time: a new cluster, or a copy of the peer's
    fence      stops PostgreSQL here, and it stays stopped until `rejoin`
    bar NAME   the voters grant NAME no lease any more; returns when the one it had is over
    promote    takes the lease and makes the standby here the primary
    rejoin     what is here becomes a standby of the peer, rewound or copied anew
    leave      the data here is about to be deleted: the voters forget that it was there
    status     prints primary, standby or stopped

CONFIG is a JSON file; files are made beside it.  Started by root it becomes `nobody`.
"""

import ctypes
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SAFE = 0.7      # of the lease: PostgreSQL is stopped after that, and has the rest to be gone
ROUND_S = 0.1
PATIENCE_S = 60
PR_SET_PDEATHSIG = 1
SETTINGS = """\
listen_addresses = '{Address}'
port = {Port}
unix_socket_directories = '{run}'
cluster_name = '{Name}'
max_connections = 40
shared_buffers = 16MB
max_wal_size = 256MB
wal_keep_size = 256MB
wal_level = replica
wal_log_hints = on              # or pg_rewind could not bring an old primary back
track_commit_timestamp = on
password_encryption = 'scram-sha-256'
wal_retrieve_retry_interval = 200ms
wal_receiver_status_interval = 1s
wal_receiver_timeout = 3s
wal_sender_timeout = 3s
primary_conninfo = 'host={PeerHost} port={PeerPort} user=guard passfile={passfile} \
connect_timeout=2 application_name={Name}'
"""
ANYBODY = "*"
VOTES = ("lease", "release", "bar", "allow", "join", "leave", "had_data")
ACCESS = "local all all trust\nhost all all all scram-sha-256\n" \
         "host replication all all scram-sha-256\n"


def now():
    """Goes on while the machine sleeps: a lease does too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Failure(Exception):
    """The message is for the person who called."""


class Node:
    """What CONFIG says, and where the files are."""

    def __init__(self, config):
        path = Path(config).resolve()
        self.base = path.parent
        values = json.loads(path.read_text())
        self.name, self.values = values["Name"], values
        self.address = (self.base / "address").read_text().strip()
        self.voters, self.voter_port = values["Voters"], values["VoterPort"]
        self.ttl, self.leases = float(values["Ttl"]), values.get("Leases", "true") == "true"
        self.pg = self.base / "pg"
        self.data, self.run = self.pg / "data", self.pg / "run"
        self.passfile, self.fenced = self.pg / "passfile", self.pg / "fenced"
        self.votes, self.log = self.pg / "votes.json", self.pg / "postgres.log"
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parts[-2]))
        self.bin = found[-1] if found else Path("/usr/bin")

    def become_ordinary(self):
        """PostgreSQL refuses root, and nothing here needs it."""
        self.pg.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            os.chown(self.pg, user.pw_uid, user.pw_gid)
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        os.environ.update(HOME=str(self.pg), LC_ALL="C.UTF-8", PGCONNECT_TIMEOUT="3",
                          PGPASSFILE=str(self.passfile))
        os.chdir(self.pg)
        self.run.mkdir(mode=0o700, exist_ok=True)

    # PostgreSQL

    def call(self, program, *words):
        done = subprocess.run([self.bin / program, *map(str, words)], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"{program}: {(done.stderr or done.stdout).strip()}")
        return done.stdout.strip()

    def sql(self, *words, host=None, port=None, database="postgres"):
        host, port = host or self.run, port or self.values["Port"]
        return self.call("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d",
                         f"host={host} port={port} user=guard dbname={database}", *words)

    def peer(self):
        host, port = self.values["Peer"].rsplit(":", 1)
        return {"host": host, "port": port}

    def configure(self):
        peer = self.peer()
        (self.data / "pg_hba.conf").write_text(ACCESS)
        (self.data / "postgresql.conf").write_text(SETTINGS.format(
            **self.values, Address=self.address, run=self.run, passfile=self.passfile, PeerHost=peer["host"],
            PeerPort=peer["port"]))

    def pid(self):
        """Of PostgreSQL; None: it does not run."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except (OSError, ValueError, IndexError):
            return None
        return pid if name == "postgres" else None

    def role(self):
        if not self.pid():
            return "stopped"
        return "standby" if (self.data / "standby.signal").exists() else "primary"

    def end(self, sig, limit_s=8):
        """Ends PostgreSQL: SIGINT in order, with all that was committed sent to the standby."""
        until = now() + limit_s
        while pid := self.pid():
            try:
                os.kill(pid, sig if now() < until else signal.SIGQUIT)
            except ProcessLookupError:
                return
            time.sleep(0.05 if sig == signal.SIGINT else 0.01)

    # The voters, asked all at once

    def ask(self, verb, who, pool=None):
        """How many say yes, and how many seconds a lease may still hold."""
        def one(voter):
            request = urllib.request.Request(f"http://{voter}/{verb}/{who}", b"", method="POST")
            try:
                with urllib.request.urlopen(request, timeout=self.ttl / 5) as answer:
                    return float(answer.read())
            except (OSError, ValueError):
                return None

        if pool is None:
            with ThreadPoolExecutor(len(self.voters)) as own:
                return self.ask(verb, who, own)
        said = [seconds for seconds in pool.map(one, self.voters) if seconds is not None]
        return len(said), max(said, default=0)

    def agreed(self, verb, who, pool=None):
        return self.ask(verb, who, pool)[0] > len(self.voters) // 2


class Votes:
    """To whom this voter has given a lease, and to whom it gives none."""

    def __init__(self, node):
        self.node, self.lock, self.barred, self.joined = node, threading.Lock(), [], []
        # What was granted before a restart is not known to the second: nobody else gets it.
        self.holder, self.until = None, now() + node.ttl
        if node.votes.exists():
            kept = json.loads(node.votes.read_text())
            self.holder, self.barred = kept["Holder"], kept["Barred"]
            self.joined = kept["Joined"]
        else:
            self.until = 0

    def keep(self):
        new = self.node.votes.with_suffix(".new")
        with new.open("w") as file:
            json.dump({"Holder": self.holder, "Barred": self.barred, "Joined": self.joined},
                      file)
            file.flush()
            os.fsync(file.fileno())
        new.rename(self.node.votes)

    def left(self, who):
        return max(0.0, self.until - now()) if self.holder == who else 0.0

    def say(self, verb, who):
        """Seconds that the lease of `who` holds; None: no."""
        with self.lock:
            return getattr(self, verb)(who)

    def lease(self, who):
        if who in self.barred or (self.holder != who and self.until > now()):
            return None
        if self.holder != who:
            self.holder = who
            self.keep()
        self.until = now() + self.node.ttl
        return self.node.ttl

    def release(self, who):
        if self.holder == who:
            self.until = 0
        return 0.0

    def bar(self, who):
        if who not in self.barred:
            self.barred.append(who)
            self.keep()
        return self.left(who)

    def allow(self, who):
        if who in self.barred:
            self.barred.remove(who)
            self.keep()
        return 0.0


    def join(self, who):
        """It has data.  Should that be lost, nobody takes it for a new server."""
        if who not in self.joined:
            self.joined.append(who)
            self.keep()
        return 0.0

    def leave(self, who):
        self.joined = [name for name in self.joined if name != who]
        self.barred = [name for name in self.barred if name != who]
        self.keep()
        return 0.0

    def had_data(self, who):
        return float(who in self.joined or (who == ANYBODY and bool(self.joined)))


class Voter(BaseHTTPRequestHandler):
    votes = None
    timeout = 5

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass

    def do_POST(self):  # pylint: disable=invalid-name
        words = self.path.strip("/").split("/")
        known = len(words) == 2 and words[0] in VOTES
        said = self.votes.say(*words) if known else None
        body = b"no" if said is None else b"%.3f" % said
        self.send_response(200 if said is not None else 409)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 64


class Watch:
    """Starts and stops PostgreSQL.  It is our child: should we die, the kernel ends it."""

    def __init__(self, node):
        self.node, self.child, self.held_until, self.renew_at = node, None, 0.0, 0.0
        self.pool = ThreadPoolExecutor(len(node.voters))
        self.said = None

    def say(self, text):
        if text != self.said:
            print(f"{time.strftime('%H:%M:%S', time.gmtime())} {text}", flush=True)
            self.said = text

    def start(self):
        if self.child and self.child.poll() is None:
            return
        self.node.configure()
        libc = ctypes.CDLL(None)
        with self.node.log.open("ab") as log:
            self.child = subprocess.Popen(
                [self.node.bin / "postgres", "-D", self.node.data], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
                preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT))

    def stop(self, sig):
        self.node.end(sig)
        if self.child:
            self.child.wait()
            self.child = None

    def renew(self):
        """Whether the lease is ours."""
        if not self.node.leases:
            return True
        began = now()
        if began >= self.renew_at:
            self.renew_at = began + self.node.ttl / 6
            if self.node.agreed("lease", self.node.name, self.pool):
                self.held_until = began + SAFE * self.node.ttl
        return now() < self.held_until

    def look(self):
        node = self.node
        if node.fenced.exists():
            if node.pid():
                self.say("fenced: PostgreSQL is stopped")
                self.stop(signal.SIGINT)
                node.ask("release", node.name, self.pool)
            self.held_until = 0.0
        elif not (node.data / "PG_VERSION").exists():
            self.say("there is no data")
        elif (node.data / "standby.signal").exists():
            self.say("standby")
            self.start()
        elif self.renew():
            self.say("primary: it holds the lease")
            self.start()
        else:
            self.say("primary without a lease: PostgreSQL is stopped")
            self.stop(signal.SIGQUIT)


def serve(node):
    Voter.votes = Votes(node)
    server = Server((node.address, node.voter_port), Voter)
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    watch = Watch(node) if "Port" in node.values else None
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    while not ended.wait(ROUND_S):
        if watch:
            watch.look()
    if watch:
        watch.stop(signal.SIGINT)
        node.ask("release", node.name)


def wait_until(true_now, what, limit_s=PATIENCE_S):
    until = now() + limit_s
    while not true_now():
        if now() > until:
            raise Failure(f"{what}: not within {limit_s} s")
        time.sleep(0.05)


def works(node, text, **place):
    """Whether this SQL has an answer, and it is `t`."""
    try:
        return node.sql("-c", text, **place) == "t"
    except Failure:
        return False


def new_cluster(node):
    """With what is in schema.sql, before anybody can reach it."""
    new = node.pg / "data.new"
    shutil.rmtree(new, ignore_errors=True)
    node.call("initdb", "-D", new, "-U", "guard", "-E", "UTF8", "--locale=C", "-A", "trust")
    options = f"-c listen_addresses= -c unix_socket_directories={node.run} -p {node.values['Port']}"
    node.call("pg_ctl", "start", "-w", "-D", new, "-l", node.log, "-o", options)
    node.sql("-f", node.base / "schema.sql")
    node.call("pg_ctl", "stop", "-w", "-D", new)
    new.rename(node.data)


def copy_peer(node):
    peer, new = node.peer(), node.pg / "data.new"
    wait_until(lambda: works(node, "select not pg_is_in_recovery()", **peer), "a primary there")
    shutil.rmtree(new, ignore_errors=True)
    node.call("pg_basebackup", "-D", new, "-c", "fast", "-d",
              f"host={peer['host']} port={peer['port']} user=guard")
    (new / "standby.signal").touch()
    shutil.rmtree(node.data, ignore_errors=True)
    new.rename(node.data)


def join(node):
    """An empty server that is taken for the first one would be a primary without the data."""
    wait_until(lambda: node.agreed("join", node.name), "most voters noted that there is data")


def init(node):
    node.passfile.write_text(f"*:*:*:*:{os.environ['DB_PASSWORD']}\n")
    node.passfile.chmod(0o600)
    wait_until(lambda: node.agreed("had_data", node.name), "most voters answer")
    if not (node.data / "PG_VERSION").exists():
        if node.ask("had_data", node.name)[1]:
            print("the data that was here is lost: `rejoin` copies the peer's")
            return
        if node.values["First"] == node.name and not node.ask("had_data", ANYBODY)[1]:
            new_cluster(node)
        else:
            copy_peer(node)
    join(node)
    wait_until(lambda: works(node, "select true"), "the guard started PostgreSQL")


def fence(node):
    node.fenced.touch()
    try:
        wait_until(lambda: not node.pid(), "the guard stopped PostgreSQL", 12)
    except Failure:
        node.end(signal.SIGQUIT)
    print("PostgreSQL is stopped and stays so")


def bar(node, who):
    agreed, left = node.ask("bar", who)
    if agreed <= len(node.voters) // 2:
        raise Failure(f"{agreed} of {len(node.voters)} voters answer: {who} may get a lease")
    # Whatever majority gave it its lease, one of these was among them and knows how long it holds.
    time.sleep(left)
    print(f"{agreed} of {len(node.voters)} voters: {who} has no lease and gets none")


def promote(node):
    if node.role() != "primary":
        if node.leases:
            wait_until(lambda: node.agreed("lease", node.name), "a lease from most voters", 30)
        node.call("pg_ctl", "promote", "-w", "-t", "30", "-D", node.data)
    wait_until(lambda: works(node, "select not pg_is_in_recovery()"), "the end of recovery", 30)
    # pg_rewind reads the new timeline from the control file, which a checkpoint writes.
    node.sql("-c", "checkpoint")
    print("PostgreSQL accepts writes")


def rejoin(node):
    peer = node.peer()
    if not works(node, "select not pg_is_in_recovery()", **peer):
        raise Failure(f"there is no primary at {node.values['Peer']}: if that region is to "
                      "take over, fail over first")
    fence(node)
    try:
        if not (node.data / "PG_VERSION").exists():
            raise Failure("there is no data here")
        node.call("pg_rewind", "-D", node.data, "--source-server",
                  f"host={peer['host']} port={peer['port']} user=guard dbname=postgres")
        (node.data / "standby.signal").touch()
        print("rewound")
    except Failure as why:
        print(f"copied anew, since: {why}")
        copy_peer(node)
    node.configure()
    node.ask("allow", node.name)
    join(node)
    node.fenced.unlink()
    streams = "select count(*) = 1 from pg_stat_wal_receiver where status = 'streaming'"
    wait_until(lambda: works(node, streams), "the standby streams")


def leave(node):
    node.ask("leave", node.name)


def status(node):
    print(node.role())


VERBS = {"serve": serve, "init": init, "fence": fence, "bar": bar, "promote": promote,
         "rejoin": rejoin, "leave": leave, "status": status}


def main():
    if len(sys.argv) < 3 or sys.argv[2] not in VERBS or \
            len(sys.argv) != (4 if sys.argv[2] == "bar" else 3):
        print(__doc__, file=sys.stderr)
        return 64
    node = Node(sys.argv[1])
    try:
        node.become_ordinary()
        VERBS[sys.argv[2]](node, *sys.argv[3:])
    except Failure as failure:
        print(f"guard: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
