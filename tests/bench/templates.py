"""Templates of 1,000, 10,000 and 50,000 resources: validate and render, against libyaml alone and
`terraform validate` of the same resources."""

import math
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from measure import Series, run, table

COUNTS = [1000, 10000, 50000]
AIMED = 10000  # the aims are for this many resources
FANOUT = 10
HERE = Path(__file__).resolve().parent


def properties(i):
    """Nine of the ten properties; the tenth is the parent."""
    return {
        "Name": f"node-{i:05}", "Region": f"eu-west-{i % 3 + 1}", "Zone": f"zone-{i % 7}",
        "Size": f"m{i % 5}.large", "Image": f"debian-12-{20240000 + i % 1000}",
        "Owner": f"team-{i % 20}", "Cidr": f"10.{i // 256 % 256}.{i % 256}.0/24",
        "Env": "production", "Rev": "rev-1",
    }


def write_template(path, count):
    with open(path, "w", encoding="utf-8") as out:
        out.write("AWSTemplateFormatVersion: '2010-09-09'\nResources:\n")
        for i in range(count):
            parent = f"!GetAtt R{(i - 1) // FANOUT:05}.Id" if i else "root"
            out.write(f"  R{i:05}:\n    Type: Sim::Node\n    Properties:\n")
            out.writelines(f"      {k}: {v}\n" for k, v in properties(i).items())
            out.write(f"      Parent: {parent}\n")


def write_terraform(folder, count):
    folder.mkdir()
    with open(folder / "main.tf", "w", encoding="utf-8") as out:
        for i in range(count):
            parent = f"terraform_data.r{(i - 1) // FANOUT:05}.id" if i else '"root"'
            out.write(f'resource "terraform_data" "r{i:05}" {{\n  input = {{\n')
            out.writelines(f'    {k.lower()} = "{v}"\n' for k, v in properties(i).items())
            out.write(f"    parent = {parent}\n  }}\n}}\n\n")


def build_floor(folder):
    """libyaml alone, or None without a compiler."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    program = folder / "yaml-events"
    if not compiler:
        return None
    subprocess.run([compiler, "-O2", "-o", program, HERE / "yaml_events.c", "-lyaml"], check=True)
    return program


def has_render(program):
    return subprocess.run([program, "help", "render"], capture_output=True,
                          check=False).returncode == 0


def contestants(program, folder, floor):
    """Names to functions of a count that give command and folder."""
    found = {"hadeploy validate": lambda n: ([program, "validate", folder / f"{n}.yaml"], folder)}
    if has_render(program):
        found["hadeploy render"] = lambda n: ([program, "render", folder / f"{n}.yaml"], folder)
    if floor:
        found["libyaml alone"] = lambda n: ([floor, folder / f"{n}.yaml"], folder)
    if shutil.which("terraform"):
        found["terraform validate"] = lambda n: (["terraform", "validate"], folder / f"tf{n}")
    return found


def prepare(folder):
    for count in COUNTS:
        write_template(folder / f"{count}.yaml", count)
        if shutil.which("terraform") and count <= AIMED:
            write_terraform(folder / f"tf{count}", count)
            subprocess.run(["terraform", "init", "-input=false"], cwd=folder / f"tf{count}",
                           check=True, capture_output=True)


def exponent(small, large):
    return math.log(large.wall() / small.wall()) / math.log(COUNTS[-1] / COUNTS[-2])


def report_aims(series):
    floor, peer = (series.get((name, AIMED)) for name in ("libyaml alone", "terraform validate"))
    print("| ratio at 10,000 | measured | aim |\n|---|---|---|")
    for what in ("validate", "render"):
        ours = series.get((f"hadeploy {what}", AIMED))
        if not ours:
            continue
        if peer:
            print(f"| {what} / terraform, wall | 1/{peer.wall() / ours.wall():.0f} "
                  "| at most 1/30 |")
            print(f"| {what} / terraform, memory | 1/{peer.peak_mib() / ours.peak_mib():.1f} "
                  "| at most 1/8 |")
        if floor:
            print(f"| {what} / libyaml alone | {ours.wall() / floor.wall():.2f} | at most 4 |")
        print(f"| exponent of {what}, 10,000 to 50,000 | "
              f"{exponent(ours, series[f'hadeploy {what}', COUNTS[-1]]):.2f} | at most 1.1 |")
    print(flush=True)


def bench(program, rounds):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        found = contestants(program, folder, build_floor(folder))
        series = {}
        for _ in range(rounds):
            for count in COUNTS:
                for who, command in found.items():
                    if who.startswith("terraform") and count > AIMED:
                        continue
                    row = series.setdefault((who, count), Series(f"{who}, {count:,}"))
                    row.add(run(*command(count)))
    print(f"## Templates ({rounds} rounds)\n")
    table(series.values())
    report_aims(series)
