"""A change of one record, until it is a durable commit of the mirror: among how many others?"""

import statistics
import subprocess
import tempfile
from pathlib import Path

SIZES = ((10, 100), (100, 100), (1000, 10))  # stack instances, records of each
COMMITS = 31


def once(probe, instances, records):
    with tempfile.TemporaryDirectory(dir=Path(probe).parent) as folder:
        done = subprocess.run([probe, folder, str(instances), str(records), str(COMMITS)],
                              check=True, capture_output=True, text=True)
    return tuple(map(float, done.stdout.split()))


def bench(program, rounds):
    build = Path(program).parent
    probe = build / ("release" if build.name == "build" else "") / "tests/bench/mirror_commits"
    if not probe.is_file():
        print(f"## mirror: {probe} is not there; `make bench` makes it\n")
        return
    samples = {size: [] for size in SIZES}
    for _ in range(rounds):
        for size in SIZES:
            samples[size].append(once(probe, *size))
    print(f"## mirror ({COMMITS} commits of one change, {rounds} rounds; aim below 20 ms)\n")
    print("| stack instances x records of each | median, ms | slowest, ms |\n|---|---|---|")
    for (instances, records), took in samples.items():
        print(f"| {instances} x {records} | {statistics.median(t[0] for t in took):.1f} "
              f"| {max(t[1] for t in took):.1f} |")
    print(flush=True)
