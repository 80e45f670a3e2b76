"""What deployments are made from: recorded, shown, and given to templates."""

import json
import os

import pytest

from lab.git import Repository

MANIFEST = """\
Project: shop
Providers: {sim: {File: cloud.db}}
Regions: {east: {}, west: {}}
Stacks:
  web: {Template: stacks/web.yaml, Targets: [east, west]}
  db: {Template: stacks/db.yaml, Targets: [east]}
"""
NODE = """\
Parameters: {Size: {Type: Number, Default: %d}}
Resources:
  App: {Type: 'Sim::Node', Properties: {Size: !Ref Size}}
"""
NAMED = """\
Resources:
  App: {Type: 'Sim::Node', Properties: {Size: 1, Name: !Sub 'app-${HA::GitCommit}'}}
"""
FAULTS = "cloud.db, Faults: [{Fault: denied, Operation: update, Address: '*App'}]}"
FILES = {"hadeploy.yaml": MANIFEST, "stacks/web.yaml": NODE % 1, "stacks/db.yaml": NODE % 1}


@pytest.fixture
def repo(tmp_path):
    r = Repository(tmp_path / "r", at="services/shop")
    r.commit("First: a shop", FILES)
    r.git("remote", "add", "origin", "https://ann:geheim@git.shop.test/shop.git")
    return r


def lines(result, kind):
    found = [json.loads(line) for line in result.ok().stdout.splitlines()]
    return [one for one in found if one["type"] == kind]


def history(repo, *args):
    return lines(repo.run("history", *args, "--json"), "deployment")


def test_every_deployment_knows_its_commit(repo):
    one = repo.head()
    repo.run("apply", "--yes").ok().out(f"(from {one[:10]} (main))")
    repo.git("checkout", "-q", "-b", "bigger")
    two = repo.commit("Second: bigger", {"stacks/web.yaml": NODE % 2})
    repo.run("apply", "web", "--region", "west", "--yes").ok()
    rows = history(repo, "web")
    assert [(r["region"], r["version"]["commit"], r["version"]["branch"]) for r in rows] == [
        ("west", two, "bigger"), ("east", one, "main"), ("west", one, "main")]
    assert rows[0]["version"]["author"]["name"] == "Ann"
    assert rows[0]["version"]["remote"] == "https://git.shop.test/shop.git"
    assert [r["region"] for r in history(repo, "web", "--region", "east")] == ["east"]
    shown = repo.run("history", "web").ok().out(one[:10], two[:10], "bigger", "Second: bigger")
    assert "not committed" not in shown.stdout
    status = {(r["stack"], r["region"]): r["version"]["commit"]
              for r in lines(repo.run("status", "--json"), "status")}
    assert status == {("web", "east"): one, ("web", "west"): two, ("db", "east"): one}
    repo.run("operation", "show").ok().out(f"made from {two[:10]} (bigger)")
    state = (repo.at / ".hadeploy" / "state.db").read_bytes()
    assert b"geheim" not in state


def test_files_that_differ_are_told_of_the_stacks_that_use_them(repo):
    repo.write({"stacks/web.yaml": NODE % 3})
    plan = repo.run("plan").ok()
    plan.out("1 used file differs: services/shop/stacks/web.yaml")
    repo.run("apply", "--yes").ok()
    of = {r["stack"]: r["version"] for r in history(repo)}
    assert of["db"]["files"] == [] and of["db"]["dirty"]
    [changed] = of["web"]["files"]
    assert changed["path"] == "services/shop/stacks/web.yaml" and len(changed["digest"]) == 64
    repo.run("history").ok().out(repo.head()[:10] + "*", "not committed")


def test_what_had_nothing_to_do_is_of_the_new_commit(repo):
    repo.run("apply", "--yes").ok()
    two = repo.commit("other", {"README": "x"})
    repo.run("apply", "--yes").ok()
    assert {r["version"]["commit"]
            for r in lines(repo.run("status", "--json"), "status")} == {two}
    assert len(history(repo)) == 3


def test_a_failure_leaves_what_was_deployed(repo):
    one = repo.head()
    repo.run("apply", "--yes").ok()
    two = repo.commit("bad", {"stacks/web.yaml": NODE % 2,
                              "hadeploy.yaml": MANIFEST.replace("cloud.db}", FAULTS)})
    repo.run("apply", "web", "--yes").ok(1)
    assert {r["version"]["commit"]
            for r in lines(repo.run("status", "web", "--json"), "status")} == {one}
    assert history(repo, "web")[0]["version"]["commit"] == two


def test_a_named_commit_is_recorded_as_it_was_named(repo):
    one = repo.head()
    repo.git("tag", "v1")
    repo.commit("two", {"stacks/web.yaml": NODE % 2})
    repo.write({"stacks/web.yaml": NODE % 9})
    repo.run("apply", "--ref", "v1", "--yes").ok().out(f"(from {one[:10]} (v1))")
    row = history(repo, "web")[0]["version"]
    assert (row["commit"], row["ref"], row["tag"], row["dirty"]) == (one, "v1", "v1", False)


