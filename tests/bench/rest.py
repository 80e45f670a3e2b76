"""
10,000 creates of the provider `rest` against nginx on loopback that answers after 20 ms, 64 at a
time: requests per second and CPU per request, beside `curl --parallel --parallel-max 64` with the
same requests.

nginx waits with a timer of its echo module, so that a request that waits costs it nothing; curl is
one process that keeps its connections, as we do.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

from lab.nginx import Nginx
from measure import Series, run, table

COUNT, PARALLEL, DELAY_MS = 10000, 64, 20
MANIFEST = """\
Project: bench
Providers:
  things: {{Use: rest, Types: ['Bench::*'], Definitions: types, Endpoint: '{endpoint}'}}
Regions: {{east: {{}}}}
Stacks:
  things: {{Template: things.yaml, Targets: [east]}}
"""
TYPE = """\
Type: Bench::Thing
Protocol: json
Schema:
  properties:
    Name: {type: string}
    Size: {type: integer}
    Id: {type: string}
  required: [Name]
  readOnlyProperties: [/properties/Id]
  primaryIdentifier: [/properties/Id]
Create:
  Steps: [{Name: make, Method: POST, Path: /things, Body: ., Id: .id}]
  State: '$properties + {Id: .id}'
Read:
  Steps: [{Path: '/things/{$id}'}]
  State: '$prior + {Id: .id}'
Delete: [{Method: DELETE, Path: '/things/{$id}'}]
"""
NAMES = {"curl": f"curl --parallel --parallel-max {PARALLEL}",
         "hadeploy": f"hadeploy apply --parallelism {PARALLEL}"}


def body(number):
    return {"Name": f"thing-{number:05}", "Size": number % 100}


class Contest:
    """The server, the project, and the same requests for curl."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.server = Nginx(folder / "nginx", delay_ms=DELAY_MS).start()
        self.project = folder / "project"
        (self.project / "types").mkdir(parents=True)
        (self.project / "types" / "thing.yaml").write_text(TYPE)
        (self.project / "hadeploy.yaml").write_text(MANIFEST.format(endpoint=self.server.endpoint))
        (self.project / "things.yaml").write_text("Resources:\n" + "".join(
            f"  T{n:05}: {{Type: 'Bench::Thing', Properties: {json.dumps(body(n))}}}\n"
            for n in range(COUNT)))
        self.requests = folder / "requests"
        self.requests.write_text("next\n".join(
            f'url = "{self.server.endpoint}/things"\n'
            'header = "Content-Type: application/json"\n'
            f"data = {json.dumps(json.dumps(body(n)))}\n"
            'output = "/dev/null"\n' for n in range(COUNT)))

    def curl(self):
        return run(["curl", "--silent", "--parallel", "--parallel-max", str(PARALLEL),
                    "--config", self.requests])

    def hadeploy(self):
        shutil.rmtree(self.project / ".hadeploy", ignore_errors=True)
        return run([self.program, "apply", "--yes", "--parallelism", str(PARALLEL)],
                   cwd=self.project, env={**os.environ, "CI": "true"})


def report(series):
    table(list(series.values()), series["curl"])
    print("| what | requests per second | CPU per request |\n|---|---|---|")
    for one in series.values():
        print(f"| {one.name} | {COUNT / one.wall():.0f} | {one.cpu() / COUNT * 1e6:.0f} us |")
    print(f"\nrate / curl: {series['curl'].wall() / series['hadeploy'].wall():.3f}  "
          f"(aim: at least 0.9); {PARALLEL} at a time and {DELAY_MS} ms each allow "
          f"{PARALLEL * 1000 / DELAY_MS:.0f} requests per second\n", flush=True)


def bench(program, rounds):
    print(f"## {COUNT} creates over HTTP, answered after {DELAY_MS} ms ({rounds} rounds)\n")
    series = {key: Series(name) for key, name in NAMES.items()}
    with tempfile.TemporaryDirectory(prefix="hadeploy-bench-") as folder:
        contest = Contest(program, Path(folder))
        try:
            for _ in range(rounds):
                series["curl"].add(contest.curl())
                series["hadeploy"].add(contest.hadeploy())
        finally:
            contest.server.close()
    report(series)
