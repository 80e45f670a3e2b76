"""Rollouts of stacks that take outputs of each other, over two regions and two accounts of the
simulated cloud."""

import json

import pytest

from lab import Project, ref, template, wait_until
from lab.sim import sim_log

REGIONS = ["east", "west"]
ALL = [f"{account}/{region}" for region in REGIONS for account in "ab"]


def node(**properties):
    return {"Type": "Sim::Node", "Properties": properties}


def taken(stack, **more):
    return {"Fn::GetStackOutput": {"StackName": stack, "OutputName": "Id", **more}}


def giving(**properties):
    return template({"It": node(**properties)}, Outputs={"Id": {"Value": ref("It")}})


NET = giving(Size=1)
APP = giving(Parent=taken("net"))


class Cloud(Project):
    """The stacks that are given, each over all regions and accounts."""

    def __init__(self, folder, templates, **stacks):
        turn = (f"while ! test -e '{folder}/open-'$HADEPLOY_REGION; do sleep 0.02; done")
        whole = {"Targets": [{"Regions": "all", "Accounts": "all"}]}
        super().__init__(folder, {
            "Project": "shop", "Providers": {"sim": {"Types": ["Sim::*"]}},
            "Accounts": {"a": {}, "b": {}}, "Regions": {region: {} for region in REGIONS},
            "HealthChecks": {"turn": {"Type": "COMMAND", "Command": turn, "Timeout": "60s",
                                      "HealthyThreshold": 1}},
            "Stacks": {name: {"Template": f"{name}.yaml", **whole, **stacks.get(name, {})}
                       for name in templates}})
        self.save()
        for name, text in templates.items():
            self.put(f"{name}.yaml", text)

    def faults(self, *faults):
        self.manifest["Providers"]["sim"]["Faults"] = list(faults)
        self.save()

    def log(self, action):
        """"net/a/east" of all to which this was done, in order."""
        return [address.rpartition("/")[0] for address in sim_log(self.dir, action)]

    def results(self):
        lines = self.parse(self.run("operation", "show", "--json").ok().stdout)
        return {f"{line['stack']}/{line['account']}/{line['region']}": line
                for line in lines if line["type"] == "instance_result"}


@pytest.fixture
def shop(tmp_path):
    """app takes the output of net in its own place; the name sorts before."""
    return Cloud(tmp_path, {"app": APP, "net": NET})


def in_order(seen, *groups):
    """All of a group come before all of the next."""
    places = [[seen.index(name) for name in group] for group in groups]
    for before, after in zip(places, places[1:]):
        assert max(before) < min(after), seen


def of(stack, region):
    return [f"{stack}/{account}/{region}" for account in "ab"]


def test_each_instance_waits_for_what_it_takes(shop):
    shop.run("apply", "--yes").ok()
    made = shop.log("create")
    for place in ALL:
        in_order(made, [f"net/{place}"], [f"app/{place}"])
    for stack in ("net", "app"):
        in_order(made, of(stack, "east"), of(stack, "west"))
    shop.run("destroy", "--yes").ok()
    gone = shop.log("delete")
    for place in ALL:
        in_order(gone, [f"app/{place}"], [f"net/{place}"])
    for stack in ("net", "app"):
        in_order(gone, of(stack, "west"), of(stack, "east"))


def test_stacks_go_side_by_side(tmp_path):
    """The east of app does not wait for the west of net, which its gate holds up."""
    shop = Cloud(tmp_path, {"app": APP, "net": NET}, net={"Rollout": {"Gate": "turn"}})
    (tmp_path / "open-east").touch()
    proc = shop.start("apply", "--yes")
    wait_until(lambda: set(of("app", "east")) <= set(shop.log("create")), 30, "app in the east")
    assert not set(of("net", "west")) & set(shop.log("create"))
    (tmp_path / "open-west").touch()
    out, err = proc.communicate(timeout=60)
    assert proc.returncode == 0, out + err
    assert len(shop.log("create")) == 8


