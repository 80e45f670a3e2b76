"""Recorded state in git: commits, remotes, and a state that is rebuilt from them."""

import json
import os
import shutil
import signal
import socket
import subprocess

import pytest

from lab import run_hadeploy, start_hadeploy
from lab.git import git_env
from lab.sim import sim_log
from test_crash import assert_whole, killed_after, many

REF = "refs/hadeploy/state"
SECRET = "hunter2-very-secret"
MANIFEST = """\
Project: shop
State: {Mirror: %s}
Providers: {sim: {Types: ['AWS::*', 'Sim::*']%s}}
Regions: {east: {}, west: {}}
Stacks:
  web: {Template: web.yaml, Targets: [east, west]}
  big.one: {Template: web.yaml, Targets: [east]}
"""
DATABASE = """\
Parameters: {Password: {Type: String, NoEcho: true, Default: %s}}
Resources:
  Root: {Type: 'Sim::Node', Properties: {Size: 1}}
  Leaf: {Type: 'Sim::Node', Properties: {Parent: !Ref Root}}
  Db:
    Type: 'AWS::RDS::DBInstance'
    Properties: {Engine: postgres, AllocatedStorage: '5', MasterUserPassword: !Ref Password}
""" % SECRET
SLOW = ", Latency: {'*': {'*': 40ms}}"
MOMENTS = range(1, 40) if os.environ.get("HADEPLOY_MIRROR_SWEEP") else (2, 9, 17)


