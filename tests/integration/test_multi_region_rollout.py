"""The journey of examples/multi-region-rollout, as its README tells it, on three SSH servers."""

import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from lab import Lab, hadeploy_path
from lab.run import clean_env

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "multi-region-rollout"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
EXIT = re.compile(r"# exit code (\d+)$")
END = "that was it:"


class Readme:
    """Somebody who types the README's commands, block by block, into one shell."""

    def __init__(self, folder):
        self.project = folder / "shop"
        build = str(Path(hadeploy_path()).parent)
        self.blocks = [block.replace("/tmp/shop", str(self.project)).replace("$PWD/build", build)
                       for block in BLOCK.findall((EXAMPLE / "README.md").read_text())]
        self.shell = subprocess.Popen(["bash"], cwd=ROOT, env=clean_env(folder), text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT)

    def type_line(self, line):
        wanted = EXIT.search(line)
        self.shell.stdin.write(f"{{ {line}\n}} </dev/null\ncode=$?; echo; echo '{END}' $code\n")
        self.shell.stdin.flush()
        said = []
        for answer in self.shell.stdout:
            if answer.startswith(END):
                code = int(answer.rpartition(" ")[2])
                assert code == int(wanted[1] if wanted else 0), f"{line}\n{''.join(said)}"
                return "".join(said)
            said.append(answer)
        raise AssertionError(f"the shell ended: {line}\n{''.join(said)}")

    def next(self):
        """The next block is carried out; what it prints."""
        return "".join(self.type_line(line) for line in self.blocks.pop(0).splitlines())

    def close(self):
        self.shell.stdin.close()
        self.shell.wait(timeout=30)
        self.shell.stdout.close()


@pytest.fixture
def readme(tmp_path):
    it = Readme(tmp_path)
    yield it
    it.close()
    if (it.project / ".servers").exists():
        Lab.load(it.project / ".servers").close()


def pages(project, lab):
    """What each region shows to its customers; None: nothing, or an error."""
    port = re.search(r"HttpPort: (\d+)", (project / "hadeploy.yaml").read_text())[1]
    shown = {}
    for host in lab.hosts.values():
        try:
            with urllib.request.urlopen(f"http://{host.address}:{port}/", timeout=10) as answer:
                shown[host.region] = re.search(r"release (\d+)", answer.read().decode())[1]
        except urllib.error.URLError:
            shown[host.region] = None
    return shown


def everywhere(release):
    return {region: release for region in ("east", "west", "north")}


def order_of(said, word):
    """The regions in the order in which something of theirs came to its end."""
    regions = re.findall(rf"web/(\w+)/\w+: {word}", said)
    return list(dict.fromkeys(regions))


def test_the_readme(readme):
    readme.next()
    lab = Lab.load(readme.project / ".servers")
    plan = readme.next()
    assert re.search(r"canary +east\n.*canary +gate: bakes .*page.*\n.*west\n.*north\n", plan), plan
    assert pages(readme.project, lab) == everywhere(None)

    first = readme.next()
    assert order_of(first, "created") == ["east", "west", "north"]
    assert re.search(r"web.*CURRENT.*CURRENT.*CURRENT", first, re.S)
    assert pages(readme.project, lab) == everywhere("1")

    logins = {name: host.logins() for name, host in lab.hosts.items()}
    broken = readme.next()
    assert order_of(broken, "updated")[0] == "east" and "HTTP 404" in broken, broken
    assert pages(readme.project, lab) == everywhere("1")
    for name in ("web-w1", "web-n1"):
        assert lab.host(name).logins() == logins[name], "nobody went there"
    status = readme.next()
    assert "OUTDATED" in status

    mended = readme.next()
    assert order_of(mended, "updated") == ["east", "west", "north"]
    assert pages(readme.project, lab) == everywhere("2")

    readme.next()
    assert not readme.blocks and not readme.project.exists()
