"""What a recreation must not do: restore over what is there, delete the only copy, take a region
away from under a runbook; and the way back from one that was begun by mistake."""

import json
import signal
import sqlite3

import pytest

from test_recreate import EAST, WATCH, Project, with_restore

FLAG = "cause-is-gone"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def unfinished(project, *into):
    """Its restore of db has failed."""
    with_restore(project, f"test -e {project.folder}/{FLAG}")
    project.recreate(*into, code=1)


def copies(project):
    path = project.folder / "copies"
    return path.read_text().count("copied") if path.exists() else 0


@pytest.mark.parametrize("into", [[], ["--into", "south"]])
def test_nothing_that_is_aside_goes_while_data_are_not_back(project, into):
    unfinished(project, *into)
    things = project.things("east")
    for words in (["--reconcile"], ["--end"]):
        said = project.recreate(*words, code=4)
        assert "HD2773" in said and "--without-restore" in said and "db/" in said
    assert project.aside() == 3 and project.things("east") == things
    (project.folder / FLAG).touch()
    project.recreate(*into)
    project.run("apply", "--yes")
    assert "HD2773" not in project.recreate("--reconcile")
    assert project.aside() == 0


def test_another_copy_is_not_destroyed_either(project):
    unfinished(project, "--into", "south")
    project.change("{Size: 7}}, west]", "{Size: 7}}]")
    project.change("Targets: [east, west]", "Targets: [east]")
    project.write("watch.yaml", "Resources: {Probe: {Type: 'Sim::Node', Properties: {}}}\n")
    said = project.run("apply", "--yes", code=4)
    assert "HD2773" in said and "db/west" in said and project.things("west") == 4
    assert "HD2773" in project.run("destroy", "--region", "west", "--yes", code=4)
    # What is still to be filled has nothing yet.
    project.run("destroy", "db", "--region", "south", "--yes")


def test_who_knows_better_says_why(project):
    unfinished(project)
    said = project.recreate("--without-restore", "it was a cache", "--reconcile")
    assert "HD2779" in said and "HD2773" not in said and project.aside() == 0
    assert copies(project) == 1, "no restore was begun again"
    with sqlite3.connect(project.folder / ".hadeploy" / "state.db") as state:
        assert [row for row in state.execute("select request from run") if "a cache" in row[0]]
    # It may be said from the beginning, and the rest is made.
    project.recreate("--into", "south", "--without-restore", "it is a cache")
    assert copies(project) == 1 and "web/south/App" in project.recorded()
    assert "HD2771" not in project.run("plan")


def test_what_was_there_is_not_restored_over(project):
    with_restore(project, "true")
    for _ in range(2):
        said = project.run("recreate", "--region", "west", "--into", "east", "--yes")
        assert "HD2776" in said and "db/east" in said and "HD2769" not in said
    assert copies(project) == 0 and "HD2771" not in project.run("plan")


def held(project):
    """An execution that waits for somebody, its process killed."""
    project.change("Stacks:\n", "Runbooks: {move: move.yaml}\nStacks:\n")
    project.write("move.yaml", "Parameters: {To: {Type: Region}}\n"
                  "Steps: [{Name: ok, Type: Approval, Message: go, Timeout: 10m}]\n")
    proc = project.start("runbook", "run", "move", "--param", "To=west", "--yes", "--json")
    for line in proc.stdout:
        if "step-waiting" in line:
            break
    return proc


def test_no_region_goes_from_under_an_execution(project):
    proc = held(project)
    for words in (["--region", "west"], ["--region", "west", "--into", "south"]):
        assert "HD2774" in project.run("recreate", *words, "--yes", code=4)
    proc.send_signal(signal.SIGKILL)
    proc.communicate()
    said = project.run("recreate", "--region", "west", "--yes", code=4)
    assert "HD2774" in said and "runbook abort" in said
    assert project.aside() == 0 and project.calls() == project.begun
    project.run("runbook", "abort")
    project.run("recreate", "--region", "west", "--yes")


