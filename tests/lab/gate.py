"""Commands that say when they run and wait until they are let through."""

from .resources import ssh_command
from .ssh import wait_until


class Gate:
    """
    Files of one host by which a test and a command wait for each other: the command's script
    writes a line to `runs` each time it starts, and goes on when `open` exists.
    """

    def __init__(self, host, name="gate"):
        self.host = host
        self.runs, self.opened = host.root / f"{name}-runs", host.root / f"{name}-open"

    @property
    def script(self):
        return (f"echo run >>'{self.runs}'\n"
                f"while ! test -e '{self.opened}'; do sleep 0.05; done\n")

    def command(self, **properties):
        """A resource whose creation waits at the gate."""
        properties.setdefault("Delete", "true")
        return ssh_command(self.host, self.script, **properties)

    def count(self):
        """How often the script was started."""
        return self.runs.read_text().count("run") if self.runs.exists() else 0

    def reached(self, times=1):
        wait_until(lambda: self.count() >= times, 30, f"start of the command at {self.runs}")

    def open(self):
        self.opened.touch()
