"""Runs that wait for each other, that are watched from another terminal, and resumed."""

import hashlib
import json
import sqlite3
import struct
import time

import pytest

from lab import Gate, run_hadeploy, ssh_command, ssh_file, template


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
    """A stack whose command waits at the gate, and another one that waits for nothing."""
    return host.lab.project(tmp_path / "project", templates={
        "web": template({"Long": gate.command(),
                         "After": ssh_file(host, host.root / "after", "after\n",
                                           attributes={"DependsOn": "Long"})}),
        "db": template({"File": ssh_file(host, host.root / "db", "db\n")})})


def ends(proc, code):
    out, err = proc.communicate(timeout=60)
    assert proc.returncode == code, f"exit {proc.returncode}\n{out}{err}"
    return out + err


def of_type(project, kind, *args, code=0):
    lines = project.parse(project.run(*args, "--json").ok(code).stdout)
    return [line for line in lines if line["type"] == kind]


def runs(project):
    return of_type(project, "run", "operation", "list")


def queued(project, count):
    deadline = time.monotonic() + 60
    while True:
        found = [run for run in runs(project) if run["status"] == "QUEUED"]
        if len(found) == count:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


@pytest.fixture
def holder(project, gate):
    """An apply of web that is going on until the gate opens."""
    proc = project.start("apply", "web", "--yes")
    gate.reached()
    yield proc
    gate.open()
    proc.kill()
    proc.communicate()


def wait_for_web(project, *args):
    return project.start("apply", "web", "--yes", "--lock-timeout", "60s", *args)


def test_runs_on_the_same_instances_queue_and_others_pass(project, gate, holder):
    second = wait_for_web(project)
    first_in_line = queued(project, 1)[0]
    assert first_in_line["pid"] == second.pid
    assert str(holder.pid) in first_in_line["waits_for"]
    assert first_in_line["instances"] == ["web/east"]
    third = project.start("destroy", "web", "--yes", "--lock-timeout", "60s")
    assert [run["command"] for run in queued(project, 2)] == ["destroy", "apply"]
    project.run("apply", "db", "--yes").ok()
    shown = project.run("operation", "list").ok().stdout
    assert shown.count("QUEUED") == 2 and f"pid {holder.pid}" in shown
    assert "waiting since" in project.run("operation", "show", first_in_line["run"]).ok().stdout
    gate.open()
    ends(holder, 0)
    ends(second, 0)
    ends(third, 0)
    assert project.recorded() == ["db/east/File"], "the destroy came last"
    assert [run["command"] for run in runs(project) if run["instances"] == ["web/east"]] \
        == ["destroy", "apply"], "the second one found nothing to do"
    assert queued(project, 0) == []


def test_a_queued_run_that_is_killed_blocks_nobody(project, gate, holder):
    second = wait_for_web(project)
    queued(project, 1)
    third = wait_for_web(project)
    queued(project, 2)
    second.kill()
    second.communicate()
    assert queued(project, 1)[0]["pid"] == third.pid
    gate.open()
    ends(holder, 0)
    ends(third, 0)


def test_a_queued_run_keeps_its_id_and_can_be_stopped(project, gate, holder):
    second = project.start("destroy", "web", "--yes", "--lock-timeout", "60s")
    queued(project, 1)
    third = wait_for_web(project)
    last, first = queued(project, 2)
    project.run("operation", "stop").ok(1).err("HD9013", first["run"], last["run"])
    project.run("operation", "stop", last["run"]).ok().err("wait no longer")
    said = ends(third, 130)
    assert "HD2203" in said and "asked for it" in said and "HD3101" not in said
    gate.open()
    ends(holder, 0)
    ends(second, 0)
    assert runs(project)[0]["run"] == first["run"]
    assert runs(project)[0]["command"] == "destroy"


def test_who_does_not_wait_is_refused_also_behind_who_waits(project, gate, holder):
    second = wait_for_web(project)
    queued(project, 1)
    project.run("apply", "web", "--yes").ok(4).err("HD3101")
    gate.open()
    ends(holder, 0)
    ends(second, 0)


def test_watch_follows_a_run_to_its_end(project, gate, holder):
    watch = project.start("operation", "watch", "--json")
    line = json.loads(watch.stdout.readline())
    assert line["type"] == "instance_result", line
    assert (line["stack"], line["region"], line["status"]) == ("web", "east", "RUNNING")
    assert line["run"] == runs(project)[0]["run"]
    gate.open()
    ends(holder, 0)
    out, err = watch.communicate(timeout=60)
    assert watch.returncode == 0, out + err
    result, run, end = [json.loads(text) for text in out.splitlines()]
    assert (result["type"], result["status"]) == ("instance_result", "SUCCEEDED")
    assert result["elapsed_ms"] >= 0
    assert (run["type"], run["status"]) == ("run", "SUCCEEDED")
    assert (end["type"], end["exit_code"]) == ("end", 0)
    shown = project.run("operation", "watch").ok().stdout
    assert "web/east" in shown and "SUCCEEDED" in shown
    assert "web/east" in project.run("operation", "show").ok().stdout


def test_watch_waits_with_who_waits(project, gate, holder):
    second = project.start("destroy", "web", "--yes", "--lock-timeout", "60s")
    run = queued(project, 1)[0]["run"]
    watch = project.start("operation", "watch", run)
    assert "QUEUED" in watch.stderr.readline()
    gate.open()
    ends(holder, 0)
    ends(second, 0)
    assert "SUCCEEDED" in ends(watch, 0)


