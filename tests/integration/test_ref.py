"""Plans, applies and checks of any commit, without touching the work tree."""

import json
import os
import shutil
from pathlib import Path

import pytest

from lab import template
from lab.git import Repository

MANIFEST = """\
Project: shop
Providers: {sim: {File: cloud.db}}
Regions: {east: {}, west: {}}
Stacks:
  web: {Template: stacks/web.yaml, Targets: [east, west]}
"""
WEB = """\
Parameters: {Size: {Type: Number, Default: %d}}
Resources:
  App: {Type: 'Sim::Node', Properties: {Size: !Ref Size}}
"""
OUTER = """\
Resources:
  Net:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: ./parts/net.yaml}
"""


@pytest.fixture
def repo(tmp_path):
    r = Repository(tmp_path / "r", at="services/shop")
    r.commit("one", {"hadeploy.yaml": MANIFEST, "stacks/web.yaml": WEB % 1})
    r.git("tag", "v1")
    r.commit("two", {"stacks/web.yaml": WEB % 2})
    return r


def snapshot(folder):
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes())
            for path in folder.rglob("*") if path.is_file() and ".hadeploy" not in path.parts
            and not path.name.startswith("cloud.db")}


def test_the_commit_is_deployed_and_the_work_tree_stays(repo):
    before = snapshot(repo.dir)
    repo.run("apply", "--ref", "v1", "--yes").ok().out("Size")
    repo.run("plan", "--ref", "v1", "--exit-code").ok()
    changed = repo.run("plan", "--exit-code").ok(2)
    changed.out("1 -> 2")
    repo.run("plan", "--ref", "HEAD", "--exit-code").ok(2).out("1 -> 2")
    repo.run("plan", "--ref", repo.head()[:9], "web", "--region", "west", "--exit-code").ok(2)
    assert snapshot(repo.dir) == before
    assert repo.git("status", "--porcelain") == ""


def test_what_is_wrong_is_shown_where_it_is(repo):
    repo.commit("broken", {"stacks/web.yaml": WEB.replace("!Ref Size", "!Ref Siz") % 3})
    repo.git("tag", "broken")
    repo.commit("good", {"stacks/web.yaml": WEB % 3})
    wrong = repo.run("validate", "--ref", "broken").ok(1)
    wrong.err("broken:services/shop/stacks/web.yaml:3:", "Siz")
    repo.run("validate").ok()
    repo.run("validate", "--ref", "nowhere").ok(1).err("HD2803", "nowhere", "git fetch")
    repo.commit("moved", {"stacks/web.yaml": None, "stacks/www.yaml": WEB % 3})
    repo.run("validate", "--ref", "HEAD").ok(1).err(
        "HEAD:services/shop/hadeploy.yaml:5", "stacks/web.yaml")
    repo.git("rm", "-q", "services/shop/hadeploy.yaml")
    repo.commit("no manifest")
    repo.run("validate", "--ref", "HEAD").ok(1).err("no hadeploy.yaml", "at commit 'HEAD'")


def test_nested_templates_and_what_they_include_are_of_the_commit(repo):
    repo.commit("nested", {
        "stacks/web.yaml": OUTER,
        "stacks/parts/net.yaml": WEB % 7})
    repo.git("tag", "nested")
    repo.commit("other", {"stacks/parts/net.yaml": WEB % 8})
    repo.run("plan", "--ref", "nested").ok().out("Net.App", "Size: 7")
    repo.run("plan").ok().out("Size: 8")
    (repo.at / "stacks/parts/net.yaml").unlink()
    repo.run("plan", "--ref", "nested").ok()
    repo.run("plan").ok(1)