def test_what_takes_from_a_failure_is_skipped(shop):
    shop.faults({"Fault": "denied", "Operation": "create", "Address": "net/b/east/It",
                 "Message": "not here"})
    shop.run("apply", "--yes").ok(3).err("not here", "HD2515")
    seen = shop.results()
    assert seen["net/b/east"]["status"] in ("FAILED", "ROLLED_BACK")
    assert seen["app/b/east"]["status"] == "SKIPPED"
    assert "net/b/east" in seen["app/b/east"]["reason"]
    for name in of("net", "west") + of("app", "west"):
        assert seen[name]["status"] == "CANCELLED", name
    assert set(shop.log("create")) <= {"net/a/east", "app/a/east"}
    shop.faults()
    shop.run("operation", "resume", "--yes").ok()
    assert sorted(shop.log("create")) == sorted(f"{stack}/{place}" for stack in ("app", "net")
                                                for place in ALL)


def test_what_is_skipped_counts_and_may_be_tolerated(tmp_path):
    one = {"Rollout": {"FailureTolerance": 1}}
    shop = Cloud(tmp_path, {"app": APP, "net": NET}, app=one, net=one)
    shop.faults({"Fault": "denied", "Operation": "create", "Address": "net/b/east/It"})
    told = shop.run("apply", "--yes").ok(3)
    assert "HD2515" not in told.stderr, told
    statuses = {name: line["status"] for name, line in shop.results().items()}
    assert statuses.pop("net/b/east") in ("FAILED", "ROLLED_BACK")
    assert statuses.pop("app/b/east") == "SKIPPED"
    assert set(statuses.values()) == {"SUCCEEDED"} and len(statuses) == 6
    shop.faults()
    shop.run("apply", "--yes").ok()
    shop.run("plan", "--exit-code").ok()


@pytest.mark.parametrize("what, back", [("all", REGIONS), ("wave", ["west"])])
def test_what_took_from_what_goes_back_goes_back_too(tmp_path, what, back):
    """Also when its own stack would keep it: what it was made with is gone."""
    waves = [{"Name": "canary", "Regions": ["east"]}, {"Name": "rest"}]
    shop = Cloud(tmp_path, {"app": APP, "net": NET, "own": giving(Size=1)},
                 net={"Rollout": {"OnFailure": what, "Waves": waves, "ConcurrencyMode": "STRICT",
                                  "MaxConcurrent": 1, "FailureTolerance": 1}})
    for gate in ("app", "own"):
        shop.manifest["Stacks"][gate]["Rollout"] = {"OnFailure": "keep"}
    shop.manifest["HealthChecks"]["end"] = {
        "Type": "COMMAND", "Interval": "10ms", "UnhealthyThreshold": 1,
        "Command": f"while ! test -e '{tmp_path}/end'; do sleep 0.02; done; false"}
    waves[1]["HealthChecks"] = ["end"]
    shop.save()
    proc = shop.start("apply", "--yes")
    wait_until(lambda: set(of("app", "west")) <= set(shop.log("create")), 30, "app in the west")
    (tmp_path / "end").touch()
    out, err = proc.communicate(timeout=60)
    assert proc.returncode == 3 and "HD2516" in err, out + err
    expected = {f"{stack}/{account}/{region}" for stack in ("app", "net") for account in "ab"
                for region in back}
    seen = shop.results()
    assert {name for name, line in seen.items() if line["status"] == "ROLLED_BACK"} == expected
    assert "net/a/west" in seen["app/a/west"]["reason"]
    gone = shop.log("delete")
    assert set(gone) == expected
    for region in back:
        for account in "ab":
            in_order(gone, [f"app/{account}/{region}"], [f"net/{account}/{region}"])


