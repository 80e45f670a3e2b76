"""Routes of Route 53 and of load balancers on moto; boto3 says what is there."""

import itertools

import pytest

from contract.aws import REGION, balanced
from lab.moto import KEYS, Moto
from lab.talk import settle
from lab.venv import NoVenv

NAME = "www.shop.example."


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    try:
        moto = Moto(tmp_path_factory.mktemp("moto"))
    except NoVenv as error:
        pytest.skip(str(error))
    yield moto
    moto.close()


def act(moto, action, route, **args):
    config = {"Region": REGION, "Endpoint": moto.url,
              "AccessKeyId": KEYS["AWS_ACCESS_KEY_ID"],
              "SecretAccessKey": KEYS["AWS_SECRET_ACCESS_KEY"]}
    return settle("aws", {"Act": action, "Type": route["Type"], "Args": {"Route": route, **args}},
                  config=config)


def weights(moto, route):
    answer = act(moto, "weights", route)
    assert answer["Status"] == "HD_OK", answer
    return answer["Result"]["Weights"]


def put(moto, route, **wanted):
    answer = act(moto, "set-weights", route, Weights=wanted)
    assert answer["Status"] == "HD_OK", answer
    assert weights(moto, route) == answer["Result"]["Weights"]
    return answer["Result"]["Weights"]


def refused(moto, route, **wanted):
    answer = act(moto, "set-weights", route, Weights=wanted)
    assert answer["Status"] == "HD_FATAL", answer
    return " ".join(answer["Says"][0][key] for key in ("Summary", "Detail", "Hint"))


# --- Route 53 ---

@pytest.fixture
def zone(moto):
    moto.reset()
    made = moto.client("route53", "us-east-1").create_hosted_zone(
        Name="shop.example", CallerReference="one")
    return made["HostedZone"]["Id"].split("/")[-1]


def name(zone, **more):
    return {"Type": "AWS::Route53::Route", "HostedZoneId": zone, "Name": NAME, "TTL": 30,
            "Values": {"east": ["192.0.2.1"], "west": ["192.0.2.2", "192.0.2.3"]}, **more}


def records(moto, zone):
    listed = moto.client("route53", "us-east-1").list_resource_record_sets(HostedZoneId=zone)
    return {r.get("SetIdentifier", ""): r for r in listed["ResourceRecordSets"]
            if r["Name"] == NAME}


def test_weighted_records_change_together(moto, zone):
    assert weights(moto, name(zone)) == {"east": 0, "west": 0}
    assert put(moto, name(zone), east=100) == {"east": 100, "west": 0}
    there = records(moto, zone)
    assert {key: r["Weight"] for key, r in there.items()} == {"east": 100, "west": 0}
    assert [r["Value"] for r in there["west"]["ResourceRecords"]] == ["192.0.2.2", "192.0.2.3"]
    assert there["east"]["TTL"] == 30
    assert put(moto, name(zone), east=95, west=5) == {"east": 95, "west": 5}
    assert put(moto, name(zone), west=1) == {"east": 0, "west": 100}
    assert {key: r["Weight"] for key, r in records(moto, zone).items()} == {"east": 0, "west": 100}


def test_nothing_is_sent_when_it_is_so_already(moto, zone):
    put(moto, name(zone), east=95, west=5)
    before = moto.log.read_text().count("POST /2013-04-01")
    put(moto, name(zone), east=95, west=5)
    assert moto.log.read_text().count("POST /2013-04-01") == before
    put(moto, name(zone, TTL=5), east=95, west=5)
    assert moto.log.read_text().count("POST /2013-04-01") == before + 1


def test_a_plain_record_gives_way(moto, zone):
    moto.client("route53", "us-east-1").change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": {
            "Name": NAME, "Type": "A", "TTL": 60,
            "ResourceRecords": [{"Value": "198.51.100.7"}]}}]})
    assert put(moto, name(zone), east=50, west=50) == {"east": 50, "west": 50}
    assert sorted(records(moto, zone)) == ["east", "west"]


