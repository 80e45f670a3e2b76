"""A network with machines behind a load balancer on AWS's own APIs, from apply to destroy.

boto3 is the witness: what hadeploy says of itself is not believed.
"""

import copy
import re
from pathlib import Path

import pytest

from lab import Project, get_att, ref, sub

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-west-1"
OURS = ("hadeploy:project", "hadeploy:address", "hadeploy:key")


def thing(kind, **properties):
    return {"Type": f"AWS::{kind}", "Properties": properties}


def forward(group):
    return [{"Type": "forward", "TargetGroupArn": ref(group)}]


def tags(**values):
    return [{"Key": key, "Value": value} for key, value in values.items()]


def subnet(number, zone):
    return thing("EC2::Subnet", VpcId=ref("Vpc"), CidrBlock=f"10.7.{number}.0/24",
                 AvailabilityZone=f"{REGION}{zone}", Tags=tags(Name=f"net-{zone}"))


def network():
    return {
        "Vpc": thing("EC2::VPC", CidrBlock="10.7.0.0/16", EnableDnsHostnames=True,
                     Tags=tags(Name="shop", Team="net")),
        "SubnetA": subnet(1, "a"),
        "SubnetB": subnet(2, "b"),
        "Gateway": thing("EC2::InternetGateway"),
        "Attachment": thing("EC2::VPCGatewayAttachment", VpcId=ref("Vpc"),
                            InternetGatewayId=ref("Gateway")),
        "Public": thing("EC2::RouteTable", VpcId=ref("Vpc")),
        "Default": {**thing("EC2::Route", RouteTableId=ref("Public"),
                            DestinationCidrBlock="0.0.0.0/0", GatewayId=ref("Gateway")),
                    "DependsOn": "Attachment"},
        "PublicA": thing("EC2::SubnetRouteTableAssociation", SubnetId=ref("SubnetA"),
                         RouteTableId=ref("Public")),
        "Address": {**thing("EC2::EIP", Domain="vpc"), "DependsOn": "Attachment"},
        "Nat": thing("EC2::NatGateway", SubnetId=ref("SubnetA"),
                     AllocationId=get_att("Address", "AllocationId")),
        "Private": thing("EC2::RouteTable", VpcId=ref("Vpc")),
        "Out": thing("EC2::Route", RouteTableId=ref("Private"),
                     DestinationCidrBlock="0.0.0.0/0", NatGatewayId=ref("Nat")),
        "PrivateB": thing("EC2::SubnetRouteTableAssociation", SubnetId=ref("SubnetB"),
                          RouteTableId=ref("Private")),
        "Web": thing("EC2::SecurityGroup", GroupDescription="web", VpcId=ref("Vpc"),
                     SecurityGroupIngress=[
                         {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
                          "CidrIp": "0.0.0.0/0", "Description": "all"}]),
        "Data": thing("EC2::SecurityGroup", GroupDescription="data", VpcId=ref("Vpc")),
        "FromWeb": thing("EC2::SecurityGroupIngress", GroupId=get_att("Data", "GroupId"),
                         IpProtocol="tcp", FromPort=5432, ToPort=5432,
                         SourceSecurityGroupId=get_att("Web", "GroupId")),
        "ToData": thing("EC2::SecurityGroupEgress", GroupId=get_att("Web", "GroupId"),
                        IpProtocol="tcp", FromPort=5432, ToPort=5432, CidrIp="10.7.0.0/16"),
    }


