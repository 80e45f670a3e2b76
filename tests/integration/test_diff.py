"""What would change between two commits: without network, state and secrets."""

import json

import pytest

from lab.git import Repository

MANIFEST = """\
Project: shop
Providers:
  sim: {File: cloud.db, Token: '{{resolve:env:NOBODY_HAS_IT}}'}
Regions: {east: {Zones: [e1]}, west: {Zones: [w1]}, south: {}}
Stacks:
  web: {Template: web.yaml, Targets: [east, west], Parameters: {Key: '{{resolve:env:KEY}}'}}
  db: {Template: db.yaml, Targets: [east]}
"""
WEB = """\
Parameters: {Size: {Type: Number, Default: 1}, Key: {Type: String, NoEcho: true}}
Resources:
  App: {Type: 'Sim::Node', Properties: {Size: !Ref Size, Note: !Ref Key}}
  Page: {Type: 'Sim::Node', Properties: {Parent: !Ref App, Note: !Sub 'x ${App.Serial}'}}
Outputs: {Url: {Value: !Sub 'http://${App}/'}}
"""
DB = """\
Resources:
  Root:
    Type: AWS::EC2::VPC
    DeletionPolicy: Retain
    Properties: {CidrBlock: 10.1.0.0/16}
  Leaf: {Type: 'Sim::Node', Properties: {Parent: !Ref Root}}
"""


@pytest.fixture
def repo(tmp_path):
    r = Repository(tmp_path / "r")
    r.commit("one", {"hadeploy.yaml": MANIFEST, "web.yaml": WEB, "db.yaml": DB})
    r.git("tag", "v1")
    return r


def lines(repo, *args):
    found = [json.loads(line) for line in
             repo.run("diff", *args, "--json").ok().stdout.splitlines()]
    assert found[-1]["type"] == "end" and found[-2]["type"] == "comparison"
    return found[:-2], found[-2]


def test_equal_sides_print_nothing(repo):
    assert repo.run("diff", "v1").ok().stdout == ""
    assert repo.run("diff", "v1", "HEAD", "--exit-code").ok().stdout == ""
    assert repo.run("diff", "v1", "--format", "markdown").ok().stdout == ""
    repo.commit("comments", {"web.yaml": "# more words\n" + WEB, "README": "x"})
    assert repo.run("diff", "v1", "HEAD").ok().stdout == ""
    assert not (repo.dir / ".hadeploy").exists()


def test_what_differs_is_told_by_stack_and_target(repo):
    repo.commit("two", {"web.yaml": WEB.replace("Default: 1", "Default: 2")})
    text = repo.run("diff", "v1", "HEAD").ok()
    text.out("web: 2 instances (east, west)", "~ App", "Size: 1 -> 2", "2 to update")
    assert "Page" not in text.stdout
    repo.run("diff", "v1", "HEAD", "--exit-code").ok(2)
    repo.run("diff", "HEAD", "v1").ok().out("Size: 2 -> 1")
    found, end = lines(repo, "v1", "HEAD", "--region", "west")
    assert [(i["stack"], i["region"], i["action"]) for i in found] == [("web", "west", "update")]
    assert found[0]["resources"][0]["paths"] == [{"path": "/Size", "before": 1, "after": 2}]
    assert end["update"] == 1 and end["to_commit"] == repo.head()
    repo.run("diff", "v1", "HEAD", "--region", "wst").ok(1).err("HD", "wst")


def test_ranges_are_taken_as_git_takes_them(repo):
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit("mine", {"web.yaml": WEB.replace("Default: 1", "Default: 2")})
    repo.git("tag", "-a", "-m", "x", "mine")
    repo.git("checkout", "-q", "main")
    repo.commit("theirs", {"db.yaml": DB.replace("10.1", "10.2")})
    both = repo.run("diff", "main", "topic").ok().out("Size: 1 -> 2", "CidrBlock").stdout
    assert repo.run("diff", "main..topic").ok().stdout == both
    assert repo.run("diff", "..topic").ok().stdout == both.replace("main (", "HEAD (")
    since = repo.run("diff", "main...mine").ok().out("Size: 1 -> 2").stdout
    assert "CidrBlock" not in since
    repo.run("diff", "...topic").ok().out("...topic (", "Size: 1 -> 2")
    assert lines(repo, "main...topic")[1]["from_commit"] == repo.git("rev-parse", "v1")
    repo.run("diff", "main..topic", "HEAD").ok(64).err("HD9062", "'main..topic' names two commits")
    repo.run("diff", "main...nope").ok(1).err("there is no commit 'main...nope'")
    repo.git("checkout", "-q", "--orphan", "other")
    repo.commit("nothing in common", {"web.yaml": WEB})
    repo.run("diff", "main...other").ok(1).err("there is no commit 'main...other'")


def test_targets_and_stacks_come_and_go(repo):
    repo.commit("two", {"hadeploy.yaml": MANIFEST.replace("[east, west]", "[west, south]").replace(
        "  db:", "  store:")})
    text = repo.run("diff", "v1").ok()
    text.out("web/east  not in the manifest any more", "web/south  new", "store/east  new",
             "db/east  not in", "+ App", "- App")
    found, end = lines(repo, "v1")
    assert {i["stack"] + "/" + i["region"]: i["action"] for i in found} == {
        "web/east": "delete", "web/south": "create", "db/east": "delete",
        "store/east": "create"}
    assert (end["create"], end["delete"], end["update"]) == (4, 4, 0)


def test_replacements_reach_what_refers_to_them(repo):
    repo.commit("two", {"db.yaml": DB.replace("10.1.", "10.2.")})
    repo.run("diff", "v1").ok().out("-/+ Root", "forces replacement", "Leaf",
                                    "because of Root", "1 to update, 1 to replace")
    repo.commit("policy", {"db.yaml": DB.replace("Retain", "Delete")})
    repo.run("diff", "v1").ok().out('DeletionPolicy: "Retain" -> "Delete"')


def test_moves_outputs_and_secrets(repo):
    moved = WEB.replace("App", "Front").replace("'http:", "'https:").replace(
        "Resources:", "Moved: [{From: App, To: Front}]\nResources:")
    repo.commit("moved", {"web.yaml": moved})
    text = repo.run("diff", "v1").ok(0)
    text.out("> Front", "moved from App", "Outputs", "https://")
    repo.commit("key", {"hadeploy.yaml": MANIFEST.replace("env:KEY", "env:OTHER_KEY"),
                        "web.yaml": WEB})
    secret = repo.run("diff", "v1").ok()
    secret.out("Note: (sensitive)")
    assert "KEY" not in secret.stdout
    found, _ = lines(repo, "v1")
    assert found[0]["resources"][0]["paths"] == [{"path": "/Note", "sensitive": True}]


def test_for_a_pull_request(repo):
    repo.commit("two", {"web.yaml": WEB.replace("Default: 1", "Default: 2").replace(
        "'x $", "'``` <b>@all $")})
    text = repo.run("diff", "v1", "--format", "markdown").ok()
    text.out("### v1 (", "#### web: 2 instances", "````diff", "Size: 1 -> 2")


def test_what_is_wrong_names_the_side(repo):
    repo.commit("bad", {"web.yaml": WEB.replace("!Ref Size", "!Ref Siz")})
    repo.run("diff", "v1", "HEAD").ok(1).err("HEAD:web.yaml:3")
    repo.run("diff", "nowhere", "HEAD").ok(1).err("HD2803", "nowhere")
    repo.run("diff").ok(64)
