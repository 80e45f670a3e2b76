"""hadeploy watch in the background: what it prints, and its end."""

import json
import os
import signal
import threading
import time

from .ssh import LabError, wait_until


class Watching:
    """A watch of a project; `lines` are the objects that it printed, each with its arrival `at`."""

    def __init__(self, project, *args, **options):
        self.lines, self.proc = [], project.start("watch", "--json", *args, **options)
        self.readers = [threading.Thread(target=self.read, args=(pipe,), daemon=True)
                        for pipe in (self.proc.stdout, self.proc.stderr)]
        for reader in self.readers:
            reader.start()

    def read(self, pipe):
        for line in pipe:
            try:
                said = json.loads(line)
            except ValueError:
                said = {"type": "noise", "text": line}
            self.lines.append({**said, "at": time.time()})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.proc.poll() is None:
            self.kill()

    def kill(self):
        """As a power cut would."""
        os.killpg(self.proc.pid, signal.SIGKILL)
        self.proc.wait(20)

    def end(self, sign=signal.SIGINT):
        """Its exit code; an error is shown."""
        self.proc.send_signal(sign)
        code = self.proc.wait(30)
        for reader in self.readers:
            reader.join(5)
        assert code != 1, "\n".join(map(str, self.lines))
        return code

    def said(self, **wanted):
        """Lines of any type with these values."""
        return [line for line in list(self.lines) if wanted.items() <= line.items()]

    def events(self, **wanted):
        return self.said(type="watch", **wanted)

    def until(self, count=1, limit_s=30, **wanted):
        """The so manieth of these events."""
        return self.until_said(count, limit_s, type="watch", **wanted)

    def until_said(self, count=1, limit_s=30, **wanted):
        try:
            wait_until(lambda: len(self.said(**wanted)) >= count, limit_s, str(wanted))
        except LabError as late:
            raise AssertionError(f"{late}\n" + "\n".join(map(str, self.lines))) from None
        return self.said(**wanted)[count - 1]
