"""tools/install-deps with an apt-get of the test's own: what it lets start, and what it leaves."""

import os
import re
import subprocess

import pytest

from lab.run import ROOT

# What is "installed" here: a server with a service, a tool without one.
ROWS = """
all   cmd:hd-tool   hd-tool
test  cmd:hd-server hd-server hd-service
"""
# Writes down what it was called with and what Debian's scripts would be told by the policy.
APT_GET = """#!/bin/sh
echo "apt-get $*" >>"$LOG"
cat "$DPKG_ROOT"/etc/postgresql-common/createcluster.d/* >>"$LOG" 2>/dev/null
for start in 'hd-service start' 'hd-service.service start' '--quiet hd-service (start) 5' \\
        'other start'; do
    answer=0
    if [ -x "$POLICY" ]; then "$POLICY" $start || answer=$?; else answer=none; fi
    echo "$start: $answer" >>"$LOG"
done
case " $* " in *" install "*) ;; *) exit 0 ;; esac
eval "$APT_DOES"
for name in hd-server hd-tool hd-database; do touch "$BIN/$name" && chmod +x "$BIN/$name"; done
"""
WRITTEN_DOWN = '#!/bin/sh\necho "${0##*/} $*" >>"$LOG"\n'


DATABASE = ROWS + "test  cmd:hd-database postgresql postgresql\n"
NO_CLUSTER = "create_main_cluster = false"


class Machine:
    """A root folder for the script, commands that stand in for the system's, and its rows."""

    def __init__(self, folder, rows=ROWS):
        self.root, self.bin, self.log = folder / "root", folder / "bin", folder / "log"
        self.policy = self.root / "usr/sbin/policy-rc.d"
        self.policy.parent.mkdir(parents=True)
        self.bin.mkdir()
        self.log.touch()
        text = (ROOT / "tools/install-deps").read_text()
        self.script = folder / "install-deps"
        self.script.write_text(re.sub(r"^rows='.*?^'$", f"rows='{rows}'", text, flags=re.M | re.S))
        self.command("apt-get", APT_GET)
        self.command("systemctl", WRITTEN_DOWN)
        self.command("id", "#!/bin/sh\necho 0\n")

    def command(self, name, text):
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def run(self, apt_does="", code=0):
        env = {**os.environ, "PATH": f"{self.bin}:/usr/bin:/bin", "LOG": str(self.log),
               "BIN": str(self.bin), "DPKG_ROOT": str(self.root), "POLICY": str(self.policy),
               "APT_DOES": apt_does}
        done = subprocess.run(["sh", self.script, "build", "test"], env=env, text=True,
                              capture_output=True, check=False)
        assert done.returncode == code, done.stderr
        return self.log.read_text().splitlines()

    def put_policy(self, text):
        self.policy.write_text(text)
        self.policy.chmod(0o755)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def answers(log):
    return [line.rpartition(": ")[2] for line in log if " start: " in line or "(start)" in line]


def test_what_is_installed_is_not_started(machine):
    log = machine.run()
    assert log[0].endswith("install --no-install-recommends hd-server hd-tool")
    other = "0" if os.path.exists("/sbin/init") else "101"
    assert answers(log) == ["101", "101", "101", other]
    assert any(line.startswith("systemctl disable") and "hd-service.service" in line
               for line in log), "and not when the machine boots"
    assert not machine.policy.exists()


def test_what_is_there_is_left_alone(machine):
    machine.run()
    machine.log.write_text("")
    assert machine.run() == []


def test_without_a_service_there_is_no_policy(machine):
    machine.command("hd-server", "#!/bin/sh\n")
    log = machine.run()
    assert answers(log) == ["none"] * 4
    assert not any(line.startswith("systemctl") for line in log)


def test_a_policy_of_the_administrator_holds(machine):
    machine.put_policy("#!/bin/sh\nexit 104\n")
    assert answers(machine.run()) == ["104"] * 4
    assert machine.policy.read_text() == "#!/bin/sh\nexit 104\n"


def test_a_failure_takes_it_away_too(machine):
    log = machine.run("exit 100", code=100)
    assert answers(log)[0] == "101" and not machine.policy.exists()


@pytest.mark.parametrize("name, code", [("INT", 130), ("TERM", 130), ("HUP", 130)])
def test_a_signal_takes_it_away_too(machine, name, code):
    machine.run(f"kill -{name} $PPID", code=code)
    assert not machine.policy.exists()


def test_one_that_a_killed_run_left_denies_nothing_and_goes_with_the_next(machine):
    machine.run("kill -KILL $PPID; sleep 0.1", code=-9)
    left = subprocess.run([machine.policy, "hd-service", "start"], check=False)
    assert left.returncode == (0 if os.path.exists("/sbin/init") else 101)
    for name in ("hd-server", "hd-tool"):
        (machine.bin / name).unlink(missing_ok=True)
    assert "101" in answers(machine.run())
    assert not machine.policy.exists()


def test_a_database_server_comes_without_databases(tmp_path):
    machine = Machine(tmp_path, DATABASE)
    log = machine.run()
    assert NO_CLUSTER in log
    assert not (machine.root / "etc").exists() or not list((machine.root / "etc").rglob("*"))


def test_without_a_database_server_nothing_is_said_about_clusters(machine):
    assert NO_CLUSTER not in machine.run()


def test_what_the_administrator_says_about_clusters_stays(tmp_path):
    machine = Machine(tmp_path, DATABASE)
    own = machine.root / "etc/postgresql-common/createcluster.d/own.conf"
    own.parent.mkdir(parents=True)
    own.write_text("ssl = off\n")
    log = machine.run("exit 100", code=100)
    assert NO_CLUSTER in log and own.read_text() == "ssl = off\n"
    assert list(own.parent.iterdir()) == [own]
