"""What the simulated cloud answers to the acts and checks of runbooks."""

import json
import sqlite3

import pytest

from lab.talk import talk

ROUTE = {"Type": "PowerDNS::Route", "Name": "www.shop.test.", "Values": {"east": ["192.0.2.1"],
                                                                         "west": ["192.0.2.2"]}}


def ask(folder, *asked, **config):
    return talk("sim", *asked, folder=folder, config={"File": "cloud.db", **config})


def act(action, step="step", key="k1", type_="", **args):
    return {"Act": action, "Args": args, "Key": key, "Type": type_, "Address": step}


def check(type_="POSTGRES", name="db", **args):
    return {"Lookup": "check", "Args": {"Name": name, "Type": type_, **args}}


def test_acts_succeed_and_are_in_the_log(tmp_path):
    answers = ask(tmp_path, act("command", "data/x", Host="db-e1", Command="true"),
                  act("http", "call", Url="http://api.test/x?k=v", Status=["202", 200]),
                  act("notify", "tell", Command="tell"))
    assert [answer["Status"] for answer in answers] == ["HD_OK"] * 3, answers
    assert answers[0]["Result"] == {"ExitCode": 0, "Stdout": "", "Stderr": ""}
    assert answers[1]["Result"]["Status"] == 202
    rows = sqlite3.connect(tmp_path / "cloud.db").execute(
        "SELECT action, id, address, key FROM log ORDER BY serial").fetchall()
    assert rows == [("command", "db-e1", "data/x", "k1"), ("http", "api.test", "call", "k1"),
                    ("notify", "program", "tell", "k1")]


def test_weights_are_remembered(tmp_path):
    args = {"type_": "PowerDNS::Route", "Route": ROUTE}
    first, put, second, other, wrong = ask(
        tmp_path, act("weights", **args), act("set-weights", Weights={"west": 25, "east": 75},
                                              **args),
        act("weights", **args),
        act("weights", type_="PowerDNS::Route", Route={**ROUTE, "Name": "api.shop.test."}),
        act("set-weights", Weights={"north": 100}, **args))
    assert first["Result"] == {"Weights": {"east": 100, "west": 0}}
    assert put["Result"] == second["Result"] == {"Weights": {"east": 75, "west": 25}}
    assert other["Result"]["Weights"]["east"] == 100
    assert wrong["Status"] == "HD_FATAL" and "'north'" in json.dumps(wrong["Says"])
    # Another process knows them too; what is not named has none.
    [put] = ask(tmp_path, act("set-weights", Weights={"west": 100}, **args))
    assert put["Result"] == {"Weights": {"east": 0, "west": 100}}


def test_latencies_are_waited_for_and_survive(tmp_path):
    slow = {"Latency": {"*": {"command": {"Pending": "40ms"}}}, "PollInterval": "10ms"}
    [begun] = ask(tmp_path, act("command", Host="h", Command="true"), **slow)
    assert begun["Status"] == "HD_PENDING" and 0 < begun["Wait"] <= 10
    for _ in range(100):
        [polled] = ask(tmp_path, {"Poll": begun["Token"]}, **slow)
        if polled["Status"] != "HD_PENDING":
            break
    assert polled["Status"] == "HD_OK" and polled["Result"]["ExitCode"] == 0


@pytest.mark.parametrize("fault, status, effect, logged", [
    ({"Fault": "denied", "Name": "db-*"}, "HD_FATAL", "none", 0),
    ({"Fault": "timeout-after", "Address": "data/*"}, "HD_UNREACHABLE", "unknown", 1),
    ({"Fault": "lost-request"}, "HD_RETRY", "unknown", 0),
])
def test_faults_strike_acts(tmp_path, fault, status, effect, logged):
    faults = [{"Operation": "command", "Times": 1, **fault}]
    struck, spared, again = ask(
        tmp_path, act("command", "data/x", Host="db-e1"), act("http", "call", Url="http://a/"),
        act("command", "data/x", Host="db-e1"), Faults=faults)
    assert (struck["Status"], struck["Effect"]) == (status, effect)
    assert spared["Status"] == again["Status"] == "HD_OK"
    [(count,)] = sqlite3.connect(tmp_path / "cloud.db").execute(
        "SELECT count(*) FROM log WHERE action = 'command'")
    assert count == logged + 1


def test_databases_are_as_the_runbook_left_them(tmp_path):
    primary, standby = check(Role="primary", Writable=True), check(Role="standby", MaxLag="10s")

    def healthy(*asked):
        return [answer["Result"]["Healthy"] for answer in ask(tmp_path, *asked)]

    first = ask(tmp_path, primary, standby, check())
    assert [answer["Result"]["Healthy"] for answer in first] == [True] * 3
    values = first[1]["Result"]["Values"]
    assert values["Role"] == "standby" and values["Streaming"] is True and not values["Writable"]
    assert 0 < values["LagSeconds"] < 1 and values["LastCommit"].endswith("Z")

    ask(tmp_path, act("command", "failover/fence/stop", Host="db", Command="pg_ctl stop -m fast"))
    fenced = ask(tmp_path, primary)[0]["Result"]
    assert not fenced["Healthy"] and "failover/fence/stop" in fenced["Detail"]
    ask(tmp_path, act("command", "failover/x", Host="db", Command=["pg_ctl", "promote"]))
    assert healthy(primary, standby) == [True, False]
    assert ask(tmp_path, primary)[0]["Result"]["Values"]["Timeline"] == 2
    ask(tmp_path, act("command", "failback/reseed/1", Host="db", Command="./again.sh"))
    assert healthy(primary, standby) == [False, True]
    # Another region has another database.
    assert ask(tmp_path, primary, Region="west")[0]["Result"]["Healthy"]


def test_a_dead_region_and_other_checks(tmp_path):
    answers = ask(tmp_path, check("DNS", Contains=["192.0.2.1", "192.0.2.2"]), check("SSH"),
                  check("HTTP"))
    assert all(answer["Result"]["Healthy"] for answer in answers)
    assert answers[0]["Result"]["Values"] == {"Answers": "192.0.2.1 192.0.2.2"}
    gone, deed = ask(tmp_path, check(), act("command", Host="h"), Dead=["east"])
    assert not gone["Result"]["Healthy"] and deed["Status"] == "HD_UNREACHABLE"
