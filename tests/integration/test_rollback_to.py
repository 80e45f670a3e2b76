"""Back to an earlier commit, with the guards of any apply and one more for data."""

import pytest

from lab.git import Repository

MANIFEST = """\
Project: shop
Providers: {sim: {File: cloud.db}}
Regions: {east: {}, west: {}}
Stacks:
  web: {Template: web.yaml, Targets: [east, west]}
  db: {Template: db.yaml, Targets: [east]}
"""
WEB = "Resources: {App: {Type: 'Sim::Node', Properties: {Size: %d}}}\n"
DB = "Resources: {Data: {Type: '%s', Properties: {Size: 8, AvailabilityZone: a}}}\n"


@pytest.fixture
def repo(tmp_path):
    r = Repository(tmp_path / "r")
    manifest = MANIFEST.replace("{File: cloud.db}", "{File: cloud.db, Types: ['*']}")
    r.commit("one", {"hadeploy.yaml": manifest, "web.yaml": WEB % 1,
                     "db.yaml": DB % "Sim::Node"})
    r.git("tag", "v1")
    r.run("apply", "--yes").ok()
    r.commit("two", {"web.yaml": WEB % 2, "db.yaml": DB % "AWS::EC2::Volume"})
    r.run("apply", "--yes").ok()
    return r


def test_a_stack_goes_back_and_the_work_tree_stays(repo):
    repo.run("rollback", "web", "--to", "v1", "--region", "east", "--yes").ok().out("2 -> 1")
    assert repo.git("status", "--porcelain") == ""
    repo.run("plan", "web", "--ref", "v1", "--exit-code").ok(2).out("web/west/App")
    repo.run("rollback", "web", "--to", "v1", "--yes").ok()
    repo.run("plan", "web", "--ref", "v1", "--exit-code").ok()
    repo.run("rollback", "web", "--to", "v1", "--yes").ok()
    repo.run("operation", "list").ok()


def test_data_is_not_lost_by_it(repo):
    refused = repo.run("rollback", "db", "--to", "v1", "--yes").ok(4)
    refused.err("HD2805", "db/east/Data", "replaced", "--accept-data-loss")
    repo.run("plan", "db", "--exit-code").ok()
    repo.run("rollback", "db", "--to", "v1", "--yes", "--exclude", "Data").ok()
    repo.run("plan", "db", "--exit-code").ok()
    repo.run("rollback", "db", "--to", "v1", "--yes", "--accept-data-loss", "empty yet").ok()
    repo.run("plan", "db", "--ref", "v1", "--exit-code").ok()


def test_what_is_asked_wrongly(repo):
    repo.run("rollback", "--to", "v1", "--yes").ok(64).err("rollback STACK --to")
    repo.run("rollback", "web", "--to", "v1", "--skip", "App", "--yes").ok(64).err("--exclude")
    repo.run("rollback", "web", "--exclude", "App", "--yes").ok(64).err("--skip")
    repo.run("rollback", "web", "--to", "v0", "--yes").ok(1).err("HD2803", "git fetch")
    repo.run("rollback", "web", "--to", "v1").ok(1).err("--yes")
    repo.write({"hadeploy.yaml": (repo.dir / "hadeploy.yaml").read_text() +
                "  new: {Template: web.yaml, Targets: [east]}\n"})
    repo.run("apply", "new", "--yes").ok()
    repo.run("rollback", "new", "--to", "v1", "--yes").ok(4).err("HD2806", "destroy new")
    repo.run("plan", "new", "--exit-code").ok()


def test_the_commit_that_was_deployed_before(repo):
    second = repo.head()
    shown = repo.run("rollback", "web", "--previous", "--yes").ok()
    shown.out("2 -> 1")
    repo.run("plan", "web", "--ref", "v1", "--exit-code").ok()
    repo.run("rollback", "web", "--previous", "--yes").ok().out("1 -> 2")
    repo.run("plan", "web", "--ref", second, "--exit-code").ok()
    repo.run("rollback", "web", "--previous", "--to", "v1").ok(64)
    repo.run("rollback", "--previous", "--yes").ok(64).err("stacks that are named")
    repo.run("rollback", "nothing", "--previous", "--yes").ok(1).err("HD2807")


def test_instances_that_were_at_different_commits(repo):
    repo.commit("three", {"web.yaml": WEB % 3})
    repo.run("apply", "web", "--region", "west", "--yes").ok()
    repo.run("rollback", "web", "--previous", "--yes").ok(1).err(
        "HD2808", "web/east", "web/west", "--region")
    repo.run("rollback", "web", "--previous", "--region", "west", "--yes").ok().out("3 -> 2")


def test_a_commit_that_is_gone(repo, tmp_path):
    repo.git("remote", "add", "origin", tmp_path / "origin.git")
    repo.git("tag", "-d", "v1")
    tree = repo.git("commit-tree", "HEAD^{tree}", "-m", "squashed")
    repo.git("reset", "-q", "--hard", tree)
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    repo.run("rollback", "web", "--previous", "--yes").ok(1).err("HD2809", "git fetch")
