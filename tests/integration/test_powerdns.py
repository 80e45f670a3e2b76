"""PowerDNS zones and record sets on a real server: what it answers is asked with dig."""

import copy
import re

import pytest

from contract.run import on_powerdns
from lab import Project, get_att, ref, wait_until
from lab.pdns import PowerDns
from lab.proxy import FaultyProxy

ZONE, WWW = "shop.example.", "www.shop.example"
ADDRESS = "dns/world/Www"


def rrset(name, kind, *records, attributes=None, **more):
    return {"Type": "PowerDNS::RRset", **(attributes or {}),
            "Properties": {"Zone": "shop.example", "Name": name, "Type": kind,
                           "Records": list(records), **more}}


def zone(**more):
    return {"Type": "PowerDNS::Zone", "Properties": {"Name": "shop.example", **more}}


WHOLE = {
    "Zone": zone(Nameservers=["ns1.example.net", "ns2.example.net."], Account="shop"),
    "Www": rrset(WWW, "A", "192.0.2.1", "192.0.2.2", TTL=60, attributes={"DependsOn": "Zone"}),
    "Six": rrset("WWW.shop.example.", "AAAA", "2001:DB8:0::1", attributes={"DependsOn": "Zone"}),
    "Mail": rrset("shop.example", "MX", "10  mail.shop.example", "20 mail2.shop.example.",
                  attributes={"DependsOn": "Zone"}),
    "Text": rrset("shop.example", "TXT", 'v=spf1 mx -all', 'with "quotes" and ü', "x" * 300,
                  attributes={"DependsOn": "Zone"}),
    "Alias": rrset("*.shop.example", "CNAME", WWW, attributes={"DependsOn": "Zone"}),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with PowerDns(tmp_path_factory.mktemp("pdns") / "server") as it:
        yield it


@pytest.fixture
def dns(server):
    """A server without zones."""
    for name in server.zones():
        server.api("DELETE", f"zones/{name}")
    return server


class Dns:
    """A project with one stack on one region."""

    def __init__(self, folder, dns, resources=None, **settings):
        self.dns = dns
        self.resources = copy.deepcopy(WHOLE if resources is None else resources)
        self.project = Project(folder, {
            "Project": "shop", "Providers": {"powerdns": dns.settings(**settings)},
            "Regions": {"world": {"Global": True}},
            "Stacks": {"dns": {"Template": "dns.yaml", "Targets": ["world"]}}})
        self.project.save()
        self.outputs = {}
        self.save()

    def save(self):
        parts = {"Resources": self.resources, **({"Outputs": self.outputs} if self.outputs else {})}
        self.project.put("dns.yaml", parts)

    def change(self, name, **properties):
        self.resources[name]["Properties"].update(properties)
        self.save()

    def run(self, *words, **options):
        return self.project.run(*words, env=self.dns.env, **options)

    def apply(self, *words):
        return self.run("apply", "--yes", *words).ok()

    def nothing_to_do(self):
        self.run("plan", "--exit-code").ok(0)
        self.run("plan", "--refresh", "--exit-code").ok(0)
        self.run("drift", "--exit-code").ok(0)


@pytest.fixture
def make(dns, tmp_path):
    return lambda resources=None, **settings: Dns(tmp_path / "project", dns, resources, **settings)


@pytest.fixture
def applied(make):
    it = make()
    it.apply()
    return it


# What is served

def test_what_is_applied_is_answered(applied, dns):
    assert dns.dig(WWW) == ["192.0.2.1", "192.0.2.2"]
    assert dns.dig_ttl(WWW) == 60
    assert dns.dig(WWW, "AAAA") == ["2001:db8::1"]
    assert dns.dig("shop.example", "MX") == ["10 mail.shop.example.", "20 mail2.shop.example."]
    assert dns.dig("shop.example", "NS") == ["ns1.example.net.", "ns2.example.net."]
    assert dns.dig("any.shop.example", "CNAME") == [f"{WWW}."]
    assert dns.dig("shop.example", "TXT") == sorted([
        '"v=spf1 mx -all"', r'"with \"quotes\" and \195\188"', f'"{"x" * 255}" "{"x" * 45}"'])
    assert dns.api("GET", "zones/shop.example.?rrsets=false")[1]["account"] == "shop"


def test_every_spelling_is_the_same_to_a_second_plan(applied, dns):
    before = dns.requests("P")
    applied.nothing_to_do()
    applied.apply("--refresh")
    assert dns.requests("P") == before, "PUT, POST or PATCH was sent"


def test_another_order_and_spelling_is_no_drift(applied, dns):
    dns.put(ZONE, "www.shop.example.", "A", "192.0.2.2", "192.0.2.1", ttl=60)
    dns.put(ZONE, "shop.example.", "MX", "20 mail2.shop.example.", "10 MAIL.shop.example.")
    applied.nothing_to_do()


def test_attributes_of_a_zone(make, dns):
    it = make({"Zone": zone(Dnssec=True)})
    it.outputs = {"Serial": {"Value": get_att("Zone", "Serial")}, "Name": {"Value": ref("Zone")},
                  "Ds": {"Value": {"Fn::Join": ["|", get_att("Zone", "DsRecords")]}}}
    it.save()
    it.apply()
    outputs = {line["name"]: line["value"] for line in it.project.lines("outputs")
               if "name" in line}
    assert outputs["Name"] == "shop.example"
    keys = dns.api("GET", "zones/shop.example./cryptokeys")[1]
    assert outputs["Ds"] == "|".join(keys[0]["ds"])
    assert dns.dig("shop.example", "DNSKEY")
    it.nothing_to_do()


def test_a_secondary(make, dns):
    it = make({"Zone": zone(Kind="Secondary", Masters=["192.0.2.53", "192.0.2.54:5300"])})
    it.apply()
    shown = dns.api("GET", "zones/shop.example.")[1]
    assert shown["kind"] == "Slave" and shown["masters"] == ["192.0.2.53", "192.0.2.54:5300"]
    it.nothing_to_do()
    it.run("destroy", "--yes").ok()
    assert dns.zones() == []


def test_a_secondary_with_name_servers_is_refused_before_it_is_made(make, dns):
    it = make({"Zone": zone(Kind="Slave", Nameservers=["ns1.example.net"])})
    it.run("apply", "--yes").ok(1).err("leave Nameservers out")
    assert dns.zones() == []


def test_a_disabled_record_is_kept_and_not_served(make, dns):
    it = make({"Zone": zone(), "Www": rrset(
        WWW, "A", "192.0.2.1", {"Content": "192.0.2.2", "Disabled": True},
        attributes={"DependsOn": "Zone"})})
    it.apply()
    assert dns.dig(WWW) == ["192.0.2.1"]
    it.nothing_to_do()
    it.change("Www", Records=[{"Content": "192.0.2.2", "Disabled": True}])
    it.apply()
    assert dns.dig(WWW) == []
    it.nothing_to_do()


# Changes

def test_records_and_ttl_are_changed_in_place(applied, dns):
    applied.change("Www", Records=["198.51.100.7"], TTL=30)
    applied.run("plan", "--exit-code").ok(2).out("1 to update")
    applied.apply()
    assert dns.dig(WWW) == ["198.51.100.7"] and dns.dig_ttl(WWW) == 30
    applied.nothing_to_do()


def test_settings_and_name_servers_of_a_zone_are_changed_in_place(applied, dns):
    applied.change("Zone", Kind="Master", Account="ops", SoaEditApi="EPOCH",
                   Nameservers=["ns3.example.net"], Dnssec=True, Nsec3Param="1 0 0 -")
    applied.apply()
    shown = dns.api("GET", "zones/shop.example.?rrsets=false")[1]
    assert (shown["kind"], shown["account"], shown["soa_edit_api"], shown["nsec3param"]) == \
        ("Master", "ops", "EPOCH", "1 0 0 -")
    assert dns.dig("shop.example", "NS") == ["ns3.example.net."]
    assert dns.dig(WWW) == ["192.0.2.1", "192.0.2.2"], "the records stay"
    applied.nothing_to_do()
    applied.change("Zone", Dnssec=False)
    del applied.resources["Zone"]["Properties"]["Nsec3Param"]
    applied.save()
    applied.apply()
    assert dns.dig("shop.example", "DNSKEY") == []
    applied.nothing_to_do()


def test_comments(make, dns):
    it = make({"Zone": zone(), "Www": rrset(
        WWW, "A", "192.0.2.1", Comments=[{"Content": "ask the shop", "Account": "ops"}],
        attributes={"DependsOn": "Zone"})})
    it.apply()

    def said():
        sets = dns.api("GET", "zones/shop.example.")[1]["rrsets"]
        return [c["content"] for s in sets if s["type"] == "A" for c in s["comments"]
                if c["account"] != "hadeploy"]
    assert said() == ["ask the shop"]
    it.nothing_to_do()
    it.change("Www", Comments=[{"Content": "ask nobody"}])
    it.apply()
    assert said() == ["ask nobody"]
    it.nothing_to_do()


def test_another_name_replaces(applied, dns):
    applied.change("Www", Name="web.shop.example")
    applied.run("plan", "--exit-code").ok(2).out("1 to replace")
    applied.apply()
    assert dns.dig("web.shop.example") == ["192.0.2.1", "192.0.2.2"]
    assert "A www.shop.example." not in {
        f"{s['type']} {s['name']}" for s in dns.api("GET", "zones/shop.example.")[1]["rrsets"]}


def test_drift_is_named_and_mended(applied, dns):
    dns.put(ZONE, "www.shop.example.", "A", "203.0.113.9", ttl=60)
    dns.put(ZONE, "www.shop.example.", "AAAA")
    drift = applied.run("drift", "--exit-code").ok(2)
    drift.out("dns/world/Www", "203.0.113.9", "dns/world/Six")
    assert "Mail" not in drift.stdout and "Text" not in drift.stdout
    applied.apply("--refresh")
    assert dns.dig(WWW) == ["192.0.2.1", "192.0.2.2"]
    assert dns.dig(WWW, "AAAA") == ["2001:db8::1"]
    applied.nothing_to_do()


# The end

def test_destroying_leaves_nothing(applied, dns):
    applied.run("destroy", "--yes").ok()
    assert dns.zones() == [] and applied.project.recorded() == []


def test_a_zone_with_records_of_others_is_not_deleted(applied, dns):
    dns.put(ZONE, "old.shop.example.", "A", "192.0.2.99")
    applied.run("destroy", "--yes").ok(1).err("old.shop.example. A", "DeleteRecords")
    assert dns.dig("old.shop.example") == ["192.0.2.99"]
    assert applied.project.recorded() == ["dns/world/Zone"]
    applied.resources = {"Zone": applied.resources["Zone"]}
    applied.change("Zone", DeleteRecords=True)
    applied.apply()
    applied.run("destroy", "--yes").ok()
    assert dns.zones() == []


# What was there before

def by_hand(dns, *texts):
    dns.api("POST", "zones", {"name": ZONE, "kind": "Native"})
    dns.put(ZONE, "www.shop.example.", "A", *texts)


def test_what_is_there_is_not_taken_over(make, dns):
    it = make({"Www": rrset(WWW, "A", "192.0.2.1")})
    for texts in (["192.0.2.77"], ["192.0.2.1"]):
        by_hand(dns, *texts)
        it.run("apply", "--yes").ok(1).err("already", "www.shop.example. A")
        assert dns.dig(WWW) == texts and it.project.recorded() == []


def test_disabled_records_are_not_taken_over_either(make, dns):
    by_hand(dns)
    dns.api("PATCH", f"zones/{ZONE}", {"rrsets": [
        {"name": "www.shop.example.", "type": "A", "ttl": 60, "changetype": "REPLACE",
         "records": [{"content": "192.0.2.5", "disabled": True}]}]})
    it = make({"Www": rrset(WWW, "A", "192.0.2.1")})
    it.run("apply", "--yes").ok(1).err("already")


def test_adopting_by_name(make, dns):
    by_hand(dns, "192.0.2.77")
    it = make({"Www": rrset(WWW, "A", "192.0.2.1")})
    it.apply("--adopt")
    it.apply("--refresh")
    assert dns.dig(WWW) == ["192.0.2.1"]
    it.nothing_to_do()


@pytest.mark.parametrize("words", [[ADDRESS], [ADDRESS, f"{ZONE}/www.shop.example./A"]])
def test_importing(make, dns, words):
    by_hand(dns, "192.0.2.1")
    it = make({"Www": rrset(WWW, "A", "192.0.2.1")})
    it.run("import", *words, "--yes").ok()
    it.run("plan", "--exit-code").ok(0)
    it.run("destroy", "--yes").ok()
    assert dns.dig(WWW) == []


def test_importing_by_id_what_the_template_spells_otherwise(make, dns):
    by_hand(dns, "192.0.2.1", "192.0.2.2")
    spelled = {"Zone": "Shop.Example.", "Name": "WWW.shop.example.",
               "Records": ["192.0.2.2", "192.0.2.1"]}
    it = make({"Zone": {"Type": "PowerDNS::Zone", "Properties": {"Name": "Shop.Example."}},
               "Www": {"Type": "PowerDNS::RRset", "Properties": {"Type": "a", **spelled}}})
    it.run("import", "dns/world/Zone", ZONE, "--yes").ok()
    it.run("import", ADDRESS, f"{ZONE}/www.shop.example./A", "--yes").ok()
    it.nothing_to_do()
    it.change("Www", Records=["192.0.2.3"])
    it.run("state", "rm", "--yes", ADDRESS).ok()
    it.run("import", ADDRESS, f"{ZONE}/www.shop.example./A", "--yes").ok().err("1 to update")


def test_digests_in_pieces(make, dns):
    digest = "2BB183AF5F22588179A53B0A 98631FAD1A292118"
    texts = {"DS": f"60485 5 1 {digest}", "SSHFP": f"1 1 {digest}",
             "TLSA": f"3 1 1 {digest}{digest}", "CDNSKEY": "257 3 8 AwEAAagZ IUfW4Yg="}
    it = make({"Zone": zone(), **{
        kind: rrset(f"{kind}.shop.example", kind, text, attributes={"DependsOn": "Zone"})
        for kind, text in texts.items()}})
    it.apply()
    assert dns.dig("SSHFP.shop.example", "SSHFP") == [f"1 1 {digest.replace(' ', '')}"]
    it.nothing_to_do()


def test_importing_what_is_not_there(make, dns):
    by_hand(dns)
    it = make({"Www": rrset(WWW, "A", "192.0.2.1")})
    it.run("import", ADDRESS, "--yes").ok(1)
    it.run("import", ADDRESS, "nonsense", "--yes").ok(1)


# What goes wrong

def test_a_wrong_key(make, dns):
    it = make()
    result = it.project.run("apply", "--yes", env={"PDNS_KEY": "wrong-key-of-a-test"}).ok(1)
    result.err("does not accept the credentials", "HTTP status 401")
    assert "wrong-key-of-a-test" not in result.stdout + result.stderr
    assert dns.zones() == []


def test_a_missing_zone(make, dns):
    it = make({"Www": rrset(WWW, "A", "192.0.2.1")})
    it.run("apply", "--yes").ok(1).err("the server has no zone shop.example.")


@pytest.mark.parametrize("name, kind, record, said", [
    (WWW, "A", "192.0.2", "unable to parse IP address"),
    ("www.elsewhere.example", "A", "192.0.2.1", "out of zone"),
    ("w w.shop.example", "A", "192.0.2.1", "unsupported characters"),
    (WWW, "FOO", "x", "unknown type"),
])
def test_what_the_server_refuses_is_said_in_its_words(make, dns, name, kind, record, said):
    dns.api("POST", "zones", {"name": ZONE, "kind": "Native"})
    it = make({"Www": rrset(name, kind, record)})
    it.run("apply", "--yes").ok(1).err(said)
    assert it.project.recorded() == []


def test_a_server_that_is_away(make, dns):
    it = make()
    dns.stop()
    try:
        result = it.run("apply", "--yes", timeout=110)
    finally:
        dns.start()
    result.ok(1).err(re.search(r"127\.0\.0\.1:\d+", dns.endpoint)[0])
    assert dns.zones() == []
    it.apply()
    assert dns.dig(WWW) == ["192.0.2.1", "192.0.2.2"]


@pytest.fixture
def proxy(dns):
    with FaultyProxy(dns.endpoint) as it:
        yield it


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("fault", ["lost", "lost_reset", "truncated"])
def test_an_answer_that_was_lost_after_a_create(make, dns, proxy, fault, method):
    it = make({"Zone": zone(Nameservers=["ns1.example.net"]), "Www": WHOLE["Www"]},
              Endpoint=proxy.url)
    rule = proxy.add(fault, first=1, method=method)
    it.apply()
    assert rule.hits == 1
    assert dns.dig(WWW) == ["192.0.2.1", "192.0.2.2"]
    assert it.project.recorded() == ["dns/world/Www", "dns/world/Zone"]
    it.nothing_to_do()


def test_an_answer_that_was_lost_after_a_change_and_a_deletion(make, dns, proxy):
    it = make({"Zone": zone(), "Www": WHOLE["Www"]}, Endpoint=proxy.url)
    it.apply()
    it.change("Www", Records=["192.0.2.9"])
    rule = proxy.add("lost", first=1, method="PATCH")
    it.apply()
    assert rule.hits == 1 and dns.dig(WWW) == ["192.0.2.9"]
    it.nothing_to_do()
    rules = [proxy.add("lost", first=1, method=method) for method in ("PATCH", "DELETE")]
    it.run("destroy", "--yes").ok()
    assert [rule.hits for rule in rules] == [1, 1]
    assert dns.zones() == [] and it.project.recorded() == []


@pytest.mark.parametrize("kind, served", [("RRset", lambda dns: dns.dig(WWW)),
                                          ("Zone", lambda dns: dns.zones())])
def test_who_was_killed_behind_a_create_finds_what_it_made(make, dns, proxy, kind, served):
    if kind == "RRset":
        dns.api("POST", "zones", {"name": ZONE, "kind": "Native"})
    it = make({"It": rrset(WWW, "A", "192.0.2.1") if kind == "RRset" else zone()},
              Endpoint=proxy.url)
    rule = proxy.add("latency", seconds=30, first=1, method="GET",
                     where=lambda _: served(dns) != [])
    process = it.project.start("apply", "--yes", env=dns.env)
    wait_until(lambda: rule.hits, 30, "the read behind the create")
    process.kill()
    process.communicate()
    it.apply()
    assert it.project.recorded() == ["dns/world/It"]
    it.nothing_to_do()
    it.run("destroy", "--yes").ok()
    assert served(dns) == []


@pytest.mark.parametrize("fault", ["server_error", "throttled", "html"])
def test_trouble_that_passes(make, dns, proxy, fault):
    it = make({"Zone": zone(), "Www": WHOLE["Www"]}, Endpoint=proxy.url)
    rule = proxy.add(fault, first=2, method="P*")
    it.apply()
    assert rule.hits == 2 and dns.dig(WWW) == ["192.0.2.1", "192.0.2.2"]
    it.nothing_to_do()


# The contract

def test_it_keeps_the_contract(dns, tmp_path):
    result = on_powerdns(dns, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
