"""What `runbook check --live` says of a standby of real hosts."""

import time

import pytest

from lab import ssh_file, template

FAILOVER = """\
Parameters: {From: {Type: Region}, To: {Type: Region}}
Steps:
  - {Name: warm, Type: Command, Region: !Ref To, Roles: [web], Command: 'true'}
"""


@pytest.fixture
def project(lab, tmp_path):
    lab.add("e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.add("w1", "west", "west-a", "127.20.1.11", roles=["web"])
    lab.add("w2", "west", "west-b", "127.20.2.11", roles=["web"])
    lab.add("w3", "west", "west-b", "127.20.2.12", roles=["jobs"])
    lab.start()
    host = lab.host("w1")
    it = lab.project(tmp_path / "project",
                     stacks={"web": {"Template": "stacks/web.yaml", "Targets": ["west"]}},
                     templates={"web": template({
                         "Page": ssh_file(host, f"{host.root}/page", "as applied\n")})},
                     more={"Runbooks": {"failover": "failover.yaml"}})
    it.put("failover.yaml", FAILOVER)
    it.run("apply", "--yes").ok()
    return it


def found(project, *codes):
    lines = project.lines("runbook", "check", "failover", "--from", "east", "--to", "west",
                          "--live")
    direction = next(x for x in lines if x["type"] == "runbook_check")["directions"][0]
    return [(f["severity"], f["what"]) for f in direction["findings"] if f["code"] in codes]


def test_a_standby_that_answers_is_compared_with_what_was_applied(project, lab):
    assert found(project, "HD2756", "HD2759") == []
    (lab.host("w1").root / "page").write_text("by hand\n")
    assert found(project, "HD2756", "HD2759") == [
        ("warning", "web/west was changed from outside: 1 of its resources differ or are gone")]


def test_hosts_that_are_dead_or_hang_are_named_in_time(project, lab):
    lab.host("w2").kill()
    lab.host("w3").freeze()
    lab.host("e1").freeze()  # what is left is not asked
    began = time.monotonic()
    told = found(project, "HD2756", "HD2759")
    assert time.monotonic() - began < 30
    lab.host("w3").thaw()
    lab.host("e1").thaw()
    assert [(severity, what.split(": ")[0]) for severity, what in told] == [
        ("blocker", "host 'w2' in region 'west' is not reached by ssh"),
        ("warning", "host 'w3' in region 'west' is not reached by ssh")]
