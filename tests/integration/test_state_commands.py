"""state list, show, rm, check, export: looking at what is recorded and mending it."""

import json

import pytest

from lab import ssh_command, ssh_file, template


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


@pytest.fixture
def project(host, tmp_path):
    resources = {
        "Page": ssh_file(host, host.root / "page", "hello\n"),
        "Count": ssh_command(host, f"echo run >>'{host.root}/count'",
                             Delete=f"rm '{host.root}/count'"),
    }
    it = host.lab.project(tmp_path / "project", templates={"web": template(resources)})
    it.run("apply", "--yes").ok()
    return it


def test_list_names_everything_one_per_line(project):
    assert project.run("state", "list").ok().stdout == "web/east/Count\nweb/east/Page\n"


def test_show_tells_all_about_one(project, host):
    for address in ("web/east/Page", "web/-/east/Page"):
        shown = project.run("state", "show", address).ok().stdout
        for word in ("SSH::File", "web-e1", str(host.root / "page"), "hello"):
            assert word in shown
    result = project.run("state", "show", "web/east/Pages").ok(1)
    assert "web/east/Page" in result.stderr, "the nearest one is named"


def test_export_is_json_with_everything(project):
    text = project.run("state", "export").ok().stdout
    assert json.loads(text)
    assert "web" in text and "Page" in text and "Count" in text


def test_rm_forgets_and_leaves_the_thing(project, host):
    refused = project.run("state", "rm", "web/east/Page").ok(1)
    refused.err("--yes")
    project.run("state", "rm", "web/east/Page", "--yes").ok()
    assert project.recorded() == ["web/east/Count"]
    assert (host.root / "page").read_text() == "hello\n"
    project.run("state", "rm", "web/east/Page", "--yes").ok(1)
    planned = project.run("plan", "--exit-code").ok(2)
    planned.out("1 to create")


def test_a_forgotten_file_that_is_as_wanted_is_taken_up_again(project, host):
    project.run("state", "rm", "web/east/Page", "--yes").ok()
    project.run("apply", "--yes").ok()
    assert project.recorded() == ["web/east/Count", "web/east/Page"]
    assert (host.root / "page").read_text() == "hello\n"


def test_they_work_while_templates_are_broken(project):
    project.put("stacks/web.yaml", "Resources: [\n")
    assert project.recorded() == ["web/east/Count", "web/east/Page"]
    project.run("state", "check").ok()
    project.run("state", "rm", "web/east/Page", "--yes").ok()


def test_what_is_recorded_can_be_destroyed_without_templates(project, host):
    project.put("stacks/web.yaml", "Resources: [\n")
    project.run("plan").ok(1).err("HD1004")
    project.run("outputs").ok()
    project.run("plan", "--destroy").ok().out("2 to delete")
    project.run("destroy", "wbe").ok(1).err("HD1110")
    project.manifest["Stacks"]["web"]["Parameters"] = {"Secret": "{{resolve:env:NOT_SET_HERE}}"}
    project.save()
    project.run("destroy", "--yes").ok()
    assert project.recorded() == [] and not (host.root / "page").exists()


def test_no_state_is_an_empty_state(project, tmp_path):
    fresh = type(project)(tmp_path / "fresh", project.manifest)
    fresh.save()
    fresh.put("stacks/web.yaml", (project.dir / "stacks" / "web.yaml").read_text())
    assert fresh.recorded() == []
    fresh.run("state", "check").ok()
    fresh.run("status").ok()
    fresh.run("plan").ok()
    assert not (fresh.dir / ".hadeploy").exists(), "reading makes no files"
