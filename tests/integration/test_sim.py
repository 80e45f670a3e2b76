"""The simulated cloud with the built program: as a provider, and in rehearsals."""

import fcntl
import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from lab import run_hadeploy
from lab.run import ROOT

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "good"
MANIFEST = """\
Project: lab
Providers: {sim: {Types: ['AWS::*', 'Sim::*']%s}}
Regions: {us-east-1: {Zones: [us-east-1a, us-east-1b, us-east-1c]}}
Stacks: {web: {Template: web.yaml, Targets: [us-east-1]}}
"""
NODES = """\
Resources:
  Root: {Type: 'Sim::Node', Properties: {Size: 1}}
  Leaf: {Type: 'Sim::Node', Properties: {Parent: !Ref Root}}
"""


def project(folder, template, settings=""):
    (folder / "hadeploy.yaml").write_text(MANIFEST % settings)
    (folder / "web.yaml").write_text(template)
    return folder


def rows(folder, query, name="sim.db"):
    with sqlite3.connect(folder / ".hadeploy" / name) as db:
        return db.execute(query).fetchall()


def lines(result, kind):
    return [line for line in map(json.loads, result.stdout.splitlines()) if line["type"] == kind]


DATABASE = """\
Parameters: {Password: {Type: String, NoEcho: true}}
Resources:
  Db:
    Type: 'AWS::RDS::DBInstance'
    Properties:
      {Engine: postgres, AllocatedStorage: %s, DBInstanceClass: c,
       MasterUserPassword: !Ref Password}
"""
LAST = "  Last: {Type: 'Sim::Node', DependsOn: Db, Properties: {Size: 1}}\n"
DENIED = ", Faults: [{Fault: denied, Operation: create, Address: '*Last'}]"


def test_what_another_provider_knows_is_rolled_back(tmp_path):
    secret = {"HADEPLOY_PARAM_Password": "hunter2"}
    project(tmp_path, DATABASE % "'5'")
    run_hadeploy(["apply", "--yes"], tmp_path, env=secret).ok()
    project(tmp_path, DATABASE % "'6'" + LAST, DENIED)
    result = run_hadeploy(["apply", "--yes"], tmp_path, env=secret).ok(1)
    assert "1 of 1 stack instance is back" in result.stderr
    (tmp_path / "web.yaml").unlink()
    run_hadeploy(["plan", "--rollback"], tmp_path).ok()
    assert '"AllocatedStorage":"5"' in rows(tmp_path, "SELECT properties FROM resource")[0][0]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="there is no ../shared/corpus beside this tree")
def test_aws_templates_live_and_die(tmp_path):
    deployed = 0
    for path in sorted(CORPUS.iterdir()):
        if not re.search("awstemplates__(SQS|SNS|DynamoDB|VPC|S3|EC2|IAM)__", path.name):
            continue
        folder = tmp_path / path.name
        folder.mkdir()
        project(folder, path.read_text())
        if "{{resolve:" in path.read_text() or run_hadeploy(["plan"], folder).returncode:
            continue  # it needs values or parameters
        run_hadeploy(["apply", "--yes"], folder).ok()
        assert rows(folder, "SELECT count(*) FROM resource")[0][0] > 0
        again = run_hadeploy(["apply", "--yes", "--refresh"], folder).ok()
        assert "Nothing to do" in again.stdout + again.stderr, path.name
        run_hadeploy(["destroy", "--yes"], folder).ok()
        left = rows(folder, "SELECT type, id FROM resource")
        assert not left or "Retain" in path.read_text(), (path.name, left)
        deployed += 1
    assert deployed >= 3


def test_the_key_and_the_log(tmp_path):
    project(tmp_path, NODES)
    run_hadeploy(["apply", "--yes"], tmp_path).ok()
    (tmp_path / "web.yaml").write_text(NODES.replace("Size: 1", "Size: 2"))
    run_hadeploy(["apply", "--yes"], tmp_path).ok()
    run_hadeploy(["destroy", "--yes"], tmp_path).ok()
    log = rows(tmp_path, "SELECT action, address FROM log ORDER BY serial")
    assert log == [("create", "web/us-east-1/Root"), ("create", "web/us-east-1/Leaf"),
                   ("update", "web/us-east-1/Root"),
                   ("delete", "web/us-east-1/Leaf"), ("delete", "web/us-east-1/Root")]


def test_lost_answers_make_no_twins(tmp_path):
    project(tmp_path, NODES, ", Faults: [{Fault: lost-answer, Nth: 1, Times: 2}]")
    run_hadeploy(["apply", "--yes"], tmp_path).ok()
    assert rows(tmp_path, "SELECT count(*), count(DISTINCT key) FROM resource") == [(2, 2)]


