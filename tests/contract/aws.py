"""The contract suite on AWS types, against moto: what their specs name is made with boto3 first."""

from pathlib import Path

from . import aws_worlds as worlds
from .run import HERE, fill, suite

REGION = "eu-west-1"
FORWARD = "forward"


def network(moto):
    """A VPC with a gateway and two subnets, and what stands in them."""
    ec2 = moto.client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    bare = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.25{i}.0/24",
                                 AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
               for i, zone in enumerate("ab")]
    gateways = [ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
                for _ in range(3)]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateways[0])
    groups = [ec2.create_security_group(GroupName=name, Description="contract",
                                        VpcId=vpc)["GroupId"] for name in ("one", "two")]
    run = ec2.run_instances(ImageId="ami-12c6146b", MinCount=2, MaxCount=2, SubnetId=subnets[0])
    return {"VPC": vpc, "BARE_VPC": bare, "SUBNET": subnets[0], "OTHER_SUBNET": subnets[1],
            "GATEWAY": gateways[0], "FREE_GATEWAY": gateways[1], "OTHER_GATEWAY": gateways[2],
            "GROUP": groups[0], "OTHER_GROUP": groups[1],
            "TABLE": ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"],
            "INSTANCE": run["Instances"][0]["InstanceId"],
            "OTHER_INSTANCE": run["Instances"][1]["InstanceId"],
            "ADDRESS": ec2.allocate_address(Domain="vpc")["AllocationId"]}


def balanced(moto):
    """A network with a load balancer that listens, and two target groups."""
    names = network(moto)
    elb = moto.client("elbv2", REGION)
    balancer = elb.create_load_balancer(
        Name="balancer", Subnets=[names["SUBNET"], names["OTHER_SUBNET"]], Scheme="internal")
    targets = [elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=names["VPC"])
               ["TargetGroups"][0]["TargetGroupArn"] for name in ("one", "two")]
    arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elb.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=8080,
        DefaultActions=[{"Type": FORWARD, "TargetGroupArn": targets[0]}])
    return {**names, "BALANCER": arn, "TARGETS": targets[0], "OTHER_TARGETS": targets[1],
            "LISTENER": listener["Listeners"][0]["ListenerArn"]}


def scaled(moto):
    """A load balancer with an Auto Scaling group behind it."""
    names = balanced(moto)
    template = moto.client("ec2", REGION).create_launch_template(
        LaunchTemplateName="one",
        LaunchTemplateData={"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"})
    names["TEMPLATE"] = template["LaunchTemplate"]["LaunchTemplateId"]
    moto.client("autoscaling", REGION).create_auto_scaling_group(
        AutoScalingGroupName="scaled", MinSize=0, MaxSize=1, VPCZoneIdentifier=names["SUBNET"],
        LaunchTemplate={"LaunchTemplateId": names["TEMPLATE"], "Version": "1"})
    return {**names, "SCALED": "scaled"}


# What a spec finds there already; the others find nothing.
WORLDS = {"aws-ec2": network, "aws-elb": balanced, "aws-autoscaling": scaled, "aws-rds": network,
          "aws-iam": worlds.identities, "aws-messaging": worlds.queues, "aws-s3": worlds.buckets,
          "aws-route53": worlds.zones, "aws-lambda": worlds.functions}


def specs():
    """The names of all specs of AWS types."""
    return sorted(path.stem for path in HERE.glob("aws-*.yaml") if path.stem != "aws-skips")


def on_moto(moto, name, folder, *options):
    """The finished run of the suite on an AWS spec, in an account of its own."""
    world = WORLDS.get(name, lambda _: {})(moto)
    spec = Path(folder) / f"{name}.yaml"
    spec.write_text(fill(name, {**world, "DIR": folder, "ENDPOINT": moto.url}))
    return suite("aws", spec, *options)