def test_failover_changes_places(moto, zone):
    route = name(zone, Policy="failover")
    for there, other in itertools.permutations(["east", "west"]):
        assert put(moto, route, **{there: 100}) == {there: 100, other: 0}
        assert {key: r["Failover"] for key, r in records(moto, zone).items()} == \
            {there: "PRIMARY", other: "SECONDARY"}


def test_aliases(moto, zone):
    alias = {"DNSName": "lb.example.", "HostedZoneId": "Z2", "EvaluateTargetHealth": True}
    route = name(zone, Values={"east": alias, "west": {**alias, "EvaluateTargetHealth": False}})
    assert put(moto, route, east=20, west=80) == {"east": 20, "west": 80}
    there = records(moto, zone)
    assert there["east"]["AliasTarget"]["EvaluateTargetHealth"] and "TTL" not in there["east"]
    assert not there["west"]["AliasTarget"]["EvaluateTargetHealth"]


@pytest.mark.parametrize("more, wanted, words", [
    ({}, {"north": 1}, "the route has no region north: it has east, west"),
    ({}, {"east": 0}, "all weights are 0"),
    ({"Policy": "failover"}, {"east": 1, "west": 1}, "all weight goes to one region"),
    ({"Policy": "latency"}, {"east": 1}, "Policy of the route"),
    ({"Values": {}}, {"east": 1}, "Values of the route")])
def test_what_makes_no_sense_is_refused(moto, zone, more, wanted, words):
    assert words in refused(moto, name(zone, **more), **wanted)
    assert records(moto, zone) == {}


def test_a_zone_that_is_not_there(moto, zone):
    assert "NoSuchHostedZone" in str(act(moto, "weights", name("Z0000000000000")))


# --- load balancers ---

@pytest.fixture
def names(moto):
    moto.reset()
    return balanced(moto)


def listener(names, **more):
    return {"Type": "AWS::ElasticLoadBalancingV2::Route", "ListenerArn": names["LISTENER"],
            "TargetGroups": {"east": names["TARGETS"], "west": names["OTHER_TARGETS"]}, **more}


def shares(action):
    return {g["TargetGroupArn"]: g["Weight"] for g in action["ForwardConfig"]["TargetGroups"]}


def test_weights_of_a_listener(moto, names):
    elb = moto.client("elbv2", REGION)
    assert weights(moto, listener(names)) == {"east": 100, "west": 0}
    assert put(moto, listener(names), east=75, west=25) == {"east": 75, "west": 25}
    [there] = elb.describe_listeners(ListenerArns=[names["LISTENER"]])["Listeners"]
    assert shares(there["DefaultActions"][0]) == \
        {names["TARGETS"]: 75, names["OTHER_TARGETS"]: 25}
    assert put(moto, listener(names), west=1) == {"east": 0, "west": 100}


def test_weights_of_a_rule(moto, names):
    elb = moto.client("elbv2", REGION)
    [rule] = elb.create_rule(
        ListenerArn=names["LISTENER"], Priority=5,
        Conditions=[{"Field": "path-pattern", "Values": ["/a"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": names["TARGETS"]}])["Rules"]
    route = listener(names, RuleArn=rule["RuleArn"])
    del route["ListenerArn"]
    assert put(moto, route, east=10, west=90) == {"east": 10, "west": 90}
    [there] = elb.describe_rules(RuleArns=[rule["RuleArn"]])["Rules"]
    assert shares(there["Actions"][0]) == {names["TARGETS"]: 10, names["OTHER_TARGETS"]: 90}
    assert there["Conditions"][0]["Field"] == "path-pattern"
    assert weights(moto, listener(names)) == {"east": 100, "west": 0}


@pytest.mark.parametrize("more, wanted, words", [
    ({}, {"north": 1}, "the route has no region north"),
    ({"RuleArn": "arn"}, {"east": 1}, "ListenerArn or RuleArn, one of both"),
    ({"TargetGroups": {"east": "a", "west": "a"}}, {"east": 1}, "in two regions")])
def test_what_makes_no_sense_of_a_listener(moto, names, more, wanted, words):
    assert words in refused(moto, listener(names, **more), **wanted)
    assert weights(moto, listener(names)) == {"east": 100, "west": 0}
