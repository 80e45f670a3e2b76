"""SSH::Package with packages that the test builds, and with an apt that is in use."""

import os
import shutil
import subprocess

import pytest

from lab import resource, template

NAME = "hadeploy-test-package"


def build(folder, version):
    """A package without any file but its own documentation."""
    root = folder / f"{NAME}-{version}"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN" / "control").write_text(
        f"Package: {NAME}\nVersion: {version}\nArchitecture: all\n"
        "Maintainer: Nobody <nobody@example.org>\nDescription: for a test\n")
    doc = root / "usr" / "share" / "doc" / NAME
    doc.mkdir(parents=True)
    (doc / "README").write_text("for a test\n")
    path = folder / f"{NAME}_{version}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", root, path], check=True,
                   capture_output=True)
    path.chmod(0o644)
    return path


def version_here():
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", NAME],
                          capture_output=True, text=True, check=False)
    return done.stdout.removeprefix("installed ") if done.stdout.startswith("installed") else None


@pytest.fixture
def debs(tmp_path):
    """{version: path}; whatever the test installed is removed at the end."""
    if os.geteuid() != 0:
        pytest.skip("only root can install packages")
    if not shutil.which("dpkg-deb") or not shutil.which("apt-get"):
        pytest.skip("this is no system with dpkg and apt")
    yield {version: build(tmp_path, version) for version in ("1.0", "2.0")}
    subprocess.run(["dpkg", "--purge", NAME], check=False, capture_output=True)


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


@pytest.fixture
def deploy(host, tmp_path):
    def apply(code=0, **properties):
        package = resource("SSH::Package", host, Name=NAME, **properties)
        project = host.lab.project(tmp_path / "project",
                                   templates={"web": template({"Package": package})})
        project.said = project.run("apply", "--yes", "--on-failure", "keep").ok(code)
        return project

    return apply


def test_it_is_installed_and_removed(deploy, debs):
    project = deploy(File=str(debs["1.0"]))
    assert version_here() == "1.0"
    project.run("plan", "--refresh", "--exit-code").ok()
    project.run("destroy", "--yes").ok()
    assert version_here() is None


def test_another_version_is_an_update(deploy, debs):
    deploy(File=str(debs["1.0"]), Version="1.0")
    project = deploy(File=str(debs["2.0"]), Version="2.0")
    assert version_here() == "2.0"
    assert "replace" not in project.said.stderr
    deploy(File=str(debs["1.0"]), Version="1.0")
    assert version_here() == "1.0"


def test_what_was_installed_before_stays(deploy, debs):
    subprocess.run(["dpkg", "--install", debs["1.0"]], check=True, capture_output=True)
    project = deploy(File=str(debs["1.0"]))
    result = project.run("destroy", "--yes").ok()
    assert version_here() == "1.0"
    result.err("was there before hadeploy")


def test_a_package_removed_by_hand_is_drift(deploy, debs):
    project = deploy(File=str(debs["1.0"]))
    subprocess.run(["dpkg", "--remove", NAME], check=True, capture_output=True)
    assert "web/east/Package" in project.run("drift", "--exit-code").ok(2).stdout
    project.run("apply", "--yes", "--refresh").ok()
    assert version_here() == "1.0"


def test_a_package_that_does_not_exist(deploy, host):
    """The stand-in for apt-get answers as apt does, without asking any server."""
    host.record_command("apt-get", f"echo 'E: Unable to locate package {NAME}' >&2; exit 100")
    project = deploy(1, Manager="apt")
    project.said.err("HD5110")
    project.said.err(f"E: Unable to locate package {NAME}")
    assert ["-q", "update"] in host.calls("apt-get"), "it looked for newer lists first"
    assert [call[-2] for call in host.calls("apt-get")] == ["install", "-q", "install"]
    project.run("destroy", "--yes").ok()
    assert project.recorded() == []


def test_it_waits_while_the_package_manager_is_busy(deploy, host):
    """A stand-in for apt-get that finds the lock taken at first, then free."""
    flag, done = host.root / "free", host.root / "installed"
    host.record_command("apt-get", f"""
if [ ! -e '{flag}' ]; then
    touch '{flag}'
    echo 'E: Could not get lock /var/lib/dpkg/lock-frontend' >&2
    exit 100
fi
touch '{done}'""")
    host.put_command("dpkg-query", f"#!/bin/sh\n[ -e '{done}' ] && echo 'installed 1.0'\n")
    project = deploy(Manager="apt")
    assert done.exists()
    assert project.recorded() == ["web/east/Package"]