def test_one_template_of_a_commit_needs_no_project(repo):
    repo.commit("nested", {"stacks/web.yaml": OUTER, "stacks/parts/net.yaml": WEB % 7})
    repo.git("tag", "nested")
    repo.commit("other", {"stacks/parts/net.yaml": (WEB % 8).replace("!Ref Size", "!Ref Siz"),
                          "stacks/web.yaml": WEB % 9})
    (repo.at / "stacks/web.yaml").unlink()
    for name in "v1:services/shop/stacks/web.yaml", "v1:./stacks/web.yaml":
        repo.run("render", name).ok().out('"Size": 1')
    repo.run("render", "v1:../web.yaml", cwd=repo.at / "stacks/parts").ok().out('"Size": 1')
    repo.run("render", "--normalize", "HEAD:./stacks/web.yaml").ok().out('"9"')
    repo.run("render", "stacks/web.yaml", "--ref", "v1").ok().out('"Size": 1')
    repo.run("graph", "v1:./stacks/web.yaml").ok().out("App")
    repo.run("validate", "nested:./stacks/web.yaml", "v1:./stacks/web.yaml").ok().err("2 templates")
    name = "HEAD:services/shop/stacks/parts/net.yaml"
    repo.run("validate", name).ok(1).err(name + ":3:", "Siz")
    repo.run("validate", "v1:stacks/web.yaml").ok(1).err("not in this commit")
    repo.run("validate", "v1:/web.yaml").ok(1).err("no path within a repository")
    repo.run("validate", "nowhere:web.yaml").ok(1).err("HD2803")
    (repo.at / "v1:web.yaml").write_text(WEB % 3)
    repo.run("render", "v1:web.yaml").ok().out('"Size": 3')


def test_a_stack_is_rendered_of_any_commit(repo):
    repo.run("render", "web", "--region", "east", "--ref", "v1").ok().out('"Size": 1')
    repo.run("render", "web", "--region", "east").ok().out('"Size": 2')


def test_links_and_paths_stay_in_the_repository(repo):
    (repo.dir / "shared").mkdir()
    (repo.dir / "shared/web.yaml").write_text(WEB % 5)
    (repo.at / "stacks/web.yaml").unlink()
    os.symlink("../../../shared/web.yaml", repo.at / "stacks/web.yaml")
    repo.commit("link")
    repo.run("plan", "--ref", "HEAD").ok().out("5")
    outside = repo.dir.parent / "outside.yaml"
    outside.write_text(WEB % 6)
    (repo.at / "stacks/web.yaml").unlink()
    os.symlink(outside, repo.at / "stacks/web.yaml")
    repo.commit("away")
    repo.run("plan").ok()
    repo.run("plan", "--ref", "HEAD").ok(1).err("HEAD:services/shop/stacks/web.yaml")


def test_of_every_kind_of_repository(repo, tmp_path):
    repo.git("clone", "-q", "--bare", repo.dir, tmp_path / "bare.git")
    bare = repo.run("plan", "--ref", "v1", cwd=tmp_path / "bare.git")
    bare.ok(1).err("no hadeploy.yaml")
    top = Repository(tmp_path / "top")
    top.commit("one", {"hadeploy.yaml": MANIFEST, "stacks/web.yaml": WEB % 4})
    top.git("clone", "-q", "--bare", top.dir, tmp_path / "top.git")
    repo.run("apply", "--ref", "main", "--yes", cwd=tmp_path / "top.git").ok()
    repo.run("plan", "--ref", "main", "--exit-code", cwd=tmp_path / "top.git").ok()
    for words, shown in ((("history",), "web"), (("state", "list"), "web/east/App"),
                         (("operation", "list"), "2 created")):
        repo.run(*words, cwd=tmp_path / "top.git").ok().out(shown)
    repo.git("worktree", "add", "-q", tmp_path / "tree", "v1")
    repo.run("plan", "--ref", "main", cwd=tmp_path / "tree/services/shop").ok().out("2")
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.dir}", tmp_path / "shallow")
    repo.run("plan", "--ref", "HEAD", cwd=tmp_path / "shallow/services/shop").ok()
    repo.run("plan", "--ref", "HEAD~1", cwd=tmp_path / "shallow/services/shop").ok(1).err(
        "shallow", "--unshallow")


def test_outside_a_repository(tmp_path):
    folder = tmp_path / "plain"
    (folder / "stacks").mkdir(parents=True)
    (folder / "hadeploy.yaml").write_text(MANIFEST)
    (folder / "stacks/web.yaml").write_text(WEB % 1)
    plain = Repository.there(folder, env={"GIT_CEILING_DIRECTORIES": str(tmp_path)})
    env = {"GIT_CEILING_DIRECTORIES": tmp_path}
    plain.run("plan", "--ref", "v1", env=env).ok(1).err("HD2802", "no git repository")
    plain.run("plan", env=env).ok()


