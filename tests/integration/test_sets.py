"""Drift, import and destroy of a stack with many targets, by its operation preferences."""

import json
import sqlite3

import pytest

from lab import run_hadeploy

TEMPLATE = """\
Resources:
  A: {Type: 'Sim::Node', Properties: {Name: !Sub '${HA::Account}-${HA::Region}', Size: 1}}
  B: {Type: 'Sim::Node', Properties: {Name: !Sub '${HA::Account}-${HA::Region}-b', Parent: !Ref A}}
"""
MANIFEST = """\
Project: shop
Providers: {sim: {File: cloud.db, Faults: %s}}
Regions: {east: {}, west: {}}
Accounts: {a: {}, b: {}, c: {}}
Stacks:
  web: {Template: web.yaml, Targets: {Regions: [west, east], Accounts: all}, Rollout: %s}
"""
ORDERLY = {"RegionConcurrency": "SEQUENTIAL"}


class Shop:
    def __init__(self, folder):
        self.folder = folder
        (folder / "web.yaml").write_text(TEMPLATE)
        self.write()
        self.run("apply", "--yes").ok()

    def write(self, rollout=None, faults=()):
        (self.folder / "hadeploy.yaml").write_text(
            MANIFEST % (json.dumps(list(faults)), json.dumps(rollout or ORDERLY)))

    def run(self, *args):
        return run_hadeploy(args, self.folder)

    def blind(self, *addresses, rollout=None, operation="read"):
        self.write(rollout, [{"Fault": "denied", "Operation": operation, "Address": address}
                             for address in addresses])

    def lines(self, kind, *args, code=0):
        result = self.run(*args, "--json").ok(code)
        return [line for line in map(json.loads, result.stdout.splitlines())
                if line["type"] == kind]

    def statuses(self, *args, code=0):
        return {line["instance"]: line["status"]
                for line in self.lines("drift", "drift", *args, code=code)}

    def things(self):
        with sqlite3.connect(self.folder / "cloud.db") as cloud:
            return {(account, region) for account, region in
                    cloud.execute("SELECT DISTINCT account, region FROM resource")}


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def test_a_set_in_sync(shop):
    shop.run("drift").ok().out("No drift: 12 resources are as recorded.",
                               "6 instances: 6 IN_SYNC")
    counts = shop.lines("plan", "drift")[0]["instances"]
    assert counts == {"total": 6, "drifted": 0, "in_sync": 6, "failed": 0, "not_checked": 0}


def test_the_first_region_that_fails_is_the_last(shop):
    shop.blind("web/b/west/A")
    result = shop.run("drift").ok(3)
    result.out("6 instances: 2 IN_SYNC, 1 FAILED, 3 NOT_CHECKED", "FAILED       web/b/west")
    result.err("HD2540", "1 of 3 instances failed in region 'west'", "--failure-tolerance 100%")
    assert shop.statuses(code=3) == {
        "web/a/west": "IN_SYNC", "web/b/west": "FAILED", "web/c/west": "IN_SYNC",
        "web/a/east": "NOT_CHECKED", "web/b/east": "NOT_CHECKED", "web/c/east": "NOT_CHECKED"}


def test_tolerance_from_the_manifest_and_from_the_command_line(shop):
    with sqlite3.connect(shop.folder / "cloud.db") as cloud:
        cloud.execute("UPDATE resource SET properties = json_set(properties, '$.Size', 2) "
                      "WHERE json_extract(properties, '$.Name') = 'a-east'")
    shop.blind("web/b/west/A", rollout={"FailureTolerance": 1})
    expected = {"web/a/west": "IN_SYNC", "web/b/west": "FAILED", "web/c/west": "IN_SYNC",
                "web/a/east": "DRIFTED", "web/b/east": "IN_SYNC", "web/c/east": "IN_SYNC"}
    assert shop.statuses(code=3) == expected
    # What could not be read weighs more than what is known.
    assert shop.statuses("--exit-code", code=3) == expected
    shop.blind("web/b/west/A")
    assert shop.statuses("--failure-tolerance", "50%", code=3) == expected
    assert shop.statuses("--region-order", "east", code=3) == expected
    assert shop.statuses("--region-concurrency", "PARALLEL", "--failure-tolerance", "0",
                         code=3)["web/a/east"] == "DRIFTED"


def test_where_nothing_could_be_read_it_is_an_error(shop):
    shop.blind("*")
    shop.run("drift").ok(1)


def test_import_leaves_out_what_may_fail(shop):
    ids = {line["address"]: line["id"] for line in shop.lines("record", "state", "list")}
    wanted = {address: id for address, id in ids.items() if address.endswith("/A")}
    (shop.folder / "ids.json").write_text(json.dumps(wanted))
    shop.run("state", "rm", *ids, "--yes").ok()
    shop.blind("web/b/west/A")
    shop.run("import", "--file", "ids.json", "--yes").ok(1).err("HD2540")
    assert not shop.lines("record", "state", "list")
    shop.run("import", "--file", "ids.json", "--yes", "--failure-tolerance", "1").ok(3)
    assert len(shop.lines("record", "state", "list")) == 5


def test_destroy_goes_back_through_the_regions(shop):
    shop.blind("web/b/east/B", operation="delete")
    shop.run("destroy", "--yes").ok(3).err("HD2515", "region 'east'")
    # East is the last in and the first out; west was not begun.
    assert shop.things() == {("b", "east"), ("a", "west"), ("b", "west"), ("c", "west")}
    statuses = {(line["account"], line["region"]): line["status"]
                for line in shop.lines("status", "status")}
    assert statuses["b", "east"] == "INOPERABLE"
    shop.write(dict(ORDERLY, FailureTolerance=1))
    shop.run("destroy", "--yes").ok()
    assert not shop.things()


def test_destroy_within_tolerance_goes_on(shop):
    shop.blind("web/b/east/B", operation="delete", rollout={"FailureTolerance": 1})
    shop.run("destroy", "--yes").ok(3)
    assert shop.things() == {("b", "east")}
