"""SSH::Service: with a systemctl that records its arguments, and with the real one."""

import os
import subprocess
from pathlib import Path

import pytest

from lab import resource, ssh_file, template

# Stands in for systemd on one host: a unit is a folder with files loaded, active, enabled.
STAND_IN = """
units='{units}'
verb=$1
for unit; do :; done
case $verb in
daemon-reload) exit 0 ;;
show)
    [ -e "$units/$unit/loaded" ] && echo LoadState=loaded || echo LoadState=not-found
    [ -e "$units/$unit/active" ] && echo ActiveState=active || echo ActiveState=inactive
    [ -e "$units/$unit/enabled" ] && echo UnitFileState=enabled || echo UnitFileState=disabled
    exit 0 ;;
esac
[ -e "$units/$unit/loaded" ] || {{ echo "Unit $unit not found." >&2; exit 5; }}
[ ! -e "$units/$unit/broken" ] || {{ echo "Job for $unit failed." >&2; exit 1; }}
case $verb in
enable) touch "$units/$unit/enabled" ;;
disable) rm -f "$units/$unit/enabled" ;;
start | restart) touch "$units/$unit/active" ;;
stop) rm -f "$units/$unit/active" ;;
*) echo "unexpected: $*" >&2; exit 64 ;;
esac
"""


class Units:
    """The units of a host whose systemctl is the stand-in above."""

    def __init__(self, host):
        self.host, self.dir = host, host.dir / "units"
        host.record_command("systemctl", STAND_IN.format(units=self.dir))

    def add(self, name, *states):
        for state in ("loaded", *states):
            self.set(name, state)

    def set(self, name, state):
        (self.dir / name).mkdir(parents=True, exist_ok=True)
        (self.dir / name / state).touch()

    def clear(self, name, state):
        (self.dir / name / state).unlink()

    def has(self, name, state):
        return (self.dir / name / state).exists()

    def changes(self):
        """What was called, without looks."""
        return [" ".join(word for word in call if word != "--")
                for call in self.host.calls("systemctl")
                if call[0] not in ("show", "daemon-reload")]


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


@pytest.fixture
def units(host):
    it = Units(host)
    it.add("shop.service")
    return it


@pytest.fixture
def deploy(host, tmp_path):
    def apply(code=0, **resources):
        project = host.lab.project(tmp_path / "project", templates={"web": template(resources)})
        project.said = project.run("apply", "--yes", "--on-failure", "keep").ok(code)
        return project

    return apply


def service(host, name="shop.service", **properties):
    return resource("SSH::Service", host, Name=name, **properties)


def test_it_is_enabled_and_started_and_put_back(deploy, host, units):
    project = deploy(Shop=service(host, Enabled=True, State="running"))
    assert units.has("shop.service", "enabled") and units.has("shop.service", "active")
    assert units.changes() == ["enable shop.service", "start shop.service"]
    project.run("plan", "--refresh", "--exit-code").ok()
    project.run("destroy", "--yes").ok()
    assert not units.has("shop.service", "enabled") and not units.has("shop.service", "active")


def test_what_ran_before_still_runs_afterwards(deploy, host, units):
    units.add("shop.service", "active", "enabled")
    project = deploy(Shop=service(host, Enabled=True, State="running"))
    project.run("destroy", "--yes").ok()
    assert units.has("shop.service", "enabled") and units.has("shop.service", "active")
    assert units.changes() == [], "nothing was to be done"


def test_it_can_be_kept_stopped(deploy, host, units):
    units.add("shop.service", "active", "enabled")
    deploy(Shop=service(host, Enabled=False, State="stopped"))
    assert units.changes() == ["disable shop.service", "stop shop.service"]


def test_what_is_not_declared_is_left_alone(deploy, host, units):
    deploy(Shop=service(host, State="running"))
    assert units.changes() == ["start shop.service"]


def test_drift_is_mended(deploy, host, units):
    project = deploy(Shop=service(host, Enabled=True, State="running"))
    units.clear("shop.service", "active")
    drift = project.run("drift", "--exit-code").ok(2)
    drift.out("web/east/Shop", "stopped")
    project.run("apply", "--yes", "--refresh").ok()
    assert units.has("shop.service", "active")


def test_it_restarts_when_what_it_reads_changes(deploy, host, units):
    for text in ("one\n", "two\n", "two\n"):
        deploy(Conf=ssh_file(host, host.root / "conf", text),
               Shop=service(host, State="running",
                            RestartOn={"Conf": {"Fn::GetAtt": ["Conf", "ContentSha256"]}}))
    assert units.changes() == ["start shop.service", "restart shop.service"]


def test_a_unit_that_is_not_there(deploy, host, units):
    project = deploy(1, Shop=service(host, "shpo.service", State="running"))
    project.said.err("HD5112", "shpo.service")
    assert project.recorded() == []


def test_a_unit_that_does_not_start(deploy, host, units):
    units.set("shop.service", "broken")
    project = deploy(1, Shop=service(host, State="running"))
    project.said.err("Job for shop.service failed.")
    project.said.err("journalctl")
    units.clear("shop.service", "broken")
    deploy(Shop=service(host, State="running"))
    assert units.has("shop.service", "active")


def test_a_host_without_systemd(deploy, host):
    host.put_command("systemctl", "#!/bin/sh\n"
                     "echo 'System has not been booted with systemd' >&2\nexit 1\n")
    project = deploy(1, Shop=service(host, State="running"))
    project.said.err("systemctl does not answer")
    project.said.err("System has not been booted")
    project.said.err("SSH::Command")


def real_systemd():
    """Why the machine's own systemd cannot be used, or nothing."""
    if os.geteuid() != 0:
        return "only root can add a unit"
    try:
        state = subprocess.run(["systemctl", "is-system-running"], capture_output=True,
                               text=True, check=False).stdout.strip()
    except OSError:
        return "there is no systemctl"
    if state not in ("running", "degraded"):
        return f"no init answers systemctl here ({state or 'no answer'})"
    return None


@pytest.mark.skipif(bool(real_systemd()), reason=real_systemd() or "")
def test_with_the_machines_own_systemd(deploy, host):
    unit = Path("/run/systemd/system/hadeploy-test.service")
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text("[Service]\nExecStart=/bin/sleep 600\n")
    try:
        project = deploy(Shop=service(host, "hadeploy-test.service", State="running"))
        assert host.ssh("systemctl is-active hadeploy-test").stdout.strip() == "active"
        project.run("plan", "--refresh", "--exit-code").ok()
        project.run("destroy", "--yes").ok()
        assert host.ssh("systemctl is-active hadeploy-test").stdout.strip() == "inactive"
    finally:
        subprocess.run(["systemctl", "stop", "hadeploy-test"], check=False)
        unit.unlink()
        subprocess.run(["systemctl", "daemon-reload"], check=False)
