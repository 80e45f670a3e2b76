"""What a failed apply leaves on real hosts: what was there before, byte for byte."""

import json
import signal

import pytest

from lab import ssh_command, ssh_file, template

COUNT = 12


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    return lab.start().host("web-e1")


def files(host, text, names, **last):
    resources = {f"File{i}": ssh_file(host, host.root / f"file{i}", f"{text} {i}ü\t\n" * 50,
                                      Mode="0640")
                 for i in names}
    return template({**resources, **last})


def broken(host, after):
    return {"Last": {**ssh_command(host, "echo no luck >&2; exit 3"), "DependsOn": after}}


def picture(host):
    return {path.name: (path.read_bytes(), path.stat().st_mode) for path in host.root.iterdir()
            if path.is_file()}


def project_of(lab, folder, text):
    return lab.project(folder / "project", provider={"ConnectTimeout": "1s"},
                       templates={"web": text})


def bad(host):
    """Updates, one that leaves, one that moves, new ones, and a failure behind them all."""
    names = [i for i in range(1, COUNT + 4)]
    text = files(host, "new", names)
    text["Resources"]["File5"]["Properties"]["Path"] = str(host.root / "moved")
    text["Resources"].update(broken(host, [f"File{i}" for i in names]))
    return text


def test_an_apply_whose_last_change_fails_is_brought_back(lab, host, tmp_path):
    project = project_of(lab, tmp_path, files(host, "old", range(COUNT)))
    project.run("apply", "--yes").ok()
    before = picture(host)
    project.put("stacks/web.yaml", bad(host))
    result = project.run("apply", "--yes").ok(1)
    result.err("Rolled back", "1 of 1 stack instance is back")
    result.err("no luck")
    assert picture(host) == before
    assert len(project.recorded()) == COUNT
    project.run("status").ok().out("ROLLED_BACK")
    project.put("stacks/web.yaml", files(host, "old", range(COUNT)))
    project.run("plan", "--refresh", "--exit-code").ok()


def test_a_first_apply_that_fails_leaves_nothing(lab, host, tmp_path):
    text = files(host, "new", range(COUNT), **broken(host, [f"File{i}" for i in range(COUNT)]))
    project = project_of(lab, tmp_path, text)
    project.run("apply", "--yes").ok(1)
    assert picture(host) == {}
    assert project.recorded() == []


def test_what_was_kept_goes_back_when_asked(lab, host, tmp_path):
    project = project_of(lab, tmp_path, files(host, "old", range(COUNT)))
    project.run("apply", "--yes").ok()
    before = picture(host)
    project.put("stacks/web.yaml", bad(host))
    project.run("apply", "--yes", "--on-failure", "keep").ok(1).err("hadeploy rollback")
    assert picture(host) != before
    project.put("stacks/web.yaml", "nonsense: [\n")
    shown = project.run("plan", "--rollback").ok().stdout
    assert "Plan to roll back project lab" in shown and "to update" in shown
    assert picture(host) != before
    project.run("rollback", "--yes").ok().err("Rollback complete")
    assert picture(host) == before
    project.run("rollback", "--yes").ok().out("Nothing to roll back")


def killed_after(project, count, *args):
    """Whether it was still at work."""
    proc = project.start(*args, "--yes", "--json")
    seen = 0
    for line in proc.stdout:
        seen += json.loads(line)["type"] in ("started", "succeeded")
        if seen == count:
            break
    proc.send_signal(signal.SIGKILL)
    proc.communicate(timeout=30)
    return seen == count


@pytest.mark.parametrize("moment", [1, 2, 5, 9, 20])
def test_a_killed_rollback_goes_on(lab, host, tmp_path, moment):
    project = project_of(lab, tmp_path, files(host, "old", range(COUNT)))
    project.run("apply", "--yes").ok()
    before = picture(host)
    project.put("stacks/web.yaml", bad(host))
    project.run("apply", "--yes", "--on-failure", "keep").ok(1)
    assert killed_after(project, moment, "rollback")
    project.run("rollback", "--yes").ok()
    assert picture(host) == before
    assert len(project.recorded()) == COUNT


def test_a_rollback_that_cannot_reach_a_host_is_continued(lab, tmp_path):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.add("web-e2", "east", "east-b", "127.10.2.11", roles=["web"])
    lab.start()
    one, two = lab.hosts.values()
    old = template({"One": ssh_file(one, one.root / "page", "old\n"),
                    "Two": ssh_file(two, two.root / "page", "old\n")})
    project = project_of(lab, tmp_path, old)
    project.run("apply", "--yes").ok()
    project.put("stacks/web.yaml", template({
        "One": ssh_file(one, one.root / "page", "new\n"),
        "Two": ssh_file(two, two.root / "page", "new\n"),
        **broken(one, ["One", "Two"])}))
    project.run("apply", "--yes", "--on-failure", "keep").ok(1)
    two.stop()
    project.run("rollback", "--yes").ok(1).err("--skip ADDRESS")
    assert (one.root / "page").read_text() == "old\n"
    project.run("status").ok().out("ROLLBACK_FAILED")
    result = project.lines("rollback", "--yes", "--skip", "Two")
    end = [line for line in result if line["type"] == "plan"][-1]
    assert end["rollback"] and end["not_restored"] == [
        {"address": "web/east/Two", "skipped": True}]
    project.run("status").ok().out("ROLLED_BACK")
    two.start()
    project.put("stacks/web.yaml", old)
    project.run("apply", "--yes").ok()
    assert (two.root / "page").read_text() == "old\n"
