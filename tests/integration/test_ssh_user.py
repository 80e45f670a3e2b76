"""SSH::User with real accounts, which the test removes again."""

import grp
import os
import pwd
import subprocess

import pytest

from lab import resource, template

NAME, GROUP = "hadeploy-test", "hadeploy-crew"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make accounts")


def account(name=NAME):
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    subprocess.run(["groupadd", "-f", GROUP], check=True)
    yield lab.host("web-e1")
    subprocess.run(["userdel", NAME], check=False, capture_output=True)
    subprocess.run(["groupdel", NAME], check=False, capture_output=True)
    subprocess.run(["groupdel", GROUP], check=False, capture_output=True)


@pytest.fixture
def deploy(host, tmp_path):
    def apply(code=0, **properties):
        user = resource("SSH::User", host, Name=NAME, **properties)
        project = host.lab.project(tmp_path / "project",
                                   templates={"web": template({"User": user})})
        project.said = project.run("apply", "--yes", "--on-failure", "keep").ok(code)
        return project

    return apply


def test_an_account_comes_changes_and_goes(deploy, host):
    home = host.root / "home"
    project = deploy(System=True, Home=str(home), Shell="/bin/sh", Groups=[GROUP])
    assert (account().pw_dir, account().pw_shell) == (str(home), "/bin/sh")
    assert NAME in grp.getgrnam(GROUP).gr_mem
    project.run("plan", "--refresh", "--exit-code").ok()
    project = deploy(System=True, Home=str(home), Shell="/bin/false", Groups=[])
    assert account().pw_shell == "/bin/false"
    assert NAME not in grp.getgrnam(GROUP).gr_mem
    project.run("plan", "--refresh", "--exit-code").ok()
    project.run("destroy", "--yes").ok()
    assert account() is None


def test_an_account_that_was_there_stays(deploy):
    subprocess.run(["useradd", "-r", NAME], check=True)
    project = deploy(Shell="/bin/false", System=True)
    assert account().pw_shell == "/bin/false"
    result = project.run("destroy", "--yes").ok()
    assert account() is not None
    result.err("was there before hadeploy")


def test_drift_is_mended(deploy):
    project = deploy(System=True, Shell="/bin/sh")
    subprocess.run(["usermod", "-s", "/bin/false", NAME], check=True)
    assert "/bin/false" in project.run("drift", "--exit-code").ok(2).stdout
    project.run("apply", "--yes", "--refresh").ok()
    assert account().pw_shell == "/bin/sh"


def test_a_group_that_does_not_exist(deploy):
    project = deploy(1, System=True, Groups=["nosuchgroup-here"])
    project.said.err("HD5113", "nosuchgroup-here")
    assert account() is None and project.recorded() == []


def test_a_taken_number(deploy):
    project = deploy(1, System=True, Uid=0)
    assert "not unique" in project.said.stderr or "already exists" in project.said.stderr
    assert account() is None
