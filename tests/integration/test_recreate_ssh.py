"""A region of real hosts is wiped, or gone: its stacks are made anew over SSH."""

import shutil

import pytest

from lab import ssh_file, sub, template

ZONES = {"east": ["east-a"], "west": ["west-a"], "south": ["south-a"]}


@pytest.fixture
def regions(lab):
    return lab.grid(ZONES, per_zone=2).start()


@pytest.fixture
def project(regions, tmp_path):
    """Three files on each of two hosts per region; `app` needs `base`."""
    def files(*names):
        return template({"Fn::ForEach::Hosts": ["Name", {"Fn::Hosts": {"Roles": ["web"]}}, {
            f"{name}&{{Name}}": ssh_file(
                {"Ref": "Name"}, sub(f"{regions.dir}/hosts/${{Name}}/tree/{name}"), f"{name}\n")
            for name in names}]})
    stacks = {name: {"Template": f"stacks/{name}.yaml", "Targets": ["east", "west"]}
              for name in ("base", "app")}
    stacks["app"]["DependsOn"] = ["base"]
    project = regions.project(tmp_path / "project", stacks=stacks, provider={
        "ConnectTimeout": "2s"}, templates={"base": files("One", "Two"), "app": files("Three")})
    project.run("apply", "--yes").ok()
    return project


def trees(regions, region):
    return {host.name: sorted(path.name for path in host.root.iterdir())
            for host in regions.region(region)}


def full(regions, region):
    return {host.name: ["One", "Three", "Two"] for host in regions.region(region)}


def wipe(regions, region):
    for host in regions.region(region):
        for path in host.root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.limit(120)
def test_hosts_that_were_wiped_are_filled_again(project, regions):
    wipe(regions, "east")
    assert trees(regions, "east") != full(regions, "east")
    project.run("recreate", "--region", "east", "--yes").ok()
    assert trees(regions, "east") == full(regions, "east")
    # What is aside has the same hosts and paths: it is what was made since, and stays.
    result = project.run("recreate", "--region", "east", "--reconcile", "--yes").ok()
    result.err("HD2767", "6 are the same thing")
    assert trees(regions, "east") == full(regions, "east")
    project.run("plan", "--refresh").ok().out("Nothing to do")


@pytest.mark.limit(120)
@pytest.mark.parametrize("fail", ["freeze_region", "kill_region"])
def test_a_region_that_is_gone_is_made_in_another(project, regions, fail):
    before = trees(regions, "east")
    getattr(regions, fail)("east")
    result = project.run("recreate", "--region", "east", "--into", "south", "--yes",
                         timeout=30).ok()
    assert result.seconds < 20, "nobody waited for the lost region"
    assert trees(regions, "south") == full(regions, "south")
    project.run("plan", "--refresh").ok().out("Nothing to do")
    project.run("drift").ok()

    if fail == "freeze_region":
        regions.thaw_region("east")
    else:
        regions.start_region("east")
    assert trees(regions, "east") == before
    project.run("recreate", "--region", "east", "--reconcile", "--yes").ok()
    assert trees(regions, "east") == {host.name: [] for host in regions.region("east")}
    assert trees(regions, "south") == full(regions, "south")
