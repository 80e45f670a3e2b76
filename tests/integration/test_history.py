"""The history: what runs did, stopping one from another terminal, renaming what is recorded."""

import json
import re
import signal
import time

import pytest

from lab import Gate, ssh_command, ssh_file, template

RUN_ID = r"\d{8}-\d{6}-[0-9a-f]{6}"


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


@pytest.fixture
def gate(host):
    return Gate(host)


@pytest.fixture
def project(host, gate, tmp_path):
    """A command that waits at the gate, and a file that needs it."""
    after = ssh_file(host, host.root / "after", "after\n", attributes={"DependsOn": "Long"})
    return host.lab.project(tmp_path / "project", templates={
        "web": template({"Long": gate.command(), "After": after})})


@pytest.fixture
def running(project, gate):
    """An apply that is going on until the gate opens."""
    proc = project.start("apply", "--yes")
    gate.reached()
    yield proc
    gate.open()
    proc.kill()
    proc.communicate()


def ends(proc, code):
    out, err = proc.communicate(timeout=60)
    assert proc.returncode == code, f"exit {proc.returncode}\n{out}{err}"
    return out + err


def of_type(project, kind, *args):
    lines = project.parse(project.run(*args, "--json").ok().stdout)
    return [line for line in lines if line["type"] == kind]


def runs(project, *args):
    return of_type(project, "run", "operation", "list", *args)


def operations(project, *args):
    return of_type(project, "operation", "operation", "show", *args)


def test_every_run_that_changed_something_is_in_the_history(project, gate):
    assert project.run("operation", "list").ok().stdout == ""
    project.run("operation", "show").ok(1).err("HD9011")
    gate.open()
    project.run("apply", "--yes").ok()
    project.run("plan").ok()
    project.run("apply", "--yes").ok()
    project.run("destroy", "--yes").ok()
    destroy, apply = runs(project)
    assert [apply["command"], destroy["command"]] == ["apply", "destroy"]
    assert apply["status"] == destroy["status"] == "SUCCEEDED"
    assert re.fullmatch(RUN_ID, apply["run"])
    assert apply["counts"] == {"changes": 2, "create": 2}
    assert destroy["counts"] == {"changes": 2, "delete": 2}
    assert apply["instances"] == ["web/east"]
    assert apply["operations"] == 2 and apply["open_operations"] == 0
    assert [r["run"] for r in runs(project, "--limit", "1")] == [destroy["run"]]
    made = operations(project, apply["run"])
    assert [(op["address"], op["action"], op["outcome"]) for op in made] \
        == [("web/east/Long", "create", "succeeded"), ("web/east/After", "create", "succeeded")]
    assert all(op["elapsed_ms"] >= 0 and op["attempts"] >= 1 for op in made)
    shown = project.run("operation", "show", apply["run"]).ok().stdout
    for word in (apply["run"], "SUCCEEDED", "web/east", "2 created", "web/east/After"):
        assert word in shown
    listed = project.run("operation", "list").ok().stdout.splitlines()
    assert listed[1].startswith(destroy["run"]) and "2 deleted" in listed[1]
    project.run("operation", "show", apply["run"][:-1] + "x").ok(1).err("HD9012", apply["run"])
    project.run("operation", "stop", apply["run"]).ok(1).err("HD9014", "SUCCEEDED")
    project.run("operation", "stop").ok(1).err("HD9014")
    project.run("state", "check").ok()


def test_a_failed_change_is_shown_with_its_first_error(host, tmp_path):
    project = host.lab.project(tmp_path / "project", templates={
        "web": template({"Bad": ssh_command(host, "echo no such luck >&2; exit 3"),
                         "Good": ssh_file(host, host.root / "good", "x")})})
    project.run("apply", "--yes").ok(1)
    run = runs(project)[0]
    assert run["status"] in ("FAILED", "ROLLED_BACK")
    assert run["counts"]["failed"] == 1
    bad = next(op for op in operations(project) if op["address"] == "web/east/Bad")
    assert bad["outcome"] == "failed" and bad["message"]
    assert bad["message"] in project.run("operation", "show").ok().stdout


def test_a_running_one_says_how_far_it_is(project, gate, running):
    run = runs(project)[0]
    assert run["status"] == "RUNNING" and run["pid"] == running.pid
    assert run["open_operations"] == 1 and run["counts"] == {"changes": 2}
    assert "ended" not in run
    assert "0 done, 1 open, 2 planned" in project.run("operation", "list").ok().stdout
    assert [op["outcome"] for op in operations(project)] == ["open"]
    assert "running for" in project.run("operation", "show").ok().stdout
    gate.open()
    ends(running, 0)
    assert runs(project)[0]["status"] == "SUCCEEDED"


def test_a_run_is_stopped_from_another_terminal(project, gate):
    proc = project.start("apply", "--yes", "--json")
    gate.reached()
    project.run("operation", "stop").ok().err("is asked to stop")
    for line in proc.stdout:
        if json.loads(line)["type"] == "cancelling":
            assert "asked to stop" in line
            break
    gate.open()
    said = ends(proc, 130)
    assert "HD2203" in said and "asked for it" in said
    run = runs(project)[0]
    assert run["status"] == "STOPPED" and run["asked_to_stop"]["control"] == "stop"
    assert "asked it to stop" in project.run("operation", "show").ok().stdout
    assert project.recorded() == ["web/east/Long"]
    project.run("apply", "--yes").ok()
    assert gate.count() == 1


