"""Before its first step an execution knows what its steps need: nothing is done by halves."""

import json

import pytest

from lab.project import Project

MANIFEST = """\
Project: shop
Providers: {sim: {Latency: {'*': {action: 10ms}}}}
Regions:
  east: {Hosts: {e1: {Address: 127.40.1.1, Roles: [web, cache]}}}
  west: {Hosts: {w1: {Address: 127.40.2.1, Roles: [web]}}}
HealthChecks:
  shop: {Type: TCP, Host: '${Host}', Port: 1, Roles: [web]}
  cache: {Type: TCP, Host: '${Host}', Port: 1, Roles: [cache]}
Stacks:
  db: {Template: db.yaml, Targets: [east, west]}
  web: {Template: web.yaml, Targets: [east, west]}
Routes:
  shop: {Type: AWS::Route53::Route, Provider: sim, HostedZoneId: Z1, Name: www.shop.test.,
         Values: {east: [192.0.2.1], west: ['{{resolve:env:WEST}}']}}
Runbooks: {failover: failover.yaml}
Failover: {Runbook: failover, CoolDown: 0s}
"""
DB = "Resources: {Node: {Type: Sim::Node, Properties: {Size: 1}}}\n"
WEB = """\
Parameters: {Capacity: {Type: Number, Default: 1, MaxValue: 9}, Key: {Type: String, NoEcho: true,
  Default: k}}
Resources: {Fleet: {Type: Sim::Node, Properties: {Size: !Ref Capacity}}}
"""
HEAD = """\
Parameters: {From: {Type: Region}, To: {Type: Region}}
Steps:
- {Name: drain, Type: Notify, Message: drained, Command: 'printf drained >>done'}
"""
PROMOTE = ("{Name: promote, Type: Action, Resource: !Sub 'db/${To}/Node', Action: promote, "
           "Promotes: false%s}")
SCALE = "{Name: scale, Type: Apply, Stack: web, Region: !Ref To, Parameters: {Capacity: %s}%s}"
SECRET = "{Name: key, Type: Apply, Stack: web, Region: !Ref To, Parameters: {%s}}"
LEAD = "{Name: lead, Type: Traffic, Routes: [shop], To: !Ref To}"
LOOK = "{Name: look, Type: Check, Check: cache, Region: !Ref %s%s}"
TELL = "{Name: tell, Type: Notify, Message: '{{resolve:env:WEST}}', Command: 'cat >>done'%s}"


WEST, EAST = ("--from", "east", "--to", "west"), ("--from", "west", "--to", "east")


class Shop(Project):
    def runbook(self, *steps):
        self.put("failover.yaml", HEAD + "".join(f"- {step}\n" for step in steps))

    def go(self, *more, **options):
        return self.run("failover", "--yes", *(more or WEST), **options)

    def findings(self, *more):
        result = self.run("runbook", "check", "failover", *WEST, "--json", *more).ok()
        line, = [one for one in Project.parse(result.stdout) if one["type"] == "runbook_check"]
        return line["directions"][0]["findings"]

    @property
    def done(self):
        return (self.dir / "done").read_text() if (self.dir / "done").exists() else ""

    def refused(self, *what, more=()):
        """Nothing was done, and it says why."""
        result = self.go(*WEST, *more).ok(4)
        assert self.done == ""
        assert "HD2713" in result.stderr and "HD2714" in result.stderr
        assert "nothing was done" in result.stderr
        for text in what:
            assert text in result.stderr, result.stderr
        assert "No execution" in self.run("runbook", "status").stderr
        return result


@pytest.fixture
def shop(tmp_path):
    it = Shop(tmp_path, {})
    for name, text in (("hadeploy.yaml", MANIFEST), ("db.yaml", DB), ("web.yaml", WEB)):
        it.put(name, text)
    return it