def git(folder, *words):
    done = subprocess.run(["git", *map(str, words)], cwd=folder, env=git_env(folder),
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def chain(count):
    """Each one needs the one before."""
    nodes = "".join(
        f"  N{i}: {{Type: 'Sim::Node', Properties: {{Parent: !Ref N{i - 1}}}}}\n" if i else
        "  N0: {Type: 'Sim::Node', Properties: {Size: 1}}\n" for i in range(count))
    return f"Resources:\n{nodes}"


def project(folder, template=DATABASE, mirror="true", settings=""):
    folder.mkdir(exist_ok=True)
    (folder / "hadeploy.yaml").write_text(MANIFEST % (mirror, settings))
    (folder / "web.yaml").write_text(template)
    if not (folder / ".git").exists():
        git(folder, "init", "-q")
    return folder


def with_remote(tmp_path, **more):
    remote = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", remote)
    return project(tmp_path / "p", mirror=f"{{Remotes: ['file://{remote}']}}", **more), remote


def files_of(folder, ref=REF):
    return git(folder, "ls-tree", "-r", "--name-only", ref).split()


def content(folder, path, ref=REF):
    return json.loads(git(folder, "show", f"{ref}:{path}"))


def lose(folder):
    for file in (folder / ".hadeploy").glob("state.db*"):
        file.unlink()


def assert_sound(folder):
    assert "broken" not in git(folder, "fsck", "--strict")


def test_what_is_recorded_is_committed_and_pushed(tmp_path):
    folder, remote = with_remote(tmp_path)
    (folder / "mine").write_text("not committed")
    run_hadeploy(["apply", "--yes"], folder).ok()
    for place in (folder, remote):
        names = files_of(place)
        assert "instances/-/east/web.json" in names and "shared/meta.json" in names
        assert "instances/-/east/big.one.json" in names
        assert [name for name in names if name.startswith("runs/")] and not any(
            name.startswith("running/") for name in names)
    assert git(folder, "status", "--porcelain", "-uno") == ""
    assert git(folder, "for-each-ref", "--format=%(refname)").split() == [REF]
    rows = content(folder, "instances/-/west/web.json")["rows"]
    assert {row["logical_id"] for row in rows["record"]} == {"Root", "Leaf", "Db"}
    run_hadeploy(["state", "rm", "web/west/Leaf", "--yes"], folder).ok()
    rows = content(remote, "instances/-/west/web.json")["rows"]
    assert {row["logical_id"] for row in rows["record"]} == {"Root", "Db"}
    printed = run_hadeploy(["state", "mirror", "--json"], folder).ok().stdout
    shown = json.loads(printed.split("\n")[0])
    assert shown["remotes"][0]["current"] and shown["on"]
    run_hadeploy(["destroy", "--yes"], folder).ok()
    assert not any(name.startswith("instances/") for name in files_of(remote))
    objects = git(folder, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    for name in objects:
        done = subprocess.run(["git", "cat-file", "--batch"], input=name.encode() + b"\n",
                              cwd=folder, capture_output=True, check=True)
        assert SECRET.encode() not in done.stdout
    assert_sound(folder)


def test_outside_of_a_repository_there_is_one_beside_the_state(tmp_path):
    folder = project(tmp_path / "p")
    shutil.rmtree(folder / ".git")
    run_hadeploy(["apply", "--yes"], folder, env={"GIT_CEILING_DIRECTORIES": tmp_path}).ok()
    assert "shared/meta.json" in files_of(folder / ".hadeploy" / "mirror.git")


def test_a_lost_state_is_rebuilt_and_compared(tmp_path):
    folder, remote = with_remote(tmp_path)
    run_hadeploy(["apply", "--yes"], folder).ok()
    before = run_hadeploy(["state", "export"], folder).ok().stdout
    done = run_hadeploy(["state", "restore", "--from", f"file://{remote}"], folder).ok(1)
    assert "HD2855" in done.stderr
    lose(folder)
    run_hadeploy(["state", "restore", "--from", f"file://{remote}"], folder).ok()
    assert run_hadeploy(["state", "export"], folder).ok().stdout == before
    done = run_hadeploy(["plan", "--exit-code"], folder).ok()
    assert "HD2856" in done.stderr and "Nothing to do" in done.stdout
    run_hadeploy(["apply", "--yes"], folder).ok()
    assert "HD2856" not in run_hadeploy(["plan"], folder).ok().stderr
    run_hadeploy(["state", "restore", "--set-aside"], folder).ok()
    assert (folder / ".hadeploy" / "state.db.aside-1").exists()
    done = run_hadeploy(["state", "restore", "--set-aside", "--from", "nowhere"], folder).ok(1)
    assert "HD2854" in done.stderr


@pytest.mark.parametrize("harm", ["row", "cut", "intent"])
def test_a_file_that_was_changed_is_named(tmp_path, harm):
    folder = project(tmp_path / "p")
    run_hadeploy(["apply", "--yes"], folder).ok()
    path = "instances/-/east/web.json" if harm != "intent" else "running/x.json"
    text = git(folder, "show", f"{REF}:{path}") if harm != "intent" else \
        '{"format":1,"schema":3,"intends":[{}],"rows":{"run":[],"result":[]}}'
    text = text.replace('"Size":1', '"Size":2') if harm == "row" else text
    text = text[:200] if harm == "cut" else text
    (folder / "new").write_text(text)
    blob = git(folder, "hash-object", "-w", "new").strip()
    env = {**git_env(folder), "GIT_INDEX_FILE": str(folder / "index")}
    for words in (["read-tree", REF], ["update-index", "--add", "--cacheinfo",
                                       f"100644,{blob},{path}"]):
        subprocess.run(["git", *words], cwd=folder, env=env, check=True)
    tree = subprocess.run(["git", "write-tree"], cwd=folder, env=env, check=True,
                          capture_output=True, text=True).stdout.strip()
    commit = git(folder, "commit-tree", "-m", "x", "-p", REF, tree).strip()
    lose(folder)
    done = run_hadeploy(["state", "restore", "--from", commit], folder).ok(1)
    assert "HD2853" in done.stderr and path in done.stderr
    assert not (folder / ".hadeploy" / "state.db").exists()
    run_hadeploy(["state", "restore"], folder).ok()


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_rollout_that_lost_its_machine_leaves_no_orphan(tmp_path, moment):
    folder, remote = with_remote(tmp_path, template=chain(6), settings=SLOW)
    proc = start_hadeploy(["apply", "--yes", "--json"], folder)
    seen = 0
    for line in proc.stdout:
        seen += json.loads(line).get("type") in ("started", "succeeded")
        if seen == moment:
            break
    proc.send_signal(signal.SIGKILL)
    proc.communicate(timeout=30)
    assert_sound(folder)
    lose(folder)
    run_hadeploy(["state", "restore", "--from", f"file://{remote}"], folder).ok()
    run_hadeploy(["apply", "--yes"], folder).ok()
    made = sim_log(folder, "create")
    assert len(made) == len(set(made)) == 18, "nothing twice"
    assert len(run_hadeploy(["state", "list"], folder).ok().stdout.split()) == 18
    run_hadeploy(["state", "check"], folder).ok()
    run_hadeploy(["plan", "--exit-code"], folder).ok()
    assert not sim_log(folder, "delete")


@pytest.mark.parametrize("moment", [7, 31])
def test_real_hosts_have_nothing_twice(regions, tmp_path, moment):
    lab = many(regions, tmp_path / "project")
    manifest = lab.dir / "hadeploy.yaml"
    manifest.write_text(manifest.read_text() + "State: {Mirror: true}\n")
    git(lab.dir, "init", "-q")
    assert killed_after(lab, moment, "apply")
    lose(lab.dir)
    lab.run("state", "restore", "--from", REF).ok()
    lab.run("apply", "--yes").ok()
    assert_whole(lab, regions)
    assert_sound(lab.dir)


def test_two_writers_both_land(tmp_path):
    folder, remote = with_remote(tmp_path, template=chain(4), settings=SLOW)
    both = [start_hadeploy(["apply", "--yes", stack], folder) for stack in ("web", "big.one")]
    for proc in both:
        proc.communicate(timeout=60)
        assert proc.returncode == 0
    run_hadeploy(["state", "mirror", "push"], folder).ok()
    for place in (folder, remote):
        names = [name for name in files_of(place) if name.startswith("instances/")]
        assert len(names) == 3
        for name in names:
            rows = content(place, name)["rows"]
            assert len(rows["record"]) == 4 and rows["instance"][0]["status"] == "CURRENT"
    assert_sound(folder)


def test_a_remote_that_is_away_delays_nothing_and_is_told(tmp_path):
    folder, remote = with_remote(tmp_path)
    remote.rename(tmp_path / "away")
    done = run_hadeploy(["apply", "--yes"], folder).ok()
    assert "HD2851" in done.stderr
    shown = run_hadeploy(["state", "mirror"], folder).ok().stdout
    assert "fails since" in shown
    (tmp_path / "away").rename(remote)
    run_hadeploy(["state", "mirror", "push"], folder).ok()
    assert git(remote, "rev-parse", REF) == git(folder, "rev-parse", REF)
    assert "fails since" not in run_hadeploy(["state", "mirror"], folder).ok().stdout


def test_commits_of_somebody_else_are_joined_or_refused(tmp_path):
    folder, remote = with_remote(tmp_path)
    run_hadeploy(["apply", "--yes", "web"], folder).ok()
    twin = tmp_path / "twin"
    shutil.copytree(folder, twin)
    run_hadeploy(["apply", "--yes", "big.one"], twin).ok()
    run_hadeploy(["state", "rm", "web/west/Leaf", "--yes"], folder).ok()
    names = files_of(remote)
    assert "instances/-/east/big.one.json" in names
    rows = content(remote, "instances/-/west/web.json")["rows"]
    assert {row["logical_id"] for row in rows["record"]} == {"Root", "Db"}
    assert_sound(remote)
    other = project(tmp_path / "other", mirror=f"{{Remotes: ['file://{remote}']}}")
    tip = git(remote, "rev-parse", REF)
    assert "HD2851" in run_hadeploy(["apply", "--yes"], other).ok().stderr
    assert git(remote, "rev-parse", REF) == tip
    lose(other)
    assert "HD2852" in run_hadeploy(["apply", "--yes"], other).stderr


def test_a_lock_that_was_left_behind_fails_no_run_and_is_broken_later(tmp_path):
    folder = project(tmp_path / "p")
    lock = folder / ".git" / "refs" / "hadeploy" / "state.lock"
    lock.parent.mkdir()
    lock.write_text("")
    assert "warning HD2850" in run_hadeploy(["apply", "--yes", "web"], folder).ok().stderr
    os.utime(lock, (0, 0))
    assert "HD28" not in run_hadeploy(["apply", "--yes"], folder).ok().stderr
    assert len([name for name in files_of(folder) if name.startswith("instances/")]) == 3


def rename(folder, name):
    manifest = folder / "hadeploy.yaml"
    manifest.write_text(manifest.read_text().replace("Project: shop", f"Project: {name}"))


def test_a_mirror_of_another_project_is_not_restored(tmp_path):
    folder, remote = with_remote(tmp_path)
    run_hadeploy(["apply", "--yes", "web"], folder).ok()
    assert content(folder, "shared/meta.json")["project"] == "shop"
    other = project(tmp_path / "other", mirror=f"{{Remotes: ['file://{remote}']}}")
    rename(other, "desk")
    for words in ([], ["--from", f"file://{remote}"]):
        done = run_hadeploy(["state", "restore", *words], other).ok(1)
        assert "HD2857" in done.stderr and "'shop'" in done.stderr and "'desk'" in done.stderr
        assert "--other-project shop" in done.stderr
    assert not (other / ".hadeploy" / "state.db").exists()
    tip = git(remote, "rev-parse", REF)
    words = ["state", "restore", "--from", f"file://{remote}", "--other-project", "shop"]
    run_hadeploy(words, other).ok()
    assert "HD2851" in run_hadeploy(["state", "rm", "web/west/Leaf", "--yes"], other).ok().stderr
    assert git(remote, "rev-parse", REF) == tip


def test_a_renamed_project_is_told_and_goes_on(tmp_path):
    folder, remote = with_remote(tmp_path)
    run_hadeploy(["apply", "--yes", "web"], folder).ok()
    rename(folder, "desk")
    tip = git(remote, "rev-parse", REF)
    done = run_hadeploy(["apply", "--yes"], folder).ok()
    assert "HD2852" in done.stderr and "--other-project shop" in done.stderr
    assert git(remote, "rev-parse", REF) == tip
    run_hadeploy(["state", "mirror", "push", "--other-project", "shop"], folder).ok()
    assert content(remote, "shared/meta.json")["project"] == "desk"
    assert "HD28" not in run_hadeploy(["apply", "--yes"], folder).ok().stderr


def test_restore_takes_what_is_newest_anywhere(tmp_path):
    folder, remote = with_remote(tmp_path)
    run_hadeploy(["apply", "--yes", "web"], folder).ok()
    twin = tmp_path / "twin"
    shutil.copytree(folder, twin)
    run_hadeploy(["apply", "--yes", "big.one"], twin).ok()
    lose(folder)
    remote.rename(tmp_path / "away")
    done = run_hadeploy(["state", "restore"], folder).ok(1)
    assert "HD2858" in done.stderr and f"--from {REF}" in done.stderr
    assert not (folder / ".hadeploy" / "state.db").exists()
    (tmp_path / "away").rename(remote)
    run_hadeploy(["state", "restore"], folder).ok()
    assert git(folder, "rev-parse", REF) == git(remote, "rev-parse", REF)
    assert "big.one/east/Root" in run_hadeploy(["state", "list"], folder).ok().stdout


def test_a_run_does_not_go_on_from_an_old_state(tmp_path):
    folder, _remote = with_remote(tmp_path)
    run_hadeploy(["apply", "--yes", "web"], folder).ok()
    twin = tmp_path / "twin"
    shutil.copytree(folder, twin)
    run_hadeploy(["apply", "--yes", "big.one"], twin).ok()
    made = len(sim_log(folder, "create"))
    for _ in range(2):
        done = run_hadeploy(["apply", "--yes"], folder).ok(4)
        assert "error HD2859" in done.stderr and "big.one/east" in done.stderr
        assert len(sim_log(folder, "create")) == made
    run_hadeploy(["state", "restore", "--set-aside"], folder).ok()
    assert "big.one/east/Root" in run_hadeploy(["state", "list"], folder).ok().stdout
    assert "HD2859" not in run_hadeploy(["apply", "--yes"], folder).ok().stderr


def test_a_remote_that_stays_silent_is_waited_for_once(tmp_path):
    folder, _remote = with_remote(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        manifest = folder / "hadeploy.yaml"
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x.git"
        lines = manifest.read_text().split("\n")
        lines[1] = f"State: {{Mirror: {{Remotes: ['{url}']}}}}"
        manifest.write_text("\n".join(lines))
        done = run_hadeploy(["apply", "--yes", "big.one"], folder).ok()
        assert "HD2851" in done.stderr and "since 2" in done.stderr
        status = json.loads((folder / ".hadeploy" / "mirror.json").read_text())
        (was,) = status["remotes"].values()
        assert was["failing_since_ms"] and was["tried_ms"]
        done = run_hadeploy(["state", "rm", "big.one/east/Leaf", "--yes"], folder).ok()
        assert "since 2" in done.stderr
        status = json.loads((folder / ".hadeploy" / "mirror.json").read_text())
        assert list(status["remotes"].values()) == [was], "not waited for"


@pytest.mark.parametrize("lost", ["commit", "blob"])
def test_a_reference_to_what_was_pruned_is_begun_anew(tmp_path, lost):
    folder, remote = with_remote(tmp_path)
    run_hadeploy(["apply", "--yes", "web"], folder).ok()
    name = REF if lost == "commit" else f"{REF}:instances/-/east/web.json"
    gone = git(folder, "rev-parse", name).strip()
    (folder / ".git" / "objects" / gone[:2] / gone[2:]).unlink()
    assert "HD2850" in run_hadeploy(["apply", "--yes"], folder).ok().stderr
    for place in (folder, remote):
        assert len([n for n in files_of(place) if n.startswith("instances/")]) == 3
    done = run_hadeploy(["state", "rm", "web/west/Leaf", "--yes"], folder).ok()
    assert "HD28" not in done.stderr
    assert git(remote, "rev-parse", REF) == git(folder, "rev-parse", REF)


def test_what_is_no_mirror_is_told_as_such(tmp_path):
    folder = project(tmp_path / "p")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    done = run_hadeploy(["state", "restore", "--from", "HEAD"], folder).ok(1)
    assert "HD2854" in done.stderr and "no mirror of recorded state" in done.stderr