def test_an_output_that_others_take_does_not_disappear(shop):
    shop.run("apply", "--yes").ok()
    shop.put("net.yaml", template(NET["Resources"]))
    told = shop.run("plan", "net").ok(1)
    told.err("HD1329", "'Id'")
    for place in ALL:
        told.err(f"'net/{place}' is in use by 'app/{place}'")
    shop.run("apply", "net", "--yes", "--region", "west").ok(1).err("'app/a/west'")
    shop.run("destroy", "net", "--yes").ok(1).err("HD1329")
    assert shop.log("delete") == [] and len(shop.recorded()) == 8
    shop.put("app.yaml", giving(Size=2))
    shop.run("apply", "--yes").ok()
    assert "net" not in json.dumps(shop.parse(shop.run("outputs", "--json").ok().stdout))


@pytest.mark.parametrize("retain", [False, True])
def test_a_target_whose_output_others_take_does_not_disappear(shop, retain):
    shop.run("apply", "--yes").ok()
    net = shop.manifest["Stacks"]["net"]
    net.update({"Targets": [{"Regions": ["east"], "Accounts": "all"}], "RetainInstances": retain})
    shop.save()
    told = shop.run("apply", "net", "--yes").ok(1)
    for account in "ab":
        told.err(f"net/{account}/west", f"app/{account}/west")
    assert len(shop.recorded()) == 8 and shop.log("delete") == []
    shop.manifest["Stacks"]["app"]["Targets"] = net["Targets"]
    shop.save()
    shop.run("apply", "--yes").ok()
    assert len(shop.recorded()) == 4
    gone = shop.log("delete")
    for account in "ab":
        if retain:
            assert f"net/{account}/west" not in gone
        else:
            in_order(gone, [f"app/{account}/west"], [f"net/{account}/west"])


def crossing(other):
    """In the east it takes what the other stack has in the west."""
    return {**giving(Parent={"Fn::If": ["East", taken(other, Region="west"), "nobody"]}),
            "Conditions": {"East": {"Fn::Equals": [ref("HA::Region"), "east"]}}}


def test_an_order_that_cannot_be_met_is_refused(tmp_path):
    """Each stack's east waits for the other one's west, which comes behind its own east."""
    shop = Cloud(tmp_path, {"left": crossing("right"), "right": crossing("left")})
    for args in (["plan"], ["apply", "--yes"]):
        shop.run(*args).ok(1).err("HD2501", "left", "right", "east", "west")
    assert shop.log("create") == []
    shop.run("plan", "--region-order", "west,east").ok()
    shop.manifest["Stacks"]["right"]["Rollout"] = {"RegionOrder": ["west", "east"]}
    shop.save()
    shop.run("apply", "--yes").ok()
    made = shop.log("create")
    in_order(made, of("right", "west"), of("right", "east"))
    for account in "ab":
        in_order(made, [f"right/{account}/west"], [f"left/{account}/east"])
        in_order(made, [f"left/{account}/west"], [f"right/{account}/east"])


def test_an_order_of_waves_that_cannot_be_met_is_refused(tmp_path):
    """What app needs in the west is behind the bake of what waits for app in the east."""
    shop = Cloud(tmp_path, {"left": crossing("right"), "right": crossing("left")},
                 left={"Rollout": {"RegionConcurrency": "PARALLEL"}},
                 right={"Rollout": {"RegionConcurrency": "PARALLEL"}})
    shop.run("plan").ok()
    for stack in ("left", "right"):
        shop.manifest["Stacks"][stack]["Rollout"]["Waves"] = [
            {"Name": "canary", "Regions": ["east"]}, {"Name": "rest"}]
    shop.save()
    shop.run("plan").ok(1).err("HD2501", "canary")
    for stack in ("left", "right"):
        del shop.manifest["Stacks"][stack]["Rollout"]["Waves"]
    shop.save()
    shop.run("apply", "--yes").ok()
    shop.run("destroy", "--yes").ok()
    assert len(shop.log("delete")) == 8