def test_outside_of_a_repository_it_says_so_and_works(tmp_path):
    repo = Repository(tmp_path / "r")
    repo.commit("one", FILES)
    os.rename(repo.dir / ".git", tmp_path / "gone")
    env = {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    repo.run("apply", "--yes", env=env).ok()
    repo.run("history", env=env).ok().out("not in a git repository")
    assert history(repo)[0]["version"] == {"nowhere": "not in a git repository"}
    repo.write({"stacks/web.yaml": NAMED})
    repo.run("plan", env=env).ok(1).err("HD2821", "stacks/web.yaml:2:")
    Repository(repo.dir)
    repo.run("plan", env=env).ok(1).err("no commit yet")


def test_a_repository_that_cannot_be_read_is_a_warning(repo):
    (repo.dir / ".git" / "refs" / "heads" / "main").write_text("0" * 39 + "1\n")
    repo.run("apply", "--yes").ok().err("warning HD2820")
    assert "nowhere" in history(repo)[0]["version"]


def test_templates_get_the_commit(repo):
    one = repo.commit("named", {"stacks/web.yaml": NAMED})
    repo.run("apply", "--yes").ok().out(f"app-{one}")
    two = repo.commit("more", {"README": "x"})
    repo.run("plan", "--exit-code").ok(2).out(two)
    repo.write({"README": "y"})
    repo.run("plan", "--exit-code").ok(2).out(f"{two}-dirty")


def test_what_only_the_commit_changes_is_called_so(repo):
    repo.commit("named", {"stacks/web.yaml": NAMED})
    repo.run("apply", "--yes").ok()
    repo.commit("more", {"README": "x"})
    assert repo.run("plan").ok().stdout.count("only HA::GitCommit differs") == 1
    changes = lines(repo.run("plan", "--json"), "change")
    assert [c.get("only_commit") for c in changes] == [True, True]
    repo.write({"README": "y"})
    repo.run("plan").ok().out("only HA::GitCommit differs")
    repo.write({"stacks/web.yaml": NAMED.replace("Size: 1", "Size: 2")})
    assert "only HA" not in repo.run("plan").ok().stdout
    repo.write({"stacks/web.yaml": NAMED.replace("app-", "www-")})
    assert "only HA" not in repo.run("plan").ok().stdout


def test_a_stack_can_ignore_the_commit(repo):
    ignoring = MANIFEST.replace("targets", "Targets").replace(
        "[east, west]}", "[east, west], IgnoreCommit: true}")
    named = NAMED + """\
  Next: {Type: 'Sim::Node', Properties: {Size: 1, Name: !GetAtt App.Name}}
Outputs: {Name: {Value: !GetAtt App.Name}}
"""
    one = repo.commit("named", {"hadeploy.yaml": ignoring, "stacks/web.yaml": named})
    repo.run("apply", "--yes").ok()
    two = repo.commit("more", {"README": "x"})
    repo.run("plan", "--exit-code").ok()
    repo.run("plan", "--refresh", "--exit-code").ok()
    repo.run("apply", "--yes").ok()
    assert {r["inputs"].get("Name") for r in lines(
        repo.run("state", "list", "--json"), "record") if "Name" in r["inputs"]} == {f"app-{one}"}
    repo.write({"stacks/web.yaml": named.replace("Size: 1", "Size: 2", 1)})
    repo.commit("bigger")
    three = repo.head()
    plan = repo.run("plan", "--exit-code").ok(2).out(f"app-{three}", "1 -> 2")
    assert "only HA" not in plan.stdout and two not in plan.stdout
    repo.run("apply", "--yes").ok()
    repo.run("plan", "--exit-code").ok()
    repo.commit("again", {"README": "z"})
    repo.run("plan", "--exit-code").ok()
    repo.commit("heeding", {"hadeploy.yaml": MANIFEST})
    repo.run("plan", "--exit-code").ok(2).out("only HA::GitCommit differs")


def test_a_saved_plan_is_of_its_commit(repo):
    repo.commit("named", {"stacks/web.yaml": NAMED})
    repo.run("plan", "--out", "../../../plan.json").ok()
    repo.run("plan", "--show", "../../../plan.json").ok()
    repo.commit("more", {"README": "x"})
    repo.run("apply", "--plan", "../../../plan.json").ok(4).err("HA::GitCommit")
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.run("apply", "--plan", "../../../plan.json").ok()


def test_careless_names_do_no_harm(repo):
    repo.git("commit", "-q", "--allow-empty", "--author", "J\x1b[2Jörg <j@x>",
             "-m", "Gr\u00f6\u00dfe \x1b]0;x\x07 \u202eabc")
    repo.git("checkout", "-q", "-b", "zweig-ü")
    repo.run("apply", "--yes").ok()
    shown = repo.run("history").ok().out("zweig-ü", "Größe")
    assert "\x1b" not in shown.stdout and "\u202e" not in shown.stdout


RUNBOOK = "Steps: [{Name: pause, Type: Wait, Duration: 1ms}]\n"


def test_an_execution_of_a_runbook_tells_what_it_was_made_from(repo):
    one = repo.commit("runbook", {"hadeploy.yaml": MANIFEST + "Runbooks: {nap: nap.yaml}\n",
                                  "nap.yaml": RUNBOOK})
    repo.run("runbook", "run", "nap", "--yes").ok()
    repo.run("runbook", "report").ok().out("Made from", f"{one[:10]} (main)")
    whole = json.loads(repo.run("runbook", "report", "--format", "json").ok().stdout)
    assert whole["version"] == f"{one[:10]} (main)"
    assert one in json.dumps(whole["events"])


def test_status_tells_what_was_applied_from(repo):
    repo.run("apply", "--yes").ok()
    first = repo.head()[:10]
    repo.run("status").ok().out("Applied from", f"{first} (main)", "web/east")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_somebody_else_is_told(repo):
    for place in (repo.dir, repo.dir / ".git"):
        os.chown(place, 65534, 65534)
    env = {"HOME": str(repo.dir.parent)}
    plan = repo.run("plan", env=env).ok()
    for said in (plan, repo.run("plan", "--ref", "HEAD", env=env).ok(1)):
        for words in ("belongs to user 'nobody'", f"safe.directory '{repo.dir}'"):
            assert words in said.stderr, said
    assert "warning HD2820" in plan.stderr
    repo.git("config", "--global", "--add", "safe.directory", repo.dir)
    assert "HD2820" not in repo.run("plan", env=env).ok().stderr
