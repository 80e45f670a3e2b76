"""How resources come, change places and go: policies, hosts and stacks that leave."""

import pytest

from lab import everywhere, ssh_command, ssh_file, sub, template


@pytest.fixture
def east(lab):
    """Two hosts of one region."""
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.add("web-e2", "east", "east-b", "127.10.2.11", roles=["web"])
    return lab.start()


def page_of(host, **properties):
    return ssh_file(host, host.root / "page", "x\n", **properties)


def on_every_host(lab):
    return everywhere(lambda name: ssh_file(
        name, sub(f"{lab.dir}/hosts/${{Name}}/tree/page"), "x\n"))


def test_a_resource_that_left_the_template_is_deleted(east, tmp_path):
    first, second = east.hosts.values()
    project = east.project(tmp_path / "project", templates={
        "web": template({"One": page_of(first), "Two": page_of(second)})})
    project.run("apply", "--yes").ok()
    project.put("stacks/web.yaml", template({"One": page_of(first)}))
    assert "1 to delete" in project.run("plan").ok().stdout
    project.run("apply", "--yes").ok()
    assert (first.root / "page").exists() and not (second.root / "page").exists()


def test_retain_leaves_the_thing_and_forgets_it(east, tmp_path):
    host = east.host("web-e1")
    kept = page_of(host, attributes={"DeletionPolicy": "Retain"})
    other = ssh_file(host, host.root / "other", "x")
    project = east.project(tmp_path / "project",
                           templates={"web": template({"Kept": kept, "Other": other})})
    project.run("apply", "--yes").ok()
    result = project.run("destroy", "--yes").ok()
    assert (host.root / "page").exists() and not (host.root / "other").exists()
    assert project.recorded() == []
    assert "retain" in result.stdout + result.stderr


def test_retain_keeps_the_old_one_when_it_is_replaced(east, tmp_path):
    host = east.host("web-e1")
    policies = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    project = east.project(tmp_path / "project", templates={"web": template({
        "Page": ssh_file(host, host.root / "old", "x", attributes=policies)})})
    project.run("apply", "--yes").ok()
    project.put("stacks/web.yaml", template({
        "Page": ssh_file(host, host.root / "new", "x", attributes=policies)}))
    project.run("apply", "--yes").ok()
    assert (host.root / "old").exists() and (host.root / "new").exists()
    assert project.recorded() == ["web/east/Page"]


def test_dependents_go_before_what_they_need(east, tmp_path):
    host = east.host("web-e1")
    journal = host.root / "journal"

    def job(name, **attributes):
        return ssh_command(host, f"echo +{name} >>'{journal}'",
                           Delete=f"echo -{name} >>'{journal}'", attributes=attributes)

    project = east.project(tmp_path / "project", templates={"web": template({
        "C": job("c", DependsOn=["A", "B"]), "A": job("a"), "B": job("b", DependsOn="A")})})
    project.run("apply", "--yes").ok()
    assert journal.read_text().split() == ["+a", "+b", "+c"]
    project.run("destroy", "--yes").ok()
    assert journal.read_text().split() == ["+a", "+b", "+c", "-c", "-b", "-a"]


def test_stacks_wait_for_the_stacks_they_depend_on(east, tmp_path):
    host = east.host("web-e1")
    journal = host.root / "journal"

    def stack(name):
        return template({"Job": ssh_command(host, f"sleep 0.2; echo +{name} >>'{journal}'",
                                            Delete=f"sleep 0.2; echo -{name} >>'{journal}'")})

    stacks = {"app": {"Template": "stacks/app.yaml", "Targets": ["east"], "DependsOn": ["net"]},
              "net": {"Template": "stacks/net.yaml", "Targets": ["east"]}}
    project = east.project(tmp_path / "project", stacks=stacks,
                           templates={name: stack(name) for name in stacks})
    project.run("apply", "--yes").ok()
    project.run("destroy", "--yes").ok()
    assert journal.read_text().split() == ["+net", "+app", "-app", "-net"]


