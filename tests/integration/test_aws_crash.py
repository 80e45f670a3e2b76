"""kill -9 before and after each call to AWS's APIs (moto): one plain run later everything is there
once, and nothing else.  The same for each request that is lost, or whose answer is, which no second
run is needed for.  boto3 is the witness."""

import json
import os

import pytest

from lab.moto import KEYS
from lab.project import Project
from lab.proxy import FaultyProxy

REGION = "eu-west-1"
FAULTY = os.environ.get("HADEPLOY_FAULTY")
# Of the points of a run, every so manieth is tried; CRASH_STEP=1: all.
STEP = int(os.environ.get("CRASH_STEP", "47"))

RESOURCES = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Net": {"Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24"}},
    "Gate": {"Type": "AWS::EC2::InternetGateway"},
    "Attachment": {"Type": "AWS::EC2::VPCGatewayAttachment",
                   "Properties": {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "Gate"}}},
    "Group": {"Type": "AWS::EC2::SecurityGroup",
              "Properties": {"GroupDescription": "web", "VpcId": {"Ref": "Vpc"},
                             "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 80,
                                                       "ToPort": 80, "CidrIp": "0.0.0.0/0"}]}},
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 40}},
    "Topic": {"Type": "AWS::SNS::Topic"},
    "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
    "Bucket": {"Type": "AWS::S3::Bucket",
               "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}},
    "Table": {"Type": "AWS::DynamoDB::Table",
              "Properties": {"BillingMode": "PAY_PER_REQUEST",
                             "AttributeDefinitions": [{"AttributeName": "id",
                                                       "AttributeType": "S"}],
                             "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}},
    "Role": {"Type": "AWS::IAM::Role",
             "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
                 {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                  "Action": "sts:AssumeRole"}]}}},
}
MANIFEST = f"""\
Project: crash
Providers: {{aws: {{Endpoint: '%s'}}}}
Regions: {{{REGION}: {{Providers: {{aws: {{Region: {REGION}}}}}}}}}
Stacks: {{web: {{Template: web.json, Targets: [{REGION}]}}}}
"""


class World(Project):
    def __init__(self, folder, moto, endpoint=None):
        super().__init__(folder, None)
        self.moto = moto
        self.put("hadeploy.yaml", MANIFEST % (endpoint or moto.url))
        self.put("web.json", json.dumps({"Resources": RESOURCES}))

    def run(self, *args, **options):
        return super().run(*args, env={**KEYS, **options.pop("env", {})}, **options)

    def counts(self):
        """How many there are of each kind, but for what an empty account has."""
        def client(service):
            return self.moto.client(service, REGION)
        ec2 = client("ec2")
        mine = [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]
        in_mine = [{"Name": "vpc-id", "Values": mine or ["none"]}]
        gates = ec2.describe_internet_gateways()["InternetGateways"]
        return {
            "Vpc": len(mine), "Net": len(ec2.describe_subnets(Filters=in_mine)["Subnets"]),
            "Gate": len(gates), "Attachment": sum(len(g["Attachments"]) for g in gates),
            "Group": len([g for g in ec2.describe_security_groups(Filters=in_mine)[
                "SecurityGroups"] if g["GroupName"] != "default"]),
            "Queue": len(client("sqs").list_queues().get("QueueUrls", [])),
            "Topic": len(client("sns").list_topics()["Topics"]),
            "Log": len(client("logs").describe_log_groups()["logGroups"]),
            "Bucket": len(client("s3").list_buckets()["Buckets"]),
            "Table": len(client("dynamodb").list_tables()["TableNames"]),
            "Role": len(client("iam").list_roles()["Roles"]),
        }


def everything_once():
    return {name: 1 for name in RESOURCES}


def nothing():
    return {name: 0 for name in RESOURCES}


@pytest.fixture
def broken(monkeypatch):
    """The program that can be broken at a counted moment, instead of hadeploy."""
    if not FAULTY or not os.path.exists(FAULTY):
        pytest.skip("tests/fault/hadeploy-fault is not built: make check-fault")
    def use(rule, world, *args):
        monkeypatch.setenv("HADEPLOY", FAULTY)
        report = world.dir / "report.json"
        done = world.run(*args, env={"HADEPLOY_FAULT": rule, "HADEPLOY_FAULT_REPORT": str(report)})
        monkeypatch.undo()
        return done, json.loads(report.read_text()) if report.exists() else None
    return use


def points(broken, moto, folder, *before):
    """How many boundaries of calls the last of the commands has, undisturbed."""
    world = World(folder / "whole", moto)
    *first, last = before
    for args in first:
        world.run(*args).ok()
    done, report = broken("", world, *last)
    done.ok()
    return world, report["call"]


@pytest.mark.limit(60 + 5400 // STEP)
def test_killed_at_any_call_of_an_apply(broken, moto, tmp_path):
    world, count = points(broken, moto, tmp_path, ["apply", "--yes"])
    assert world.counts() == everything_once()
    assert count >= 2 * len(RESOURCES)
    for n in range(1, count + 1, STEP):
        moto.reset()
        world = World(tmp_path / f"apply{n}", moto)
        done, _ = broken(f"kill@call:{n}", world, "apply", "--yes", "--parallelism", "1")
        assert done.returncode == -9, done
        world.run("apply", "--yes").ok()
        assert world.counts() == everything_once(), f"killed at call {n}"
        world.run("plan", "--exit-code", "--refresh").ok()


@pytest.mark.limit(60 + 5400 // STEP)
def test_killed_at_any_call_of_a_destroy(broken, moto, tmp_path):
    _, count = points(broken, moto, tmp_path, ["apply", "--yes"], ["destroy", "--yes"])
    for n in range(1, count + 1, STEP):
        moto.reset()
        world = World(tmp_path / f"destroy{n}", moto)
        world.run("apply", "--yes").ok()
        done, _ = broken(f"kill@call:{n}", world, "destroy", "--yes", "--parallelism", "1")
        assert done.returncode == -9, done
        world.run("destroy", "--yes").ok()
        assert world.counts() == nothing(), f"killed at call {n}"


def requests_of(proxy, world, command):
    """How many a run makes, one at a time."""
    before = len(proxy.requests)
    world.run(command, "--yes", "--parallelism", "1").ok()
    return len(proxy.requests) - before


@pytest.mark.limit(60 + 5400 // STEP)
@pytest.mark.parametrize("fault", ["reset", "lost_reset", "truncated"])
def test_bad_luck_with_any_request(fault, moto, tmp_path):
    """`reset`: nothing was done; the others: it was, and nobody was told."""
    with FaultyProxy(moto.url) as proxy:
        world = World(tmp_path / "whole", moto, proxy.url)
        applying, destroying = (requests_of(proxy, world, it) for it in ("apply", "destroy"))
        assert applying >= len(RESOURCES) <= destroying
        for n in range(0, max(applying, destroying), STEP):
            moto.reset()
            world = World(tmp_path / f"{fault}{n}", moto, proxy.url)
            for command, count, there in (("apply", applying, everything_once()),
                                          ("destroy", destroying, nothing())):
                proxy.clear()
                once = proxy.add(fault, first=1, skip=n)
                world.run(command, "--yes", "--parallelism", "1").ok()
                assert world.counts() == there, f"{fault} of request {n} of {command}"
                assert once.hits == (n < count)
                proxy.clear()
                world.run("plan", "--exit-code", "--refresh").ok(command == "destroy" and 2)
