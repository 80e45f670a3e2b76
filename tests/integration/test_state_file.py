"""Recorded state that cannot be used: said, left untouched, and used again when mended."""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from lab import Gate, ssh_file, template


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


@pytest.fixture
def project(host, tmp_path):
    """Thirty files, applied."""
    files = {f"F{i}": ssh_file(host, host.root / f"f{i}", f"content {i}\n") for i in range(30)}
    it = host.lab.project(tmp_path / "project", templates={"web": template(files)})
    it.run("apply", "--yes").ok()
    return it


@pytest.fixture
def state(project):
    """The state file, of which a copy is kept."""
    path = Path(project.state_file)
    shutil.copy(path, path.with_name("kept"))
    return path


def changed_sql(path, statement):
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()


def refused(project, state, code, *words):
    """Every command that reads or writes it refuses, and leaves every byte as it is."""
    before = state.read_bytes()
    for args in (["plan"], ["apply", "--yes"], ["destroy", "--yes"], ["status"],
                 ["state", "list"], ["state", "check"], ["state", "export"],
                 ["state", "rm", "web/east/F1", "--yes"]):
        result = project.run(*args).ok(1)
        result.err(code)
        result.err(".hadeploy/state.db", *words)
    assert state.read_bytes() == before


def usable_again(project, state, host):
    """With the copy back in its place everything is as before."""
    for path in state.parent.glob("state.db*"):
        path.unlink()
    shutil.move(state.with_name("kept"), state)
    project.run("state", "check").ok()
    project.run("plan", "--exit-code").ok()
    assert len(list(host.root.iterdir())) == 30


def fill(disk):
    """Takes all the room there is; returns the file that does."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while True:
            out.write(bytes(4096))
    return filler


def test_it_is_private_and_whole_after_an_apply(project, state):
    assert os.stat(state).st_mode & 0o777 == 0o600
    assert os.stat(state.parent).st_mode & 0o777 == 0o700
    project.run("state", "check").ok()


def test_a_flipped_byte_in_a_record(project, state, host):
    state.write_bytes(state.read_bytes().replace(b"content 17", b"content 18"))
    refused(project, state, "HD3002")
    usable_again(project, state, host)


def test_a_changed_row(project, state, host):
    changed_sql(state, "UPDATE record SET id = 'other' WHERE logical_id = 'F3'")
    refused(project, state, "HD3002", "F3")
    usable_again(project, state, host)


def test_a_page_of_zeros(project, state, host):
    data = bytearray(state.read_bytes())
    data[4096:8192] = bytes(4096)
    state.write_bytes(data)
    refused(project, state, "HD3002")
    usable_again(project, state, host)


def test_half_a_file(project, state, host):
    state.write_bytes(state.read_bytes()[:9000])
    refused(project, state, "HD3002")
    usable_again(project, state, host)


@pytest.mark.parametrize("text", [b"", b"# notes\n" * 100], ids=["empty", "text"])
def test_something_else_in_its_place(project, state, host, text):
    state.write_bytes(text)
    refused(project, state, "HD300")
    usable_again(project, state, host)


def test_the_database_of_another_program(project, state, host):
    state.unlink()
    changed_sql(state, "CREATE TABLE notes (line TEXT)")
    refused(project, state, "HD3003", "another program")
    usable_again(project, state, host)


def test_a_newer_version(project, state, host):
    changed_sql(state, "PRAGMA user_version = 99")
    refused(project, state, "HD3004", "99", "newer hadeploy")
    usable_again(project, state, host)


def test_a_folder_in_its_place(project, state, host):
    state.unlink()
    state.mkdir()
    for args in (["plan"], ["apply", "--yes"], ["state", "list"]):
        assert "HD3001" in project.run(*args).ok(1).stderr
    state.rmdir()
    usable_again(project, state, host)


def test_a_full_disk_loses_nothing_that_was_recorded(host, tmp_path, small_disk):
    """The disk under the state fills up in the middle of an apply."""
    gate = Gate(host)
    rest = {f"F{i}": ssh_file(host, host.root / f"f{i}", "x" * 2000,
                              attributes={"DependsOn": "Wait"}) for i in range(40)}
    project = host.lab.project(small_disk / "project", templates={
        "web": template({"Wait": gate.command(), **rest})})
    proc = project.start("apply", "--yes")
    gate.reached()
    filler = fill(small_disk)
    gate.open()
    out, err = proc.communicate(timeout=60)
    assert proc.returncode == 1 and "HD3007" in err, out + err
    filler.unlink()
    project.run("apply", "--yes").ok()
    assert gate.count() == 1
    assert len(project.recorded()) == 41
    project.run("state", "check").ok()
