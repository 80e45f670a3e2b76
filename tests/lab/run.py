"""Running the program: to its end, in the background, and on a terminal."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

from lab.documented import stream_faults

ROOT = Path(__file__).resolve().parents[2]
KEPT = re.compile(r"^(ASAN|UBSAN|TSAN|LSAN)_OPTIONS$|^(PATH|USER|LOGNAME|TMPDIR)$")


def hadeploy_path():
    """$HADEPLOY, else build/hadeploy."""
    return os.environ.get("HADEPLOY") or str(ROOT / "build" / "hadeploy")


def clean_env(cwd, env=None):
    """What decides the output is fixed; a value of None in env removes a variable."""
    fixed = {name: value for name, value in os.environ.items() if KEPT.match(name)}
    fixed.update({"HOME": str(cwd), "NO_COLOR": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8",
                  "HADEPLOY": hadeploy_path()})
    fixed.update({name: str(value) for name, value in (env or {}).items() if value is not None})
    for name, value in (env or {}).items():
        if value is None:
            fixed.pop(name, None)
    return fixed


class Result:
    """How a run ended and what it printed."""

    def __init__(self, args, returncode, stdout, stderr, seconds):
        self.args, self.returncode, self.seconds = args, returncode, seconds
        self.stdout, self.stderr = stdout, stderr

    def __repr__(self):
        return (f"{' '.join(map(str, self.args))}: exit {self.returncode}, {self.seconds:.2f} s\n"
                f"--- stdout\n{self.stdout}--- stderr\n{self.stderr}")

    def ok(self, code=0):
        """This result, after making sure that it ended with this exit code."""
        assert self.returncode == code, f"exit code {code} was expected\n{self!r}"
        return self

    def out(self, *words):
        """This result, after making sure that all these are in its standard output."""
        for word in words:
            assert word in self.stdout, f"{word!r} is not in the standard output\n{self!r}"
        return self

    def err(self, *words):
        """The same for its standard error."""
        for word in words:
            assert word in self.stderr, f"{word!r} is not in the standard error\n{self!r}"
        return self


def start_hadeploy(args, cwd, env=None, stdin=subprocess.DEVNULL, words=()):
    """A Popen with text pipes, in a process group of its own; words: what the command begins
    with."""
    return subprocess.Popen([*words, hadeploy_path(), *map(str, args)], cwd=cwd,
                            env=clean_env(cwd, env), stdin=stdin, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, errors="replace",
                            start_new_session=True)


def run_hadeploy(args, cwd, env=None, timeout=60, stdin=None):
    """Runs the program without a terminal; stdin is text or nothing."""
    started = time.monotonic()
    proc = start_hadeploy(args, cwd, env,
                          subprocess.PIPE if stdin is not None else subprocess.DEVNULL)
    try:
        out, err = proc.communicate(stdin, timeout)
    except subprocess.TimeoutExpired:
        os.killpg(proc.pid, signal.SIGKILL)
        out, err = proc.communicate()
        late = Result(["hadeploy", *args], proc.returncode, out, err, timeout)
        raise AssertionError(f"did not end within {timeout} s\n{late!r}") from None
    faults = stream_faults(list(map(str, args)), out)
    assert not faults, f"docs/json.md and reports.md do not tell: {faults}\n{out}"
    return Result(["hadeploy", *args], proc.returncode, out, err, time.monotonic() - started)


class Terminal:
    """The program on a pseudo-terminal: expect() what it shows, send() what a person types."""

    def __init__(self, args, cwd, env=None, size=(24, 100)):
        self.args, self.screen, self.seen = list(args), b"", 0
        self.fd, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        env = clean_env(cwd, {"NO_COLOR": None, "TERM": "xterm-256color", **(env or {})})
        self.proc = subprocess.Popen(
            [hadeploy_path(), *map(str, args)], cwd=cwd, env=env, stdin=other, stdout=other,
            stderr=other, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(other)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.proc.poll() is None:
            os.killpg(self.proc.pid, signal.SIGKILL)
            self.proc.wait()
        os.close(self.fd)

    def _read(self, limit_s):
        """False at the end."""
        if not select.select([self.fd], [], [], max(0, limit_s))[0]:
            return True
        try:
            more = os.read(self.fd, 65536)
        except OSError:  # EIO: the last process closed the terminal
            more = b""
        self.screen += more
        return bool(more)

    def expect(self, pattern, timeout=30):
        """Waits until bytes that match appear behind those already expected."""
        deadline = time.monotonic() + timeout
        going = True
        while True:
            match = re.compile(pattern, re.S).search(self.screen, self.seen)
            if match:
                self.seen = match.end()
                return match
            left = deadline - time.monotonic()
            assert going and left > 0, f"{pattern!r} did not appear in {self.screen!r}"
            going = self._read(left)

    def send(self, text):
        os.write(self.fd, text.encode() if isinstance(text, str) else text)

    def interrupt(self):
        """Ctrl-C, as typed."""
        self.send(b"\x03")

    def wait(self, timeout=60):
        """Reads to the end and returns the exit code."""
        deadline = time.monotonic() + timeout
        while self._read(deadline - time.monotonic()):
            assert time.monotonic() < deadline, f"did not end within {timeout} s: {self.screen!r}"
        return self.proc.wait(max(1, deadline - time.monotonic()))


def run_on_terminal(args, cwd, answers=(), env=None, timeout=60, size=(24, 100)):
    """Runs to the end, typing answers: (pattern, text) pairs.  Result.stdout is bytes."""
    started = time.monotonic()
    with Terminal(args, cwd, env, size) as terminal:
        for pattern, text in answers:
            terminal.expect(pattern, timeout)
            terminal.send(text)
        code = terminal.wait(timeout)
        return Result(["hadeploy", *args], code, terminal.screen, b"",
                      time.monotonic() - started)
