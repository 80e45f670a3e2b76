"""
A region whose hosts all hang must not slow the other: the time until the living region's changes
are done, alone and beside the dead region, as its events arrive.
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path

from lab import Lab, hadeploy_path, start_hadeploy
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
    """Seconds from the start until the last change of region east has been told."""
    started = time.monotonic()
    process = start_hadeploy(["apply", "--yes", "--json", *words], project.dir)
    done, last = 0, started
    for line in process.stdout:
        event = json.loads(line)
        if event["type"] == "succeeded" and "/east/" in event["address"]:
            done, last = done + 1, time.monotonic()
    process.communicate()
    if done != 3 * HOSTS_PER_REGION:
        raise RuntimeError(f"{done} changes of the living region succeeded")
    return Sample(last - started, 0, 0, process.returncode)


def destroy(project):
    subprocess.run([hadeploy_path(), "destroy", "--yes", "--region", "east"], cwd=project.dir,
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def bench(_program, rounds):
    alone, beside = Series("living region alone"), Series("beside a region that hangs")
    with tempfile.TemporaryDirectory(prefix="hadeploy-bench-") as folder:
        lab = Lab(Path(folder) / "lab")
        for region, net in (("east", 10), ("west", 20)):
            for number in range(HOSTS_PER_REGION):
                lab.add(f"{region}-{number:02}", region, f"{region}-a",
                        f"127.{net}.1.{11 + number}", roles=["web"])
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