def test_no_runbook_leads_into_what_is_not_there_yet(project):
    unfinished(project, "--into", "south")
    project.change("restore-db: restore.yaml", "restore-db: restore.yaml, move: move.yaml")
    project.write("move.yaml", "Parameters: {To: {Type: Region}}\n"
                  "Steps: [{Name: rest, Type: Wait, Duration: 1ms}]\n")
    project.change("Runbooks:", "HealthChecks: {up: {Type: COMMAND, Command: 'true', "
                   "HealthyThreshold: 1}}\nFailover: {Healthy: [up], Prefer: [south, west]}\n"
                   "Runbooks:")
    move = ["runbook", "run", "move", "--yes", "--param"]
    said = project.run(*move, "To=best")
    assert "'west' was chosen" in said and "recreation of region 'east' is not over" in said
    said = project.run(*move, "To=south", code=4)
    assert "HD2775" in said and "recreate --region east --into south" in said
    project.run(*move, "To=west")
    project.run(*move, "To=south", "--reason", "south is all there is")
    # Its own restore is no other runbook.
    (project.folder / FLAG).touch()
    project.run("runbook", "run", "restore-db", "--yes", "--param", "Region=south")
    project.recreate("--into", "south")
    project.run(*move, "To=south")


def with_check(project, command):
    project.change("Stacks:\n", "HealthChecks:\n  shop: {Type: COMMAND, Command: '" + command +
                   "', Interval: 100ms, HealthyThreshold: 1, UnhealthyThreshold: 1}\nStacks:\n")


@pytest.mark.parametrize("into", [[], ["--into", "south"]])
def test_a_region_that_answers_is_not_lost(project, into):
    with_check(project, "test ${Region} = east")
    said = project.recreate(*into, code=4)
    assert "HD2777" in said and "shop" in said and project.aside() == 0
    assert "HD2777" in project.recreate(*into, "--reason", "moved on purpose")
    assert project.aside() == 3
    # It goes on without a look.
    assert "HD2777" not in project.recreate(*into)


def test_a_region_that_does_not_answer_is(project):
    with_check(project, "test ${Region} = west")
    assert "HD2777" not in project.recreate("--into", "south")


def fails_in(project, address):
    project.change("    File: cloud.db\n",
                   "    File: cloud.db\n    Faults: [{Fault: denied, Operation: create, "
                   f"Address: {address}}}]\n")


@pytest.mark.parametrize("place", ["east", "south"])
def test_one_that_was_begun_by_mistake_is_undone(project, place):
    into = ["--into", place] if place != "east" else []
    fails_in(project, f"web/{place}/App")
    before = sorted(project.run("state", "list").splitlines())
    project.recreate(*into, code=3)
    said = project.recreate("--undo")
    assert "is undone: 3 resources" in said
    assert project.aside() == 0 and set(EAST) <= set(project.recorded())
    project.run("state", "check")
    assert project.log("east") == [] or place == "east"
    said = project.run("apply", "--yes", "--refresh")
    assert "2 deleted" in said and "created" not in said.replace("0 created", "")
    assert sorted(project.run("state", "list").splitlines()) == before
    assert "Nothing to do" in project.run("plan", "--refresh")
    assert "HD2765" in project.recreate("--undo", code=1)


def test_what_may_have_data_is_not_given_up_by_itself(project):
    unfinished(project, "--into", "south")
    assert "HD2778" in project.recreate("--undo", code=4)
    project.recreate("--undo", "--reason", "nobody wrote into it")
    assert project.aside() == 0
    project.run("apply", "--yes")
    project.recreate("--into", "south", "--without-restore", "as before")
    assert "HD2778" in project.recreate("--undo", code=4)
    exported = json.loads(project.run("state", "export"))["recreations"][0]["restored"]
    assert exported["Over"] and exported["Restores"]["db/south"]["Reason"] == "as before"


def restored_in_south(project):
    with_restore(project, "true")
    project.recreate("--into", "south")
    project.run("apply", "--yes")


def test_what_was_restored_is_deleted_by_nobody_without_a_word(project):
    restored_in_south(project)
    said = project.run("plan")
    assert "HD2760" in said and "--end" not in said
    assert "HD2784" in project.recreate("--end", code=4)
    project.recreate("--end", "--reason", "east is back")
    said = project.run("plan")
    assert "warning HD2783" in said and "db/south" in said and "HD2761" in said
    # Whichever way: as the manifest says, by name, by way of a saved plan.
    calls = project.calls()
    said = project.run("apply", "--yes", code=4)
    assert "HD2783" in said and "--accept-data-loss" in said and "--into south" in said
    project.run("plan", "--out", "saved")
    for words in (["destroy", "--yes"], ["apply", "--plan", "saved"]):
        assert "HD2783" in project.run(*words, code=4)
    assert project.calls() == calls, "nothing was made anew and empty"
    # Its hint goes back to it, and nothing is restored over it.
    project.recreate("--into", "south")
    assert copies(project) == 1 and "Nothing to do" in project.run("plan")
    project.change("Targets: [{Region: east, Parameters: {Size: 7}}, west]", "Targets: [west]")
    project.write("web.yaml", "Resources: {App: {Type: 'Sim::Node'}}\n")
    project.write("watch.yaml", "Resources: {Probe: {Type: 'Sim::Node'}}\n")
    assert "HD2783" in project.run("apply", "--yes", code=4)
    project.run("apply", "--yes", "--accept-data-loss", "orders are in the queue")
    assert "db/south/Root" not in project.recorded()
    with sqlite3.connect(project.folder / ".hadeploy" / "state.db") as state:
        assert [row for row in state.execute("select request from run") if "the queue" in row[0]]
    # Now what is aside may be the only copy.
    assert "HD2773" in project.recreate("--reconcile", code=4) and project.aside() == 3


