"""A lost region is made anew: there, elsewhere, killed on the way, with data brought back."""

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import time

import pytest

PROGRAM = os.environ.get("HADEPLOY", "build/hadeploy")

MANIFEST = """\
Project: shop
Providers:
  sim:
    File: cloud.db
    Latency: {'*': {create: {Call: 2ms, Pending: 150ms}}}
    PollInterval: 20ms
Regions: {east: {}, west: {}, south: {}}
Stacks:
  db:
    Template: db.yaml
    Targets: [{Region: east, Parameters: {Size: 7}}, west]
  web: {Template: web.yaml, Targets: [east, west]}
  watch: {Template: watch.yaml, Targets: [west]}
"""

DB = """\
Parameters: {Size: {Type: Number, Default: 1}}
Resources:
  Root: {Type: 'Sim::Node', Properties: {Size: !Ref Size}}
  Leaf: {Type: 'Sim::Node', Properties: {Parent: !Ref Root}}
Outputs: {Root: {Value: !Ref Root}}
"""
WEB = """\
Resources:
  App:
    Type: 'Sim::Node'
    Properties: {Db: !GetStackOutput {StackName: db, OutputName: Root}}
"""
WATCH = """\
Resources:
  Probe:
    Type: 'Sim::Node'
    Properties: {Db: !GetStackOutput {StackName: db, OutputName: Root, Region: east}}
"""


class Project:
    def __init__(self, folder):
        self.folder = folder
        self.write("hadeploy.yaml", MANIFEST)
        for name, text in (("db", DB), ("web", WEB), ("watch", WATCH)):
            self.write(f"{name}.yaml", text)
        self.run("apply", "--yes")
        self.begun = self.calls()

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def change(self, old, new):
        text = (self.folder / "hadeploy.yaml").read_text()
        assert old in text
        self.write("hadeploy.yaml", text.replace(old, new))

    def start(self, *words):
        return subprocess.Popen([PROGRAM, *words], cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, *words, code=0):
        proc = self.start(*words)
        out = proc.communicate(timeout=60)[0]
        assert proc.returncode == code, f"exit {proc.returncode}\n{out}"
        return out

    def recreate(self, *words, code=0):
        return self.run("recreate", "--region", "east", "--yes", *words, code=code)

    def calls(self):
        with sqlite3.connect(self.folder / "cloud.db") as cloud:
            return cloud.execute("select count(*) from log").fetchone()[0]

    def log(self, region):
        """What was done in a region since the first apply."""
        with sqlite3.connect(self.folder / "cloud.db") as cloud:
            return cloud.execute("select action, address from log where region = ? order by rowid",
                                 [region]).fetchall()[self.first(cloud, region):]

    def first(self, cloud, region):
        return cloud.execute("select count(*) from (select * from log order by rowid limit ?) "
                             "where region = ?", [self.begun, region]).fetchone()[0]

    def things(self, region):
        """(type, id) of all that exists there."""
        with sqlite3.connect(self.folder / "cloud.db") as cloud:
            return cloud.execute("select count(*) from resource where region = ?",
                                 [region]).fetchone()[0]

    def recorded(self):
        return sorted(line.split()[0] for line in self.run("state", "list").splitlines()
                      if "/" in line.split()[0])

    def aside(self):
        with sqlite3.connect(self.folder / ".hadeploy" / "state.db") as state:
            return state.execute("select count(*) from abandoned").fetchone()[0]

    def dead(self, *regions):
        text = (self.folder / "hadeploy.yaml").read_text()
        lines = [line for line in text.splitlines(True) if "Dead:" not in line]
        at = lines.index("    File: cloud.db\n") + 1
        if regions:
            lines.insert(at, f"    Dead: [{', '.join(regions)}]\n")
        self.write("hadeploy.yaml", "".join(lines))


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


EAST = ["db/east/Leaf", "db/east/Root", "web/east/App"]
SOUTH = [address.replace("east", "south") for address in EAST]
WEST = [address.replace("east", "west") for address in EAST]


def test_a_region_is_made_anew_where_it_was(project):
    said = project.recreate()
    assert "HD2768" in said and "3 resources" in said
    assert [what for what in project.log("east")] == [
        ("create", "db/east/Root"), ("create", "db/east/Leaf"), ("create", "web/east/App")] or [
        what for what in project.log("east")] == [
        ("create", "db/east/Root"), ("create", "web/east/App"), ("create", "db/east/Leaf")]
    assert project.aside() == 3
    assert "HD2764" in project.recreate() and project.aside() == 3
    assert "HD2763" in project.recreate("--into", "south", code=1)
    # Lost once more.
    project.recreate("--again")
    assert project.aside() == 6 and len(project.log("east")) == 6
    project.run("state", "check")


