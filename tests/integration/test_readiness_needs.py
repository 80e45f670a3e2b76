"""`runbook check` names whatever a runbook needs of the region that it leaves, whichever it is."""

import json
import subprocess

import pytest

from lab.run import clean_env, hadeploy_path

SIDES = {"east": ("e1", "10.0.0.1", "us-east-1"), "west": ("w1", "10.1.0.1", "eu-west-1")}

MANIFEST = """\
Project: shop
Providers: {sim: {File: cloud.db}%(providers)s}
Regions:
  east: {Providers: {aws: {Region: us-east-1}}, Hosts: {e1: {Address: 10.0.0.1, Roles: [web]}}}
  west: {Providers: {aws: {Region: eu-west-1}}, Hosts: {w1: {Address: 10.1.0.1, Roles: [web]}}}
HealthChecks:
  there: {Type: HTTP, Url: 'http://${Host}/', Roles: [web]}
  fixed: {Type: HTTP, Url: 'http://%(address)s/'}
  seen: {Type: TCP, Address: '${Host}', Port: 1, Roles: [web], From: [%(host)s]}
  named: {Type: DNS, Server: %(address)s, Name: www.shop.test., RecordType: A}
Routes:
  www: {Type: PowerDNS::Route, Zone: shop.test., Name: www.shop.test., TTL: 5%(route)s,
        Values: {east: [192.0.2.1], west: [192.0.2.2]}}
Stacks: {web: {Template: web.yaml, Targets: [east, west]}}
Runbooks: {failover: failover.yaml}
"""

TEMPLATE = "Resources: {A: {Type: 'Sim::Node', Properties: {Name: !Sub 'a-${AWS::Region}'}}}\n"
HEAD = "Parameters: {From: {Type: Region}, To: {Type: Region}}\nSteps:\n"

# By kind: the step, what else differs in the manifest, and why the region is needed.
KINDS = {
    "command on hosts": ("Type: Command, Region: %(lost)s, Roles: [web], Command: x", {},
                         "its hosts are there"),
    "command on a named host": ("Type: Command, Hosts: [%(host)s], Command: x", {},
                                "its hosts are there"),
    "stack": ("Type: Apply, Stack: web, Region: %(lost)s", {}, "it applies stacks there"),
    "resource": ("Type: Action, Resource: web/%(lost)s/A, Action: restart", {},
                 "its resource is there"),
    "gate": ("Type: Check, Check: there, Region: %(lost)s", {},
             "check 'there' is to be healthy there"),
    "check before": ("Type: Wait, Duration: 1s, Before: {Check: there, Region: %(lost)s}", {},
                     "check 'there' is to be healthy there"),
    "endpoint of a check": ("Type: Check, Check: fixed, Region: !Ref To", {},
                            "check 'fixed' asks '%(host)s'"),
    "name server of a check": ("Type: Check, Check: named, Region: !Ref To", {},
                               "check 'named' asks '%(host)s'"),
    "vantage point": ("Type: Check, Check: seen, Region: !Ref To", {},
                      "check 'seen' is asked from nowhere else (From)"),
    "webhook": ("Type: Notify, Url: 'http://%(host)s.shop.test/hook', Message: x", {},
                "its Url leads to '%(host)s'"),
    "API by its address": ("Type: Http, Url: 'http://%(address)s:8080/', Method: POST", {},
                           "its Url leads to '%(host)s'"),
    "API of AWS": ("Type: Http, Url: 'https://sqs.%(aws)s.amazonaws.com/'", {},
                   "its Url leads to '%(aws)s'"),
    "route": ("Type: Traffic, Routes: [www], To: !Ref To, Check: there",
              {"route": ", Region: %(lost)s"}, "route 'www' is set there (its Region)"),
    "traffic": ("Type: Traffic, Routes: [www], To: %(lost)s, Check: there, Region: !Ref To", {},
                "it leads users there"),
    "DNS API": ("Type: Wait, Duration: 1s",
                {"providers": ", powerdns: {Endpoint: 'http://%(address)s:8081'}"},
                "its settings name '%(host)s'"),
}


def needs(folder, lost, kind):
    """What either direction needs of the region that it leaves."""
    host, address, aws = SIDES[lost]
    side = {"lost": lost, "host": host, "address": address, "aws": aws}
    step, differs, why = KINDS[kind]
    parts = {"providers": "", "route": "", **side,
             **{key: text % side for key, text in differs.items()}}
    (folder / "hadeploy.yaml").write_text(MANIFEST % parts)
    (folder / "web.yaml").write_text(TEMPLATE)
    (folder / "failover.yaml").write_text(f"{HEAD}  - {{Name: it, {step % side}}}\n")
    done = subprocess.run([hadeploy_path(), "runbook", "check", "failover", "--json"], cwd=folder,
                          text=True, check=False, capture_output=True, env=clean_env(folder),
                          timeout=60)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout
    ways = next(x for x in lines if x["type"] == "runbook_check")["directions"]
    return why % side, {way["from"]: [f for f in way["findings"] if f["code"] == "HD2740"]
                        for way in ways}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lost", SIDES)
def test_what_lies_in_the_region_that_is_left_is_named(tmp_path, lost, kind):
    why, found = needs(tmp_path, lost, kind)
    other = "west" if lost == "east" else "east"
    assert found[other] == []
    assert [f["severity"] for f in found[lost]] == ["blocker"], found[lost]
    told, = found[lost]
    assert why in told["what"] and f"needs region '{lost}', which" in told["what"]
    if kind != "DNS API":
        assert told["what"].startswith("step 1 'it' ") and told["step"] == "it"
