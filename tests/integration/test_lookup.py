"""Dynamic references that a provider resolves, with a plugin as the entry `aws`."""

import json
import subprocess

import pytest

from lab import run_hadeploy
from lab.run import ROOT

MANIFEST = """\
Project: notes
Providers:
  aws: {{Use: ./notes.so, Types: ['Notes::*'], Folder: '{folder}'}}
Regions: {{east: {{}}}}
Stacks: {{desk: {{Template: desk.yaml, Targets: [east]}}}}
"""
TEMPLATE = """\
Parameters: {Host: {Type: String, Default: /db/host}}
Resources:
  Plain: {Type: Notes::Note, Properties: {Name: plain, Text: hello}}
  Url:
    Type: Notes::Note
    Properties:
      Name: url
      Text: !Sub 'db://{{resolve:secretsmanager:login:SecretString:user}}:\
{{resolve:secretsmanager:login:SecretString:password}}@{{resolve:ssm:${Host}:3}}/'
"""
PASSWORD, HOST = "corr3ct-h0rse-battery", "db-17.internal.example"
LOGIN = {"user": "shop-user-9", "password": PASSWORD}
URL = f"db://shop-user-9:{PASSWORD}@{HOST}/"


@pytest.fixture
def desk(tmp_path):
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "jansson"], check=True,
                           capture_output=True, text=True).stdout.split()
    subprocess.run(["cc", "-shared", "-fPIC", "-Wall", "-Werror", f"-I{ROOT}", "-o",
                    tmp_path / "notes.so", ROOT / "tests/plugin/notes.c", *flags], check=True)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes.values").mkdir()
    (tmp_path / "hadeploy.yaml").write_text(MANIFEST.format(folder=tmp_path / "notes"))
    (tmp_path / "desk.yaml").write_text(TEMPLATE)
    store(tmp_path)
    return tmp_path


def store(desk, host=HOST, login=None):
    (desk / "notes.values" / "_db_host").write_text(host)
    (desk / "notes.values" / "login").write_text(json.dumps(login or LOGIN))


def note(desk, name):
    return (desk / "notes" / f"{name}.note").read_text()


def lookups(desk):
    log = desk / "notes.lookups"
    return log.read_text().splitlines() if log.exists() else []


def run(desk, *args, code=0):
    """The result of a command that shows and records no secret."""
    result = run_hadeploy(args, desk).ok(code)
    for secret in (PASSWORD, HOST, LOGIN["user"]):
        assert secret not in result.stdout + result.stderr, result
        for path in desk.glob(".hadeploy/*"):
            assert secret.encode() not in path.read_bytes(), path
    return result


def changes(desk):
    lines = [json.loads(line) for line in run(desk, "plan", "--json").stdout.splitlines()]
    return {line["address"]: line["action"] for line in lines if line["type"] == "change"
            and line["action"] != "none"}


def test_values_are_looked_up_at_apply_and_never_shown(desk):
    run(desk, "validate")
    planned = run(desk, "plan")
    assert "Url" in planned.stdout and lookups(desk) == [], "a plan asks nobody"
    run(desk, "apply", "--yes")
    assert note(desk, "url") == URL
    assert sorted(lookups(desk)) == ["secretsmanager login", "secretsmanager login",
                                     "ssm /db/host"]
    run(desk, "state", "export")


def test_an_unchanged_reference_is_no_change(desk):
    run(desk, "apply", "--yes")
    asked = lookups(desk)
    assert changes(desk) == {}
    run(desk, "plan", "--exit-code")
    assert "CURRENT" in run(desk, "status").stdout
    run(desk, "apply", "--yes")
    assert lookups(desk) == asked, "nothing to do asks nobody"
    (desk / "desk.yaml").write_text(TEMPLATE.replace("Text: hello", "Text: good day"))
    run(desk, "apply", "--yes")
    assert note(desk, "plain") == "good day" and lookups(desk) == asked
    run(desk, "drift", "--exit-code")


def test_another_reference_is_a_change(desk):
    run(desk, "apply", "--yes")
    store(desk, host="db-18.internal.example")
    assert changes(desk) == {}
    (desk / "desk.yaml").write_text(TEMPLATE.replace("${Host}:3", "${Host}:4"))
    assert changes(desk) == {"desk/east/Url": "update"}
    run(desk, "apply", "--yes")
    assert note(desk, "url") == URL.replace("db-17", "db-18")
    assert changes(desk) == {}


