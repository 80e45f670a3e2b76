"""AWS's APIs behind a proxy that does what bad luck does, and a server that keeps its promises
about client tokens: whatever happens, all is made once, or the message says where and why."""

import json

import pytest

from lab.moto import KEYS
from lab.project import Project
from lab.proxy import FaultyProxy
from lab.slow_aws import SlowAws

REGION, OTHER = "eu-west-1", "us-east-1"
NETWORK = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Net": {"Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24"}},
    "Queue": {"Type": "AWS::SQS::Queue"},
    "Topic": {"Type": "AWS::SNS::Topic"},
    "Bucket": {"Type": "AWS::S3::Bucket"},
}
CREATING = "Create*"


class Cloud(Project):
    """Stacks of these resources in the regions, at this endpoint."""

    def __init__(self, folder, endpoint, resources, regions=(REGION,), **settings):
        super().__init__(folder, None)
        aws = {"Endpoint": endpoint, **settings}
        manifest = {"Project": "luck", "Providers": {"aws": aws},
                    "Regions": {name: {"Providers": {"aws": {"Region": name}}} for name in regions},
                    "Stacks": {"web": {"Template": "web.json", "Targets": list(regions)}}}
        self.put("hadeploy.yaml", json.dumps(manifest))
        self.put("web.json", json.dumps({"Resources": resources}))

    def run(self, *args, **options):
        return super().run(*args, env=KEYS, **options)


def counts(moto, region=REGION):
    ec2 = moto.client("ec2", region)
    mine = [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": mine or ["none"]}])
    return {"Vpc": len(mine), "Net": len(subnets["Subnets"]),
            "Queue": len(moto.client("sqs", region).list_queues().get("QueueUrls", [])),
            "Topic": len(moto.client("sns", region).list_topics()["Topics"]),
            "Bucket": len(moto.client("s3", region).list_buckets()["Buckets"])}


@pytest.fixture
def proxy(moto):
    with FaultyProxy(moto.url) as it:
        yield it


@pytest.mark.parametrize("fault", ["throttled", "html", "reset", "lost", "truncated"])
def test_every_service_has_bad_luck_and_everything_is_made_once(fault, proxy, moto, tmp_path):
    for service in ("ec2", "sqs", "sns"):
        proxy.add(fault, first=1, service=service, action=CREATING)
    made = proxy.add(fault, first=1, service="s3", method="PUT")
    cloud = Cloud(tmp_path, proxy.url, NETWORK)
    applied = cloud.run("apply", "--yes").ok()
    assert made.hits == 1
    assert counts(moto) == {name: 1 for name in NETWORK}
    cloud.run("plan", "--exit-code", "--refresh").ok()
    assert not proxy.grep(KEYS["AWS_SECRET_ACCESS_KEY"])
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in applied.stdout + applied.stderr
    cloud.run("destroy", "--yes").ok()
    assert counts(moto) == {name: 0 for name in NETWORK}


def test_what_is_refused_names_service_operation_region_and_request(proxy, moto, tmp_path):
    proxy.add("status", status=403, action="CreateQueue", type="application/x-amz-json-1.0",
              body=json.dumps({"__type": "AccessDeniedException", "message": "not for you"}),
              headers={"x-amzn-requestid": "req-4711"})
    cloud = Cloud(tmp_path, proxy.url, {"Queue": NETWORK["Queue"]})
    failed = cloud.run("apply", "--yes").ok(1)
    failed.err("CreateQueue", "sqs", REGION, "AccessDeniedException", "not for you", "req-4711",
               "hint")
    assert counts(moto)["Queue"] == 0


@pytest.mark.parametrize("status", [403, 404])
def test_a_page_of_something_else_makes_nothing_gone(status, proxy, moto, tmp_path):
    cloud = Cloud(tmp_path, proxy.url, NETWORK)
    cloud.run("apply", "--yes").ok()
    proxy.add("html", status=status)
    for command in (("drift",), ("apply", "--yes", "--refresh")):
        cloud.run(*command).ok(1).err("HD5374", f"HTTP status {status}", "Endpoint")
    cloud.run("destroy", "--yes").ok(1).err("HD5374")
    proxy.clear()
    assert counts(moto) == {name: 1 for name in NETWORK}
    cloud.run("drift", "--exit-code").ok()
    cloud.run("destroy", "--yes").ok()
    assert counts(moto) == {name: 0 for name in NETWORK}


def test_a_region_that_is_misspelled(tmp_path):
    cloud = Cloud(tmp_path, "http://127.0.0.1:1", {"Queue": NETWORK["Queue"]})
    cloud.run("apply", "--yes", "--on-failure", "keep").ok(1).err("check Endpoint")
    manifest = json.loads((tmp_path / "hadeploy.yaml").read_text())
    manifest["Providers"]["aws"] = {"Proxy": "http://127.0.0.1:1"}
    manifest["Regions"][REGION]["Providers"]["aws"]["Region"] = "us-wets-2"
    cloud.put("hadeploy.yaml", json.dumps(manifest))
    cloud.run("apply", "--yes", "--on-failure", "keep").ok(1).err(
        "CreateQueue of sqs, region 'us-wets-2'", "https://sqs.us-wets-2.amazonaws.com",
        "check how the Region is spelled")


def test_what_stops_before_the_first_change_says_so(proxy, moto, tmp_path):
    named = {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {
        "QueueName": {"Fn::Sub": "q-${AWS::AccountId}"}}}}
    proxy.add("html", status=403, service="sts")
    cloud = Cloud(tmp_path, proxy.url, named)
    cloud.run("apply", "--yes").ok(1).err("GetCallerIdentity", "Apply failed: 0 created",
                                          "Nothing was changed.")
    assert counts(moto)["Queue"] == 0


