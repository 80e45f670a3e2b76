"""The journey of examples/quickstart, on four real SSH servers."""

import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from lab import Lab, hadeploy_path, run_hadeploy
from lab.run import clean_env

QUICKSTART = Path(__file__).resolve().parents[2] / "examples" / "quickstart"
HOSTS = {"web-e1": "east-a", "web-e2": "east-b", "web-w1": "west-a", "web-w2": "west-b"}
RESOURCES = 4 * len(HOSTS)


class Quickstart:
    """A copy of the example with its servers."""

    def __init__(self, folder):
        self.dir, self.root = folder, folder / "hosts"
        subprocess.run([QUICKSTART / "servers", "up", folder], check=True, capture_output=True)
        self.lab = Lab.load(folder / ".servers")

    def edit(self, old, new):
        manifest = self.dir / "hadeploy.yaml"
        text = manifest.read_text()
        assert old in text
        manifest.write_text(text.replace(old, new))

    def run(self, *args):
        return run_hadeploy(args, self.dir)

    def page(self, host):
        port = re.search(r"HttpPort: (\d+)", (self.dir / "hadeploy.yaml").read_text())[1]
        with urllib.request.urlopen(f"http://{self.lab.host(host).address}:{port}/") as answer:
            return answer.read().decode()


@pytest.fixture
def quickstart(tmp_path):
    it = Quickstart(tmp_path / "quickstart")
    yield it
    it.lab.close()


@pytest.fixture
def deployed(quickstart):
    quickstart.run("apply", "--yes").ok()
    return quickstart


def test_a_first_apply_makes_every_host_serve_its_page(quickstart):
    quickstart.run("validate").ok()
    planned = quickstart.run("plan", "--exit-code").ok(2)
    planned.out(f"{RESOURCES} to create")
    quickstart.run("apply", "--yes").ok()
    for host, zone in HOSTS.items():
        region = zone.split("-")[0]
        assert quickstart.page(host) == (f"<h1>Hello from {host}</h1>\n"
                                         f"<p>region {region}, zone {zone}</p>\n")
        duty = {"east": "primary", "west": "standby"}[region]
        config = quickstart.root / host / "httpd.conf"
        assert config.read_text().splitlines()[0] == f"# {host} serves {region}/{zone} as {duty}"
        assert config.stat().st_mode & 0o7777 == 0o640


def test_a_second_apply_needs_no_server(deployed):
    for host in deployed.lab.hosts.values():
        host.stop()
    again = deployed.run("apply", "--yes").ok()
    assert "nothing to do" in (again.stdout + again.stderr).lower()
    deployed.run("plan", "--exit-code").ok()


def test_a_refreshed_apply_finds_nothing_either(deployed):
    logins = {name: host.logins() for name, host in deployed.lab.hosts.items()}
    deployed.run("apply", "--yes", "--refresh").ok()
    for name, host in deployed.lab.hosts.items():
        assert host.logins() == logins[name] + 1, "one connection per host and run"


def test_a_changed_parameter_is_an_update_in_place(deployed):
    deployed.edit("Greeting: Hello", "Greeting: Good morning")
    planned = deployed.run("plan", "--exit-code").ok(2)
    planned.out(f"{len(HOSTS)} to update")
    assert "-<h1>Hello from web-e1</h1>" in re.sub(r"([-+]) +<", r"\1<", planned.stdout)
    assert "+<h1>Good morning from web-e1</h1>" in re.sub(r"([-+]) +<", r"\1<", planned.stdout)
    deployed.run("apply", "--yes").ok()
    assert "Good morning from web-w2" in deployed.page("web-w2")


def test_one_region_alone_can_be_planned_and_applied(quickstart):
    quickstart.run("apply", "--yes", "--region", "west").ok()
    assert "from web-w1" in quickstart.page("web-w1")
    with pytest.raises(urllib.error.URLError):
        quickstart.page("web-e1")
    assert f"{RESOURCES // 2} to create" in quickstart.run("plan").ok().stdout


def test_status_outputs_and_state_say_what_there_is(deployed):
    status = deployed.run("status").ok().stdout
    assert re.search(r"web.*CURRENT.*CURRENT", status, re.S)
    outputs = deployed.run("outputs").ok().stdout
    for host in deployed.lab.hosts.values():
        assert f"http://{host.address}:" in outputs
    listed = deployed.run("state", "list").ok().stdout
    assert "web/east/Pagewebe1" in listed and "web/west/Serverwebw2" in listed


def test_drift_is_named_and_mended(deployed):
    page = deployed.root / "web-w2" / "www" / "index.html"
    before = page.read_text()
    deployed.run("drift", "--exit-code").ok()
    page.write_text("<h1>Under new management</h1>\n")
    drift = deployed.run("drift", "--exit-code").ok(2)
    drift.out("web/west/Pagewebw2")
    assert "web/west/Pagewebw1" not in drift.stdout and "web/east" not in drift.stdout
    deployed.run("drift").ok()
    assert page.read_text() != before, "drift changes nothing"
    deployed.run("apply", "--yes", "--refresh").ok()
    assert page.read_text() == before
    deployed.run("drift", "--exit-code").ok()


def test_destroying_leaves_nothing(deployed):
    deployed.run("destroy", "--yes").ok()
    assert [path for path in deployed.root.rglob("*") if path.is_file()] == []
    assert deployed.run("state", "list").ok().stdout == ""
    for host in deployed.lab.hosts.values():
        with pytest.raises(urllib.error.URLError):
            deployed.page(host.name)
    again = deployed.run("destroy", "--yes").ok()
    assert "nothing to do" in (again.stdout + again.stderr).lower()


def test_the_demo_ends_well(tmp_path):
    env = clean_env(tmp_path, {"TMPDIR": tmp_path, "HADEPLOY": hadeploy_path()})
    demo = subprocess.run([QUICKSTART / "demo.sh"], env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert list(tmp_path.iterdir()) == [], "the demo takes its folder away again"
