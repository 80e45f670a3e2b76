"""Times whole processes: wall, CPU and peak memory, as medians of several runs."""

import statistics
import subprocess
import tempfile
import time


class Sample:
    """One run of one process and its children."""

    def __init__(self, wall_s, cpu_s, peak_kib, returncode):
        self.wall_s, self.cpu_s, self.peak_kib = wall_s, cpu_s, peak_kib
        self.returncode = returncode


def run(command, cwd=None, env=None):
    """
    Runs a command to its end with its output discarded.  A small process between counts CPU and
    memory: a child of this one would seem as large as the interpreter it was forked from.
    """
    with tempfile.NamedTemporaryFile("r") as report:
        started = time.monotonic()
        done = subprocess.run(["/usr/bin/time", "-f", "%U %S %M", "-o", report.name,
                               *map(str, command)],
                              cwd=cwd, env=env, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wall = time.monotonic() - started
        text = report.read()
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n"
                           + done.stderr.decode(errors="replace")[-2000:])
    user, system, peak_kib = map(float, text.split())
    return Sample(wall, user + system, peak_kib, done.returncode)


class Series:
    """Samples of one contestant."""

    def __init__(self, name):
        self.name, self.samples = name, []

    def add(self, sample):
        self.samples.append(sample)

    def wall(self):
        return statistics.median(s.wall_s for s in self.samples)

    def spread(self):
        walls = [s.wall_s for s in self.samples]
        return min(walls), max(walls)

    def cpu(self):
        return statistics.median(s.cpu_s for s in self.samples)

    def peak_mib(self):
        return statistics.median(s.peak_kib for s in self.samples) / 1024


def table(rows, base=None):
    """A Markdown table of series; ratios against the series `base`."""
    print(f"| what | wall, median [min-max] | CPU | peak memory | wall / {base.name} |"
          if base else "| what | wall, median [min-max] | CPU | peak memory |")
    print("|---|---|---|---|---|" if base else "|---|---|---|---|")
    for row in rows:
        low, high = row.spread()
        line = (f"| {row.name} | {row.wall():.4f} s [{low:.4f}-{high:.4f}] | {row.cpu():.3f} s "
                f"| {row.peak_mib():.1f} MiB |")
        print(line + (f" {row.wall() / base.wall():.3f} |" if base else ""))
    print(flush=True)