def test_drift_of_such_a_value_is_put_right(desk):
    run(desk, "apply", "--yes")
    (desk / "notes" / "url.note").write_text("changed")
    assert "Url" in run(desk, "drift", "--exit-code", code=2).stdout
    run(desk, "apply", "--yes", "--refresh")
    assert note(desk, "url") == URL


def test_what_is_missing_stops_before_anything_is_changed(desk):
    (desk / "notes.values" / "_db_host").unlink()
    result = run(desk, "apply", "--yes", code=1)
    assert "HD1127" in result.stderr and "desk.yaml:8:" in result.stderr
    assert list((desk / "notes").iterdir()) == []
    store(desk, login={"user": "shop-user-9"})
    result = run(desk, "apply", "--yes", code=1)
    assert "HD1127" in result.stderr and "no such key" in result.stderr
    assert list((desk / "notes").iterdir()) == []


def test_without_credentials_the_plan_works_and_the_apply_says_why_not(desk):
    manifest = desk / "hadeploy.yaml"
    manifest.write_text(manifest.read_text().replace("  aws:", "  notes:"))
    assert "(known after apply)" in run(desk, "plan").stdout.replace("(sensitive)",
                                                                    "(known after apply)")
    result = run(desk, "apply", "--yes", code=1)
    assert "HD5401" in result.stderr and list((desk / "notes").iterdir()) == []


def test_a_plugin_that_offers_no_lookup(desk):
    manifest = desk / "hadeploy.yaml"
    manifest.write_text(manifest.read_text().replace("  aws:", "  notes:").replace(
        "Providers:\n", "Providers:\n"
        "  aws: {Use: powerdns, Endpoint: 'http://127.0.0.1:9', Types: [None::*]}\n"))
    result = run(desk, "apply", "--yes", code=1)
    assert "HD1126" in result.stderr and list((desk / "notes").iterdir()) == []


def test_a_parameter_may_be_a_reference(desk):
    manifest = desk / "hadeploy.yaml"
    manifest.write_text(manifest.read_text().replace(
        "Targets: [east]", "Targets: [east], Parameters: {Text: '{{resolve:ssm:/db/host}}'}"))
    (desk / "desk.yaml").write_text(
        "Parameters: {Text: {Type: String, NoEcho: true}}\n"
        "Resources: {N: {Type: Notes::Note, Properties: {Name: n, Text: !Ref Text}}}\n")
    run(desk, "apply", "--yes")
    assert note(desk, "n") == HOST and changes(desk) == {}


def test_stored_parameters_are_looked_up(desk):
    (desk / "notes.values" / "_zones").write_text("a-1,b-2")
    (desk / "desk.yaml").write_text(
        "Parameters:\n"
        "  Host: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /db/host}\n"
        "  Zones: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /zones}\n"
        "Resources:\n"
        "  H: {Type: Notes::Note, Properties: {Name: h, Text: !Sub 'db://${Host}/'}}\n"
        "  Z: {Type: Notes::Note, Properties: {Name: z, Text: !Select [1, !Ref Zones]}}\n")
    run(desk, "plan")
    assert lookups(desk) == []
    run(desk, "apply", "--yes")
    assert note(desk, "h") == f"db://{HOST}/" and note(desk, "z") == "b-2"
    assert "desk/east/H" not in changes(desk)


def test_an_output_of_another_stack_may_be_known_after_apply(desk):
    manifest = desk / "hadeploy.yaml"
    manifest.write_text(manifest.read_text().replace(
        "Stacks: {desk:", "Stacks: {a: {Template: a.yaml, Targets: [east]}, desk:"))
    (desk / "desk.yaml").write_text(
        "Resources: {N: {Type: Notes::Note, Properties: {Name: n, Text: four}}}\n"
        "Outputs: {Length: {Value: !GetAtt N.Length, Export: {Name: length}}}\n")
    (desk / "a.yaml").write_text(
        "Resources: {A: {Type: Notes::Note, Properties: {Name: a, Text: !Sub [\"${L}!\", "
        "{L: !ImportValue length}]}}}\n")
    assert "(known after apply)" in run(desk, "plan").stdout
    run(desk, "apply", "--yes")
    assert note(desk, "a") == "4!"
    run(desk, "plan", "--exit-code")
    text = (desk / "desk.yaml").read_text()
    (desk / "desk.yaml").write_text(text.replace("four", "fifteen letters"))
    run(desk, "apply", "--yes")
    assert note(desk, "a") == "15!"
    run(desk, "plan", "--exit-code")
