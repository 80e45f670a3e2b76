"""Changes of which one half worked: replacements, updates and deletions, and the run after."""

import pytest

from lab import ssh_command, ssh_file, sub, template


@pytest.fixture
def east(lab):
    """Two hosts of one region."""
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.add("web-e2", "east", "east-b", "127.10.2.11", roles=["web"])
    return lab.start()


def project_of(east, folder, **resources):
    return east.project(folder / "project", provider={"ConnectTimeout": "1s"},
                        templates={"web": template(resources)})


def edit(project, **resources):
    project.put("stacks/web.yaml", template(resources))


def page_on(host):
    return ssh_file(host, host.root / "page", "x\n")


def test_the_old_one_of_a_replacement_is_kept_in_mind_until_it_is_deleted(east, tmp_path):
    old, new = east.hosts.values()
    project = project_of(east, tmp_path, Page=page_on(old))
    project.run("apply", "--yes").ok()
    edit(project, Page=page_on(new))
    old.stop()
    result = project.run("apply", "--yes").ok(1)
    result.err("HD5002", "web-e1")
    assert (new.root / "page").exists() and (old.root / "page").exists()
    assert "1 to delete" in project.run("plan").ok().stdout
    old.start()
    project.run("apply", "--yes").ok()
    assert (new.root / "page").exists() and not (old.root / "page").exists()
    assert project.recorded() == ["web/east/Page"]
    project.run("plan", "--exit-code").ok()


def test_a_destroy_takes_the_old_one_of_a_replacement_along(east, tmp_path):
    old, new = east.hosts.values()
    project = project_of(east, tmp_path, Page=page_on(old))
    project.run("apply", "--yes").ok()
    edit(project, Page=page_on(new))
    old.stop()
    project.run("apply", "--yes").ok(1)
    old.start()
    project.run("destroy", "--yes").ok()
    assert not (new.root / "page").exists() and not (old.root / "page").exists()
    assert project.recorded() == []


def test_a_replacement_whose_creation_fails_after_the_deletion(east, tmp_path):
    """Commands are deleted first.  What is gone is not recorded any more."""
    host = east.host("web-e1")
    journal = host.root / "journal"

    def job(create, version):
        return ssh_command(host, f"echo {create} >>'{journal}'; test {create} != broken",
                           Delete=f"echo delete >>'{journal}'", Triggers={"Version": version})

    project = project_of(east, tmp_path, Job=job("one", 1))
    project.run("apply", "--yes").ok()
    edit(project, Job=job("broken", 2))
    project.run("apply", "--yes", "--on-failure", "keep").ok(1)
    edit(project, Job=job("three", 3))
    project.run("apply", "--yes").ok()
    lines = journal.read_text().split()
    assert lines[:3] == ["one", "delete", "broken"] and lines[-1] == "three"
    assert project.recorded() == ["web/east/Job"]
    project.run("plan", "--exit-code").ok()


def test_an_update_that_failed_is_planned_again(east, tmp_path):
    host, _ = east.hosts.values()
    project = project_of(east, tmp_path, Page=page_on(host))
    project.run("apply", "--yes").ok()
    edit(project, Page=ssh_file(host, host.root / "page", "new\n"))
    host.stop()
    project.run("apply", "--yes", "--on-failure", "keep").ok(1)
    host.start()
    assert "1 to update" in project.run("plan").ok().stdout
    assert (host.root / "page").read_text() == "x\n"
    project.run("apply", "--yes").ok()
    assert (host.root / "page").read_text() == "new\n"


def test_a_destroy_goes_on_where_hosts_answer(east, tmp_path):
    first, second = east.hosts.values()
    project = project_of(east, tmp_path, One=page_on(first), Two=page_on(second))
    project.run("apply", "--yes").ok()
    first.stop()
    project.run("destroy", "--yes").ok(1).err("HD5002", "web/east/One")
    assert project.recorded() == ["web/east/One"] and not (second.root / "page").exists()
    first.start()
    project.run("destroy", "--yes").ok()
    assert project.recorded() == [] and not (first.root / "page").exists()


def test_what_is_gone_already_is_deleted_without_a_word(east, tmp_path):
    host = east.host("web-e1")
    project = project_of(east, tmp_path, Page=page_on(host))
    project.run("apply", "--yes").ok()
    (host.root / "page").unlink()
    project.run("destroy", "--yes").ok()
    assert project.recorded() == []


def test_a_region_that_left_the_manifest_is_cleaned_up(regions, tmp_path):
    page = ssh_file({"Fn::Select": [0, {"Fn::Hosts": {"Roles": ["web"]}}]},
                    sub(f"{regions.dir}/page-${{HA::Region}}"), "x\n")
    project = regions.project(tmp_path / "project", templates={"web": template({"Page": page})})
    project.run("apply", "--yes").ok()
    del project.manifest["Regions"]["west"]
    project.manifest["Stacks"]["web"]["Targets"] = ["east"]
    project.save()
    project.run("plan").ok().out("web/west/Page", "1 to delete")
    project.run("apply", "--yes").ok()
    assert [path.name for path in regions.dir.glob("page-*")] == ["page-east"]
    assert project.recorded() == ["web/east/Page"]