def test_files_of_a_host_are_of_the_commit(lab, tmp_path):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    host = lab.start().host("web-e1")
    page = template({"Page": {"Type": "SSH::File", "Properties": {
        "Host": "web-e1", "Path": str(host.root / "page"), "Source": "files/page"}}})
    project = lab.project(tmp_path / "p", templates={"web": page})
    repo = Repository(project.dir)
    repo.commit("one", {"files/page": b"one\r\n\xff", ".gitignore": ".hadeploy\n"})
    repo.commit("two", {"files/page": "two\n"})
    repo.run("apply", "--ref", "HEAD~1", "--yes").ok()
    assert (host.root / "page").read_bytes() == b"one\r\n\xff"
    repo.run("plan", "--ref", "HEAD~1", "--exit-code").ok()
    repo.run("apply", "--yes").ok()
    assert (host.root / "page").read_text() == "two\n"
    repo.write({"files/page": "three\n"})
    repo.run("apply", "--yes").ok()
    lines = repo.run("history", "--json").ok().stdout.splitlines()
    assert [(f["path"], len(f["digest"])) for f in json.loads(lines[0])["version"]["files"]] == [
        ("files/page", 64)]
    repo.run("apply", "--ref", "HEAD", "--yes").ok()
    repo.write({"files/page": None})
    repo.run("plan", "--ref", "HEAD", "--exit-code").ok()
    repo.git("rm", "-q", "files/page")
    repo.commit("gone")
    repo.run("plan", "--ref", "HEAD").ok(1).err("HEAD:files/page", "not in this commit",
                                                "HEAD:stacks/web.yaml:")


def test_definitions_are_of_the_commit(tmp_path):
    example = Path(__file__).parents[2] / "examples" / "own-api"
    repo = Repository(tmp_path / "r")
    shutil.copytree(example, repo.dir, dirs_exist_ok=True)
    repo.commit("one")
    shutil.rmtree(repo.dir / "types")
    env = {"OWN_API_TOKEN": "x"}
    repo.run("plan", "--ref", "main", env=env).ok()
    repo.run("plan", env=env).ok(1)
    repo.commit("gone")
    repo.run("plan", "--ref", "main", env=env).ok(1).err("main:hadeploy.yaml:6", "HD2804")


def test_a_repository_that_cannot_be_read(repo):
    (repo.dir / ".git" / "config").write_text("[core\n")
    repo.run("plan", "--ref", "v1").ok(1).err("HD2801", "cannot be read", "git fsck")


def test_a_saved_plan_applies_its_commit(repo):
    old = repo.head("v1")
    repo.git("branch", "next", "v1")
    repo.run("plan", "--ref", "next", "--out", "plan.json").ok()
    repo.git("branch", "-f", "next", "main")
    repo.run("plan", "--show", "plan.json").ok().out(f"Of commit {old} (next)")
    header = json.loads(repo.run("plan", "--show", "plan.json", "--json").stdout.split("\n")[0])
    assert (header["commit"], header["ref"]) == (old, "next")
    repo.run("apply", "--plan", "plan.json", "--ref", "v1").ok(64).err("--ref does not go")
    (repo.at / "hadeploy.yaml").write_text("Project: shop\n")
    repo.run("apply", "--plan", "plan.json").ok()
    repo.run("plan", "--ref", "v1", "--exit-code").ok()
    repo.git("checkout", "-q", ".")
    (repo.at / "plan.json").write_text("{}")


def test_a_saved_plan_whose_commit_is_gone(repo):
    repo.git("checkout", "-q", "-b", "gone")
    gone = repo.commit("gone", {"stacks/web.yaml": WEB % 4})
    repo.run("plan", "--ref", "gone", "--out", "plan.json").ok()
    repo.git("checkout", "-q", "main")
    repo.git("branch", "-q", "-D", "gone")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    repo.run("apply", "--plan", "plan.json").ok(4).err("HD2157", gone, "git fetch")


def test_a_resumed_run_goes_on_with_its_commit(lab, tmp_path):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    host = lab.start().host("web-e1")

    def pages(size):
        return template({name: {"Type": "SSH::File", "Properties": {
            "Host": "web-e1", "Path": str(host.root / path), "Content": size}}
            for name, path in (("First", "first"), ("Second", "later/second"))})
    project = lab.project(tmp_path / "p", templates={"web": pages("one")})
    repo = Repository(project.dir)
    one = repo.commit("one", {".gitignore": ".hadeploy\n"})
    repo.run("apply", "--ref", "main", "--yes", "--on-failure", "keep").ok(1)
    repo.commit("two", {"stacks/web.yaml": json.dumps(pages("two"))})
    (host.root / "later").mkdir()
    repo.run("operation", "resume", "--yes").ok().err(f"--ref={one}")
    assert (host.root / "first").read_text() == (host.root / "later/second").read_text() == "one"
    repo.run("plan", "--ref", one, "--exit-code").ok()