def machines():
    return {
        "Template": thing("EC2::LaunchTemplate", LaunchTemplateData={
            "ImageId": "ami-12c6146b", "InstanceType": "t3.micro",
            "SecurityGroupIds": [get_att("Web", "GroupId")]}),
        "Targets": thing("ElasticLoadBalancingV2::TargetGroup", VpcId=ref("Vpc"), Port=80,
                         Protocol="HTTP", HealthCheckPath="/health"),
        "Balancer": thing("ElasticLoadBalancingV2::LoadBalancer",
                          Subnets=[ref("SubnetA"), ref("SubnetB")], Scheme="internal",
                          SecurityGroups=[get_att("Web", "GroupId")]),
        "Listener": thing("ElasticLoadBalancingV2::Listener", LoadBalancerArn=ref("Balancer"),
                          Port=80, Protocol="HTTP", DefaultActions=forward("Targets")),
        "Rule": thing("ElasticLoadBalancingV2::ListenerRule", ListenerArn=ref("Listener"),
                      Priority=10, Conditions=[{"Field": "path-pattern", "Values": ["/api/*"]}],
                      Actions=forward("Targets")),
        "Group": thing("AutoScaling::AutoScalingGroup", MinSize="0", MaxSize="4",
                       DesiredCapacity="2", VPCZoneIdentifier=[ref("SubnetA"), ref("SubnetB")],
                       LaunchTemplate={"LaunchTemplateId": ref("Template"),
                                       "Version": get_att("Template", "LatestVersionNumber")},
                       TargetGroupARNs=[ref("Targets")],
                       Tags=[{"Key": "Name", "Value": "shop", "PropagateAtLaunch": True}]),
        "Scaling": thing("AutoScaling::ScalingPolicy", AutoScalingGroupName=ref("Group"),
                         PolicyType="TargetTrackingScaling", TargetTrackingConfiguration={
                             "TargetValue": 50, "PredefinedMetricSpecification": {
                                 "PredefinedMetricType": "ASGAverageCPUUtilization"}}),
        "Box": thing("EC2::Instance", ImageId="ami-12c6146b", InstanceType="t3.micro",
                     SubnetId=ref("SubnetB"), SecurityGroupIds=[get_att("Data", "GroupId")],
                     Volumes=[{"Device": "/dev/sdh", "VolumeId": ref("Disk")}]),
        "Disk": thing("EC2::Volume", AvailabilityZone=f"{REGION}b", Size=5, VolumeType="gp3"),
        "BoxAddress": {**thing("EC2::EIP", Domain="vpc"), "DependsOn": "Attachment"},
        "BoxHas": thing("EC2::EIPAssociation", InstanceId=ref("Box"),
                        AllocationId=get_att("BoxAddress", "AllocationId")),
    }


class Shop:
    """The project, its template, and the clients of the witness."""

    def __init__(self, moto, folder):
        self.moto = moto
        self.project = Project(folder, {
            "Project": "shop",
            "Providers": {"aws": {"Endpoint": moto.url, "AccessKeyId": "AKIDEXAMPLE",
                                  "SecretAccessKey": "wJalrXUtnFEMI"}},
            "Regions": {REGION: {"Zones": [f"{REGION}{zone}" for zone in "abc"]}},
            "Stacks": {"shop": {"Template": "shop.yaml", "Targets": [REGION]}}})
        self.project.save()
        self.resources, self.outputs = {**network(), **machines()}, {
            "Name": {"Value": get_att("Balancer", "DNSName")},
            "Vpc": {"Value": ref("Vpc")}, "Ip": {"Value": ref("Address")},
            "Text": {"Value": sub("${Vpc.CidrBlock} ${Gateway}")}}
        self.ec2 = moto.client("ec2", REGION)
        self.elb = moto.client("elbv2", REGION)
        self.groups = moto.client("autoscaling", REGION)

    def apply(self, *args):
        self.project.put("shop.yaml", {"Resources": self.resources, "Outputs": self.outputs})
        return self.project.run("apply", "--yes", *args, timeout=110)

    def change(self, name, **properties):
        self.resources = copy.deepcopy(self.resources)
        self.resources[name]["Properties"].update(properties)

    def state(self, name):
        """What is recorded of a resource."""
        shown = self.project.run("state", "show", f"shop/{REGION}/{name}").ok()
        return self.project.parse(shown.stdout.replace("\n", " "))[0]

    def id(self, name):
        return self.state(name)["id"]


@pytest.fixture
def shop(moto, tmp_path):
    it = Shop(moto, tmp_path)
    it.apply().ok()
    return it


def tag_map(thing_seen):
    return {tag["Key"]: tag["Value"] for tag in thing_seen["Tags"]}


def nothing_changes(shop):
    again = shop.apply().ok()
    assert "nothing to do" in (again.stdout + again.stderr).lower(), again


def test_what_is_made_is_there(shop):
    vpc = shop.ec2.describe_vpcs(VpcIds=[shop.id("Vpc")])["Vpcs"][0]
    seen = tag_map(vpc)
    assert vpc["CidrBlock"] == "10.7.0.0/16" and seen.pop("hadeploy:key")
    assert seen == {"Name": "shop", "Team": "net", "hadeploy:project": "shop",
                    "hadeploy:address": f"shop/{REGION}/Vpc"}
    routes = shop.ec2.describe_route_tables(RouteTableIds=[shop.id("Private")])
    nat = [r.get("NatGatewayId") for r in routes["RouteTables"][0]["Routes"]]
    assert shop.id("Nat") in nat
    group = shop.groups.describe_auto_scaling_groups()["AutoScalingGroups"][0]
    assert len(group["Instances"]) == 2 and group["AutoScalingGroupName"].startswith("shop-Group-")
    health = shop.elb.describe_target_health(TargetGroupArn=shop.id("Targets"))
    assert len(health["TargetHealthDescriptions"]) == 2
    address = shop.ec2.describe_addresses(AllocationIds=[shop.id("BoxAddress")])["Addresses"][0]
    assert address["InstanceId"] == shop.id("Box")
    nothing_changes(shop)
    outputs = shop.project.run("outputs").ok().stdout
    assert shop.id("Vpc") in outputs and f"10.7.0.0/16 {shop.id('Gateway')}" in outputs


