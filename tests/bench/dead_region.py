"""
A region whose hosts all hang must not slow the other: the time until the living region's changes
are done, alone and beside the dead region, from the events of the run.
"""

import json
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path

from lab import Lab, start_hadeploy
from measure import Sample, Series, table

HOSTS_PER_REGION = 20
TEMPLATE = """\
Resources:
  Fn::ForEach::Web:
    - Name
    - Fn::Hosts: {Roles: [web]}
    - Dir&{Name}:
        Type: SSH::Directory
        Properties: {Host: !Ref Name, Path: !Sub 'ROOT/${Name}'}
      Wait&{Name}:
        Type: SSH::Command
        DependsOn: Dir&{Name}
        Properties: {Host: !Ref Name, Create: sleep 1, Delete: 'true'}
      Page&{Name}:
        Type: SSH::File
        DependsOn: Wait&{Name}
        Properties: {Host: !Ref Name, Path: !Sub 'ROOT/${Name}/page', Content: hello}
"""


def living_time(project, *words):
    """Seconds from the first to the last change of region east."""
    process = start_hadeploy(["apply", "--yes", "--json", *words], project.dir)
    out, _ = process.communicate()
    times = [datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()
             for event in map(json.loads, out.splitlines())
             if event["type"] in ("started", "succeeded") and "/east/" in event["address"]]
    done = sum(1 for line in out.splitlines()
               if '"succeeded"' in line and "/east/" in line)
    if done != 3 * HOSTS_PER_REGION:
        raise RuntimeError(f"{done} changes of the living region succeeded")
    return Sample(max(times) - min(times), 0, 0, process.returncode)


def destroy(project):
    subprocess.run([start_path(), "destroy", "--yes", "--region", "east"], cwd=project.dir,
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def start_path():
    from lab import hadeploy_path
    return hadeploy_path()


def bench(_program, rounds):
    alone, beside = Series("living region alone"), Series("beside a region that hangs")
    with tempfile.TemporaryDirectory(prefix="hadeploy-bench-") as folder:
        lab = Lab(Path(folder) / "lab")
        for region, net in (("east", 10), ("west", 20)):
            for number in range(HOSTS_PER_REGION):
                lab.add(f"{region}-{number:02}", region, f"{region}-a", f"127.{net}.1.{11 + number}",
                        roles=["web"])
        lab.start()
        project = lab.project(Path(folder) / "project",
                              templates={"web": TEMPLATE.replace("ROOT", f"{folder}/root")})
        try:
            for _ in range(rounds):
                alone.add(living_time(project, "--region", "east"))
                destroy(project)
                lab.freeze_region("west")
                beside.add(living_time(project))
                lab.thaw_region("west")
                destroy(project)
        finally:
            lab.close()
    print(f"## A dead region ({HOSTS_PER_REGION} hosts in each of two regions, {rounds} rounds)\n")
    table([alone, beside], alone)