def test_another_region_and_nothing_needs_the_lost_one(project):
    project.dead("east")
    said = project.recreate("--into", "south")
    assert "db/south" in said
    assert project.log("east") == []
    assert set(WEST + SOUTH) < set(project.recorded())
    assert not set(EAST) & set(project.recorded())
    # It lasts, with the parameters of the lost region, and who asked for east is led to south.
    said = project.run("plan", "--refresh")
    assert "HD2760" in said and "HD2761" in said and "0 to create, 1 to update, 0 to delete" in said
    project.run("apply", "--yes")
    assert "Nothing to do" in project.run("plan")
    shown = project.run("state", "show", "db/south/Root")
    assert "7" in shown
    for words in (["drift"], ["status"], ["apply", "--yes", "--refresh"], ["plan", "--destroy"]):
        project.run(*words)
    assert "east" not in project.run("status").replace("region east:", "").replace(
        "--region east", "").replace("of east", "")
    assert project.log("east") == []


def test_it_ends_when_the_manifest_says_so(project):
    project.recreate("--into", "south")
    project.change("Targets: [{Region: east,", "Targets: [{Region: south,")
    project.change("Template: web.yaml, Targets: [east,", "Template: web.yaml, Targets: [south,")
    project.write("watch.yaml", WATCH.replace("east", "south"))
    said = project.run("plan")
    assert "HD2760" not in said and "0 to create, 1 to update, 0 to delete" in said
    # Its settings are needed as long as something of it is aside.
    project.change("{east: {}, west", "{west")
    assert "put east back under Regions" in project.run("plan")
    for words in (["--reconcile"], ["--undo", "--reason", "it is back"]):
        said = project.recreate(*words, code=1)
        assert "HD2762" in said and "HD1107" not in said and project.aside() == 3
    # Then nothing is left by its end.
    project.recreate("--end")
    project.change("{west", "{east: {}, west")
    assert "0 to create, 1 to update, 0 to delete" in project.run("plan")


def test_it_ends_when_somebody_says_so(project):
    project.recreate("--into", "south")
    assert "HD2784" in project.run("recreate", "--region", "east", "--end", code=4)
    said = project.recreate("--end", code=4)
    assert "HD2784" in said and "db/south, web/south" in said and "--undo" in said
    project.recreate("--end", "--reason", "south was a mistake")
    said = project.run("plan")
    assert "3 to create" in said and "3 to delete" in said
    assert "HD2765" in project.recreate("--end", code=1)


def test_what_is_left_over_goes_when_the_region_answers_again(project):
    project.dead("east")
    project.recreate("--into", "south")
    said = project.recreate("--reconcile", code=1)
    assert project.aside() == 3, said
    project.dead()
    with sqlite3.connect(project.folder / "cloud.db") as cloud:
        cloud.execute("delete from resource where region = 'east' and id in "
                      "(select id from log where address = 'db/east/Leaf')")
    # What another stack was made with is not taken away before that has something else.
    assert "HD1329" in project.recreate("--reconcile", code=1) and project.aside() == 3
    project.run("apply", "--yes")
    said = project.recreate("--reconcile")
    assert "HD2767" in said and "1 is gone" in said and "2 to delete" in said
    assert project.aside() == 0 and project.things("east") == 0 and project.things("south") == 3
    # Its stacks stay where they are.
    assert "Nothing to do" in project.run("plan")


def test_what_was_made_since_stays_when_it_is_the_same_thing(project):
    project.recreate()
    # A name of its own, as a file on a host that was wiped: what is aside has the new one's id.
    with sqlite3.connect(project.folder / ".hadeploy" / "state.db") as state:
        old, = state.execute("select id from abandoned where logical_id = 'App'").fetchone()
        new, = state.execute("select id from record where logical_id = 'App' and "
                             "region = 'east'").fetchone()
    assert old != new
    said = project.recreate("--reconcile")
    assert "3 to delete" in said and project.things("east") == 3
    assert "Nothing to do" not in said and project.aside() == 0
    assert "HD2761" not in project.run("plan")


def test_options_that_do_not_fit(project):
    for words, code in ((["--region", "east", "--again", "--end"], "HD9051"), ([], "HD9051"),
                        (["--region", "east", "--into", "east"], "HD9051"),
                        (["--region", "nowhere", "--into", "south"], "HD2766"),
                        (["--region", "nowhere"], "HD1107"),
                        (["--region", "east", "--into", "nowhere"], "HD1107"),
                        (["--region", "west", "--reconcile"], "HD2765")):
        assert code in project.run("recreate", *words, code=1)
    assert "HD9001" in project.run("recreate", "--region", "east", code=1)
    assert project.aside() == 0 and project.calls() == project.begun


