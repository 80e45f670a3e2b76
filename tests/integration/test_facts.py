"""Zones and account numbers that the manifest does not name: asked for once, then recorded."""

import json

import pytest

from lab import run_hadeploy

MANIFEST = """\
Project: shop
Providers: {aws: {Use: sim, Types: ['Sim::*'], File: cloud.db}}
Regions:
  east: {Providers: {aws: {Region: us-east-1}}}
  west: {Providers: {aws: {Region: us-west-2}}}
Stacks: {net: {Template: net.yaml, Targets: [east, west]}}
"""
TEMPLATE = """\
Resources:
  Vpc: {Type: Sim::Node, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet:
    Type: Sim::Node
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: 10.0.1.0/24
      AvailabilityZone: !Select [1, !GetAZs '']
  Logs:
    Type: Sim::Node
    Properties: {BucketName: !Sub 'logs-${AWS::AccountId}-${AWS::Region}'}
Outputs:
  Zones: {Value: !Join [' ', !GetAZs '']}
  Account: {Value: !Ref AWS::AccountId}
"""


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "hadeploy.yaml").write_text(MANIFEST)
    (tmp_path / "net.yaml").write_text(TEMPLATE)
    return tmp_path


def run(shop, *args, code=0):
    return run_hadeploy(args, shop).ok(code)


def changes(shop, *args):
    lines = [json.loads(line) for line in run(shop, "plan", "--json", *args).stdout.splitlines()]
    return {line["address"]: line["action"] for line in lines if line["type"] == "change"
            and line["action"] != "none"}


def test_a_plan_does_not_know_them_and_the_next_one_does(shop):
    first = run(shop, "plan").stdout
    assert "logs-" not in first and "us-east-1b" not in first
    told = run(shop, "apply", "--yes").stdout
    assert "us-east-1a us-east-1b us-east-1c" in told and "us-west-2a" in told, told
    assert "123456789012" in told
    assert changes(shop) == {}
    run(shop, "plan", "--exit-code")


def test_a_later_change_is_planned_with_what_was_recorded(shop):
    run(shop, "apply", "--yes")
    (shop / "net.yaml").write_text(TEMPLATE.replace("!Select [1,", "!Select [2,"))
    planned = run(shop, "plan").stdout
    assert '"us-east-1b"' in planned and '"us-east-1c"' in planned, planned
    assert changes(shop) == {"net/east/Subnet": "update", "net/west/Subnet": "update"}


def test_the_manifest_wins(shop):
    text = MANIFEST.replace("east: {Providers: {aws: {", "east: {Zones: [a, b], Providers: {aws: "
                                                         "{AccountId: '210987654321', ")
    (shop / "hadeploy.yaml").write_text(text)
    planned = run(shop, "plan").stdout
    assert '"logs-210987654321-us-east-1"' in planned and '"b"' in planned, planned


def test_the_account_of_a_role(shop):
    (shop / "hadeploy.yaml").write_text(MANIFEST.replace(
        "{aws: {Use", "{aws: {RoleArn: 'arn:aws:iam::111122223333:role/deploy', Use"))
    assert '"logs-111122223333-us-east-1"' in run(shop, "plan").stdout


def test_loops_over_zones_want_them_in_the_manifest(shop):
    (shop / "net.yaml").write_text("""\
Resources:
  Fn::ForEach::Zones:
    - Zone
    - !GetAZs ''
    - V&{Zone}: {Type: Sim::Node, Properties: {CidrBlock: 10.0.0.0/16}}
""")
    result = run(shop, "plan", code=1)
    assert "HD1308" in result.stderr and "list the region's Zones" in result.stderr, result.stderr
