"""A server that is one process of the tests' own: started, waited for, ended."""

import atexit
import os
import signal
import subprocess
from pathlib import Path

from .ssh import START_LIMIT_S, SYSTEM_PATH, LabError, free_port, wait_until

ATTEMPTS = 5
END_LIMIT_S = 10


class Server:
    """
    Its files are in one folder, its ports are found free when it starts.  A kind of server says
    how: program, prepare() (once), configure() (before every start), command(), answers().
    """

    name = program = "server"

    def __init__(self, folder, address="127.0.0.1"):
        self.dir, self.address = Path(folder).resolve(), address
        self.log = self.dir / f"{self.name}.log"
        self.proc, self.ports = None, {}

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    # What a kind of server says

    wanted_ports = ("port",)

    def prepare(self):
        """Makes what stays from one start to the next."""

    def configure(self):
        """Writes the configuration for self.ports."""

    def command(self):
        """The words that start it in the foreground."""
        raise NotImplementedError

    def answers(self):
        """Whether it serves."""
        raise NotImplementedError

    # Starting and stopping

    def start(self):
        """Returns when it answers; another program may take a port in between."""
        if not os.access(self.program, os.X_OK):
            raise LabError(f"{self.program} is missing: tools/install-deps test installs it")
        if not self.dir.exists():
            self.dir.mkdir(parents=True)
            self.prepare()
        atexit.register(self.close)
        for _ in range(ATTEMPTS):
            kept = bool(self.ports)
            for name in self.wanted_ports:
                self.ports.setdefault(name, free_port(self.address))
            self._launch()
            if wait_until(self._state, START_LIMIT_S, f"start of {self.name}") == "up":
                return self
            if kept:
                break
            self.ports = {}
        raise LabError(f"{self.name} did not start:\n{self.log_text()}")

    def _launch(self):
        self.configure()
        with self.log.open("ab") as log:
            self.proc = subprocess.Popen(
                list(map(str, self.command())), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.dir, env={"PATH": SYSTEM_PATH}, start_new_session=True)

    def _state(self):
        if self.proc.poll() is not None:
            return "ended"
        return "up" if self.answers() else ""

    def _end(self, sig):
        if self.proc:
            for each in (sig, signal.SIGKILL):
                self._send(signal.SIGCONT)
                self._send(each)
                try:
                    self.proc.wait(END_LIMIT_S)
                    break
                except subprocess.TimeoutExpired:
                    continue
        self.proc = None

    def _send(self, sig):
        try:
            os.killpg(self.proc.pid, sig)
        except ProcessLookupError:
            pass

    def stop(self):
        """Ends it; start() brings it back with the same ports and data."""
        self._end(signal.SIGTERM)

    def kill(self):
        """Power cut."""
        self._end(signal.SIGKILL)

    def freeze(self):
        """It stops answering but keeps its connections."""
        self._send(signal.SIGSTOP)

    def thaw(self):
        self._send(signal.SIGCONT)

    def close(self):
        atexit.unregister(self.close)
        self.stop()

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""
