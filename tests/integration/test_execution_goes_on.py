"""Between two steps of an execution nothing is locked: who changes something there is told."""

import signal

import pytest

from lab import wait_until
from lab.project import Project

MANIFEST = """\
Project: shop
Providers: {sim: {}}
Regions: {east: {}, west: {}, south: {}}
Stacks:
  web: {Template: web.yaml, Targets: [east, west, south]}
Runbooks: {failover: failover.yaml}
Failover: {Runbook: failover, CoolDown: 0s}
"""
WEB = """\
Parameters: {Capacity: {Type: Number, Default: 1}}
Resources: {Fleet: {Type: Sim::Node, Properties: {Size: !Ref Capacity}}}
"""
RUNBOOK = """\
Parameters: {From: {Type: Region}, To: {Type: Region}}
Steps:
- {Name: scale, Type: Apply, Stack: web, Region: !Ref To, Parameters: {Capacity: 3}}
- {Name: rest, Type: Wait, Duration: 10m}
- {Name: more, Type: Apply, Stack: web, Region: !Ref To, Parameters: {Capacity: 4}}
"""


class Shop(Project):
    def begin(self):
        """An execution that rests between two steps."""
        process = self.start("failover", "--from", "east", "--to", "west", "--yes")
        wait_until(lambda: "rest" in self.at(), 20, "the step 'rest'")
        return process

    def at(self):
        return [line.split()[-1] for line in self.run("runbook", "status").stdout.splitlines()
                if "RUNNING" in line]


@pytest.fixture
def shop(tmp_path):
    it = Shop(tmp_path, {})
    for name, text in (("hadeploy.yaml", MANIFEST), ("web.yaml", WEB), ("failover.yaml", RUNBOOK)):
        it.put(name, text)
    it.run("apply", "--yes").ok()
    return it


def end(process, how=signal.SIGKILL):
    process.send_signal(how)
    process.communicate()


def test_what_it_relies_on_is_not_taken_away(shop):
    process = shop.begin()
    for command in (("destroy", "--region", "west"), ("apply", "--drop-overrides"),
                    ("destroy", "web"), ("rollback", "--region", "west", "web")):
        result = shop.run(*command, "--yes")
        assert result.returncode == 4 or "othing to" in result.stdout, result
        if result.returncode == 4:
            assert "HD2715" in result.stderr and "at step 'rest'" in result.stderr
    assert "web/west/Fleet" in shop.recorded()
    # Elsewhere, or where nothing changes, nobody is kept; a plan tells it.
    shop.run("destroy", "--region", "south", "--yes").ok()
    shop.run("apply", "web", "--region", "west", "--yes").ok()
    plan = shop.run("plan", "--destroy", "--region", "west").ok()
    assert "warning HD2715" in plan.stderr
    # Nor does what is recorded go, and nothing locks it between two steps.
    for command in (("rm", "web/west/Fleet"), ("mv", "web/west/Fleet", "Ships"), ("unlock", "1")):
        result = shop.run("state", *command, "--yes")
        assert result.returncode == 4 and "HD2715" in result.stderr, result
    assert "web/west/Fleet" in shop.recorded()
    result = shop.run("state", "mv", "web/east/Fleet", "Ships", "--yes", "--override-execution",
                      "renamed")
    assert "renamed" in result.ok().stderr
    shop.run("state", "mv", "web/east/Ships", "Fleet", "--yes", "--override-execution", "x").ok()
    # Who says why goes on.
    result = shop.run("destroy", "--region", "west", "--yes", "--override-execution", "all gone")
    assert "all gone" in result.ok().stderr
    end(process)


def test_one_that_lost_its_process_keeps_nobody(shop):
    end(shop.begin())
    result = shop.run("state", "rm", "web/east/Fleet", "--yes").ok()
    assert "warning HD2716" in result.stderr
    result = shop.run("destroy", "--region", "west", "--yes").ok()
    assert "warning HD2716" in result.stderr and "--resume" in result.stderr


def test_its_own_steps_are_not_concerned(shop):
    shop.put("failover.yaml", RUNBOOK.replace("10m", "1ms"))
    result = shop.run("failover", "--from", "east", "--to", "west", "--yes").ok()
    assert "HD2715" not in result.stderr
