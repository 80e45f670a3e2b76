"""The rest provider from a template to an API and back: tests/lab/shop.py is the API."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess

import pytest

from lab import run_hadeploy, start_hadeploy, wait_until
from lab.run import ROOT
from lab.shop import HTML, Fault, Shop

MANIFEST = """\
Project: shop
Providers:
  shop: {{Use: rest, Types: ['Shop::*'], Definitions: types, Endpoint: '{url}'{more}}}
Regions: {{east: {{}}}}
Stacks: {{desk: {{Template: desk.yaml, Targets: [east]}}}}
"""
WIDGETS = """\
Resources:
  First: {Type: Shop::Widget, Properties: {Name: first, Size: 3, Labels: {a: '1'}}}
  Second:
    Type: Shop::Widget
    Properties: {Name: second, Color: !Sub 'like ${First.Id}', Password: not-to-be-shown}
"""
MACHINE = """\
Resources:
  Press: {Type: Shop::Machine, Properties: {Name: press, Color: red}}
"""


class Desk:
    """A project whose one stack is made in a shop."""

    def __init__(self, folder, shop):
        self.dir, self.shop = folder, shop
        shutil.copytree(ROOT / "tests/lab/shop_types", folder / "types")
        self.manifest()
        self.template(WIDGETS)

    def manifest(self, more=", Auth: {Token: '{{resolve:env:SHOP_TOKEN}}'}", url=None):
        text = MANIFEST.format(url=url or self.shop.url, more=more)
        (self.dir / "hadeploy.yaml").write_text(text)

    def template(self, text):
        (self.dir / "desk.yaml").write_text(text)

    def run(self, *args, **options):
        return run_hadeploy(args, self.dir, env={"SHOP_TOKEN": "the-token"}, **options)

    def start(self, *args):
        return start_hadeploy(args, self.dir, env={"SHOP_TOKEN": "the-token"})

    def recorded(self):
        return self.run("state", "list").ok().stdout.split()

    def all_bytes(self):
        """Everything that was ever written below .hadeploy."""
        return b"".join(path.read_bytes() for path in (self.dir / ".hadeploy").rglob("*")
                        if path.is_file())


@pytest.fixture
def shop():
    with Shop(token="the-token") as it:
        yield it


@pytest.fixture
def desk(tmp_path, shop):
    return Desk(tmp_path, shop)


def test_its_whole_life(desk, shop):
    desk.run("apply", "--yes").ok()
    first, second = shop.widget("first"), shop.widget("second")
    assert (first["size"], first["labels"]) == (3, {"a": "1"})
    assert (second["color"], second["password"]) == (f"like {first['id']}", "not-to-be-shown")
    asked = len(shop.log)
    desk.run("plan", "--exit-code").ok()
    assert len(shop.log) == asked
    desk.run("apply", "--yes", "--refresh").ok()
    assert shop.asked("POST|PATCH") == 2
    desk.template(WIDGETS.replace("Size: 3", "Size: 4"))
    desk.run("apply", "--yes").ok()
    assert shop.widget("first")["size"] == 4
    shop.widget("first")["size"] = 9
    desk.run("drift", "--exit-code").ok(2).out("First", "Size")
    desk.run("destroy", "--yes").ok()
    assert shop.things["widgets"] == {}
    assert b"not-to-be-shown" not in desk.all_bytes()
    assert b"the-token" not in desk.all_bytes()


def test_a_create_only_property_replaces(desk, shop):
    desk.run("apply", "--yes").ok()
    desk.template(WIDGETS.replace("Name: first", "Name: third"))
    desk.run("apply", "--yes").ok()
    assert {w["name"] for w in shop.things["widgets"].values()} == {"second", "third"}


def test_what_takes_a_while_is_waited_for(desk, shop):
    desk.template(MACHINE)
    desk.run("apply", "--yes").ok()
    press, = shop.things["machines"].values()
    assert (press["state"], press["color"]) == ("ready", "red")
    desk.run("destroy", "--yes").ok()
    assert shop.things["machines"] == {}


def test_what_fails_later_is_told(desk, shop):
    desk.template(MACHINE.replace("Color: red", "Model: lemon"))
    result = desk.run("apply", "--yes").ok(1)
    result.err("HD5378", "the machine is broken")
    # It was there, so the rollback has taken it away.
    assert shop.asked("DELETE") == 1 and shop.things["machines"] == {}
    assert desk.recorded() == []


@pytest.mark.parametrize("looks", [1, 3])
def test_killed_while_waiting_the_next_run_goes_on(desk, shop, looks):
    shop.looks = 1000
    desk.template(MACHINE)
    proc = desk.start("apply", "--yes")
    wait_until(lambda: shop.asked("GET /machines/"), 20, "the first look")
    os.killpg(proc.pid, signal.SIGKILL)
    proc.communicate()
    next(iter(shop.things["machines"].values()))["looks"] = looks
    desk.run("apply", "--yes").ok()
    press, = shop.things["machines"].values()
    assert (press["state"], press["color"]) == ("ready", "red")
    assert shop.asked("POST /machines") == 1


def test_killed_before_the_answer_nothing_is_made_twice(desk, shop):
    desk.template(MACHINE)
    gate = {"proc": None}

    def killed(what):
        if what != "POST /machines":
            return False
        os.killpg(gate["proc"].pid, signal.SIGKILL)
        return True

    fault = Fault("POST /machines", done=True, lose=True)
    fault.fits = killed
    shop.faults.append(fault)
    gate["proc"] = desk.start("apply", "--yes")
    gate["proc"].communicate()
    shop.faults.clear()
    assert len(shop.things["machines"]) == 1
    desk.run("apply", "--yes").ok()
    press, = shop.things["machines"].values()
    assert (press["state"], press["color"]) == ("ready", "red")
    assert shop.asked("POST /machines") == 1


def without_key(desk, *keys):
    """Nothing tells any more whose a machine is."""
    path = desk.dir / "types" / "machine.yaml"
    text = path.read_text().replace(", key: $key", "")
    for key in keys:
        text = re.sub(rf"^{key}:\n(?:  .*\n)*", "", text, flags=re.M)
    path.write_text(text)
    desk.template(MACHINE)


def test_what_no_key_finds_is_not_made_twice(desk, shop):
    without_key(desk, "FindByKey", "FindByName")
    shop.faults.append(Fault("POST /machines$", lose=True, done=True))
    desk.run("apply", "--yes").ok(1).err("HD5372", "HD2212", "hadeploy import desk/east/Press ID")
    ident, = shop.things["machines"]
    assert shop.asked("POST /machines") == 1
    desk.run("import", "--yes", "desk/east/Press", ident).ok()
    desk.run("apply", "--yes").ok()
    assert shop.asked("POST /machines") == 1


def test_what_has_no_namesake_was_not_made(desk, shop):
    without_key(desk, "FindByKey")
    shop.faults.append(Fault("POST /machines$", lose=True))
    desk.run("apply", "--yes").ok()
    assert len(shop.things["machines"]) == 1
    desk.run("destroy", "--yes").ok()
    shop.faults.append(Fault("POST /machines$", lose=True, done=True))
    desk.run("apply", "--yes").ok(1).err("HD2212")
    assert len(shop.things["machines"]) == 1


FAULTS = {
    "lost": Fault("POST /widgets$", lose=True),
    "lost after the work": Fault("POST /widgets$", lose=True, done=True, count=2),
    "500 after the work": Fault("POST /widgets$", 500, {"error": {}}, done=True),
    "502 of a proxy": Fault("POST /widgets$", 502, HTML),
    "503": Fault("widgets", 503, "busy", count=3),
    "429": Fault("widgets", 429, {}, count=3, headers={"Retry-After": "1"}),
    "lost while reading": Fault("GET /widgets", lose=True, count=2),
}


@pytest.mark.parametrize("name", FAULTS)
def test_bad_luck_passes_and_nothing_is_made_twice(desk, shop, name):
    fault = FAULTS[name]
    shop.faults.append(fault)
    desk.run("apply", "--yes").ok()
    assert sorted(w["name"] for w in shop.things["widgets"].values()) == ["first", "second"]
    assert fault.count == 0
    desk.run("plan", "--exit-code").ok()


def test_bad_luck_while_deleting_and_updating(desk, shop):
    desk.run("apply", "--yes").ok()
    shop.faults += [Fault("PATCH", lose=True, done=True), Fault("PATCH", 503, "busy")]
    desk.template(WIDGETS.replace("Size: 3", "Size: 4"))
    desk.run("apply", "--yes").ok()
    assert shop.widget("first")["size"] == 4
    shop.faults += [Fault("DELETE", lose=True, done=True), Fault("DELETE", 502, HTML)]
    desk.run("destroy", "--yes").ok()
    assert shop.things["widgets"] == {}


def test_a_name_that_is_taken_is_not_taken_over(desk, shop):
    shop.make("widgets", {"name": "first"})
    desk.run("apply", "--yes").ok(1).err("HD5367", "NameTaken", "hadeploy import")
    desk.run("apply", "--yes", "--adopt").ok()
    assert shop.widget("first")["size"] == 3
    assert len(shop.things["widgets"]) == 2


def test_import_by_id_and_by_name(desk, shop):
    _, made = shop.make("widgets", {"name": "first", "size": 3, "labels": {"a": "1"}})
    desk.run("import", "desk/east/First", "--yes").ok()
    assert desk.recorded() == ["desk/east/First"]
    desk.run("state", "rm", "desk/east/First", "--yes")
    desk.run("import", "desk/east/First", made["id"], "--yes").ok()
    assert shop.asked("POST|PATCH") == 0


def test_a_refusal_says_all_there_is(desk, shop):
    shop.faults.append(Fault("POST", 422, {"error": {"code": "TooGreen", "message":
                                                     "widgets are not that green"}}, count=9))
    desk.run("apply", "--yes").ok(1).err(
        "HD5363", "TooGreen", "widgets are not that green", "POST /widgets of Shop::Widget",
        "region 'east'", shop.url, "HTTP status 422", "request id req-")


def test_a_wrong_token_is_not_repeated(desk, shop):
    shop.token = "another"
    result = desk.run("apply", "--yes").ok(1)
    result.err("HD5364", "Auth")
    assert "the-token" not in result.stdout + result.stderr
    assert "the-token" not in json.dumps(shop.things)


def test_another_server_is_told_from_the_api(desk, shop):
    shop.faults.append(Fault("GET /widgets", 200, HTML, count=99))
    desk.run("apply", "--yes").ok(1).err("HD5374", "HTML page", "proxy")


def test_nobody_there(desk, shop):
    desk.manifest(url="http://127.0.0.1:9/")
    desk.run("apply", "--yes").ok(1).err("HD5371", "127.0.0.1:9")
    assert desk.recorded() == []


@pytest.fixture
def certificate(tmp_path):
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem", "-days", "2"],
        capture_output=True, check=False)
    if made.returncode:
        pytest.skip("no openssl here that makes certificates")
    return tmp_path / "cert.pem", tmp_path / "key.pem"


def test_a_certificate_must_be_trusted(desk, shop, certificate):
    around = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    around.load_cert_chain(*certificate)
    shop.server.socket = around.wrap_socket(shop.server.socket, server_side=True)
    url, auth = shop.url.replace("http:", "https:"), ", Auth: {Token: the-token}"
    desk.manifest(auth, url)
    desk.run("apply", "--yes").ok(1).err("HD5373", "CaFile")
    assert not shop.log
    desk.manifest(f"{auth}, CaFile: cert.pem", url)
    desk.run("apply", "--yes").ok()


def test_an_expression_that_fails_is_shown_in_its_file(desk):
    path = desk.dir / "types/widget.yaml"
    path.write_text(path.read_text().replace("Size: .size,", "Size: (.size + 1),"))
    desk.run("apply", "--yes").ok(1).err("HD5375", "types/widget.yaml:", "cannot be added")


def test_settings_are_checked_before_anybody_is_asked(desk, shop):
    desk.manifest(", Tiemout: 5s")
    desk.run("validate").ok(1).err("Tiemout", "did you mean 'Timeout'?")
    assert not shop.log
