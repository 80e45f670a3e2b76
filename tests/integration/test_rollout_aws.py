"""Rollouts over two AWS accounts by assumed role, and two regions.

boto3 is the witness, in each account with credentials of its own; the proxy refuses a role, and
counts who asked for what.
"""

import re
import sys

import pytest

from lab import Project, get_att, ref, sub
from lab.fleet import results, statuses
from lab.moto import KEYS
from lab.proxy import FaultyProxy

REGIONS = ["eu-west-1", "us-east-1"]
ROLES = {"prod": "arn:aws:iam::111111111111:role/deploy",
         "test": "arn:aws:iam::222222222222:role/deploy"}
PLACES = {(account, region) for account in ROLES for region in REGIONS}
REFUSAL = """\
<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>User: arn:aws:iam::123456789012:user/ci is not authorized to
perform: sts:AssumeRole</Message></Error><RequestId>1</RequestId></ErrorResponse>
"""
TEMPLATE = {
    "Parameters": {"Name": {"Type": "String"}},
    "Resources": {
        "Net": {"Type": "AWS::EC2::VPC",
                "Properties": {"CidrBlock": "10.7.0.0/16",
                               "Tags": [{"Key": "Name", "Value": ref("Name")}]}},
        "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}},
    "Outputs": {"Where": {"Value": sub("${AWS::AccountId} ${AWS::Region} ${Net}")},
                "Jobs": {"Value": get_att("Jobs", "Arn")}}}


class Accounts:
    """The project, and a witness in each account."""

    def __init__(self, moto, proxy, folder):
        self.moto, self.proxy, self.clients = moto, proxy, {}
        self.project = Project(folder, {
            "Project": "shop",
            "Providers": {"aws": {"Endpoint": proxy.url, "Proxy": "",
                                  "AccessKeyId": KEYS["AWS_ACCESS_KEY_ID"],
                                  "SecretAccessKey": KEYS["AWS_SECRET_ACCESS_KEY"]}},
            "Accounts": {name: {"Tags": {"tier": name}, "Providers": {"aws": {"RoleArn": role}}}
                         for name, role in ROLES.items()},
            "Regions": {region: {} for region in REGIONS},
            "Stacks": {"web": {"Template": "web.yaml", "Parameters": {"Name": "one"},
                               "Targets": [{"Regions": "all", "Accounts": "all"}]}}})
        self.project.save()
        self.project.put("web.yaml", TEMPLATE)

    def stack(self, **more):
        self.project.manifest["Stacks"]["web"].update(more)
        self.project.save()

    def apply(self, *args):
        return self.project.run("apply", "--yes", *args, timeout=100)

    def refuse(self, account):
        """STS refuses the role of this account from now on."""
        return self.proxy.add("status", status=403, body=REFUSAL, type="text/xml",
                              action="AssumeRole", where=lambda it: it.holds(
                                  ROLES[account].split(":")[4]))

    def client(self, account, service, region):
        key = (account, service, region)
        if key not in self.clients:
            given = self.moto.client("sts", region).assume_role(
                RoleArn=ROLES[account], RoleSessionName="witness")["Credentials"]
            session = sys.modules["boto3"].session.Session(
                given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region)
            self.clients[key] = session.client(service, endpoint_url=self.moto.url)
        return self.clients[key]

    def seen(self):
        """{(account, region): names of the networks there}, of those that have any."""
        there = {}
        for account, region in PLACES:
            found = self.client(account, "ec2", region).describe_vpcs(
                Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
            queues = self.client(account, "sqs", region).list_queues().get("QueueUrls", [])
            assert len(queues) == len(found) <= 1
            if found:
                tags = {tag["Key"]: tag["Value"] for tag in found[0]["Tags"]}
                assert tags["hadeploy:address"] == f"web/{account}/{region}/Net"
                there[account, region] = tags["Name"]
        return there


@pytest.fixture
def accounts(moto, tmp_path):
    with FaultyProxy(moto.url) as proxy:
        yield Accounts(moto, proxy, tmp_path / "project")


def everywhere(name, places=PLACES):
    return {place: name for place in places}


def changes(proxy):
    """How many requests changed anything."""
    return sum(proxy.count(action=name) for name in ("Create*", "Delete*"))


def test_each_account_has_its_own(accounts):
    accounts.stack(Overrides=[{"Account": "prod", "Region": "us-east-1",
                               "Parameters": {"Name": "two"}}])
    accounts.apply().ok()
    assert accounts.seen() == {**everywhere("one"), ("prod", "us-east-1"): "two"}
    for region in REGIONS:
        own = accounts.moto.client("ec2", region).describe_vpcs(
            Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
        assert own == [], "nothing is in the account that the keys belong to"
    outputs = accounts.project.run("outputs").ok().stdout
    for account, region in PLACES:
        number = ROLES[account].split(":")[4]
        assert f"{number} {region} vpc-" in outputs
        assert f"arn:aws:sqs:{region}:{number}:jobs" in outputs
    before = changes(accounts.proxy)
    accounts.apply().ok()
    assert changes(accounts.proxy) == before
    accounts.project.run("destroy", "--yes", timeout=100).ok()
    assert accounts.seen() == {} and accounts.project.recorded() == []


def test_a_refused_role_fails_there_and_nowhere_else(accounts):
    accounts.stack(Rollout={"FailureTolerance": 1})
    refused = accounts.refuse("test")
    told = accounts.apply().ok(3).err("HD5365", "AssumeRole", ROLES["test"])
    assert refused.hits and ROLES["prod"] not in told.stderr
    assert accounts.seen() == everywhere("one", {("prod", region) for region in REGIONS})
    seen = results(accounts.project)
    assert {at for at, end in seen.items() if end == "SUCCEEDED"} \
        == {f"prod/{region}" for region in REGIONS}
    assert all(address.startswith("web/prod/") for address in accounts.project.recorded())
    shown = accounts.project.run("status", "web").ok()
    assert shown.stdout.count("the credentials may not do this") == 2, shown

    accounts.proxy.clear()
    before = changes(accounts.proxy)
    run = re.search(r"hadeploy operation resume (\S+)'", told.stderr)[1]
    accounts.project.run("operation", "resume", run, "--yes", timeout=100).ok()
    assert accounts.seen() == everywhere("one")
    assert changes(accounts.proxy) - before == 4, "two networks and two queues"
    assert set(statuses(accounts.project).values()) == {"CURRENT"}


def test_a_refused_role_stops_a_rollout_that_tolerates_nothing(accounts):
    accounts.apply().ok()
    accounts.stack(Parameters={"Name": "two"}, Rollout={"OnFailure": "all"})
    accounts.refuse("test")
    accounts.apply().ok(1).err("HD2515", REGIONS[0], ROLES["test"])
    assert accounts.seen() == everywhere("one"), "what prod had got went back"
    accounts.stack(Rollout={})
    accounts.apply().ok(3).err("HD2515")
    assert accounts.seen() == {**everywhere("one"), ("prod", REGIONS[0]): "two"}
    accounts.proxy.clear()
    accounts.apply().ok()
    assert accounts.seen() == everywhere("two")


def test_an_account_leaves_and_comes_back(accounts):
    accounts.apply().ok()
    accounts.stack(Targets=[{"Where": {"tier": "prod"}, "Accounts": "all"}])
    accounts.project.run("plan").ok().out("4 to delete")
    accounts.apply().ok()
    prod = everywhere("one", {("prod", region) for region in REGIONS})
    assert accounts.seen() == prod
    accounts.stack(Targets=[{"Regions": "all", "Accounts": ["prod", "test"]}])
    accounts.apply().ok()
    accounts.stack(Targets=[{"Regions": "all", "Accounts": ["prod"]}], RetainInstances=True)
    before = changes(accounts.proxy)
    accounts.apply().ok()
    assert accounts.seen() == everywhere("one") and changes(accounts.proxy) == before
    assert all(address.startswith("web/prod/") for address in accounts.project.recorded())


def test_destroy_stops_where_a_role_is_refused(accounts):
    """The last region goes first; the first one stays as it is."""
    accounts.apply().ok()
    accounts.refuse("test")
    accounts.project.run("destroy", "--yes", timeout=100).ok(3).err(ROLES["test"])
    assert accounts.seen() == {**everywhere("one", PLACES - {("prod", REGIONS[1])})}
    assert statuses(accounts.project)[f"test/{REGIONS[1]}"] == "INOPERABLE"
    accounts.proxy.clear()
    accounts.project.run("destroy", "--yes", timeout=100).ok()
    assert accounts.seen() == {}
