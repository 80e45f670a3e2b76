"""
Orchestration near its limit: 2,000 resources whose calls take 50 to 500 ms each, 64 at a time,
against the simulated cloud.  No schedule can be faster than the longest way through the graph,
nor than all work divided by 64; both are computed from what the calls of that very run took.
Beside them: what the same order (longest way first, durations unknown) would take were
everything of ours free.
"""

import hashlib
import heapq
import os
import random
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

COUNT, PARALLELISM, LOW_MS, HIGH_MS = 2000, 64, 50, 500
SEED = 7
MANIFEST = f"""\
Project: orchestration
Providers:
  sim:
    File: cloud.db
    Seed: {SEED}
    Latency: {{'Sim::Node': {{create: {LOW_MS}ms..{HIGH_MS}ms}}}}
Regions: {{east: {{}}}}
Stacks: {{web: {{Template: web.yaml, Targets: [east]}}}}
"""


def wide(dice):
    """Two needs at most, few levels: the work is what takes the time."""
    for i in range(COUNT):
        yield sorted({dice.randrange(i) for _ in range(dice.randrange(3))}) if i else []


def deep(dice):
    """Chains of fifty beside loose resources: the longest way is what takes the time."""
    for i in range(COUNT):
        chained = i < 20 * 50 and i % 50
        yield [i - 1] if chained else [dice.randrange(i)] if i % 5 else []


SHAPES = {"wide": wide, "deep": deep}


def write_project(folder, shape):
    needs = list(SHAPES[shape](random.Random(SEED)))
    lines = ["Resources:"]
    for i, of in enumerate(needs):
        properties = "".join(f", P{k}: !Ref N{n}" for k, n in enumerate(of))
        lines.append(f"  N{i}: {{Type: 'Sim::Node', Properties: {{Index: {i}{properties}}}}}")
    (folder / "hadeploy.yaml").write_text(MANIFEST)
    (folder / "web.yaml").write_text("\n".join(lines) + "\n")
    return needs


def call_seconds(key):
    """What the simulated cloud drew for the create with this key (providers/sim/timing.c)."""
    words = "\n".join([str(SEED), "Sim::Node", "create", key, "call"])
    number = int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 11
    return (LOW_MS + int(number / 2 ** 53 * (HIGH_MS - LOW_MS + 1))) / 1000


def durations(folder):
    took = [None] * COUNT
    with sqlite3.connect(f"file:{folder / 'cloud.db'}?mode=ro", uri=True) as cloud:
        for address, key in cloud.execute("SELECT address, key FROM log WHERE action = 'create'"):
            took[int(address.rsplit("/N", 1)[1])] = call_seconds(key)
    if None in took:
        raise RuntimeError(f"{took.count(None)} of {COUNT} resources were not made")
    return took


def longest_way(needs, took):
    ends = []
    for i, of in enumerate(needs):
        ends.append(took[i] + max((ends[n] for n in of), default=0))
    return max(ends)


def free_schedule(needs, took):
    """Seconds until all is done when starting and ending cost nothing."""
    users, missing, way = [[] for _ in needs], [len(of) for of in needs], [0] * len(needs)
    for i, of in reversed(list(enumerate(needs))):
        for n in of:
            users[n].append(i)
            way[n] = max(way[n], way[i] + 1)
    ready = [(-way[i], i) for i, count in enumerate(missing) if not count]
    heapq.heapify(ready)
    running, now = [], 0
    while ready or running:
        while ready and len(running) < PARALLELISM:
            i = heapq.heappop(ready)[1]
            heapq.heappush(running, (now + took[i], i))
        now, i = heapq.heappop(running)
        for user in users[i]:
            missing[user] -= 1
            if not missing[user]:
                heapq.heappush(ready, (-way[user], user))
    return now


def apply(program, folder):
    """Seconds of wall, of CPU, and of CPU of the main thread: the coordinator."""
    ticks, coordinator = os.sysconf("SC_CLK_TCK"), 0
    started = time.monotonic()
    process = subprocess.Popen([program, "apply", "--yes", "--parallelism", str(PARALLELISM)],
                               cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    stat = Path(f"/proc/{process.pid}/task/{process.pid}/stat")
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        fields = stat.read_text().rsplit(")", 1)[1].split()
        coordinator = (int(fields[11]) + int(fields[12])) / ticks
        time.sleep(0.005)
    wall = time.monotonic() - started
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"apply ended with {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, coordinator


def one(program, shape):
    with tempfile.TemporaryDirectory(prefix="hadeploy-bench-") as at:
        folder = Path(at)
        needs = write_project(folder, shape)
        measured = apply(program, folder)
        took = durations(folder)
        way, work = longest_way(needs, took), sum(took) / PARALLELISM
        return (way, work, 100 * (free_schedule(needs, took) / max(way, work) - 1), *measured,
                100 * (measured[0] / max(way, work) - 1))


def bench(program, rounds):
    print(f"## Orchestration: {COUNT} calls of {LOW_MS} to {HIGH_MS} ms, "
          f"{PARALLELISM} at a time\n")
    print("| graph | longest way | work / 64 | same order, free | apply | over the bound [min-max] "
          "| CPU a change | coordinator's |")
    print("|---|---|---|---|---|---|---|---|")
    for shape in SHAPES:
        results = [one(program, shape) for _ in range(rounds)]
        way, work, free, wall, cpu, coordinator, over = map(statistics.median, zip(*results))
        low, high = min(r[-1] for r in results), max(r[-1] for r in results)
        print(f"| {shape} | {way:.2f} s | {work:.2f} s | +{free:.1f}% | {wall:.2f} s | "
              f"+{over:.1f}% [{low:.1f}-{high:.1f}] | {cpu / COUNT * 1e6:.0f} us | "
              f"{coordinator / COUNT * 1e6:.0f} us |")
    print(flush=True)
