"""A region that does not answer, beside one that does."""

import pytest

from lab import ssh_file, sub, template

ZONES = {"east": ["east-a", "east-b"], "west": ["west-a", "west-b"]}
FILES = 5


@pytest.fixture
def regions(lab):
    return lab.grid(ZONES, per_zone=2).start()


@pytest.fixture
def project(regions, tmp_path):
    """Five files on each of four hosts in each of two regions, which go side by side."""
    files = {f"File{i}&{{Name}}": ssh_file(
        {"Ref": "Name"}, sub(f"{regions.dir}/hosts/${{Name}}/tree/file{i}"), f"{i}\n")
        for i in range(FILES)}
    web = template({"Fn::ForEach::Hosts": ["Name", {"Fn::Hosts": {"Roles": ["web"]}}, files]})
    stack = {"Template": "stacks/web.yaml", "Targets": list(ZONES),
             "Rollout": {"RegionConcurrency": "PARALLEL", "FailureTolerance": "100%"}}
    return regions.project(tmp_path / "project", templates={"web": web}, stacks={"web": stack},
                           provider={"ConnectTimeout": "3s"})


def applied(project, code, *args):
    """The events of an apply that ends with this code, in order."""
    result = project.run("apply", "--yes", "--json", *args, timeout=100).ok(code)
    return project.parse(result.stdout)


def of_region(events, kind, region):
    return [i for i, event in enumerate(events)
            if event["type"] == kind and f"/{region}/" in event.get("address", "")]


@pytest.mark.limit(200)
@pytest.mark.parametrize("fail", ["freeze_region", "stop_region", "kill_region"])
def test_a_dead_region_leaves_the_living_one_alone(project, regions, fail):
    getattr(regions, fail)("east")
    events = applied(project, 3, "--on-failure", "keep")
    expected = FILES * len(regions.region("west"))
    done = of_region(events, "succeeded", "west")
    assert len(done) == expected
    lost = of_region(events, "failed", "east") + of_region(events, "skipped", "east")
    assert max(done) < min(lost), "the living region did not wait for the dead one"
    assert of_region(events, "succeeded", "east") == []
    opened = {event["endpoint"] for event in events if event["type"] == "breaker_open"}
    assert opened == ({host.name for host in regions.region("east")}
                      if fail == "freeze_region" else set()), "silence opens the breaker"
    listed = project.recorded()
    assert len(listed) == expected and all("/west/" in address for address in listed)

    if fail == "freeze_region":
        regions.thaw_region("east")
    else:
        regions.start_region("east")
    events = applied(project, 0)
    assert len(of_region(events, "succeeded", "east")) == expected
    assert of_region(events, "started", "west") == [], "nothing is done twice"


@pytest.mark.limit(200)
def test_a_dead_region_is_told_once_and_names_its_hosts(project, regions):
    regions.freeze_region("east")
    result = project.run("apply", "--yes", timeout=100).ok(3)
    assert result.stderr.count("HD5001") == 1, result
    for host in regions.region("east"):
        result.err(host.name)
    assert "web-w1" not in result.stderr.split("HD5001")[1]
    regions.thaw_region("east")


def test_all_regions_dead_is_an_error(project, regions):
    for region in ("east", "west"):
        regions.stop_region(region)
    applied(project, 1)


def test_an_apply_of_the_living_region_alone_does_not_look_at_the_other(project, regions):
    regions.freeze_region("east")
    events = applied(project, 0, "--region", "west")
    assert len(of_region(events, "succeeded", "west")) == FILES * len(regions.region("west"))
    assert not any("east" in str(event) for event in events if event["type"] != "planned")
    regions.thaw_region("east")
