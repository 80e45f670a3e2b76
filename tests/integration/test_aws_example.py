"""The journey of examples/aws-active-passive: two regions on moto, with boto3 as the witness."""

import shutil
from pathlib import Path

import pytest

from lab.project import Project
from lab.moto import KEYS

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "aws-active-passive"
PASSWORD = "correct-horse-battery"
PRIMARY, STANDBY = "us-east-2", "us-west-2"


class Example(Project):
    """A copy of the example that knows where moto is."""

    def __init__(self, folder, moto):
        shutil.copytree(EXAMPLE, folder)
        super().__init__(folder, None)
        manifest = folder / "hadeploy.yaml"
        endpoint = f"\nProviders: {{aws: {{Endpoint: '{moto.url}'}}}}\n"
        manifest.write_text(manifest.read_text() + endpoint)
        self.moto = moto

    def run(self, *args, **options):
        env = {**KEYS, "SHOP_DB_PASSWORD": PASSWORD, **options.pop("env", {})}
        return super().run(*args, env=env, **options)

    def client(self, service, region=PRIMARY):
        return self.moto.client(service, region)

    def edit(self, path, old, new):
        file = self.dir / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))


@pytest.fixture
def example(moto, tmp_path):
    return Example(tmp_path / "shop", moto)


def vpcs(example, region):
    return [v for v in example.client("ec2", region).describe_vpcs()["Vpcs"] if not v["IsDefault"]]


def fleet(example, region):
    groups = example.client("autoscaling", region).describe_auto_scaling_groups()
    (group,) = groups["AutoScalingGroups"]
    return group


def records(example):
    route53 = example.client("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    sets = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    return {s["SetIdentifier"]: s for s in sets if s["Type"] == "A"}


def check_network(example):
    for region, cidr in ((PRIMARY, "10.10.0.0/16"), (STANDBY, "10.20.0.0/16")):
        (vpc,) = vpcs(example, region)
        assert vpc["CidrBlock"] == cidr
        subnets = example.client("ec2", region).describe_subnets(
            Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
        assert len(subnets) == 6
        assert len({s["AvailabilityZone"] for s in subnets}) == 3
        tags = {t["Key"]: t["Value"] for t in vpc["Tags"]}
        assert tags["hadeploy:project"] == "shop"


def check_application(example):
    for region, capacity in ((PRIMARY, 3), (STANDBY, 0)):
        group = fleet(example, region)
        assert (group["MinSize"], group["DesiredCapacity"]) == (capacity, capacity)
        (balancer,) = example.client("elbv2", region).describe_load_balancers()["LoadBalancers"]
        record = records(example)["primary" if capacity else "standby"]
        assert record["Weight"] == (100 if capacity else 0)
        target = record["AliasTarget"]
        assert target["DNSName"].rstrip(".").endswith(balancer["DNSName"])
        assert target["HostedZoneId"] == balancer["CanonicalHostedZoneId"]


def check_data(example):
    (primary,) = example.client("rds").describe_db_instances()["DBInstances"]
    (replica,) = example.client("rds", STANDBY).describe_db_instances()["DBInstances"]
    assert primary["MultiAZ"] and primary["StorageEncrypted"]
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] in (
        primary["DBInstanceArn"], primary["DBInstanceIdentifier"])
    s3 = example.client("s3")
    names = sorted(b["Name"] for b in s3.list_buckets()["Buckets"])
    assert names == ["shop-files-123456789012-us-east-2", "shop-files-123456789012-us-west-2"]
    for name in names:
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    rules = s3.get_bucket_replication(Bucket=names[0])["ReplicationConfiguration"]["Rules"]
    assert rules[0]["Destination"]["Bucket"] == f"arn:aws:s3:::{names[1]}"


def leftovers(example):
    """Whatever is there that an empty account does not have."""
    found = []
    for region in (PRIMARY, STANDBY):
        ec2 = example.client("ec2", region)
        found += [v["VpcId"] for v in vpcs(example, region)]
        found += [a["AllocationId"] for a in ec2.describe_addresses()["Addresses"]]
        found += [t["LaunchTemplateId"]
                  for t in ec2.describe_launch_templates()["LaunchTemplates"]]
        found += [n["NatGatewayId"] for n in ec2.describe_nat_gateways()["NatGateways"]
                  if n["State"] != "deleted"]
        found += example.client("autoscaling", region).describe_auto_scaling_groups()[
            "AutoScalingGroups"]
        elbv2 = example.client("elbv2", region)
        found += elbv2.describe_load_balancers()["LoadBalancers"]
        found += elbv2.describe_target_groups()["TargetGroups"]
        rds = example.client("rds", region)
        found += rds.describe_db_instances()["DBInstances"]
        found += rds.describe_db_subnet_groups()["DBSubnetGroups"]
    found += example.client("s3").list_buckets()["Buckets"]
    found += example.client("iam").list_roles()["Roles"]
    found += example.client("route53").list_hosted_zones()["HostedZones"]
    return found


def check_second_apply(example):
    example.run("plan", "--exit-code").ok()
    again = example.run("apply", "--yes", "--refresh").ok()
    assert "nothing to do" in (again.stdout + again.stderr).lower()
    return again


def check_drift(example):
    """Somebody's change is named, and taken back."""
    example.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=fleet(example, PRIMARY)["AutoScalingGroupName"], DesiredCapacity=5)
    example.run("drift", "--exit-code").ok(2).out("Fleet", "DesiredCapacity")
    example.run("apply", "--yes", "--refresh").ok()
    assert fleet(example, PRIMARY)["DesiredCapacity"] == 3


def check_scaling(example):
    """What a failover will do: the standby gets its instances by a parameter."""
    example.edit("hadeploy.yaml", "{Region: standby, Parameters: {Capacity: 0}}",
                 "{Region: standby, Parameters: {Capacity: 3}}")
    example.run("plan", "--exit-code").ok(2).out("1 to update")
    example.run("apply", "--yes").ok()
    assert fleet(example, STANDBY)["DesiredCapacity"] == 3
    assert fleet(example, PRIMARY)["DesiredCapacity"] == 3


@pytest.mark.limit(400)
def test_two_regions_from_the_first_apply_to_the_last_destroy(example):
    assert not leftovers(example)
    example.run("validate").ok()
    applied = example.run("apply", "--yes", timeout=200).ok()
    check_network(example)
    check_application(example)
    check_data(example)
    again = check_second_apply(example)
    check_drift(example)
    check_scaling(example)
    state = Path(example.state_file).read_bytes().decode(errors="replace")
    for text in (applied.stdout, applied.stderr, again.stdout, again.stderr, state):
        assert PASSWORD not in text
        assert KEYS["AWS_SECRET_ACCESS_KEY"] not in text
    # moto answers 500 to the replica's deletion, and does it: that it is gone is no error.
    gone = example.run("destroy", "--yes", timeout=200).ok()
    assert "error" not in gone.stderr
    assert not leftovers(example)