def test_a_host_that_left_the_manifest_is_cleaned_up_at_its_recorded_address(east, tmp_path):
    gone = east.host("web-e2")
    project = east.project(tmp_path / "project", templates={"web": on_every_host(east)})
    project.run("apply", "--yes").ok()
    del project.manifest["Regions"]["east"]["Hosts"]["web-e2"]
    project.save()
    planned = project.run("plan").ok()
    planned.out("1 to delete", "web/east/Onwebe2")
    project.run("apply", "--yes").ok()
    assert not (gone.root / "page").exists()
    assert (east.host("web-e1").root / "page").exists()
    assert project.recorded() == ["web/east/Onwebe1"]


def test_a_host_that_is_gone_for_good_can_be_forgotten(east, tmp_path):
    project = east.project(tmp_path / "project", templates={"web": on_every_host(east)})
    project.run("apply", "--yes").ok()
    del project.manifest["Regions"]["east"]["Hosts"]["web-e2"]
    project.save()
    east.host("web-e2").kill()
    result = project.run("apply", "--yes").ok(1)
    assert "state rm" in result.stderr, "it says how to give it up"
    assert "web/east/Onwebe2" in project.recorded()
    project.run("state", "rm", "web/east/Onwebe2", "--yes").ok()
    project.run("plan", "--exit-code").ok()


def test_a_host_that_moved_keeps_its_resources(east, tmp_path):
    """Another port, the same machine: nothing changes but where it is reached."""
    host = east.host("web-e2")
    project = east.project(tmp_path / "project", templates={"web": on_every_host(east)})
    project.run("apply", "--yes").ok()
    host.stop()
    host.port = None
    host.start()
    host.trust()
    project.manifest["Regions"]["east"]["Hosts"]["web-e2"]["Port"] = host.port
    project.save()
    project.run("plan", "--exit-code", "--refresh").ok()
    project.run("destroy", "--yes").ok()
    assert not (host.root / "page").exists()


def test_a_new_host_gets_what_the_others_have(east, tmp_path):
    project = east.project(tmp_path / "project", templates={"web": on_every_host(east)})
    entry = project.manifest["Regions"]["east"]["Hosts"].pop("web-e2")
    project.save()
    project.run("apply", "--yes").ok()
    project.manifest["Regions"]["east"]["Hosts"]["web-e2"] = entry
    project.save()
    assert "1 to create" in project.run("plan").ok().stdout
    project.run("apply", "--yes").ok()
    assert (east.host("web-e2").root / "page").exists()


def test_a_stack_that_left_the_manifest_is_taken_away(east, tmp_path):
    first, second = east.hosts.values()
    project = east.project(tmp_path / "project", templates={
        "one": template({"Page": page_of(first)}), "two": template({"Page": page_of(second)})})
    project.run("apply", "--yes").ok()
    del project.manifest["Stacks"]["two"]
    project.save()
    assert "two/east/Page" in project.run("plan").ok().stdout
    assert "ORPHANED" in project.run("status").ok().stdout
    project.run("apply", "--yes").ok()
    assert not (second.root / "page").exists()
    assert project.recorded() == ["one/east/Page"]


def test_become_runs_everything_as_somebody_else(east, tmp_path):
    """`sudo` here is a stand-in of the host that records its arguments and runs the rest."""
    host = east.host("web-e1")
    host.record_command("sudo", 'while [ "$1" != "${1#-}" ]; do\n'
                                '  case $1 in -u | -p) shift ;; --) shift; break ;; esac\n'
                                '  shift\ndone\nexec "$@"')
    project = east.project(tmp_path / "project", provider={"Become": "sudo"},
                           templates={"web": template({"Page": page_of(host)})})
    project.run("apply", "--yes").ok()
    calls = host.calls("sudo")
    assert calls and all("-n" in call for call in calls), "it never waits for a password"
    host.put_command("sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
    result = project.run("apply", "--yes", "--refresh").ok(1)
    result.err("a password is required")
