"""
A stack set of 800 accounts x 8 regions, 6,400 instances of five resources each, against the
simulated cloud whose calls take 50 ms: an operation without a change, and a change of one
parameter everywhere; then 100,000 instances planned.  The lower bound of the change is that of its
calls, so many at a time.  An operation is what the history has of it: from its first change to its
end, without the plan.  Calls are counted by the simulated cloud.
"""

import json
import sqlite3
import statistics
import subprocess
import tempfile
from pathlib import Path

from measure import Series, run

ACCOUNTS, REGIONS, RESOURCES = 800, 8, 5
MANY_ACCOUNTS = 12500
CALL_MS, PARALLELISM = 50, 64
OPERATIONS = ["create", "read", "update", "delete", "poll", "find", "list", "lookup"]
MANIFEST = """\
Project: rollout
Providers:
  sim:
    File: cloud.db
    Latency: {{'*': {{'*': {latency}}}}}
    Faults: [{{Fault: throttle, Nth: 1000000000, Operation: {operations}}}]
Regions: {regions}
Accounts: {accounts}
Stacks:
  base:
    Template: base.json
    Parameters: {{Size: '{size}'}}
    Targets: {{Regions: all, Accounts: all}}
    Rollout: {{RegionConcurrency: PARALLEL, MaxConcurrent: 100%, ConcurrencyMode: SOFT}}
"""


def template():
    name = "${HA::Account}-${HA::Region}-%d"
    nodes = {f"Node{i}": {"Type": "Sim::Node", "Properties": {"Name": {"Fn::Sub": name % i}}}
             for i in range(RESOURCES)}
    nodes["Node0"]["Properties"]["Size"] = {"Ref": "Size"}
    return {"Parameters": {"Size": {"Type": "String"}}, "Resources": nodes}


def write_project(folder, accounts, size, latency):
    (folder / "base.json").write_text(json.dumps(template()))
    (folder / "hadeploy.yaml").write_text(MANIFEST.format(
        latency=latency, operations=json.dumps(OPERATIONS), size=size,
        regions=json.dumps({f"region-{i}": {} for i in range(REGIONS)}),
        accounts=json.dumps({f"account-{i}": {} for i in range(accounts)})))


def calls(folder):
    """How many calls the simulated cloud has seen: a fault that never strikes counts them."""
    with sqlite3.connect(f"file:{folder / 'cloud.db'}?mode=ro", uri=True) as cloud:
        return sum(seen for seen, in cloud.execute("SELECT seen FROM fault"))


def operation(program, folder, series):
    """Runs an apply; gives the number of its calls."""
    before = calls(folder)
    series.add(run([program, "apply", "--yes", "--parallelism", PARALLELISM], cwd=folder))
    return calls(folder) - before


def operation_s(program, folder):
    """How long the latest operation took."""
    said = subprocess.run([program, "operation", "list", "--limit", "1", "--json"], cwd=folder,
                          check=True, capture_output=True, text=True)
    return json.loads(said.stdout.splitlines()[0])["elapsed_ms"] / 1000


def row(series, count, took=()):
    low, high = series.spread()
    bound = ACCOUNTS * REGIONS / PARALLELISM * CALL_MS / 1000
    over = "- | -"
    if took:
        middle = statistics.median(took)
        over = f"{middle:.2f} s | {bound:.2f} s, +{100 * (middle / bound - 1):.1f}%"
    print(f"| {series.name} | {series.wall():.2f} s [{low:.2f}-{high:.2f}] | {over} | "
          f"{series.cpu():.2f} s | {series.peak_mib():.0f} MiB | {count} |")


def bench(program, rounds):
    idle, change = Series("no change"), Series("one parameter, everywhere")
    seen, took = {}, []
    print(f"## Rollout: {ACCOUNTS} accounts x {REGIONS} regions x {RESOURCES} resources, calls of "
          f"{CALL_MS} ms, {PARALLELISM} at a time\n")
    with tempfile.TemporaryDirectory(prefix="hadeploy-bench-") as at:
        folder = Path(at)
        write_project(folder, ACCOUNTS, 0, "0ms")
        run([program, "apply", "--yes"], cwd=folder)
        for i in range(rounds):
            write_project(folder, ACCOUNTS, i + 1, f"{CALL_MS}ms")
            seen["change"] = operation(program, folder, change)
            took.append(operation_s(program, folder))
            seen["idle"] = operation(program, folder, idle)
    print("| what | wall, median [min-max] | the operation | lower bound, over it | CPU "
          "| peak memory | calls |")
    print("|---|---|---|---|---|---|---|")
    row(idle, seen["idle"])
    row(change, seen["change"], took)
    many(program, rounds)


def many(program, rounds):
    plan = Series(f"plan of {MANY_ACCOUNTS * REGIONS:,} instances")
    with tempfile.TemporaryDirectory(prefix="hadeploy-bench-") as at:
        folder = Path(at)
        write_project(folder, MANY_ACCOUNTS, 0, "0ms")
        for _ in range(rounds):
            plan.add(run([program, "plan"], cwd=folder))
    row(plan, 0)
    print(flush=True)