def test_changes_in_place(shop):
    before = {name: shop.id(name) for name in shop.resources}
    shop.change("Web", SecurityGroupIngress=[
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}])
    shop.change("SubnetA", MapPublicIpOnLaunch=True)
    shop.change("Vpc", Tags=tags(Name="shop2"))
    shop.change("Group", MaxSize="5", DesiredCapacity="1")
    shop.change("Template", LaunchTemplateData={"ImageId": "ami-12c6146b",
                                                "InstanceType": "t3.small"})
    shop.change("Disk", Size=6)
    shop.apply().ok()
    assert {name: shop.id(name) for name in shop.resources} == before
    rules = shop.ec2.describe_security_groups(GroupIds=[before["Web"]])["SecurityGroups"][0]
    assert [r["CidrIp"] for p in rules["IpPermissions"] for r in p["IpRanges"]] == ["10.0.0.0/8"]
    assert len(rules["IpPermissionsEgress"]) == 2, "the default rule and ToData"
    seen = tag_map(shop.ec2.describe_vpcs(VpcIds=[before["Vpc"]])["Vpcs"][0])
    assert seen["Name"] == "shop2" and "Team" not in seen and set(OURS) <= set(seen)
    group = shop.groups.describe_auto_scaling_groups()["AutoScalingGroups"][0]
    assert (group["MaxSize"], group["DesiredCapacity"]) == (5, 1)
    assert group["LaunchTemplate"]["Version"] == "2"
    assert shop.ec2.describe_volumes(VolumeIds=[before["Disk"]])["Volumes"][0]["Size"] == 6
    nothing_changes(shop)


def test_a_replacement_moves_what_hangs_on_it(shop):
    old = shop.id("SubnetB")
    shop.change("SubnetB", CidrBlock="10.7.3.0/24")
    shop.apply().ok()
    new = shop.id("SubnetB")
    there = shop.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [shop.id("Vpc")]}])
    cidrs = {s["SubnetId"]: s["CidrBlock"] for s in there["Subnets"]}
    assert old not in cidrs and cidrs[new] == "10.7.3.0/24"
    box = shop.ec2.describe_instances(InstanceIds=[shop.id("Box")])["Reservations"][0]
    assert box["Instances"][0]["SubnetId"] == new
    balancer = shop.elb.describe_load_balancers()["LoadBalancers"][0]
    assert new in {zone["SubnetId"] for zone in balancer["AvailabilityZones"]}
    nothing_changes(shop)


