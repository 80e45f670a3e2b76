"""Routes of PowerDNS on a real server: how traffic is spread is asked with dig."""

import collections
import subprocess

import pytest

from lab.pdns import KEY, PowerDns
from lab.talk import settle

ZONE, WWW = "shop.example.", "www.shop.example"
EAST, WEST = ["192.0.2.1"], ["192.0.2.2", "192.0.2.3"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with PowerDns(tmp_path_factory.mktemp("pdns") / "server", lua="yes") as it:
        yield it


@pytest.fixture
def dns(server):
    """A server with one zone that is empty."""
    for name in server.zones():
        server.api("DELETE", f"zones/{name}")
    server.api("POST", "zones", {"name": ZONE, "kind": "Native"})
    return server


def route(**more):
    return {"Type": "PowerDNS::Route", "Zone": "shop.example", "Name": WWW, "TTL": 5,
            "Values": {"east": EAST, "west": WEST}, **more}


def act(dns, action, entry, **args):
    return settle("powerdns", {"Act": action, "Type": entry["Type"],
                               "Args": {"Route": entry, **args}},
                  config={"Region": "global", "Endpoint": dns.endpoint,
                          "Auth": {"Scheme": "header", "Name": "X-API-Key", "Value": KEY}})


def weights(dns, entry):
    answer = act(dns, "weights", entry)
    assert answer["Status"] == "HD_OK", answer
    return answer["Result"]["Weights"]


def put(dns, entry, **wanted):
    answer = act(dns, "set-weights", entry, Weights=wanted)
    assert answer["Status"] == "HD_OK", answer
    assert weights(dns, entry) == answer["Result"]["Weights"]
    return answer["Result"]["Weights"]


def refused(dns, entry, **wanted):
    answer = act(dns, "set-weights", entry, Weights=wanted)
    assert answer["Status"] == "HD_FATAL"
    return answer["Says"][0]


def asked(dns, times, kind="A"):
    return collections.Counter(dns.dig(WWW, kind)[0] for _ in range(times))


def kinds(dns):
    rrsets = dns.api("GET", f"zones/{ZONE}")[1]["rrsets"]
    return sorted(r["type"] for r in rrsets if r["name"] == WWW + ".")


def test_all_weight_on_one_region_is_plain_records(dns):
    assert weights(dns, route()) == {"east": 0, "west": 0}
    assert put(dns, route(), east=100) == {"east": 100, "west": 0}
    assert dns.dig(WWW) == EAST and dns.dig_ttl(WWW) == 5
    assert put(dns, route(), west=1, east=0) == {"east": 0, "west": 100}
    assert dns.dig(WWW) == WEST and kinds(dns) == ["A"]


def test_weights_are_what_is_answered(dns):
    put(dns, route(), east=100)
    assert put(dns, route(), east=25, west=75) == {"east": 25, "west": 75}
    assert kinds(dns) == ["LUA"] and dns.dig_ttl(WWW) == 5
    counts = asked(dns, 400)
    assert set(counts) == {*EAST, *WEST}
    assert 50 < counts[EAST[0]] < 160, counts    # 100 expected; seven sigma and more
    assert 80 < counts[WEST[0]] < 230 and 80 < counts[WEST[1]] < 230, counts
    assert put(dns, route(), west=100) == {"east": 0, "west": 100}
    assert dns.dig(WWW) == WEST and kinds(dns) == ["A"]


def test_a_client_keeps_its_region(dns):
    put(dns, route(Draw="client"), east=50, west=50)
    assert len(asked(dns, 30)) == 1


def test_nothing_is_sent_when_it_is_so_already(dns):
    put(dns, route(), east=30, west=70)
    before = dns.requests("PATCH")
    put(dns, route(), east=30, west=70)
    put(dns, route(), east=3, west=7)
    assert dns.requests("PATCH") == before + 1   # the other words for it are another record
    put(dns, route(TTL=9), east=3, west=7)
    assert dns.requests("PATCH") == before + 2


@pytest.mark.parametrize("kind, values", [
    ("AAAA", {"east": ["2001:DB8::1"], "west": "2001:db8::2"}),
    ("CNAME", {"east": "East.example.net", "west": ["west.example.net."]})])
def test_other_kinds_of_records(dns, kind, values):
    entry = route(RecordType=kind, Values=values)
    assert put(dns, entry, east=100) == {"east": 100, "west": 0}
    assert put(dns, entry, east=50, west=50) == {"east": 50, "west": 50}
    assert len(asked(dns, 60, kind)) == 2
    assert put(dns, entry, west=100) == {"east": 0, "west": 100}
    assert kinds(dns) == [kind]


def test_records_of_somebody_else_are_counted(dns):
    dns.put(ZONE, WWW + ".", "A", EAST[0], "198.51.100.9")
    assert weights(dns, route()) == {"east": 50, "west": 0}


def test_a_server_without_lua_records_says_what_to_do(tmp_path):
    with PowerDns(tmp_path / "server") as dns:
        dns.api("POST", "zones", {"name": ZONE, "kind": "Native"})
        assert put(dns, route(), east=100) == {"east": 100, "west": 0}
        said = refused(dns, route(), east=95, west=5)
        assert "the server has its LUA records switched off" in said["Summary"] + said["Detail"]
        assert said["Hint"].startswith("set enable-lua-records=yes in pdns.conf"), said
        assert dns.dig(WWW) == EAST and kinds(dns) == ["A"]
        subprocess.run(["pdnsutil", f"--config-dir={dns.dir}", "set-meta", ZONE,
                        "ENABLE-LUA-RECORDS", "1"], check=True, capture_output=True)
        assert put(dns, route(), east=95, west=5) == {"east": 95, "west": 5}


@pytest.mark.parametrize("entry, wanted, words", [
    (route(Zone="none.example"), {"east": 100}, "the server has no zone none.example."),
    (route(), {"north": 100}, "the route has no region north: it has east, west"),
    (route(), {"east": 0}, "all weights are 0"),
    (route(), {"east": -1}, "a weight is a whole number"),
    (route(), {}, "set-weights needs Weights"),
    (route(Values={"east": EAST, "west": EAST}), {"east": 1}, "in two regions"),
    (route(Values={}), {"east": 1}, "Values of the route is a map"),
    (route(Values={"east": ["a'b"]}), {"east": 1}, "no address and no name"),
    (route(RecordType="MX"), {"east": 1}, "RecordType of the route"),
    (route(RecordType="CNAME"), {"east": 1}, "a CNAME has one value")])
def test_what_makes_no_sense_is_refused(dns, entry, wanted, words):
    assert words in refused(dns, entry, **wanted)["Detail"]
    assert kinds(dns) == []
