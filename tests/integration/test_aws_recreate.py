"""Two AWS regions of moto, one of them in a black hole: its stacks are recreated in a third, and
it is cleared up, or taken back, when it answers again.  boto3 says what became of it."""

import os

import pytest

from lab import Project
from lab.moto import KEYS
from lab.proxy import FaultyProxy

REGIONS = {"east": "us-east-2", "west": "us-west-2", "south": "eu-west-1"}
NETWORK = """\
Parameters: {Cidr: {Type: String}}
Resources:
  Net: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Cidr}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Net, CidrBlock: !Ref Cidr}}
  Access:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: who may talk to the shop, VpcId: !Ref Net}
Outputs: {Subnet: {Value: !Ref Subnet}}
"""
STORE = """\
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: orders
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      Tags: [{Key: subnet, Value: !GetStackOutput {StackName: network, OutputName: Subnet}}]
  Bills: {Type: AWS::S3::Bucket, Properties: {BucketName: bills-of-the-shop}}
"""

pytestmark = pytest.mark.limit(120)


class Shop(Project):
    def __init__(self, folder, moto):
        self.moto = moto
        self.proxies = {name: FaultyProxy(moto.url) for name in REGIONS}
        super().__init__(folder, {
            "Project": "shop",
            "Regions": {name: {"Providers": {"aws": {
                "Region": region, "Endpoint": self.proxies[name].url, "Timeout": "2s"}}}
                for name, region in REGIONS.items()},
            "Stacks": {
                "network": {"Template": "network.yaml", "Targets": [
                    {"Region": "east", "Parameters": {"Cidr": "10.1.0.0/16"}},
                    {"Region": "west", "Parameters": {"Cidr": "10.2.0.0/16"}}]},
                "store": {"Template": "store.yaml", "Targets": ["east"]}}})
        self.save()
        self.put("network.yaml", NETWORK)
        self.put("store.yaml", STORE)

    def run(self, *args, **options):
        return super().run(*args, env=KEYS, **{"timeout": 60, **options})

    def recreate(self, *words, code=0):
        return self.run("recreate", "--region", "east", "--yes", *words).ok(code)

    def there(self, name):
        """What is in a region: networks, tables."""
        ec2 = self.moto.client("ec2", REGIONS[name])
        nets = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
        tables = self.moto.client("dynamodb", REGIONS[name]).list_tables()["TableNames"]
        return [net["CidrBlock"] for net in nets], tables

    def buckets(self):
        all_of_them = self.moto.client("s3", "us-east-1").list_buckets()["Buckets"]
        return sorted(bucket["Name"] for bucket in all_of_them)


@pytest.fixture
def shop(moto, tmp_path):
    it = Shop(tmp_path / "shop", moto)
    it.run("apply", "--yes").ok()
    assert it.there("east") == (["10.1.0.0/16"], ["orders"])
    assert it.buckets() == ["bills-of-the-shop"]
    yield it
    for proxy in it.proxies.values():
        proxy.close()


def test_a_region_in_a_black_hole_is_recreated_elsewhere(shop):
    shop.proxies["east"].add("black_hole")
    shop.proxies["east"].connections = 0
    shop.put("store.yaml", STORE.replace("bills-of-the-shop", "!Sub 'bills-${HA::Region}'"))
    shop.recreate("--into", "south").err("Region east is recreated in south.")
    assert shop.there("south") == (["10.1.0.0/16"], ["orders"])
    for words in (["plan", "--refresh", "--exit-code"], ["drift", "--exit-code"],
                  ["apply", "--yes"], ["status"]):
        shop.run(*words).ok()
    assert shop.proxies["east"].connections == 0, "nothing needs the region that failed"
    assert shop.there("west") == (["10.2.0.0/16"], [])

    shop.proxies["east"].clear()
    shop.recreate("--reconcile").out("5 to delete").err("Region east is cleared up")
    assert shop.there("east") == ([], []) and shop.there("south") == (["10.1.0.0/16"], ["orders"])
    assert shop.buckets() == ["bills-south"]
    shop.run("plan", "--refresh", "--exit-code").ok()


def test_what_was_not_lost_after_all_is_taken_back(shop):
    shop.recreate("--adopt").err("5 adopted")
    shop.recreate("--reconcile").err("HD2767", "5 are the same thing")
    assert shop.there("east") == (["10.1.0.0/16"], ["orders"])
    assert shop.buckets() == ["bills-of-the-shop"]
    shop.run("plan", "--refresh", "--exit-code").ok()


@pytest.mark.skipif("LAB_WIPE" not in os.environ, reason="takes 20 s: set LAB_WIPE=1")
def test_a_name_that_is_taken(shop):
    """Names of buckets are the world's: the one of the lost region still has it."""
    shop.proxies["east"].add("black_hole")
    shop.recreate("--into", "south", code=3).err(
        "HD2772", "may be left of region 'east'",
        "`hadeploy recreate --region east --into south --adopt`")
    assert shop.there("south") == (["10.1.0.0/16"], ["orders"])
    shop.put("store.yaml", STORE.replace("bills-of-the-shop", "!Sub 'bills-${HA::Region}'"))
    shop.recreate("--into", "south").err("1 created")
    assert shop.buckets() == ["bills-of-the-shop", "bills-south"]
