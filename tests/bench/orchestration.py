"""
Orchestration near its limit: 2,000 resources whose calls take 50 to 500 ms each, 64 at a time,
against the simulated cloud.  No schedule can be faster than the longest way through the graph,
nor than all work divided by 64; both are computed from what the calls of that very run took.
"""

import hashlib
import os
import random
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from measure import run

COUNT, PARALLELISM, LOW_MS, HIGH_MS = 2000, 64, 50, 500
SEED = 7
MANIFEST = f"""\
Project: orchestration
Providers:
  sim: {{File: cloud.db, Seed: {SEED}, Latency: {{'Sim::Node': {{create: {LOW_MS}ms..{HIGH_MS}ms}}}}}}
Regions: {{east: {{}}}}
Stacks: {{web: {{Template: web.yaml, Targets: [east]}}}}
"""


def wide(dice):
    """Three needs at most, few levels: the work is what takes the time."""
    for i in range(COUNT):
        yield sorted({dice.randrange(i) for _ in range(dice.randrange(3))}) if i else []


def deep(dice):
    """Chains of fifty beside loose resources: the longest way is what takes the time."""
    for i in range(COUNT):
        yield [i - 1] if i < 20 * 50 and i % 50 else sorted({dice.randrange(i)}) if i % 5 else []


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


def call_ms(key):
    """What the simulated cloud drew for the create with this key (providers/sim/timing.c)."""
    words = "\n".join([str(SEED), "Sim::Node", "create", key, "call"])
    number = int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 11
    return LOW_MS + int(number / 2 ** 53 * (HIGH_MS - LOW_MS + 1))


def bounds(folder, needs):
    """Seconds: the longest way, and all work divided by the workers."""
    took, ends = {}, []
    with sqlite3.connect(f"file:{folder / 'cloud.db'}?mode=ro", uri=True) as cloud:
        for address, key in cloud.execute("SELECT address, key FROM log WHERE action = 'create'"):
            took[int(address.rsplit("/N", 1)[1])] = call_ms(key) / 1000
    if len(took) != COUNT:
        raise RuntimeError(f"{len(took)} of {COUNT} resources were made")
    for i, of in enumerate(needs):
        ends.append(took[i] + max((ends[n] for n in of), default=0))
    return max(ends), sum(took.values()) / PARALLELISM


def one(program, shape):
    with tempfile.TemporaryDirectory(prefix="hadeploy-bench-", dir=os.environ.get("TMPDIR")) as at:
        folder = Path(at)
        needs = write_project(folder, shape)
        empty = time.monotonic()
        run([program, "plan"], cwd=folder)
        empty = time.monotonic() - empty
        sample = run([program, "apply", "--yes", "--parallelism", PARALLELISM], cwd=folder)
        return sample, bounds(folder, needs), empty


def bench(program, rounds):
    print(f"## Orchestration: {COUNT} calls of {LOW_MS} to {HIGH_MS} ms, {PARALLELISM} at a time\n")
    print("| graph | longest way | work / 64 | apply | over the bound [min-max] | CPU a change |")
    print("|---|---|---|---|---|---|")
    for shape in SHAPES:
        results = [one(program, shape) for _ in range(rounds)]
        over = [100 * (sample.wall_s / max(limit) - 1) for sample, limit, _ in results]
        path, work = (statistics.median(limit[k] for _, limit, _ in results) for k in (0, 1))
        wall = statistics.median(sample.wall_s for sample, _, _ in results)
        cpu = statistics.median(sample.cpu_s for sample, _, _ in results)
        print(f"| {shape} | {path:.2f} s | {work:.2f} s | {wall:.2f} s | "
              f"{statistics.median(over):.1f}% [{min(over):.1f}-{max(over):.1f}] | "
              f"{cpu / COUNT * 1e6:.0f} us |")
    print(flush=True)