def test_settings_that_are_wrong_are_named(tmp_path):
    project(tmp_path, NODES, ", Latncy: {}")
    result = run_hadeploy(["apply", "--yes"], tmp_path).ok(1)
    assert "HD5203" in result.stderr and "did you mean 'Latency'?" in result.stderr


# --- rehearsals ------------------------------------------------------------------------


def test_a_rehearsal_of_real_hosts_touches_nothing(tmp_path):
    folder = tmp_path / "quickstart"
    shutil.copytree(ROOT / "examples/quickstart", folder)
    result = run_hadeploy(["apply", "--simulate"], folder).ok()
    assert "HD4060" in result.stderr and "Nothing real was touched." in result.stderr
    assert "it would take" in result.stderr
    assert sorted(path.name for path in (folder / ".hadeploy").iterdir()) == ["simulate"]
    result = run_hadeploy(["destroy", "--simulate", "--continue"], folder).ok()
    assert "16 deleted" in result.stderr
    assert rows(folder, "SELECT count(*) FROM resource", "simulate/sim.db") == [(0,)]


def test_hours_take_seconds_and_repeat(tmp_path):
    project(tmp_path, NODES, ", Latency: {'*': {create: {Pending: 40m..50m}}}")
    first, second = (lines(run_hadeploy(["apply", "--simulate", "--json"], tmp_path).ok(),
                           "result")[0] for _ in range(2))
    assert first["simulated"] and first["elapsed_ms"] > 80 * 60 * 1000
    assert first == second
    assert [line["address"] for line in first["longest"]]


def test_the_rehearsal_starts_from_what_is_recorded(tmp_path):
    project(tmp_path, NODES)
    run_hadeploy(["apply", "--yes"], tmp_path).ok()
    before = rows(tmp_path, "SELECT * FROM resource")
    (tmp_path / "web.yaml").write_text(NODES.replace("Size: 1", "Size: 2"))
    for _ in range(2):
        result = run_hadeploy(["apply", "--simulate"], tmp_path).ok()
        assert "0 created, 1 updated, 0 deleted" in result.stderr
    result = run_hadeploy(["apply", "--simulate", "--continue"], tmp_path).ok()
    assert "Nothing to do" in result.stdout + result.stderr
    assert rows(tmp_path, "SELECT * FROM resource") == before
    assert "1 updated" in run_hadeploy(["apply", "--yes"], tmp_path).ok().stderr


def test_a_dead_region_is_rehearsed(tmp_path):
    project(tmp_path, NODES, ", Dead: [us-east-1]")
    result = run_hadeploy(["apply", "--simulate"], tmp_path)
    assert result.returncode == 1 and "HD5207" in result.stderr
    assert "Nothing real was touched." in result.stderr


def test_one_rehearsal_at_a_time(tmp_path):
    project(tmp_path, NODES)
    (tmp_path / ".hadeploy/simulate").mkdir(parents=True)
    with open(tmp_path / ".hadeploy/simulate/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "HD4061" in run_hadeploy(["apply", "--simulate"], tmp_path).ok(1).stderr
    (tmp_path / ".hadeploy/simulate/sim.db").mkdir()
    assert "HD4062" in run_hadeploy(["apply", "--simulate"], tmp_path).ok(1).stderr


def test_values_of_others_are_made_up(tmp_path):
    project(tmp_path, "Resources:\n  A:\n    Type: Sim::Node\n    Properties: {Url: 'db://"
            "{{resolve:secretsmanager:login:SecretString:user}}@{{resolve:ssm:/host}}'}\n")
    run_hadeploy(["apply", "--simulate"], tmp_path).ok()


PAGE = (ROOT / "docs/sim.md").read_text()
BLOCKS = [re.sub("^" + match[1], "", match[2], flags=re.M)
          for match in re.finditer(r"^( *)```yaml\n(.*?)^ *```$", PAGE, re.M | re.S)]


@pytest.mark.parametrize("manifest", [b for b in BLOCKS if b.startswith("Project:")])
def test_settings_in_the_document(manifest, tmp_path):
    (tmp_path / "hadeploy.yaml").write_text(manifest.replace("Dead: [west]", "Dead: [south]"))
    (tmp_path / "web.yaml").write_text(next(b for b in BLOCKS if b.startswith("Resources:")))
    run_hadeploy(["apply", "--simulate"], tmp_path).ok()