def test_the_region_that_it_went_to_is_in_the_manifest(project):
    project.recreate("--into", "south")
    project.change("south: {}", "north: {}")
    assert "HD2762" in project.run("plan", code=1)
    assert "HD2784" in project.recreate("--end", code=4)
    project.recreate("--end", "--reason", "that region is gone, too")
    project.run("plan")


@pytest.mark.limit(120)
@pytest.mark.parametrize("into", [[], ["--into", "south"]])
def test_killed_at_any_moment_it_goes_on(project, into):
    place = into[1] if into else "east"
    dice = random.Random(len(into))
    for _ in range(6):
        proc = project.start("recreate", "--region", "east", "--yes", *into)
        time.sleep(dice.uniform(0.01, 0.35))
        proc.send_signal(signal.SIGKILL)
        proc.communicate()
    project.recreate(*into)
    project.run("state", "check")
    assert project.aside() == 3
    created = [address for action, address in project.log(place) if action == "create"]
    assert sorted(created) == [address.replace("east", place) for address in EAST], "each once"
    assert not into or project.log("east") == []


def test_open_operations_of_the_lost_region_are_closed(project):
    project.change("create: {Call: 2ms, Pending: 150ms}",
                   "create: {Call: 2ms, Pending: 150ms}, update: {Call: 2ms, Pending: 60s}")
    project.change("Parameters: {Size: 7}", "Parameters: {Size: 8}")
    proc = project.start("apply", "--yes")
    for line in proc.stdout:
        if "db/east/Root" in line:
            break
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with sqlite3.connect(project.folder / ".hadeploy" / "state.db") as state:
            if state.execute("select count(*) from operation where result = 'open' and "
                             "token <> ''").fetchone()[0]:
                break
        time.sleep(0.02)
    proc.send_signal(signal.SIGKILL)
    proc.communicate()
    project.dead("east")
    before = project.log("east")
    project.recreate("--into", "south")
    assert project.log("east") == before
    with sqlite3.connect(project.folder / ".hadeploy" / "state.db") as state:
        results = [row[0] for row in state.execute(
            "select result from operation where region = 'east' and action = 'update'")]
    assert results == ["abandoned"]


def test_data_comes_back_before_what_needs_it_is_made(project):
    project.change("    Template: db.yaml\n", "    Template: db.yaml\n    Restore: restore-db\n")
    project.change("Stacks:\n", "Runbooks: {restore-db: restore.yaml}\nStacks:\n")
    place, gate = project.folder / "restored", project.folder / "gate"
    project.write("restore.yaml", f"""\
Parameters: {{Region: {{Type: Region}}, Stack: {{Type: String}}, From: {{Type: Region}}}}
Steps:
  - Name: fill
    Type: Notify
    Message: fill
    Command: [sh, -c, !Sub 'test -e {gate} && echo ${{Stack}} ${{Region}} ${{From}} >> {place}']
""")
    said = project.recreate("--into", "south", code=1)
    assert "HD2769" in said and "db/south/Root: created" in said
    assert "web/south/App" not in project.recorded()
    gate.touch()
    project.recreate("--into", "south")
    assert place.read_text() == "db south east\n"
    assert "web/south/App" in project.recorded()
    project.recreate("--into", "south")
    assert place.read_text() == "db south east\n", "restored once"
    assert "recreate" in project.run("operation", "list")


def test_it_is_said_as_events_too(project):
    lines = project.recreate("--into", "south", "--json").splitlines()
    kinds = [json.loads(line).get("type") for line in lines if line.startswith("{")]
    assert kinds[-1] == "result" or "result" in kinds


def with_restore(project, command, wait="0s"):
    """Stack db has a Restore of two steps: one counts its runs, one runs this command."""
    project.change("    Template: db.yaml\n", "    Template: db.yaml\n    Restore: restore-db\n")
    project.change("Stacks:\n", "Runbooks: {restore-db: restore.yaml}\nStacks:\n")
    project.write("restore.yaml", f"""\
Parameters: {{Region: {{Type: Region}}}}
Steps:
  - {{Name: copy, Type: Notify, Message: copy, Command: [sh, -c, 'echo copied >> copies']}}
  - {{Name: wait, Type: Wait, Duration: {wait}}}
  - {{Name: check, Type: Notify, Message: check, Command: [sh, -c, '{command}']}}
""")


def copies(project):
    return (project.folder / "copies").read_text().count("copied")


def test_a_restore_that_was_killed_goes_on_and_copies_nothing_twice(project):
    with_restore(project, "true", "2s")
    proc = project.start("recreate", "--region", "east", "--yes")
    for line in proc.stdout:
        if "wait: begins" in line:
            break
    proc.send_signal(signal.SIGKILL)
    proc.communicate()
    assert "web/east/App" not in project.recorded()
    said = project.recreate()
    assert "Region east is recreated." in said and copies(project) == 1
    assert project.run("runbook", "status").count("restore-db") == 1
    assert "web/east/App" in project.recorded()


