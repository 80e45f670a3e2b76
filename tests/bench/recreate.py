"""
A region of 200 resources made anew on the simulated cloud, with the times of a real one divided
by 100: a network, ten databases, nine services in three tiers of which each needs the one below.
Nothing can be faster than the longest way: a stack begins when those that it needs are whole, a
resource when what it refers to is there.  It is computed from what the cloud drew for the creates
of that very run (by its address), and stands beside the time that the region took.
"""

import hashlib
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

SEED, CALL_MS = 11, (3, 9)
SUBNETS, DATABASES, TIERS, WIDTH, HOSTS = 9, 10, 3, 3, 19
# Milliseconds that a create goes on for: hundredths of what a cloud takes.
PENDING = {"AWS::EC2::VPC": (20, 50), "AWS::EC2::Subnet": (20, 50),
           "AWS::EC2::Instance": (400, 1100), "AWS::RDS::DBInstance": (3000, 5400),
           "AWS::ElasticLoadBalancingV2::LoadBalancer": (1200, 2000)}
LATENCY = ", ".join(f"'{name}': {{create: {{Call: {CALL_MS[0]}ms..{CALL_MS[1]}ms, "
                    f"Pending: {low}ms..{high}ms}}}}" for name, (low, high) in PENDING.items())


def stacks():
    """Name: (stacks needed, {logical id: (type, properties, ids needed)})."""
    net = {"Vpc": ("AWS::EC2::VPC", "CidrBlock: 10.0.0.0/16", [])}
    for i in range(SUBNETS):
        net[f"Subnet{i}"] = ("AWS::EC2::Subnet", f"VpcId: !Ref Vpc, CidrBlock: 10.0.{i}.0/24",
                             ["Vpc"])
    yield "net", [], net
    yield "db", ["net"], {f"Db{i}": (
        "AWS::RDS::DBInstance", "Engine: postgres, DBInstanceClass: db.m6g.large, "
        "AllocatedStorage: '20', MasterUsername: shop, ManageMasterUserPassword: true", [])
        for i in range(DATABASES)}
    for tier in range(TIERS):
        for k in range(WIDTH):
            subnet = "!GetStackOutput {StackName: net, OutputName: Subnet" + str(k) + "}"
            of = {"Lb": ("AWS::ElasticLoadBalancingV2::LoadBalancer", f"Subnets: [{subnet}]", [])}
            for i in range(HOSTS):
                of[f"Host{i}"] = ("AWS::EC2::Instance",
                                  f"ImageId: ami-12345678, SubnetId: {subnet}", [])
            below = f"tier{tier - 1}x{k}" if tier else "db"
            yield f"tier{tier}x{k}", ["net", below], of


def write_project(folder):
    manifest = (f"Project: region\nProviders:\n  sim:\n    Types: ['AWS::*']\n    File: cloud.db\n"
                f"    Seed: {SEED}\n    Latency: {{{LATENCY}}}\n    PollInterval: 1s\n"
                "Regions: {east: {}}\nStacks:\n")
    for name, needs, of in stacks():
        manifest += (f"  {name}: {{Template: {name}.yaml, Targets: [east], "
                     f"DependsOn: [{', '.join(needs)}]}}\n")
        lines = ["Resources:"] + [f"  {i}: {{Type: '{kind}', Properties: {{{properties}}}}}"
                                  for i, (kind, properties, _) in of.items()]
        lines += ["Outputs:"] + [f"  {i}: {{Value: !Ref {i}}}" for i in of
                                 if i.startswith(("Subnet", "Db", "Lb"))]
        (folder / f"{name}.yaml").write_text("\n".join(lines) + "\n")
    (folder / "hadeploy.yaml").write_text(manifest)


def drawn(kind, address, phase, low, high):
    """As providers/sim/timing.c draws it."""
    words = "\n".join([str(SEED), kind, "create", address, phase])
    number = int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 11
    return low + int(number / 2 ** 53 * (high - low + 1))


def took(folder, begun):
    """Seconds of each create behind the first `begun`, by address."""
    with sqlite3.connect(f"file:{folder / 'cloud.db'}?mode=ro", uri=True) as cloud:
        rows = cloud.execute("SELECT address, type FROM log WHERE action = 'create' "
                             "ORDER BY serial LIMIT -1 OFFSET ?", [begun]).fetchall()
    return {address: (drawn(kind, address, "call", *CALL_MS) +
                      drawn(kind, address, "pending", *PENDING[kind])) / 1000
            for address, kind in rows}


def longest_way(of):
    """Seconds from the first create to the last end."""
    whole = {}
    for name, needs, resources in stacks():
        begins, ends = max((whole[need] for need in needs), default=0), {}
        for i, (_, _, refers) in resources.items():
            ends[i] = max((ends[r] for r in refers), default=begins) + of[f"{name}/east/{i}"]
        whole[name] = max(ends.values())
    return max(whole.values())


def run(program, folder, *words):
    started = time.monotonic()
    done = subprocess.run([program, *words, "--yes", "--parallelism", "64"], cwd=folder,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False, text=True)
    if done.returncode:
        raise RuntimeError(f"{words[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return time.monotonic() - started


def one(program):
    with tempfile.TemporaryDirectory(prefix="hadeploy-bench-") as at:
        folder = Path(at)
        write_project(folder)
        run(program, folder, "apply")
        count = len(took(folder, 0))
        wall = run(program, folder, "recreate", "--region", "east")
        of = took(folder, count)
        if len(of) != count:
            raise RuntimeError(f"{len(of)} of {count} resources were made anew")
        way = longest_way(of)
        return count, way, wall, wall / way


def bench(program, rounds):
    print("## A region made anew: a network, databases, services in three tiers; times of a cloud "
          "divided by 100\n")
    print("| resources | longest way | recreate | ratio [min-max] |")
    print("|---|---|---|---|")
    results = [one(program) for _ in range(rounds)]
    count, way, wall, ratio = map(statistics.median, zip(*results))
    ratios = [r[-1] for r in results]
    print(f"| {count:.0f} | {way:.2f} s | {wall:.2f} s | {ratio:.3f} "
          f"[{min(ratios):.3f}-{max(ratios):.3f}] |")
    print(flush=True)
