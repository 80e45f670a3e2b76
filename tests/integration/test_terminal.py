"""The program on a terminal: questions, colour and the live line."""

import re

import pytest

from lab import Gate, Terminal, ssh_file, template


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


@pytest.fixture
def project(host, tmp_path):
    return host.lab.project(tmp_path / "project", templates={"web": template({
        "Page": ssh_file(host, host.root / "page", "hello\n")})})


QUESTION = rb"(?i)'?yes'?.*[:?>] ?$"
COLOUR = rb"\x1b\[[0-9;]*m"


def test_yes_applies(project, host):
    result = project.on_terminal("apply", answers=[(QUESTION, "yes\n")]).ok()
    assert b"1 to create" in result.stdout and b"web/east/Page" in result.stdout
    assert (host.root / "page").exists()


@pytest.mark.parametrize("answer", ["no\n", "y\n", "YES\n", "\n", "\x04"])
def test_everything_else_declines(project, host, answer):
    project.on_terminal("apply", answers=[(QUESTION, answer)]).ok(4)
    assert not (host.root / "page").exists()
    assert project.recorded() == []


def test_control_c_at_the_question(project, host):
    with Terminal(["apply"], project.dir) as terminal:
        terminal.expect(QUESTION)
        terminal.interrupt()
        assert terminal.wait() == 130
    assert not (host.root / "page").exists()
    project.run("apply", "--yes").ok()


def test_a_lock_that_was_broken_at_the_question_ends_it(project, host):
    """Whoever broke it may be at work: nothing is begun, whatever the answer."""
    with Terminal(["apply"], project.dir) as terminal:
        terminal.expect(QUESTION)
        lock_id = re.search(r"state unlock ([0-9A-Za-z-]+)", project.run("status").ok().stdout)[1]
        project.run("state", "unlock", lock_id, "--yes").ok()
        terminal.send("yes\n")
        assert terminal.wait() == 4
    assert b"HD3102" in terminal.screen
    assert not (host.root / "page").exists()
    assert project.recorded() == []


def test_destroy_asks_too(project, host):
    project.run("apply", "--yes").ok()
    project.on_terminal("destroy", answers=[(QUESTION, "no\n")]).ok(4)
    assert (host.root / "page").exists()
    project.on_terminal("destroy", answers=[(QUESTION, "yes\n")]).ok()
    assert not (host.root / "page").exists()


def test_nothing_to_do_asks_nothing(project):
    project.run("apply", "--yes").ok()
    result = project.on_terminal("apply").ok()
    assert b"nothing to do" in result.stdout.lower()


def test_without_a_terminal_or_with_ci_nobody_is_asked(project, host):
    for result in (project.run("apply"), project.on_terminal("apply", env={"CI": "true"})):
        result.ok(1)
        said = result.stdout if isinstance(result.stdout, bytes) else result.stderr.encode()
        assert b"--yes" in said
    assert not (host.root / "page").exists()


def test_colour_on_a_terminal_only(project):
    coloured = project.on_terminal("plan").ok().stdout
    assert re.search(COLOUR, coloured)
    for env, args in (({"NO_COLOR": "1"}, []), ({"TERM": "dumb"}, []), ({}, ["--no-color"])):
        assert not re.search(COLOUR, project.on_terminal("plan", *args, env=env).ok().stdout)
    piped = project.run("plan", env={"NO_COLOR": None, "TERM": "xterm-256color"}).ok()
    assert "\x1b" not in piped.stdout + piped.stderr
    plain = re.sub(COLOUR, b"", coloured).replace(b"\r\n", b"\n").decode()
    assert piped.stdout in plain, "the same text with and without colour"


def test_a_live_line_per_region_while_it_works(regions, tmp_path):
    gates = {region: Gate(regions.region(region)[0]) for region in ("east", "west")}
    stacks = {region: {"Template": f"stacks/{region}.yaml", "Targets": [region]}
              for region in gates}
    project = regions.project(tmp_path, stacks=stacks, templates={
        region: template({"Long": gate.command()}) for region, gate in gates.items()})
    with Terminal(["apply", "--yes"], project.dir) as terminal:
        for gate in gates.values():
            gate.reached()
        terminal.expect(rb"east[^\n]*0/1|east[^\n]*0 of 1")
        gates["east"].open()
        terminal.expect(rb"east[^\n]*1/1|east[^\n]*1 of 1")
        gates["west"].open()
        assert terminal.wait() == 0
    assert b"\x1b[?25l" not in terminal.screen or b"\x1b[?25h" in terminal.screen


def test_a_narrow_terminal_cuts_the_live_line(project, host):
    gate = Gate(host)
    project.put("stacks/web.yaml", template({"Long": gate.command()}))
    with Terminal(["apply", "--yes"], project.dir, size=(10, 30)) as terminal:
        gate.reached()
        terminal.expect(rb"east")
        gate.open()
        assert terminal.wait() == 0
