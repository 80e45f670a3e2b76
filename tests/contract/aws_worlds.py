"""What the specs of data, names and functions find there already, made with boto3."""

import io
import json
import zipfile

REGION = "eu-west-1"
ANYTHING = {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}
TRUST = {"Version": "2012-10-17",
         "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                        "Action": "sts:AssumeRole"}]}


def identities(moto):
    """Two roles, a user, two managed policies."""
    iam = moto.client("iam", REGION)
    arns = [iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
            ["Role"]["Arn"] for name in ("one", "two")]
    iam.create_user(UserName="somebody")
    policies = [iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(ANYTHING))
                ["Policy"]["Arn"] for name in ("first", "second")]
    return {"ROLE": "one", "OTHER_ROLE": "two", "ROLE_ARN": arns[0], "USER": "somebody",
            "POLICY": policies[1], "OTHER_POLICY": policies[0]}


def queues(moto):
    """Two queues and a topic."""
    sqs = moto.client("sqs", REGION)
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("first", "second")]
    arns = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            ["Attributes"]["QueueArn"] for url in urls]
    topic = moto.client("sns", REGION).create_topic(Name="news")["TopicArn"]
    return {"QUEUE": urls[0], "OTHER_QUEUE": urls[1], "QUEUE_ARN": arns[0],
            "OTHER_QUEUE_ARN": arns[1], "TOPIC": topic}


def buckets(moto):
    """A bucket that others are replicated to."""
    s3 = moto.client("s3", REGION)
    s3.create_bucket(Bucket="target", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="target", VersioningConfiguration={"Status": "Enabled"})
    return {"TARGET": "target"}


def zones(moto):
    """A hosted zone."""
    made = moto.client("route53", REGION).create_hosted_zone(
        Name="contract.example", CallerReference="contract")
    return {"ZONE": made["HostedZone"]["Id"].rsplit("/", 1)[-1]}


def functions(moto):
    """A function, one with a version, and a queue for them."""
    names = {**identities(moto), **queues(moto)}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", "def run(event, context):\n    return 1\n")
    for name, published in (("worker", False), ("published", True)):
        moto.client("lambda", REGION).create_function(
            FunctionName=name, Role=names["ROLE_ARN"], Runtime="python3.12", Handler="index.run",
            Code={"ZipFile": archive.getvalue()}, Publish=published)
    return {**names, "FUNCTION": "worker", "PUBLISHED": "published"}
