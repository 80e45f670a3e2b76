"""A standby that is behind: nothing is promoted until somebody accepts the loss."""

import re
import time

import pytest
from test_runbook_drills import TEMPLATE, Project, read_until

from lab.postgres import DATABASE, MONITOR, PASSWORD, Postgres

MANIFEST = """\
Project: shop
Providers: {{sim: {{File: cloud.db}}}}
Regions: {{east: {{}}, west: {{}}}}
Stacks:
  web: {{Template: web.yaml, Parameters: {{Capacity: 1}}, Targets: [east, west]}}
HealthChecks:
  primary: {{Type: POSTGRES, Host: 127.0.0.1, Port: {east}, Interval: 200ms, {login},
            Role: primary}}
  standby: {{Type: POSTGRES, Host: 127.0.0.1, Port: {west}, Interval: 200ms, {login},
            Role: standby}}
Runbooks: {{failover: failover.yaml}}
Failover: {{Runbook: failover, CoolDown: 0s}}
"""

RUNBOOK = """\
Parameters: {From: {Type: Region}, To: {Type: Region}}
Objectives: {RPO: 1s, Lag: standby}
Steps:
  - {Name: sure, Type: Approval, Message: sure?}
  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, Gone: [primary], Lease: 1s}
  - {Name: promote, Type: Action, Resource: !Sub 'web/${To}/A', Action: promote}
"""


@pytest.fixture
def project(tmp_path):
    """Its old primary is gone, and the standby has not all that it had."""
    with Postgres(tmp_path / "east") as east:
        east.sql("create table t (n int)")
        with east.standby(tmp_path / "west") as west:
            east.sql("insert into t values (0)")
            west.wait_for(east)
            west.pause_replay()
            east.sql("insert into t values (1)")
            time.sleep(1.2)
            folder = tmp_path / "project"
            folder.mkdir()
            it = Project(folder)
            login = f"User: {MONITOR}, Password: '{PASSWORD}', Database: {DATABASE}"
            it.write("hadeploy.yaml", MANIFEST.format(east=east.port, west=west.port, login=login))
            it.write("web.yaml", TEMPLATE)
            it.write("failover.yaml", RUNBOOK)
            it.run("apply", "--yes")
            it.run("health", "primary", "--region", "east")
            east.stop()
            yield it


def test_the_loss_is_accepted(project):
    """By whoever goes on with it, and from another terminal while it waits."""
    out = project.run(*project.move("run"), "--ungraceful", "--approve", "sure", code=4)
    assert "HD2665" in out and "behind, RPO is 1.0s" in out
    execution = re.search(r"execution (\S+) of", out)[1]
    out = project.run("runbook", "run", "--resume", execution, "--yes", "--accept-data-loss",
                      "the shop is closed")
    assert "COMPLETED" in out and "RPO was missed" in out

    proc = project.start(*project.move("run"), "--ungraceful")
    read_until(proc, "sure: waits for approval")
    assert "HD2665" not in project.run("runbook", "accept-data-loss", "nobody was awake")
    project.run("runbook", "approve")
    out = proc.communicate(timeout=60)[0]
    assert proc.returncode == 0 and "nobody was awake" in out, out
    assert "nobody was awake" in project.run("runbook", "report", "--format", "json")
