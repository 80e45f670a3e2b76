"""A run of a definition's jq program: in a process of the pool, and in the process that asks."""

import os
import subprocess
from pathlib import Path

RUNS, THREADS = 20000, 64
ROWS = {"compile-direct": "compile, in this process", "start-pool": "first run: start and compile",
        "run-direct": "run, in this process", "run-pool": "run, from one thread",
        "run-pool-threads": f"run, from {THREADS} threads"}


def measure(probe):
    done = subprocess.run([probe, str(RUNS), str(THREADS)], check=True, capture_output=True,
                          text=True)
    return {name: (float(wall), float(cpu))
            for name, wall, cpu in map(str.split, done.stdout.splitlines())}


def bench(program, rounds):
    build = Path(program).parent
    probe = build / ("release" if build.name == "build" else "") / "tests" / "bench" / "jq_runs"
    if not probe.is_file():
        print(f"## jq: {probe} is not there; `make bench` makes it\n")
        return
    samples = [measure(probe) for _ in range(rounds)]
    best = {name: min(sample[name] for sample in samples) for name in ROWS}
    print(f"## jq ({RUNS} runs of a request's program, best of {rounds}; {os.cpu_count()} cores)\n")
    print("| what | wall, microseconds | CPU of all processes |\n|---|---|---|")
    for name, title in ROWS.items():
        print(f"| {title} | {best[name][0]:.1f} | {best[name][1]:.1f} |")
    print(flush=True)