def test_drift_is_named(shop):
    shop.ec2.authorize_security_group_ingress(
        GroupId=shop.id("Web"), IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    shop.ec2.create_tags(Resources=[shop.id("Vpc")], Tags=tags(Team="other"))
    shop.elb.modify_target_group(TargetGroupArn=shop.id("Targets"), HealthCheckPath="/x")
    told = shop.project.run("drift", timeout=110)
    for name in ("Web", "Vpc", "Targets"):
        assert f"/{name}" in told.stdout or f" {name}" in told.stdout, told
    assert "3 changed" in told.stdout, told
    shop.apply("--refresh").ok()
    rules = shop.ec2.describe_security_groups(GroupIds=[shop.id("Web")])["SecurityGroups"][0]
    assert [p["FromPort"] for p in rules["IpPermissions"]] == [443]
    assert "No drift" in shop.project.run("drift", timeout=110).stdout


def left(shop):
    """All that is there and not the account's own."""
    ec2 = shop.ec2
    instances = [i["InstanceId"] for r in ec2.describe_instances()["Reservations"]
                 for i in r["Instances"] if i["State"]["Name"] != "terminated"]
    vpcs = [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]
    nats = [n["NatGatewayId"] for n in ec2.describe_nat_gateways()["NatGateways"]
            if n["State"] != "deleted"]
    groups = [g["GroupName"] for g in ec2.describe_security_groups()["SecurityGroups"]
              if g["GroupName"] != "default"]
    return (instances + vpcs + nats + groups + ec2.describe_volumes()["Volumes"]
            + ec2.describe_addresses()["Addresses"]
            + ec2.describe_internet_gateways(Filters=[
                {"Name": "tag-key", "Values": ["hadeploy:address"]}])["InternetGateways"]
            + ec2.describe_launch_templates()["LaunchTemplates"]
            + shop.elb.describe_load_balancers()["LoadBalancers"]
            + shop.elb.describe_target_groups()["TargetGroups"]
            + shop.groups.describe_auto_scaling_groups()["AutoScalingGroups"]
            + shop.groups.describe_policies()["ScalingPolicies"])


def test_destroy_leaves_nothing(shop):
    assert left(shop)
    shop.project.run("destroy", "--yes", timeout=110).ok()
    assert left(shop) == []
    assert shop.project.recorded() == []


@pytest.fixture
def disk(moto, tmp_path):
    it = Shop(moto, tmp_path)
    it.resources = {"Disk": {**thing("EC2::Volume", AvailabilityZone=f"{REGION}a", Size=5),
                             "DeletionPolicy": "Snapshot", "UpdateReplacePolicy": "Snapshot"}}
    it.outputs = {"Id": {"Value": ref("Disk")}}
    return it


def test_a_snapshot_outlives_its_volume(disk):
    disk.apply().ok()
    disk.project.run("destroy", "--yes").ok()
    kept = disk.ec2.describe_snapshots(
        Filters=[{"Name": "tag:hadeploy:address", "Values": [f"shop/{REGION}/Disk"]}])
    assert [s["VolumeSize"] for s in kept["Snapshots"]] == [5]
    assert disk.ec2.describe_volumes()["Volumes"] == []


def test_what_is_not_served_is_refused_before_anything_is_made(disk):
    """Whatever else the template has: the network would come first."""
    disk.resources["Network"] = thing("EC2::VPC", CidrBlock="10.0.0.0/16")
    disk.resources["Disk"]["DependsOn"] = "Network"
    disk.change("Disk", SourceVolumeId="vol-0123456789abcdef0")
    vpcs = disk.ec2.describe_vpcs()["Vpcs"]
    told = disk.apply()
    assert told.returncode == 1, told
    told.err("shop.yaml:", "HD2027: property 'SourceVolumeId' of AWS::EC2::Volume is not served",
             "hint: make a snapshot of it and give SnapshotId")
    assert disk.ec2.describe_volumes()["Volumes"] == []
    assert disk.ec2.describe_vpcs()["Vpcs"] == vpcs
    assert disk.project.recorded() == []


HIDDEN = "IyEvYmluL3NoCm5vYm9keSByZWFkcyB0aGlzCg=="


@pytest.fixture
def template(moto, tmp_path):
    it = Shop(moto, tmp_path)
    it.outputs = {}
    it.resources = {"Template": thing("EC2::LaunchTemplate", LaunchTemplateData={
        "ImageId": "ami-12c6146b", "InstanceType": "t3.micro", "UserData": HIDDEN})}
    return it


def test_a_change_of_a_launch_template_can_be_reviewed(template):
    """Nobody can read it back; it is no secret but for the user data."""
    template.apply().ok()
    data = template.resources["Template"]["Properties"]["LaunchTemplateData"]
    template.change("Template", LaunchTemplateData={**data, "ImageId": "ami-03cf127a"})
    template.project.put("shop.yaml", {"Resources": template.resources})
    told = template.project.run("plan").ok()
    told.out('LaunchTemplateData.ImageId: "ami-12c6146b" -> "ami-03cf127a"')
    assert HIDDEN not in told.stdout and "t3.micro" not in told.stdout
    template.apply().ok()
    nothing_changes(template)
    for file in Path(template.project.state_file).parent.iterdir():
        assert not file.is_file() or HIDDEN.encode() not in file.read_bytes(), file


def test_what_was_a_secret_and_is_none_any_more_has_not_changed(template):
    """The record of an older definition has a digest of the whole."""
    ours = (ROOT / "providers/aws/types/ec2/launch_template.yaml").read_text()
    older = re.sub(r"^Shown: .*?\]$", "Service: ec2", ours, flags=re.S | re.M)
    assert older != ours
    template.project.put("types/template.yaml", older)
    template.project.manifest["Providers"]["aws"]["Definitions"] = "types"
    template.project.save()
    template.apply().ok()
    assert "ami-12c6146b" not in str(template.state("Template"))
    del template.project.manifest["Providers"]["aws"]["Definitions"]
    template.project.save()
    nothing_changes(template)


def test_what_cannot_be_changed_is_refused(disk):
    disk.apply().ok()
    disk.change("Disk", Encrypted=False)  # as it is
    disk.apply().ok()
    disk.change("Disk", Encrypted=True)
    told = disk.apply()
    assert told.returncode == 1, told
    told.err("HD5386: 'Encrypted' cannot be changed", "hint: rename the resource")


def test_what_an_answer_that_got_lost_has_made_is_adopted(disk):
    """The record is gone, as after a lost disk; address and project are on the thing."""
    disk.apply().ok()
    volume = disk.id("Disk")
    disk.project.run("state", "rm", "--yes", f"shop/{REGION}/Disk").ok()
    disk.apply("--adopt").ok()
    assert disk.id("Disk") == volume
    assert len(disk.ec2.describe_volumes()["Volumes"]) == 1
