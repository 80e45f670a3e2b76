"""What templates look up of AWS, on moto with boto3 as the witness."""

import json

import pytest

from lab import run_hadeploy, yaml_text
from lab.aws import Key, SmallAws
from lab.moto import ACCOUNT, KEYS

TEMPLATE = """\
Parameters:
  Image: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /shop/image}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: 10.0.1.0/24
      AvailabilityZone: !Select [1, !GetAZs '']
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub 'jobs-${AWS::AccountId}-${Image}'}
"""
PASSWORD = "c0rrect-h0rse-battery"


@pytest.fixture
def shop(tmp_path, moto):
    it = Shop(tmp_path, moto.url, KEYS)
    it.moto = moto
    moto.client("ssm", "eu-west-1").put_parameter(Name="/shop/image", Value="v1", Type="String")
    return it


class Shop:
    def __init__(self, folder, url, keys):
        self.dir, self.url = folder, url
        self.env = {**keys, "AWS_EC2_METADATA_DISABLED": "true"}
        self.write(TEMPLATE)

    def write(self, template, **settings):
        (self.dir / "s.yaml").write_text(template)
        (self.dir / "hadeploy.yaml").write_text(yaml_text({
            "Project": "shop",
            "Providers": {"aws": {"Endpoint": self.url, "Proxy": "", **settings}},
            "Regions": {"eu-west-1": {}},
            "Stacks": {"s": {"Template": "s.yaml", "Targets": ["eu-west-1"]}}}))

    def run(self, *args, code=0):
        result = run_hadeploy(args, self.dir, self.env).ok(code)
        for text in (PASSWORD, self.env["AWS_SECRET_ACCESS_KEY"], self.env["AWS_ACCESS_KEY_ID"]):
            assert text not in result.stdout + result.stderr, result
            for path in self.dir.glob(".hadeploy/**/*"):
                assert not path.is_file() or text.encode() not in path.read_bytes(), path
        return result

    def node(self, text, **settings):
        """A stack whose one resource holds the text."""
        resource = f"{{Type: Sim::Node, Properties: {{Text: {json.dumps(text)}}}}}"
        self.write(f"Resources: {{N: {resource}}}\n", **settings)


def test_zones_account_and_parameters_of_a_first_apply(shop):
    planned = shop.run("plan").stdout
    assert "(known after apply)" in planned and "eu-west-1b" not in planned
    shop.run("apply", "--yes")
    ec2 = shop.moto.client("ec2", "eu-west-1")
    zones = sorted(zone["ZoneName"] for zone in ec2.describe_availability_zones()[
        "AvailabilityZones"])
    subnets = [it for it in ec2.describe_subnets()["Subnets"] if it["CidrBlock"] == "10.0.1.0/24"]
    assert [it["AvailabilityZone"] for it in subnets] == [zones[1]]
    queues = shop.moto.client("sqs", "eu-west-1").list_queues()["QueueUrls"]
    assert [url.rsplit("/", 1)[1] for url in queues] == [f"jobs-{ACCOUNT}-v1"]


def test_nothing_changes_afterwards(shop):
    shop.run("apply", "--yes")
    shop.run("plan", "--exit-code")
    shop.run("plan", "--exit-code", "--refresh")
    shop.run("destroy", "--yes")
    assert "QueueUrls" not in shop.moto.client("sqs", "eu-west-1").list_queues()


def test_secrets(shop):
    shop.moto.client("secretsmanager", "eu-west-1").create_secret(
        Name="shop/login", SecretString=json.dumps({"user": "me", "password": PASSWORD}))
    shop.moto.client("ssm", "eu-west-1").put_parameter(Name="/shop/pw", Value=PASSWORD,
                                                       Type="SecureString")
    shop.node("{{resolve:secretsmanager:shop/login:SecretString:password}}")
    shop.run("apply", "--yes")
    shop.node("{{resolve:ssm:/shop/pw}}")
    shop.run("apply", "--yes", code=1).err("HD5408", "SecureString", "ssm-secure")


@pytest.mark.parametrize("text, words", [
    ("{{resolve:ssm:/shop/none}}", ["no such parameter", "'/shop/none' in region eu-west-1",
                                    "GetParameter"]),
    ("{{resolve:ssm:/shop/image:7}}", ["no such parameter", "'/shop/image:7'"]),
    ("{{resolve:secretsmanager:shop/none}}", ["no such secret", "'shop/none' in region eu-west-1",
                                              "GetSecretValue"]),
])
def test_what_is_not_there(shop, text, words):
    shop.node(text)
    shop.run("apply", "--yes", code=1).err("HD5408", *words)


def test_a_role_assumed_by_moto(shop):
    shop.node("{{resolve:ssm:/shop/image}}", RoleArn=f"arn:aws:iam::{ACCOUNT}:role/deploy")
    shop.run("apply", "--yes")


# --- with a server that says what no emulator says -------------------------------------------


@pytest.fixture
def small(tmp_path):
    with SmallAws() as aws:
        key_id = "AKIDSMALL0000000001"
        aws.keys[key_id] = Key("small-secret-" + "s" * 27)
        it = Shop(tmp_path, aws.url, {"AWS_ACCESS_KEY_ID": key_id,
                                      "AWS_SECRET_ACCESS_KEY": aws.keys[key_id].secret})
        it.aws = aws
        yield it


ZONES = ("Resources: {N: {Type: Sim::Node, Properties: {Zones: !Join [' ', !GetAZs ''], "
         "Account: !Ref AWS::AccountId}}}\n")


def test_zones_that_can_be_used(small):
    small.aws.zones["eu-west-1"] = [
        ("c", "available", "availability-zone"), ("a", "available", "availability-zone"),
        ("b", "impaired", "availability-zone"), ("-tyo-1a", "available", "local-zone")]
    small.write(ZONES)
    small.run("apply", "--yes")
    shown = small.run("state", "show", "s/eu-west-1/N").stdout
    assert "eu-west-1a eu-west-1c" in shown and '"123456789012"' in shown
    assert len(small.aws.asked("GetCallerIdentity")) == 1
    before = len(small.aws.requests)
    small.aws.zones["eu-west-1"].append(("d", "available", "availability-zone"))
    small.run("plan", "--exit-code")
    small.run("apply", "--yes")
    assert len(small.aws.requests) == before, "what is recorded is not asked for again"


def test_a_region_without_zones(small):
    small.write(ZONES)
    small.run("apply", "--yes", code=1).err("HD5408", "no availability zone", "eu-west-1")


def test_a_binary_secret(small):
    small.aws.secrets["shop/key"] = b"\0"
    small.node("{{resolve:secretsmanager:shop/key}}")
    small.run("apply", "--yes", code=1).err("HD5408", "binary")


def test_endpoints_of_single_services(small):
    """STS may be elsewhere."""
    small.node("{{resolve:ssm:/x}}", Endpoint="http://127.0.0.1:1",
               Endpoints={"ssm": small.url, "sts": small.url})
    small.aws.parameters["/x"] = ("String", "a-value")
    small.run("apply", "--yes")
    small.write(ZONES, Endpoint="http://127.0.0.1:1", Endpoints={"sts": small.url},
                AccountId="999999999999")
    small.run("apply", "--yes", code=1).err("the service cannot be reached",
                                            "DescribeAvailabilityZones", "http://127.0.0.1:1")