def test_a_black_region_leaves_the_other_one_alone(proxy, moto, tmp_path):
    proxy.add("black_hole", region=OTHER)
    resources = {name: NETWORK[name] for name in ("Queue", "Topic")}
    cloud = Cloud(tmp_path, proxy.url, resources, (REGION, OTHER), Timeout="1s")
    done = cloud.run("apply", "--yes").ok(3)
    done.err(OTHER)
    assert counts(moto)["Queue"] == counts(moto)["Topic"] == 1
    assert counts(moto, OTHER)["Queue"] == counts(moto, OTHER)["Topic"] == 0


# Client tokens, which no emulator honours

KEY = {"Key": {"Type": "AWS::KMS::Key", "Properties": {
    "KeyPolicy": {"Version": "2012-10-17", "Statement": []}, "Description": "first"}}}
INSTANCE = {"One": {"Type": "AWS::EC2::Instance",
                    "Properties": {"ImageId": "ami-12345678", "InstanceType": "t3.micro"}}}


@pytest.fixture
def slow():
    it = SlowAws(polls=1)
    yield it
    it.close()


def test_a_lost_answer_never_makes_a_second_key(slow, tmp_path):
    with FaultyProxy(slow.url) as proxy:
        lost = proxy.add("lost_reset", first=1, action="CreateResource")
        cloud = Cloud(tmp_path, proxy.url, KEY)
        cloud.run("apply", "--yes").ok()
        assert lost.hits == 1
        assert slow.made == 1 and len(slow.control.resources) == 1
        again = json.loads(json.dumps(KEY))
        again["Key"]["Properties"]["Description"] = "second"
        cloud.put("web.json", json.dumps({"Resources": again}))
        cloud.run("apply", "--yes").ok()
        (state,) = slow.control.resources.values()
        assert state["Description"] == "second"
        cloud.run("destroy", "--yes").ok()
        assert not slow.control.resources


def test_a_lost_answer_never_makes_a_second_instance(slow, tmp_path):
    with FaultyProxy(slow.url) as proxy:
        lost = proxy.add("lost", first=1, action="RunInstances")
        cloud = Cloud(tmp_path, proxy.url, INSTANCE)
        cloud.run("apply", "--yes").ok()
        assert lost.hits == 1 and slow.made == 1
        (one,) = slow.instances.instances.values()
        assert one["end"] == "running"
        cloud.run("destroy", "--yes").ok()
        assert one["end"] == "terminated"
