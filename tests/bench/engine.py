"""Plan, apply, no-op plan, plan of one change and destroy of 1,000 to 100,000 resources against the
provider `sim` without latency, and of the same `terraform_data` resources."""

import json
import math
import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

from measure import Series, run, table
from templates import FANOUT, properties, write_template, write_terraform

COUNTS = [1000, 5000, 10000, 100000]
PEER_COUNTS = [1000, 10000]
PEER_APPLIES = 1000  # of these it applies: 5,000 took it more than eight minutes
FLOOR_COMMITS = 5000
HERE = Path(__file__).resolve().parent

MANIFEST = """Project: bench
Regions: {{east: {{}}}}
Stacks:
  big: {{Template: '{template}', Targets: [east]}}
"""


def compile_c(folder, name, *flags):
    program = folder / name
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if not compiler:
        return None
    subprocess.run([compiler, "-O2", "-o", program, HERE / f"{name}.c", *flags], check=True)
    return program


class Floor:
    """Durable commits per second of SQLite alone, on the disk that the projects are on."""

    def __init__(self, folder):
        self.folder, self.rates = folder, []
        self.program = compile_c(folder, "sqlite_commits", "-lsqlite3")

    def add(self):
        if not self.program:
            return
        path = self.folder / f"floor{len(self.rates)}.db"
        done = subprocess.run([self.program, path, str(FLOOR_COMMITS)], check=True,
                              capture_output=True, text=True)
        self.rates.append(float(done.stdout))

    def rate(self):
        return sorted(self.rates)[len(self.rates) // 2] if self.rates else None


class Writes:
    """Bytes written and waits for the disk, of one run with a preloaded counter."""

    def __init__(self, folder):
        self.counter = compile_c(folder, "count_writes", "-shared", "-fPIC", "-ldl")

    def of(self, command, cwd):
        if not self.counter:
            return None
        with tempfile.NamedTemporaryFile("r") as report:
            env = dict(os.environ, LD_PRELOAD=str(self.counter), COUNT_WRITES_TO=report.name)
            subprocess.run(list(map(str, command)), cwd=cwd, env=env, check=True,
                           capture_output=True)
            lines = [line.split() for line in report.read().splitlines()]
        return sum(int(b) for b, _ in lines), sum(int(s) for _, s in lines)


class Ours:
    """One project; `steps` are run in this order, each round on a fresh one."""

    steps = ["plan", "apply", "no-op plan", "plan of one change", "destroy"]

    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def prepare(self, count):
        folder = self.folder / f"ours{count}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        write_template(folder / "big.yaml", count)
        text = (folder / "big.yaml").read_text()
        changed = text.replace(f"Name: node-{count // 2:05}\n", "Name: other\n")
        assert changed != text
        (folder / "changed.yaml").write_text(changed)
        return folder

    def command(self, step, folder):
        template = "changed.yaml" if step == "plan of one change" else "big.yaml"
        (folder / "hadeploy.yaml").write_text(MANIFEST.format(template=template))
        words = {"apply": ["apply", "--yes"], "destroy": ["destroy", "--yes"]}
        return [self.program, *words.get(step, ["plan"])]

    def takes(self, step, count):
        return True


def write_terraform_state(folder, count):
    """As an apply would have left it: its own apply of so many takes most of an hour."""
    ids = [str(uuid.UUID(int=(7 << 124) + i)) for i in range(count)]
    resources = []
    for i in range(count):
        value = {k.lower(): v for k, v in properties(i).items()}
        value["parent"] = ids[(i - 1) // FANOUT] if i else "root"
        typed = {"value": value, "type": ["object", {k: "string" for k in value}]}
        above, at = [], i
        while at:
            at = (at - 1) // FANOUT
            above.append(f"terraform_data.r{at:05}")
        instance = {"schema_version": 0, "sensitive_attributes": [], "dependencies": sorted(above),
                    "attributes": {"id": ids[i], "input": typed, "output": typed,
                                   "triggers_replace": None}}
        resources.append({"mode": "managed", "type": "terraform_data", "name": f"r{i:05}",
                          "provider": 'provider["terraform.io/builtin/terraform"]',
                          "instances": [instance]})
    state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "outputs": {},
             "lineage": str(uuid.UUID(int=7)), "resources": resources, "check_results": None}
    (folder / "terraform.tfstate").write_text(json.dumps(state, indent=2))


class Terraform:
    """The same steps; from PEER_APPLIES resources on, its state is written for it."""

    steps = Ours.steps

    def __init__(self, folder):
        self.folder = folder

    def prepare(self, count):
        folder = self.folder / f"terraform{count}"
        shutil.rmtree(folder, ignore_errors=True)
        write_terraform(folder, count)
        subprocess.run(["terraform", "init", "-input=false"], cwd=folder, check=True,
                       capture_output=True)
        return folder

    def command(self, step, folder):
        count = int(folder.name.removeprefix("terraform"))
        main = folder / "main.tf"
        if step == "no-op plan" and count > PEER_APPLIES:
            write_terraform_state(folder, count)
        if step == "plan of one change":
            main.write_text(main.read_text().replace(f'"node-{count // 2:05}"', '"other"'))
        if step == "destroy":
            main.write_text(main.read_text().replace('"other"', f'"node-{count // 2:05}"'))
        common = ["-input=false", "-no-color", "-parallelism=64"]
        words = {"apply": ["apply", "-auto-approve"], "destroy": ["destroy", "-auto-approve"]}
        return ["terraform", *words.get(step, ["plan"]), *common]

    def takes(self, step, count):
        return count <= PEER_APPLIES or step not in ("apply", "destroy")


def measure_round(name, who, count, series):
    folder = who.prepare(count)
    for step in who.steps:
        if who.takes(step, count):
            row = series.setdefault((name, step, count), Series(f"{name} {step}, {count:,}"))
            row.add(run(who.command(step, folder), folder))


def exponents(series):
    print("| exponent | " + " | ".join(f"{a:,} to {b:,}" for a, b in zip(COUNTS, COUNTS[1:]))
          + " |\n|---|" + "---|" * (len(COUNTS) - 1))
    for step in Ours.steps:
        cells = []
        for small, large in zip(COUNTS, COUNTS[1:]):
            pair = [series.get(("hadeploy", step, n)) for n in (small, large)]
            grown = math.log(pair[1].wall() / pair[0].wall()) if all(pair) else None
            cells.append(f"{grown / math.log(large / small):.2f}" if all(pair) else "")
        print(f"| {step} | " + " | ".join(cells) + " |")
    print(flush=True)


def ratio(series, step, count, what):
    ours, peer = (series.get((who, step, count)) for who in ("hadeploy", "terraform"))
    return what(peer) / what(ours) if ours and peer else None


AIMS = [("plan", 10000, 80, 12), ("no-op plan", 10000, 80, 12), ("apply", 1000, 50, None)]


def report_aims(series, floor):
    print("| aim | measured | wanted |\n|---|---|---|")
    for step, count, times, memory in AIMS:
        wall = ratio(series, step, count, Series.wall)
        if wall:
            print(f"| {step} of {count:,} / terraform, wall | 1/{wall:.0f} | at most 1/{times} |")
        if wall and memory:
            print(f"| the same, memory | 1/{ratio(series, step, count, Series.peak_mib):.1f} "
                  f"| at most 1/{memory} |")
    apply = series.get(("hadeploy", "apply", 5000))
    if apply and floor.rate():
        print(f"| apply of 5,000: changes a second / durable commits a second ({floor.rate():.0f}) "
              f"| {5000 / apply.wall() / floor.rate():.2f} | at least 0.30 |")
    large = series.get(("hadeploy", "plan", 100000))
    if large:
        print(f"| plan of 100,000 | {large.wall():.2f} s, {large.peak_mib():.0f} MiB "
              "| under 3 s and 500 MB |")
    print(flush=True)


def report_writes(ours, counter):
    """One run of each beside the timed ones: counting costs time."""
    print("| written | bytes | a change | waits for the disk |\n|---|---|---|---|")
    for count in COUNTS:
        folder = ours.prepare(count)
        for step in Ours.steps:
            got = counter.of(ours.command(step, folder), folder)
            if got:
                print(f"| {step}, {count:,} | {got[0]:,} | {got[0] // count:,} | {got[1]:,} |")
    print(flush=True)


def bench(program, rounds):
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folder, series = Path(name), {}
        floor, ours = Floor(folder), Ours(program, folder)
        for _ in range(rounds):
            floor.add()
            for count in COUNTS:
                measure_round("hadeploy", ours, count, series)
                if shutil.which("terraform") and count in PEER_COUNTS:
                    measure_round("terraform", Terraform(folder), count, series)
        print(f"## Engine ({rounds} rounds)\n")
        table(series.values())
        exponents(series)
        report_writes(ours, Writes(folder))
        report_aims(series, floor)