BLOCKED = {
    "not recorded": ([PROMOTE % ""], "'promote' would fail: 'db/west/Node' is not recorded"),
    "no such parameter value": ([SCALE % (10, "")], "step 'scale' would fail"),
    "a secret is set": ([SECRET % "Key: x"], "parameter 'Key' is a secret"),
    "a secret is set later": ([SCALE % (3, ""), SECRET % "Key: x"], "'key' would fail"),
    "a route whose settings are not there": ([LEAD], "environment variable 'WEST' is not set"),
    "nobody to ask": ([LOOK % ("To", "")], "check 'cache' has no host to ask in region 'west'"),
    "a secret that is not there": ([TELL % ""], "environment variable 'WEST' is not set"),
    "in a group": (["{Name: both, Parallel: [%s]}" % (PROMOTE % "")], "step 'both/promote'"),
}


@pytest.mark.parametrize("case", BLOCKED)
def test_what_is_known_to_fail_is_not_begun(shop, case):
    steps, why = BLOCKED[case]
    shop.runbook(*steps)
    shop.refused(why)
    # Who looks beforehand is told the same; variables are a matter of who will run it.
    found = [f for f in shop.findings() if why in f["what"]]
    assert [f["severity"] for f in found] == ["warning" if "WEST" in why else "blocker"]
    assert found[0]["code"] == "HD2713"


def test_a_graceful_execution_is_looked_at_as_well(shop):
    shop.runbook(PROMOTE % ", Ungraceful: skip", TELL % "")
    what = [f for f in shop.findings() if f["code"] == "HD2713"]
    assert [(f["severity"], f["what"][:29]) for f in what] == [
        ("warning", "step 'tell' would fail: envir"), ("blocker", "run gracefully, step 'promote")]
    live = [f for f in shop.findings("--live") if f["code"] == "HD2713"]
    assert [f["severity"] for f in live] == ["blocker", "blocker"]


@pytest.mark.parametrize("parameter", ["Key: x", "Capacity: '{{resolve:env:WEST}}'"])
def test_a_secret_that_is_set_is_found_by_validate(shop, parameter):
    shop.runbook(SECRET % parameter)
    stderr = shop.run("validate").ok(1).stderr
    assert "HD2706" in stderr and "failover.yaml:4" in stderr and "is a secret" in stderr


FREE = {
    "it may fail": [PROMOTE % ", OnFailure: continue"],
    "its group may": ["{Name: both, OnFailure: continue, Parallel: [%s]}" % (PROMOTE % "")],
    "an apply makes it first": ["{Name: make, Type: Apply, Stack: db, Region: !Ref To}",
                                PROMOTE % ""],
    "it is skipped": [PROMOTE % ", Ungraceful: skip"],
    "its undoing": ["{Name: soft, Type: Wait, Duration: 1ms, Reverse: %s}"
                    % (PROMOTE % "").replace("Name: promote, ", "")],
}


@pytest.mark.parametrize("case", FREE)
def test_what_does_not_matter_holds_nobody_up(shop, case):
    shop.runbook(*FREE[case])
    result = shop.go(*WEST, "--ungraceful").ok(3 if "may" in case else 0)
    assert shop.done == "drained"
    told = "may" in case or "undoing" in case
    assert ("HD2713" in result.stderr) == told and "HD2714" not in result.stderr


def test_what_lies_in_the_lost_region_holds_nobody_up(shop):
    shop.runbook(LOOK % ("From", ""))
    assert "HD2714" in shop.go(*EAST).ok(4).stderr
    assert "HD2714" not in shop.go(*EAST, "--ungraceful").stderr
    assert shop.done == "drained"


def test_a_template_that_cannot_be_read(shop):
    shop.runbook(SCALE % (3, ""))
    shop.put("web.yaml", WEB + "Junk: [\n")
    shop.refused("step 'scale' would fail", "web.yaml")
    shop.put("web.yaml", WEB)
    shop.go().ok()
    assert shop.done == "drained"


