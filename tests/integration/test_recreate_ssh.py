"""A region of real hosts is wiped, or gone: its stacks are made anew over SSH."""

import shutil

import pytest

from lab import ssh_command, ssh_file, sub, template

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


def test_what_was_made_since_is_not_removed_by_scripts_that_were_aside(regions, tmp_path):
    """A command has no name: which of two made what is there, only their address tells."""
    hosts = regions.region("east")
    for host in hosts:
        for name in ("Kept", "Left"):
            (host.root / name).mkdir()

    def things(*names):
        return template({name + host.name.replace("-", ""): ssh_command(
            host.name, "echo data >data", Read="test -e data", Delete="rm data",
            WorkingDirectory=str(host.root / name)) for host in hosts for name in names})
    project = regions.project(
        tmp_path / "project", stacks={"db": {"Template": "stacks/db.yaml", "Targets": ["east"]}},
        templates={"db": things("Kept", "Left")})
    project.run("apply", "--yes").ok()
    # What the template has no more is still there, and goes when the region answers again.
    project.put("stacks/db.yaml", things("Kept"))
    for host in hosts:
        (host.root / "Kept" / "data").unlink()
    project.run("recreate", "--region", "east", "--yes").ok()
    project.run("recreate", "--region", "east", "--reconcile", "--yes").ok().err("HD2767")
    for host in hosts:
        assert (host.root / "Kept" / "data").exists(), "the new database"
        assert not (host.root / "Left" / "data").exists()
    project.run("plan", "--refresh").ok().out("Nothing to do")
