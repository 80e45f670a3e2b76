"""Aurora Global Databases on ministack: the actions failover and switchover, with boto3 as the
witness."""

import urllib.parse

import pytest

from lab.ministack import Ministack
from lab.moto import KEYS
from lab.talk import settle
from lab.venv import NoVenv

EAST, WEST = "us-east-2", "us-west-2"
TYPE = "AWS::RDS::GlobalCluster"


@pytest.fixture(scope="module")
def ministack(tmp_path_factory):
    try:
        it = Ministack(tmp_path_factory.mktemp("ministack"))
    except NoVenv as error:
        pytest.skip(f"ministack cannot be installed here: {error}")
    yield it
    it.close()


@pytest.fixture(scope="module")
def members(ministack):
    """The ARNs of the clusters of east, which writes, and west."""
    east, west = (ministack.client("rds", region) for region in (EAST, WEST))
    east.create_global_cluster(GlobalClusterIdentifier="shop", Engine="aurora-postgresql")
    arns = []
    for client, name in ((east, "shop-east"), (west, "shop-west")):
        more = {"MasterUsername": "shop", "MasterUserPassword": "correct-horse"} \
            if client is east else {}
        made = client.create_db_cluster(DBClusterIdentifier=name, Engine="aurora-postgresql",
                                        GlobalClusterIdentifier="shop", **more)
        arns.append(made["DBCluster"]["DBClusterArn"])
    return dict(zip((EAST, WEST), arns))


def writer(ministack):
    found = ministack.client("rds", WEST).describe_global_clusters(GlobalClusterIdentifier="shop")
    (cluster,) = found["GlobalClusters"]
    return [m["DBClusterArn"] for m in cluster["GlobalClusterMembers"] if m["IsWriter"]]


def act(ministack, action, **args):
    """By the API of west: east may be gone."""
    config = {"Region": WEST, "Endpoint": ministack.url,
              "AccessKeyId": KEYS["AWS_ACCESS_KEY_ID"],
              "SecretAccessKey": KEYS["AWS_SECRET_ACCESS_KEY"]}
    return settle("aws", {"Act": action, "Type": TYPE, "Id": "shop", "Args": args}, config=config)


def sent(ministack, action):
    bodies = [dict(urllib.parse.parse_qsl(body.decode())) for _, _, body in ministack.asked]
    return [body for body in bodies if body.get("Action") == action]


@pytest.mark.parametrize("action, call", [("failover", "FailoverGlobalCluster"),
                                          ("switchover", "SwitchoverGlobalCluster")])
def test_the_other_region_writes(action, call, ministack, members):
    [now] = writer(ministack)
    [target] = [arn for arn in members.values() if arn != now]
    answer = act(ministack, action, Target=target)
    assert answer["Status"] == "HD_OK", answer
    assert answer["Result"]["Status"] == "available"
    assert writer(ministack) == [target]
    [asked] = sent(ministack, call)
    assert asked["GlobalClusterIdentifier"] == "shop"
    assert asked["TargetDbClusterIdentifier"] == target
    assert asked.get("AllowDataLoss") == ("true" if action == "failover" else None)
    # Once more, as after a lost answer: nothing is sent.
    assert act(ministack, action, Target=target)["Status"] == "HD_OK"
    assert len(sent(ministack, call)) == 1


def test_a_cluster_that_is_no_member(ministack, members):
    before = writer(ministack)
    strange = members[EAST].replace("shop-east", "nobody")
    answer = act(ministack, "failover", Target=strange)
    assert answer["Status"] != "HD_OK", answer
    assert "DBClusterNotFound" in str(answer)
    assert writer(ministack) == before
