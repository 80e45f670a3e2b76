"""Templates from other repositories: fetched, locked, and read from the cache."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess

import pytest

from lab import wait_until
from lab.certificates import Authority
from lab.git import Repository
from lab.git_server import GitServer
from lab.run import start_hadeploy

MANIFEST = """\
Project: shop
Providers: {sim: {File: cloud.db}}
Regions: {east: {}}
Stacks:
  web: {Template: '%s', Targets: [east]}
"""
TEMPLATE = """\
Resources:
  Net:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: '../teile/größe.yaml'}
"""
INNER = """\
Resources:
  App: {Type: 'Sim::Node', Properties: {Size: %d}}
"""


class World:
    """`shared` holds templates, pushed to a bare `shared.git`; the project is in `shop`."""

    def __init__(self, folder):
        self.dir = folder
        self.shared = Repository(folder / "work")
        self.shop = Repository(folder / "shop")
        self.cache = folder / "cache" / "hadeploy" / "git"
        self.env = {"HOME": folder, "XDG_CACHE_HOME": folder / "cache"}
        self.shared.git("init", "-q", "--bare", "-b", "main", folder / "shared.git")
        self.release(1, "v1")

    def release(self, size, tag=None):
        commit = self.shared.commit(f"size {size}", {
            "net/web.yaml": TEMPLATE, "teile/größe.yaml": INNER % size})
        if tag:
            self.shared.git("tag", "-a", "-f", tag, "-m", tag)
        self.push()
        return commit

    def push(self):
        self.shared.git("push", "-q", "-f", "--tags", self.dir / "shared.git", "main")

    def template(self, ref="v1", base=None, path="net/web.yaml"):
        base = base or f"file://{self.dir}"
        return f"git+{base}/shared.git//{path}" + (f"?ref={ref}" if ref else "")

    def use(self, *templates):
        text = MANIFEST % templates[0]
        for number, template in enumerate(templates[1:]):
            text += f"  more{number}: {{Template: '{template}', Targets: [east]}}\n"
        self.shop.write({"hadeploy.yaml": text})

    def allow_leaks(self):
        """The libraries lose a few bytes with each connection by ssh."""
        file = self.dir / "lsan"
        file.write_text("leak:libssh2.so\nleak:libgit2.so\n")
        self.env["LSAN_OPTIONS"] = f"suppressions={file}:print_suppressions=0"

    def run(self, *args, **env):
        return self.shop.run(*args, env={**self.env, **env})

    def lock(self):
        return json.loads((self.shop.dir / "hadeploy.lock").read_text())["templates"]


@contextlib.contextmanager
def agent(folder, key):
    """The socket of an agent that holds this key."""
    sock = folder / "agent.sock"
    proc = subprocess.Popen(["ssh-agent", "-D", "-a", sock], stdout=subprocess.DEVNULL)
    try:
        wait_until(sock.exists, 10, "the agent's socket")
        subprocess.run(["ssh-add", "-q", key], env={**os.environ, "SSH_AUTH_SOCK": str(sock)},
                       check=True, stdin=subprocess.DEVNULL, capture_output=True)
        yield sock
    finally:
        proc.kill()
        proc.wait()


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_locked_once_and_read_from_the_cache(world):
    world.use(world.template())
    world.run("plan").ok(1).err("HD2841", "hadeploy lock", "hadeploy.yaml:5:")
    world.run("lock", "--check").ok(1).out("+ git+file://", "1 added")
    world.run("lock").ok().out("+ git+file://", "refs/tags/v1: ", "1 added")
    pin = world.lock()[world.template()]
    assert pin["commit"] == world.shared.head("v1^{commit}") and pin["ref"] == "refs/tags/v1"
    before = (world.shop.dir / "hadeploy.lock").read_bytes()
    world.run("lock").ok().out("0 added, 0 moved, 0 removed, 1 as before")
    assert (world.shop.dir / "hadeploy.lock").read_bytes() == before
    shutil.rmtree(world.dir / "shared.git")
    world.run("lock", "--check").ok()
    world.run("apply", "--yes").ok().out("Net.App")
    world.run("plan", "--exit-code").ok()
    shutil.rmtree(world.cache)
    world.run("plan").ok(1).err("HD2835", "there is no repository at file://", "hadeploy.yaml:5:")


def test_the_ref_says_which_commit_and_its_lock(world):
    world.use(world.template())
    world.run("lock").ok()
    world.shop.commit("one")
    world.shop.git("tag", "one")
    world.release(2, "v2")
    world.use(world.template("v2"))
    world.run("lock").ok().out("- git+file://", "+ git+file://", "1 removed")
    world.shop.commit("two")
    world.run("plan").ok().out("Size: 2")
    world.run("plan", "--ref", "one").ok().out("Size: 1")
    (world.shop.dir / "hadeploy.lock").unlink()
    world.run("plan", "--ref", "one").ok()


def test_branches_move_when_asked(world):
    world.use(world.template("main"), world.template(None, path="teile/größe.yaml"))
    world.run("lock").ok().out("refs/heads/main", "HEAD: ", "2 added")
    old, new = world.shared.head(), world.release(2)
    world.run("lock").ok().out("2 as before")
    moved = world.run("lock", "--upgrade", "web", "--json").ok()
    rows = {row["template"]: row for row in map(json.loads, moved.stdout.splitlines())
            if row["type"] == "lock"}
    assert rows[world.template("main")]["action"] == "move"
    assert rows[world.template("main")]["from"] == old
    assert rows[world.template("main")]["to"] == new
    assert [row["action"] for row in rows.values()].count("none") == 1
    world.run("lock", "--upgrade").ok().out("HEAD: ", f"{old[:10]} -> {new[:10]}", "1 moved")
    world.run("lock", "--upgrade", "wbe").ok(1).err("HD2846", "'web'")
    world.run("lock", "web").ok(64).err("HD9061", "--upgrade web")


def test_a_moved_tag_is_an_error(world):
    world.use(world.template())
    world.run("lock").ok()
    new = world.release(2, "v1")
    world.run("plan").ok().out("Size: 1")
    world.use(world.template(), world.template("main"))
    world.run("lock").ok(1).err("HD2842", "the tag 'v1' was moved", f"now    {new}")
    shutil.rmtree(world.cache)
    world.run("plan", "web").ok(1).err("HD2842")
    world.run("lock", "--upgrade").ok().out("(the tag was moved)")
    world.shared.git("push", "-q", world.dir / "shared.git", ":refs/tags/v1")
    world.run("plan", "web").ok().out("Size: 2")
    shutil.rmtree(world.cache)
    world.run("plan", "web").ok(1).err("HD2835", "has no branch and no tag 'v1'")


def test_a_rewritten_branch_is_an_error_without_its_commit(world):
    world.use(world.template("main"))
    world.run("lock").ok()
    world.shared.git("checkout", "-q", "--orphan", "new")
    world.shared.git("branch", "-q", "-D", "main")
    world.shared.git("checkout", "-q", "-b", "main")
    world.shared.git("tag", "-d", "v1")
    world.shared.git("push", "-q", world.dir / "shared.git", ":refs/tags/v1")
    world.release(3)
    world.run("plan").ok()
    shutil.rmtree(world.cache)
    world.run("plan").ok(1).err("HD2844", "refs/heads/main")


def test_what_was_changed_by_hand_is_noticed(world):
    world.use(world.template())
    world.run("lock").ok()
    file = world.shop.dir / "hadeploy.lock"
    good = file.read_text()
    digest = world.lock()[world.template()]["digest"]
    file.write_text(good.replace(digest, "sha256:" + hashlib.sha256(b"x").hexdigest()))
    world.run("plan").ok(1).err("HD2843", "hadeploy.yaml:5:", digest)
    for bad in ("", "[]", "{", good.replace('"lockVersion": 1', '"lockVersion": 2'),
                good.replace(digest, "md5:0"), good + "<<<<<<< HEAD\n"):
        file.write_text(bad)
        world.run("plan").ok(1).err("HD2840")
        world.run("lock").ok(1).err("HD2840")
    file.write_text(good)
    cache = next(world.cache.glob("*[!k]"))
    shutil.rmtree(cache / "objects")
    world.run("plan").ok(1).err("remove that folder")
    shutil.rmtree(cache)
    cache.mkdir()
    world.run("plan").ok(1).err("HD2801")
    cache.rmdir()
    world.run("plan").ok()
    world.run("plan", HOME="nowhere", XDG_CACHE_HOME="x").ok(1).err("HD2845")


def test_urls_that_are_refused(world):
    secret = world.template().replace("file://", "https://ann:hunter2@h")
    token = world.template("main").replace("ref=", "access_token=hunter2&ref=")
    for bad in (secret, token, world.template().replace("file://", "http://h.example"),
                world.template(path="../x.yaml"), world.template(path="net/%2e%2e/x.yaml"),
                "git+ssh://git@h/r.git?ref=x"):
        world.use(bad)
        for command in ("plan", "lock"):
            said = world.run(command).ok(1).err("HD2830", "hadeploy.yaml:5:")
            assert "hunter2" not in said.stdout + said.stderr
    world.use(world.template(path="net/nothing.yaml"))
    world.run("lock").ok(1).err("HD2804", "net/nothing.yaml")
    assert not (world.shop.dir / "hadeploy.lock").exists()
    world.shared.commit("leaves", {"net/web.yaml": TEMPLATE.replace("../teile", "../../x")})
    world.push()
    world.use(world.template("main"))
    world.run("lock").ok()
    world.run("plan").ok(1).err("main:net/web.yaml:4", "leads out of the repository")


def test_a_saved_plan_holds_while_the_pin_does(world):
    world.use(world.template("main"))
    world.run("lock").ok()
    world.run("plan", "--out", "p").ok()
    world.release(2)
    world.run("lock", "--upgrade").ok().out("1 moved")
    world.run("apply", "--plan", "p", "--yes").ok(4)
    world.run("plan", "--out", "q").ok()
    world.run("apply", "--plan", "q", "--yes").ok()
    world.run("plan", "--exit-code").ok()
    world.run("destroy", "--yes").ok()


def test_two_processes_at_once(world):
    world.use(world.template(), world.template("main"))
    running = [start_hadeploy(["lock"], world.shop.dir, {**world.env, "HOME": world.dir})
               for _ in range(4)]
    for proc in running:
        assert proc.wait(60) == 0, proc.communicate()
    assert len(world.lock()) == 2
    world.run("plan").ok()


def test_https_with_a_certificate_and_a_token(world):
    ours, theirs = Authority(world.dir / "ours"), Authority(world.dir / "theirs", "theirs")
    env = {"GIT_SSL_CAINFO": ours.ca_file}
    with GitServer(world.dir, ours.certificate("s"), users=["git:t0ken", "ann:pass"]) as server:
        world.use(world.template(base=server.url))
        world.run("lock", GIT_SSL_CAINFO=theirs.ca_file, HADEPLOY_GIT_TOKEN="t0ken").ok(1).err(
            "HD2833", "localhost")
        world.run("lock", HADEPLOY_GIT_TOKEN="t0ken").ok(1).err("HD2833")
        assert server.requests == 0 and not server.credentials
        world.run("lock", **env).ok(1).err("HD2834", "HADEPLOY_GIT_TOKEN")
        wrong = world.run("lock", **env, HADEPLOY_GIT_TOKEN="wr0ng").ok(1).err("HD2834", "tried:")
        assert "wr0ng" not in wrong.stderr
        ask = world.dir / "ask"
        ask.write_text('#!/bin/sh\ncase "$1" in Username*) echo ann;; *) echo pass;; esac\n')
        ask.chmod(0o755)
        world.run("lock", **env, GIT_ASKPASS=ask).ok().out("1 added")
        shutil.rmtree(world.cache)
        world.run("plan", **env, HADEPLOY_GIT_TOKEN_LOCALHOST="t0ken",
                  HADEPLOY_GIT_TOKEN="other").ok()
        world.run("plan").ok()
        world.use(world.template(base=server.url + "/nowhere"))
        world.run("lock", **env, HADEPLOY_GIT_TOKEN="t0ken").ok(1).err("HD2835")


def test_a_redirect_takes_no_token_to_another_host(world):
    with GitServer(world.dir, users=["git:t0ken"]) as other, \
            GitServer(world.dir, redirect=other.url) as server:
        world.use(world.template(base=server.url))
        world.run("lock", HADEPLOY_GIT_TOKEN="t0ken").ok(1).err("HD2836", "another host")
        assert other.requests == 0 and not other.credentials


def test_ssh_and_its_host_key(world, lab):
    host = lab.add("git", "east", "east-a", "127.10.1.11")
    lab.start()
    world.allow_leaks()
    world.use(world.template(base=f"ssh://{lab.user}@{host.address}:{host.port}{world.dir}"))
    key = {"HADEPLOY_GIT_KEY": lab.user_key}
    world.run("lock", **key).ok(1).err("HD2832", "SHA256:", "ssh-keyscan")
    world.run("lock", **key, HADEPLOY_GIT_KNOWN_HOSTS=lab.known_hosts).ok().out("1 added")
    world.run("plan").ok()
    shutil.rmtree(world.cache)
    with agent(world.dir, lab.user_key) as sock:
        world.run("plan", SSH_AUTH_SOCK=sock, HADEPLOY_GIT_KNOWN_HOSTS=lab.known_hosts).ok()
    shutil.rmtree(world.cache)
    host.rekey()
    world.run("plan", **key, HADEPLOY_GIT_KNOWN_HOSTS=lab.known_hosts).ok(1).err(
        "HD2832", "HAS CHANGED")


def test_a_silent_host_ends(world):
    world.allow_leaks()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        world.use(world.template(base=f"ssh://git@127.0.0.1:{port}"))
        world.run("lock", HADEPLOY_GIT_TIMEOUT="200ms").ok(1).err("HD2831", "fell silent")
        world.run("lock", HADEPLOY_GIT_TIMEOUT="soon").ok(1).err("HD2830", "is no duration")


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_who_waits_for_a_silent_host_can_give_up(world, command):
    world.use(world.template())
    world.run("lock").ok()
    shutil.rmtree(world.cache)
    lock = world.shop.dir / "hadeploy.lock"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base = f"ssh://git@127.0.0.1:{silent.getsockname()[1]}"
        world.use(world.template(base=base))
        lock.write_text(lock.read_text().replace(f"file://{world.dir}", base))
        waiting = start_hadeploy([command], world.shop.dir, env=world.env)
        silent.settimeout(20)
        with silent.accept()[0]:
            waiting.send_signal(signal.SIGINT)
            assert waiting.wait(10) == -signal.SIGINT
