"""The tutorial of docs/writing-types.md, word by word: its files, its commands, what they say."""

import re
import select
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab import run_hadeploy
from lab.run import ROOT

PAGE, EXAMPLE = ROOT / "docs" / "writing-types.md", ROOT / "examples" / "own-api"
TOKEN = "secret"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
HEADING = re.compile(r"^### (.*)$", re.M)
NAMED = re.compile(r"# own-api/(\S+)\n")
# A key at the left margin with all that belongs to it.
PART = re.compile(r"^\w+:.*\n(?:(?:[ #-].*)?\n)*", re.M)


def tutorial():
    return PAGE.read_text().partition("\n## Tutorial\n")[2].partition("\n## ")[0]


def sections():
    """(heading, blocks) in the order of the page; a block is (language, text)."""
    parts = HEADING.split(tutorial())
    return [(heading, FENCE.findall(text)) for heading, text in zip(parts[1::2], parts[2::2])]


def put(files, name, piece):
    """A key that is there is replaced in its place, new ones come at the end."""
    found = PART.findall(piece)
    assert "".join(found) == piece, f"there are no whole keys in {piece}"
    file = files.setdefault(name, {})
    last = next(reversed(file), None)
    for part in found:
        key = part.partition(":")[0]
        if key in file:
            gap = file[key][len(file[key].rstrip("\n")):]
            part = part.rstrip("\n") + gap
        elif last:
            file[last] = file[last].rstrip("\n") + "\n\n"
            last = None
        file[key] = part


def whole(parts):
    return "".join(parts.values()).rstrip("\n") + "\n"


def test_the_pieces_are_the_files():
    files = {}
    for _, blocks in sections():
        for language, text in blocks:
            if language == "yaml":
                put(files, NAMED.match(text)[1], text.partition("\n")[2])
    found = {path.relative_to(EXAMPLE).as_posix() for path in EXAMPLE.rglob("*.yaml")}
    assert set(files) == found
    for name, parts in files.items():
        assert (EXAMPLE / name).read_text() == whole(parts), name


class Api:
    """The example's API on a free port."""

    def __init__(self):
        self.proc = subprocess.Popen(
            [sys.executable, EXAMPLE / "api.py", "0"], env={"OWN_API_TOKEN": TOKEN},
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert select.select([self.proc.stdout], [], [], 20)[0], "the API does not start"
        self.url = self.proc.stdout.readline().strip()

    def close(self):
        self.proc.terminate()
        self.proc.wait(10)
        self.proc.stdout.close()


@pytest.fixture
def api():
    it = Api()
    yield it
    it.close()


class Reader:
    """Does what the page says, in an empty folder."""

    def __init__(self, folder, api):
        self.dir, self.api, self.files, self.last = folder, api, {}, None

    def write(self, name, piece):
        put(self.files, name, piece)
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(whole(self.files[name]).replace("http://127.0.0.1:8088", self.api.url))

    def run(self, line):
        line = line.replace("http://127.0.0.1:8088", self.api.url)
        if line.startswith("hadeploy "):
            self.last = run_hadeploy(shlex.split(line)[1:], self.dir,
                                     env={"OWN_API_TOKEN": TOKEN}).ok()
            return
        if line.startswith("curl"):
            done = subprocess.run(line, shell=True, check=True, capture_output=True, text=True,
                                  env={"OWN_API_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"})
            assert done.stdout == "[]\n"

    def read(self, language, text):
        if language == "yaml":
            self.write(NAMED.match(text)[1], text.partition("\n")[2])
        elif language == "sh":
            for line in text.splitlines():
                self.run(line)
        elif language == "text":
            for line in text.splitlines():
                if line != "...":
                    self.last.out(line)

    def follow(self, until=None):
        """Everything up to the end of this section."""
        for heading, blocks in sections():
            for language, text in blocks:
                self.read(language, text)
            if heading == until:
                return


@pytest.fixture
def reader(api, tmp_path):
    return Reader(tmp_path, api)


def test_a_reader_who_follows_it_arrives(reader):
    reader.follow()
    assert reader.last.returncode == 0


def test_an_expression_that_is_tried_with_jq(reader):
    if not shutil.which("jq"):
        pytest.skip("there is no jq")
    reader.run(next(line for language, text in sections()[-1][1] if language == "sh"
                    for line in text.splitlines() if line.startswith("curl")))