def test_where_nothing_is_recorded_nobody_is_sent_to_apply(shop):
    shop.runbook(PROMOTE % "")
    result = shop.refused("nothing of the project is recorded here", "a second, empty one")
    assert "hadeploy apply" not in result.stderr
    shop.run("apply", "web", "--yes").ok()
    assert "nothing of 'db' is recorded here" in shop.go(*WEST).ok(4).stderr
    shop.run("apply", "db", "--region", "east", "--yes").ok()
    assert "never deployed there: `hadeploy apply db --region west`" in shop.go(*WEST).ok(4).stderr


def test_who_says_why_goes_on_as_far_as_it_comes(shop):
    shop.runbook(PROMOTE % "")
    result = shop.go(*WEST, "--override-blockers", "the rest is what we need", "--json").ok(1)
    assert shop.done == "drained"
    lines = Project.parse(result.stdout)
    started = next(line for line in lines if line.get("event") == "started")
    assert started["data"]["Blockers"] == ["promote: 'db/west/Node' is not recorded"]
    assert "the rest is what we need" in json.dumps(started["data"]["Command"])


def test_hosts_of_a_lost_region_may_be_taken_out_of_the_manifest(shop):
    work = "{Type: Command, Region: !Ref From, Roles: [web], Command: 'true'%s}"
    shop.runbook("{Name: out, Ungraceful: skip, Reverse: %s, %s" % (work % "", work[1:] % ""),
                 "{Name: clear, OnFailure: continue, %s" % work[1:] % "")
    shop.put("hadeploy.yaml", MANIFEST.replace(MANIFEST.split("east: ")[1].split("\n")[0], "{}")
             .replace("Roles: [web]}}}", "Roles: [web, cache]}}}"))
    assert "no host of east is meant" in shop.go(*WEST).ok(4).stderr
    result = shop.go(*WEST, "--ungraceful").ok(3)
    assert shop.done == "drained" and "HD2713" in result.stderr


def test_it_takes_no_time(shop):
    shop.runbook(*(SCALE.replace("scale", f"scale{i}") % (i % 9, "") for i in range(20)),
                 LOOK % ("To", ""))
    result = shop.refused("check 'cache'")
    assert "scale" not in result.stderr


def test_who_goes_on_is_told_as_well(shop):
    shop.run("apply", "--yes").ok()
    shop.runbook("{Name: fails, Type: Notify, Message: m, Command: 'test -f there'}",
                 SCALE % (3, ""), PROMOTE % "")
    shop.go().ok(1)
    shop.put("there", "")
    shop.put("web.yaml", WEB + "Junk: [\n")
    result = shop.run("runbook", "run", "--resume", "--yes").ok(4)
    assert "step 'scale' would fail" in result.stderr and "resumed-by" not in result.stderr
    shop.put("web.yaml", WEB)
    shop.run("destroy", "db", "--region", "west", "--yes").ok()
    result = shop.run("runbook", "run", "--resume", "--yes").ok(4)
    assert "'db/west/Node' is not recorded" in result.stderr
    shop.put("web.yaml", WEB + "Junk: [\n")
    skips = shop.run("runbook", "run", "--resume", "--yes", "--skip", "promote").ok(4).stderr
    assert "step 'scale' would fail" in skips and "promote' would fail" not in skips
    shop.put("web.yaml", WEB)
    shop.run("apply", "--yes").ok()
    result = shop.run("runbook", "run", "--resume", "--yes")
    assert "HD2714" not in result.stderr and "scale" in result.stdout + result.stderr
    assert shop.done == "drained", "it went on, and did not begin anew"


def test_drills_are_looked_at_as_they_are_run(shop):
    shop.runbook((PROMOTE % "").replace("false", "true"))
    words = ("runbook", "drill", "failover", "--from", "east", "--to", "west", "--yes", "--level")
    assert "HD2714" in shop.run(*words, "full").ok(4).stderr
    assert shop.done == ""
    assert "HD2714" not in shop.run(*words, "isolated").ok().stderr
    assert "HD2714" not in shop.run(*words, "simulated").stderr