def test_watch_says_when_a_waiting_run_never_began(project, gate, holder):
    second = wait_for_web(project)
    run = queued(project, 1)[0]["run"]
    watch = project.start("operation", "watch", run)
    assert "QUEUED" in watch.stderr.readline()
    second.kill()
    second.communicate()
    assert "HD9018" in ends(watch, 1)


def test_watch_ends_as_the_run_does(project, gate, holder):
    watch = project.start("operation", "watch")
    watch.stdout.readline()
    project.run("operation", "stop").ok()
    time.sleep(1.5)  # so that it has noticed: it finishes what it began, and no more
    gate.open()
    ends(holder, 130)
    assert "STOPPED" in ends(watch, 130)


def test_watch_of_a_killed_run_ends(project, gate, holder):
    watch = project.start("operation", "watch")
    watch.stdout.readline()
    holder.kill()
    holder.communicate()
    assert "LOST" in ends(watch, 1)
    gate.open()


def test_a_killed_run_is_resumed_from_another_folder(project, gate, holder, tmp_path):
    holder.kill()
    holder.communicate()
    gate.open()
    lost = runs(project)[0]
    assert lost["request"] == ["apply", "web"]
    project.run("operation", "resume").ok(1).err("HD9001")
    result = run_hadeploy(["--project", project.dir, "operation", "resume", "--yes"],
                          tmp_path).ok()
    result.err(f"Resuming run {lost['run']}: hadeploy apply web")
    latest = runs(project)[0]
    assert latest["status"] == "SUCCEEDED" and latest["resumes"] == lost["run"]
    assert latest["request"] == lost["request"]
    assert gate.count() == 1
    assert project.recorded() == ["web/east/After", "web/east/Long"]
    project.run("operation", "resume", "--yes").ok(1).err("HD9030", lost["run"], latest["run"])
    project.run("operation", "resume", latest["run"], "--yes").ok(1).err("HD9030", "succeeded")
    assert "resumes" in project.run("operation", "list").ok().stdout
    assert lost["run"] in project.run("operation", "show").ok().stdout


def test_what_cannot_be_resumed_is_refused(project, gate, holder):
    going = runs(project)[0]["run"]
    project.run("operation", "resume", "--yes").ok(1).err("HD9030")
    project.run("operation", "resume", going, "--yes").ok(1).err("HD9031", "operation stop")
    project.run("operation", "resume", "nothing").ok(1).err("HD9012")
    gate.open()
    ends(holder, 0)


def test_a_failed_run_is_resumed_with_its_options(host, tmp_path):
    switch = host.root / "switch"
    project = host.lab.project(tmp_path / "project", templates={
        "web": template({"Check": ssh_command(host, f"test -e '{switch}'"),
                         "Good": ssh_file(host, host.root / "good", "x")})})
    (project.dir / "params.yaml").write_text("{}\n")
    project.run("apply", "web", "--yes", "--on-failure", "keep", "--param-file",
                "params.yaml").ok(1)
    failed = runs(project)[0]
    assert failed["request"] == ["apply", "web", f"--param-file={project.dir}/params.yaml",
                                 "--on-failure=keep"]
    results = of_type(project, "instance_result", "operation", "show")
    assert [(r["region"], r["status"]) for r in results] == [("east", "FAILED")]
    assert results[0]["reason"]
    project.run("operation", "watch").ok(1).out("FAILED", "web/east")
    switch.touch()
    project.run("operation", "resume", "--yes").ok()
    assert runs(project)[0]["resumes"] == failed["run"]
    assert len(project.recorded()) == 2


def test_a_saved_plan_is_not_resumed(host, tmp_path):
    project = host.lab.project(tmp_path / "project", templates={
        "web": template({"Bad": ssh_command(host, "exit 3")})})
    project.run("plan", "--out", "plan.json").ok()
    project.run("apply", "--plan", "plan.json").ok(1)
    project.run("operation", "resume", "--yes").ok(1).err("HD9033")


def rewrite_request(project, request):
    """The words of the only run, with the checksum that they need (engine/state_history.c)."""
    db = sqlite3.connect(project.state_file)
    names = ("run", "command", "user", "host", "status", "instances", "counts", "machine",
             "started", "request", "resumes", "pid", "started_ms", "ended_ms", "made_from")
    row = dict(zip(names, db.execute(f"SELECT {', '.join(names)} FROM run").fetchone()))
    row["request"] = request
    parts = [struct.pack("<q", len(text.encode())) + text.encode()
             for text in ("run", *(row[name] for name in names[:11]))]
    parts += [struct.pack("<q", row[name]) for name in names[11:14]]
    if row["made_from"]:
        parts += [struct.pack("<q", len(row["made_from"])) + row["made_from"].encode()]
    checksum = hashlib.sha256(b"".join(parts)).digest()[:16]
    db.execute("UPDATE run SET request = ?, checksum = ?", (request, checksum))
    db.commit()
    db.close()


def test_words_that_are_not_there_or_not_understood_are_refused(host, tmp_path):
    project = host.lab.project(tmp_path / "project", templates={
        "web": template({"Bad": ssh_command(host, "exit 3")})})
    project.run("apply", "--yes").ok(1)
    for request, code in (("", "HD9032"), ('["apply","--from-the-future"]', "HD9034"),
                          ('{"apply":1}', "HD9034"), ('["apply",3]', "HD9034")):
        rewrite_request(project, request)
        project.run("operation", "resume", "--yes").ok(1).err(code)
        project.run("state", "check").ok()
