"""A provider from a .so that the manifest names: the plugin contract from outside."""

import subprocess

import pytest

from lab import run_hadeploy
from lab.run import ROOT

MANIFEST = """\
Project: notes
Providers:
  notes: {{Use: ./notes.so, Types: ['Notes::*'], Folder: '{folder}'}}
Regions: {{east: {{}}}}
Stacks: {{desk: {{Template: desk.yaml, Targets: [east]}}}}
"""
TEMPLATE = """\
Resources:
  First: {Type: Notes::Note, Properties: {Name: first, Text: hello}}
  Second:
    Type: Notes::Note
    Properties: {Name: second, Text: !Sub '${First} has ${First.Length} letters'}
"""


@pytest.fixture
def desk(tmp_path):
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "jansson"], check=True,
                           capture_output=True, text=True).stdout.split()
    subprocess.run(["cc", "-shared", "-fPIC", "-Wall", "-Werror", f"-I{ROOT}", "-o",
                    tmp_path / "notes.so", ROOT / "tests/plugin/notes.c", *flags], check=True)
    (tmp_path / "notes").mkdir()
    (tmp_path / "hadeploy.yaml").write_text(MANIFEST.format(folder=tmp_path / "notes"))
    (tmp_path / "desk.yaml").write_text(TEMPLATE)
    return tmp_path


def notes(desk):
    return {path.stem: path.read_text() for path in (desk / "notes").iterdir()}


def test_its_whole_life(desk):
    run_hadeploy(["apply", "--yes"], desk).ok()
    assert notes(desk) == {"first": "hello", "second": "first has 5 letters"}
    (desk / "notes" / "first.note").write_text("changed")
    assert "First" in run_hadeploy(["drift", "--exit-code"], desk).ok(2).stdout
    run_hadeploy(["apply", "--yes", "--refresh"], desk).ok()
    assert notes(desk)["first"] == "hello"
    run_hadeploy(["destroy", "--yes"], desk).ok()
    assert notes(desk) == {}


def test_its_schema_is_checked_in_validate(desk):
    (desk / "desk.yaml").write_text(TEMPLATE.replace("Name: first", "Name: First1"))
    result = run_hadeploy(["validate"], desk).ok(1)
    assert "desk.yaml:2:" in result.stderr and "HD2008" in result.stderr


def test_its_own_words_are_shown(desk):
    manifest = desk / "hadeploy.yaml"
    manifest.write_text(manifest.read_text().replace("Folder:", "Holder:"))
    result = run_hadeploy(["apply", "--yes"], desk).ok(1)
    assert "NOTES1" in result.stderr and "the provider entry has no Folder" in result.stderr


def test_one_that_is_not_there_is_told_at_its_place(desk):
    (desk / "notes.so").unlink()
    result = run_hadeploy(["validate"], desk).ok(1)
    assert "hadeploy.yaml:3:" in result.stderr and "HD4001" in result.stderr


def test_without_find_an_import_needs_the_id(desk):
    (desk / "notes" / "first.note").write_text("hello")
    run_hadeploy(["import", "desk/east/First", "--yes"], desk).ok(1).err("HD2174", "ID")