def test_stop_now_leaves_what_is_pending_to_the_next_run(project, gate, running):
    run = runs(project)[0]["run"]
    project.run("operation", "stop", run, "--now").ok()
    ends(running, 130)
    assert [op["outcome"] for op in operations(project, run)] == ["open"]
    assert runs(project)[0]["status"] == "STOPPED"
    gate.open()
    project.run("apply", "--yes").ok()
    assert gate.count() == 1
    assert [op["outcome"] for op in operations(project, run)] == ["succeeded"]


def test_a_killed_run_is_lost_and_closed_by_the_next(project, gate):
    proc = project.start("apply", "--yes")
    gate.reached()
    proc.send_signal(signal.SIGKILL)
    proc.communicate()
    lost = runs(project)[0]
    assert lost["status"] == "LOST" and "ended" not in lost
    project.run("operation", "stop").ok(1).err("HD9014")
    project.run("operation", "stop", lost["run"]).ok(1).err("HD9014", "killed")
    gate.open()
    project.run("apply", "--yes").ok()
    latest, lost = runs(project)
    assert latest["status"] == "SUCCEEDED"
    assert lost["status"] == "LOST" and "ended" in lost
    assert [op["outcome"] for op in operations(project, lost["run"])] == ["succeeded"]


def test_of_two_runs_the_one_to_stop_is_named(host, tmp_path):
    """Each waits for a file of its own."""
    def waits(name):
        return ssh_command(host, f"touch '{host.root}/at-{name}'; "
                                 f"while ! test -e '{host.root}/{name}'; do sleep 0.05; done",
                           Delete="true")

    project = host.lab.project(tmp_path / "project", templates={
        name: template({"Wait": waits(name)}) for name in ("one", "two")})
    both = [project.start("apply", stack, "--yes") for stack in ("one", "two")]
    deadline = time.monotonic() + 60
    while not all((host.root / f"at-{name}").exists() for name in ("one", "two")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    going = {tuple(run["instances"]): run["run"] for run in runs(project)}
    project.run("operation", "stop").ok(1).err("HD9013", *going.values())
    project.run("operation", "stop", going[("one/east",)], "--now").ok()
    ends(both[0], 130)
    for name in ("one", "two"):
        (host.root / name).touch()
    ends(both[1], 0)
    project.run("apply", "--yes").ok()


def test_the_history_is_bounded(host, tmp_path):
    project = host.lab.project(tmp_path / "project", templates={
        "web": template({"F": ssh_file(host, host.root / "f", "0")})})
    manifest = (project.dir / "hadeploy.yaml").read_text()
    (project.dir / "hadeploy.yaml").write_text(manifest + "\nState: {History: {Runs: 2}}\n")
    for i in range(4):
        project.put("stacks/web.yaml", template({"F": ssh_file(host, host.root / "f", str(i))}))
        project.run("apply", "--yes").ok()
    kept = runs(project)
    assert len(kept) == 2
    assert [run["counts"] for run in kept] == [{"changes": 1, "update": 1}] * 2
    project.run("state", "check").ok()


def test_a_record_moves_and_nothing_is_replaced(host, tmp_path):
    def parts(name, other="Other"):
        return template({name: ssh_file(host, host.root / "f", "x"),
                         other: ssh_file(host, host.root / "g", "y",
                                         attributes={"DependsOn": name})})

    project = host.lab.project(tmp_path / "project", templates={"web": parts("Old")})
    project.run("apply", "--yes").ok()
    project.run("state", "mv", "Nobody", "New", "--yes").ok(1).err("HD9003")
    project.run("state", "mv", "web/east/Old", "web/west/Old", "--yes").ok(1).err("HD9016")
    project.run("state", "mv", "web/east/Old", "Other", "--yes").ok(1).err("HD9017")
    project.run("state", "mv", "web/east/Old", "no-name", "--yes").ok(1).err("HD9002")
    project.run("state", "mv", "Old", "New").ok(1).err("HD9001")
    done = of_type(project, "done", "state", "mv", "web/east/Old", "New", "--yes")
    assert done[0]["subject"] == "record_moved"
    assert project.recorded() == ["web/east/New", "web/east/Other"]
    shown = json.loads(project.run("state", "show", "web/east/Other").ok().stdout)
    assert "web/-/east/New" in json.dumps(shown)
    project.put("stacks/web.yaml", parts("New"))
    project.run("plan", "--exit-code").ok()
    project.run("state", "mv", "Other", "web/east/Last", "--yes").ok()
    project.put("stacks/web.yaml", parts("New", "Last"))
    project.run("plan", "--exit-code").ok()


def test_a_logical_id_of_many_instances_does_not_move(host, tmp_path):
    project = host.lab.project(tmp_path / "project", templates={
        name: template({"F": ssh_file(host, host.root / name, "x")}) for name in ("a", "b")})
    project.run("apply", "--yes").ok()
    project.run("state", "mv", "F", "G", "--yes").ok(1).err("HD9015", "a/east/F", "b/east/F")


def test_nothing_moves_while_its_instance_is_locked(project, gate, running):
    project.run("state", "mv", "web/east/Long", "Short", "--yes").ok(1)
    gate.open()
    ends(running, 0)
    project.run("state", "mv", "web/east/Long", "Short", "--yes").ok()