def test_what_is_aside_can_be_had_behind_the_end_too(project):
    before = sorted(project.run("state", "list").splitlines())
    restored_in_south(project)
    # Neither secrets nor templates are needed for what is only recorded.
    text = (project.folder / "hadeploy.yaml").read_text()
    project.change("{Size: 7}", "{Size: '{{resolve:env:NOBODY_HAS_IT}}'}")
    (project.folder / "web.yaml").rename(project.folder / "gone.yaml")
    project.recreate("--end", "--reason", "east is back")
    said = project.recreate("--undo", code=4)
    assert "HD2778" in said and "error" not in said.replace("error HD2778", "")
    (project.folder / "gone.yaml").rename(project.folder / "web.yaml")
    project.write("hadeploy.yaml", text)
    project.run("apply", "--yes", "--accept-data-loss", "copied back by hand")
    assert "HD2761" in project.run("plan") and project.aside() == 3
    assert "HD2773" in project.recreate("--reconcile", code=4)
    assert "HD2778" in project.recreate("--undo", code=4)
    said = project.recreate("--undo", "--reason", "what was made is empty")
    assert "is undone: 3 resources" in said and "HD2761" not in said and project.aside() == 0
    project.run("apply", "--yes", "--refresh")
    assert sorted(project.run("state", "list").splitlines()) == before
    assert project.things("east") == 3 and project.things("south") == 0
    assert "HD2765" in project.recreate("--undo", code=1)
    # The other way: cleared up.
    project.recreate("--end", code=1)
    project.recreate("--into", "south", "--without-restore", "a cache")
    project.recreate("--end", "--reason", "east is back")
    project.run("apply", "--yes")
    project.recreate("--reconcile")
    assert project.aside() == 0 and "HD2761" not in project.run("plan")


def test_what_is_undone_in_place_keeps_what_was_restored(project):
    with_restore(project, "true")
    project.recreate()
    project.recreate("--undo", "--reason", "begun by mistake")
    assert "HD2783" in project.run("apply", "--yes", code=4)
    assert "HD2778" not in project.recreate("--undo", code=1)
    project.run("apply", "--yes", "--accept-data-loss", "the old one has more")
    assert project.things("east") == 3 and "HD2783" not in project.run("plan", "--destroy")


def test_one_that_somebody_restored_by_hand_is_kept_as_well(project):
    unfinished(project, "--into", "south")
    (project.folder / FLAG).touch()
    project.run("runbook", "run", "--resume", "--yes")
    assert "HD2783" in project.run("destroy", "db", "--region", "south", "--yes", code=4)
    # Made anew it is filled anew.
    project.run("destroy", "db", "--region", "south", "--yes", "--accept-data-loss", "a bad copy")
    project.recreate("--into", "south")
    assert copies(project) == 2 and "db/south/Root" in project.recorded()


def test_what_was_lost_there_too_is_led_on_and_filled_again(project):
    restored_in_south(project)
    project.change("south: {}", "south: {}, north: {}")
    said = project.run("recreate", "--region", "south", "--into", "north", "--yes")
    assert "HD2769" in said and copies(project) == 2 and "db/north/Root" in project.recorded()
    # What asks for either is led there; south has been filled again, elsewhere.
    project.write("watch.yaml", WATCH.replace("east", "south"))
    project.run("apply", "--yes")
    assert "Nothing to do" in project.run("plan")
    project.run("recreate", "--region", "south", "--reconcile", "--yes")
    assert project.things("south") == 0
    said = project.recreate("--end", code=4)
    assert "HD2784" in said and "db/north, web/north" in said
