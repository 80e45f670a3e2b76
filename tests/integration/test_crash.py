"""kill -9 at many moments of an apply of many resources over four hosts."""

import json
import signal

import pytest

from lab import ssh_command, ssh_file, template

FILES, COMMANDS = 7, 3  # per host


def on_host(host):
    """Files, and commands that count how often they ran."""
    root, name = host.root, host.name.replace("-", "")
    resources = {f"{name}File{i}": ssh_file(host, root / f"file{i}", f"content {i}\n" * 100)
                 for i in range(FILES)}
    resources.update({f"{name}Count{i}": ssh_command(
        host, f"echo run >>'{root}/count{i}'", Delete=f"rm '{root}/count{i}'")
        for i in range(COMMANDS)})
    return resources


def many(regions, folder):
    """One stack per region."""
    templates, stacks = {}, {}
    for region in ("east", "west"):
        resources = {}
        for host in regions.region(region):
            resources.update(on_host(host))
        templates[region] = template(resources)
        stacks[region] = {"Template": f"stacks/{region}.yaml", "Targets": [region]}
    return regions.project(folder, templates=templates, stacks=stacks)


def events_until(proc, count):
    """Reads the stream up to its count-th event of a change; False when it ended before."""
    seen = 0
    for line in proc.stdout:
        seen += json.loads(line).get("type") in ("started", "waiting", "succeeded")
        if seen == count:
            return True
    return False


def killed_after(project, count, *args):
    proc = project.start(*args, "--yes", "--json")
    reached = events_until(proc, count)
    proc.send_signal(signal.SIGKILL)
    proc.communicate(timeout=30)
    return reached


def assert_whole(project, regions):
    listed = project.recorded()
    assert len(listed) == len(set(listed)) == 4 * (FILES + COMMANDS)
    for host in regions.hosts.values():
        assert sorted(path.name for path in host.root.iterdir()) == sorted(
            [f"file{i}" for i in range(FILES)] + [f"count{i}" for i in range(COMMANDS)])
        for i in range(COMMANDS):
            assert (host.root / f"count{i}").read_text() == "run\n", "it ran once"
    project.run("state", "check").ok()
    project.run("plan", "--exit-code").ok()


@pytest.mark.parametrize("moment", [1, 9, 26, 47, 71])
def test_a_killed_apply_is_completed_by_the_next(regions, tmp_path, moment):
    project = many(regions, tmp_path / "project")
    assert killed_after(project, moment, "apply")
    project.run("apply", "--yes").ok()
    assert_whole(project, regions)


def test_an_apply_killed_again_and_again_still_converges(regions, tmp_path):
    project = many(regions, tmp_path / "project")
    for moment in (3, 11, 5, 17):
        killed_after(project, moment, "apply")
    project.run("apply", "--yes").ok()
    assert_whole(project, regions)


def test_a_killed_destroy_is_completed_by_the_next(regions, tmp_path):
    project = many(regions, tmp_path / "project")
    project.run("apply", "--yes").ok()
    assert killed_after(project, 25, "destroy")
    project.run("destroy", "--yes").ok()
    assert project.run("state", "list").ok().stdout == ""
    for host in regions.hosts.values():
        assert list(host.root.iterdir()) == []
    project.run("state", "check").ok()


def test_a_region_that_loses_power_is_completed_later(regions, tmp_path):
    """The hosts die under a running apply; when they are back, nothing is done twice."""
    project = many(regions, tmp_path / "project")
    proc = project.start("apply", "--yes", "--json", "--on-failure", "keep")
    assert events_until(proc, 8)
    regions.kill_region("east")
    out, err = proc.communicate(timeout=100)
    assert proc.returncode in (0, 1, 3), out + err
    regions.start_region("east")
    project.run("apply", "--yes").ok()
    listed = project.recorded()
    assert len(listed) == 4 * (FILES + COMMANDS)
    for host in regions.region("west"):
        for i in range(COMMANDS):
            assert (host.root / f"count{i}").read_text() == "run\n"


@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize("moment", [5, 18, 33])
def test_a_destroy_finds_what_a_killed_apply_made(regions, tmp_path, moment, secret):
    """Nothing that exists is unrecorded, also when nobody applies again."""
    host = regions.host("web-e1")
    content = {"Ref": "Word"} if secret else "content"
    parts = {"Dir": {"Type": "SSH::Directory",
                     "Properties": {"Host": host.name, "Path": str(host.root / "d")}}}
    for i in range(60):
        parts[f"File{i}"] = {**ssh_file(host, host.root / "d" / f"file{i}", content),
                             "DependsOn": "Dir"}
    text = {**template(parts), "Parameters": {"Word": {"Type": "String", "NoEcho": True}}}
    project = regions.project(
        tmp_path / "project", templates={"web": text},
        stacks={"web": {"Template": "stacks/web.yaml", "Targets": ["east"]}})
    (project.dir / "word.yaml").write_text("Word: rosebud-7\n")
    assert killed_after(project, moment, "apply", "--param-file", "word.yaml")
    project.run("destroy", "--yes", "--param-file", "word.yaml").ok()
    assert list(host.root.iterdir()) == []
    assert project.recorded() == []
