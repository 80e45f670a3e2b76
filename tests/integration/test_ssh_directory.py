"""SSH::Directory on a real host."""

import os

import pytest

from lab import get_att, ref, resource, ssh_file, sub, template


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


@pytest.fixture
def deploy(host, tmp_path):
    def apply(code=0, **resources):
        project = host.lab.project(tmp_path / "project", templates={"web": template(resources)})
        project.said = project.run("apply", "--yes", "--on-failure", "keep").ok(code)
        return project

    return apply


def directory(host, path, **properties):
    return resource("SSH::Directory", host, Path=path, **properties)


def test_it_is_made_with_its_parents_and_goes_again(deploy, host):
    project = deploy(Site=directory(host, host.root / "a" / "b" / "c", Mode="0750"))
    assert (host.root / "a" / "b" / "c").stat().st_mode & 0o7777 == 0o750
    project.run("plan", "--refresh", "--exit-code").ok()
    project.run("destroy", "--yes").ok()
    assert not (host.root / "a" / "b" / "c").exists()


def test_what_is_in_it_comes_after_and_goes_before(deploy, host):
    site = host.root / "site"
    project = deploy(Page=ssh_file(host, sub("${Site}/page"), "x"), Site=directory(host, site))
    assert (site / "page").read_text() == "x"
    project.run("destroy", "--yes").ok()
    assert not site.exists()


def test_what_somebody_else_put_there_is_not_deleted(deploy, host):
    site = host.root / "site"
    project = deploy(Site=directory(host, site))
    (site / "precious").write_text("precious\n")
    result = project.run("destroy", "--yes")
    assert (site / "precious").read_text() == "precious\n"
    assert str(site) in result.stderr and "not empty" in result.stderr.lower()


def test_mode_owner_and_drift(deploy, host):
    site = host.root / "site"
    owner = {"Owner": "daemon", "Group": "bin"} if os.geteuid() == 0 else {}
    project = deploy(Site=directory(host, site, **owner))
    if owner:
        assert (site.owner(), site.group()) == ("daemon", "bin")
    site.chmod(0o700)
    drift = project.run("drift", "--exit-code").ok(2)
    drift.out("Mode")
    project.run("apply", "--yes", "--refresh").ok()
    assert site.stat().st_mode & 0o7777 == 0o755
    site.rmdir()
    project.run("apply", "--yes", "--refresh").ok()
    assert site.is_dir()


def test_a_file_in_its_place(deploy, host):
    (host.root / "site").write_text("a file\n")
    project = deploy(1, Site=directory(host, host.root / "site"))
    project.said.err(str(host.root / "site"))
    assert (host.root / "site").read_text() == "a file\n"


def test_paths_are_absolute(deploy, host):
    project = deploy(1, Site=directory(host, "relative/path"))
    project.said.err("Path", "HD2008")


def test_others_learn_its_path(deploy, host):
    deploy(Site=directory(host, host.root / "site"),
           Page=ssh_file(host, host.root / "page", ref("Site")),
           Other=ssh_file(host, host.root / "other", get_att("Site", "Path")))
    assert (host.root / "page").read_text() == str(host.root / "site")
    assert (host.root / "other").read_text() == str(host.root / "site")