def test_a_restore_that_failed_goes_on_with_the_step_that_failed(project):
    with_restore(project, f"test -e {project.folder}/cause-is-gone")
    said = project.recreate(code=1)
    assert "HD2770" in said and "hadeploy recreate --region east" in said
    # Who applies now is told what is missing.
    assert "HD2771" in project.run("plan")
    (project.folder / "cause-is-gone").touch()
    project.recreate()
    assert copies(project) == 1 and "HD2771" not in project.run("plan")


def test_a_restore_that_somebody_went_on_with_is_not_done_over(project):
    with_restore(project, f"test -e {project.folder}/cause-is-gone")
    project.recreate(code=1)
    (project.folder / "cause-is-gone").touch()
    project.run("runbook", "run", "--resume", "--yes")
    project.recreate()
    assert copies(project) == 1 and "web/east/App" in project.recorded()
    # Given up, it is begun anew; and what was restored before the region was lost does not count.
    (project.folder / "cause-is-gone").unlink()
    project.recreate("--again", code=1)
    execution = re.search(r"\d{8}-\d{6}-\w{6}", project.run("runbook", "status"))[0]
    project.run("runbook", "abort", execution, code=0)
    (project.folder / "cause-is-gone").touch()
    project.recreate()
    assert copies(project) == 3


def test_a_rehearsal_changes_nothing_real(project):
    before, state = project.calls(), project.run("state", "export")
    for into in ([], ["--into", "south"]):
        said = project.run("recreate", "--region", "east", "--simulate", *into)
        assert "3 created" in said and "Nothing real was touched" in said and "HD2768" in said
        assert "is recreated" not in said
    # One that goes on where it ended, up to the region answering again.
    project.run("recreate", "--region", "east", "--simulate", "--into", "south")
    said = project.run("recreate", "--region", "east", "--reconcile", "--simulate", "--continue",
                       code=1)
    assert "HD1329" in said, "watch/west still uses it"
    project.run("apply", "--simulate", "--continue", "--yes")
    said = project.run("recreate", "--region", "east", "--reconcile", "--simulate", "--continue")
    assert "3 deleted" in said
    assert project.calls() == before and project.run("state", "export") == state
    # What is aside is in the rehearsal's cloud, too.
    project.recreate("--into", "south")
    project.run("apply", "--yes")
    said = project.run("recreate", "--region", "east", "--reconcile", "--simulate")
    assert "3 deleted" in said and project.aside() == 3 and project.things("east") == 3


def test_a_rehearsal_leaves_restores_out_and_says_so(project):
    with_restore(project, "true")
    said = project.run("recreate", "--region", "east", "--simulate")
    assert "HD2769" in said and "not part of this rehearsal" in said and "3 created" in said
    assert not (project.folder / "copies").exists()


def test_a_plan_that_was_saved_before_is_refused(project):
    project.change("Size: 7", "Size: 8")
    project.run("plan", "--out", "saved")
    project.recreate("--into", "south")
    said = project.run("apply", "--plan", "saved", code=4)
    assert "HD2160" in said and "its stacks are in south now, and were in east" in said
    project.run("plan", "--out", "saved")
    project.recreate("--end", "--reason", "a mistake")
    assert "in east now, and were in south" in project.run("apply", "--plan", "saved", code=4)


def test_what_is_aside_is_listed_and_exported(project):
    assert "abandoned" not in project.run("state", "export")
    project.recreate("--into", "south")
    assert "--abandoned" in project.run("state", "list")
    assert project.run("state", "list", "--abandoned").split() == EAST
    assert project.run("state", "list", "--abandoned", "web/*").split() == ["web/east/App"]
    first = json.loads(project.run("state", "list", "--abandoned", "--json").splitlines()[0])
    assert first["deposed"].startswith("abandoned-") and first["address"] == EAST[0]
    exported = json.loads(project.run("state", "export"))
    assert len(exported["abandoned"]) == 3
    assert [(r["region"], r["into"]) for r in exported["recreations"]] == [("east", "south")]


def test_what_goes_on_after_a_failure_is_named(project):
    project.change("    File: cloud.db\n",
                   "    File: cloud.db\n    Faults: [{Fault: denied, Operation: create, "
                   "Address: web/east/App}]\n")
    said = project.recreate(code=3)
    assert "'hadeploy recreate --region east' goes on from here" in said
    assert "hadeploy rollback" not in said and "retry:" not in said
    project.change("Address: web/east/App", "Address: nothing")
    run = project.run("operation", "list").splitlines()[1].split()[0]
    project.run("operation", "resume", run, "--yes")
    assert project.recorded().count("web/east/App") == 1 and project.aside() == 3
