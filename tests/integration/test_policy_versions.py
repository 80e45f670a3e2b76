"""What the manifest's Policy requires of the version that is deployed, in real repositories."""

import json
import os
import shutil
import subprocess

import pytest

from lab.git import Repository, git_env
from lab.project import Project

MANIFEST = """\
Project: shop
Providers: {sim: {}}
Regions: {east: {Tags: {tier: prod}}, west: {}}
Stacks: {web: {Template: web.yaml, Targets: [east, west]}}
Runbooks: {up: up.yaml}
"""
WEB = """\
Parameters: {Size: {Type: Number, Default: 1}}
Resources: {Node: {Type: Sim::Node, Properties: {Size: !Ref Size}}}
"""
UP = """\
Steps:
- {Name: first, Type: Notify, Message: begun, Command: 'echo begun >>begun'}
- {Name: scale, Type: Apply, Stack: web, Region: east, Parameters: {Size: 7}}
"""
IGNORED = ".hadeploy\ncloud.db*\nbegun\n"


class Shop(Repository):
    def __init__(self, folder, policy, **more):
        super().__init__(folder, **more)
        self.write({"web.yaml": WEB, "up.yaml": UP, ".gitignore": IGNORED})
        self.policy(policy)
        self.commit("first")

    def policy(self, text):
        return self.write({"hadeploy.yaml": MANIFEST + text})

    def refused(self, *args, code, says=()):
        """That nothing was done is told, with what would have to be so."""
        result = self.run(*(args or ("apply", "--yes"))).ok(4)
        assert f"error {code}" in result.stderr, result
        for words in says:
            assert words in result.stderr, result
        return result

    def applied(self, *args):
        return self.run("apply", "--yes", *args).ok()


def ssh_key(folder, name):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f",
                    str(folder / name)], check=True)
    return (folder / f"{name}.pub").read_text().strip()


def ssh(repo, name, *words):
    return repo.git("-c", "gpg.format=ssh", "-c", f"user.signingkey={repo.dir.parent / name}",
                    *words)


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_a_clean_tree(folder):
    """Tracked files must be as the commit has them, and what is used must be in it."""
    shop = Shop(folder / "shop", "Policy: {RequireCleanTree: true}\n")
    shop.applied()
    shop.write({"web.yaml": WEB.replace("1", "2"), "notes.txt": "not tracked, not used"})
    shop.refused(code="HD2870", says=("hadeploy.yaml:6:10", "1 file differs", "web.yaml",
                                      "git status", "--override-policy REASON", "web/east"))
    plan = shop.run("plan").ok()
    assert "warning HD2870" in plan.stderr and "this would be refused" in plan.stderr
    shop.git("checkout", "-q", "web.yaml")
    shop.git("rm", "-q", "--cached", "web.yaml")
    shop.git("commit", "-q", "-m", "not tracked any more")
    shop.refused("destroy", "--yes", code="HD2870", says=("that is used is not in it", "web.yaml"))
    shop.git("add", "web.yaml")
    shop.git("commit", "-q", "-m", "tracked again")
    shop.run("destroy", "--yes").ok()


NESTING = """\
Resources:
  Part: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: part.yaml}}
"""
PART = "Resources: {Node: {Type: Sim::Node, Properties: {Size: 1}}}\n"


def test_what_is_nested_or_hidden_from_git_counts(folder):
    shop = Shop(folder / "shop", "Policy: {RequireCleanTree: true}\n")
    shop.write({"web.yaml": NESTING,
                "part.yaml": PART, ".gitignore": IGNORED + "part.yaml\n"})
    shop.commit("nested, and ignored")
    shop.refused(code="HD2870", says=("1 file that is used is not in it", "part.yaml"))
    shop.git("add", "-f", "part.yaml")
    shop.git("commit", "-q", "-m", "nested")
    for bit in ("assume-unchanged", "skip-worktree"):
        shop.git("update-index", f"--{bit}", "web.yaml")
        shop.applied()
        before = (shop.dir / "web.yaml").read_text()
        shop.write({"web.yaml": before + "# changed\n"})
        shop.refused("destroy", "--yes", code="HD2870", says=("1 file differs", "web.yaml"))
        shop.write({"web.yaml": before})
        shop.git("update-index", f"--no-{bit}", "web.yaml")


@pytest.mark.parametrize("policy", ["RequireBranch: main", "RequirePushed: true",
                                    "RequireSigned: {AllowedSigners: signers}"])
def test_what_is_required_of_the_commit_is_so_of_what_is_deployed(folder, policy):
    shop = Shop(folder / "shop", f"Policy: {{{policy}}}\n")
    shop.write({"web.yaml": WEB.replace("1", "2")})
    shop.refused(code="HD2870", says=("hadeploy.yaml:6:10", "1 file that is used differs",
                                      "must be true of what is deployed"))


def test_an_override_is_recorded(folder):
    shop = Shop(folder / "shop", "Policy: {RequireCleanTree: true}\n")
    shop.write({"web.yaml": WEB.replace("1", "2")})
    result = shop.applied("--override-policy", "INC-4711: it burns")
    assert "note HD2870" in result.stderr and "INC-4711: it burns" in result.stderr
    assert "--override-policy=INC-4711: it burns" in shop.run("operation", "show").ok().stdout
    shop.write({"web.yaml": WEB.replace("1", "3")})
    shop.refused(code="HD2870")
    # Nothing to change, nothing to refuse; and a rehearsal changes nothing.
    shop.write({"web.yaml": WEB.replace("1", "2")})
    shop.applied()
    shop.write({"web.yaml": WEB.replace("1", "3")})
    assert "warning HD2870" in shop.applied("--simulate").stderr


def test_it_holds_where_it_is_said(folder):
    shop = Shop(folder / "shop", "Policy:\n- {Name: production, RequireCleanTree: true, "
                                 "Where: {tier: prod}}\n")
    shop.write({"web.yaml": WEB.replace("1", "2")})
    shop.applied("--region", "west")
    shop.refused("apply", "--yes", "--region", "east", code="HD2870",
                 says=("policy 'production'", "hadeploy.yaml:7:22"))
    shop.policy("Policy: {RequireCleanTree: true, Regions: [west]}\n")
    shop.applied("--region", "east")


def test_a_branch(folder):
    shop = Shop(folder / "shop", "Policy: {RequireBranch: [main, 'release/*']}\n")
    shop.applied("--region", "east")
    shop.git("checkout", "-q", "-b", "feature")
    shop.refused(code="HD2871", says=("branch 'feature' may not be deployed", "main",
                                      "release/*", "hadeploy.yaml:6:10"))
    shop.git("checkout", "-q", "--detach")
    shop.applied("--region", "west")
    side = shop.commit("side", {"web.yaml": WEB.replace("1", "2")})
    shop.refused(code="HD2871", says=(side[:10], "is on no branch that may be deployed"))
    shop.git("update-ref", "refs/remotes/origin/release/1", side)
    shop.applied()


def test_a_ref_is_judged_and_not_the_work_tree(folder):
    """Neither by what it requires itself, nor by what is checked out."""
    shop = Shop(folder / "shop", "")
    old = shop.head()
    shop.policy("Policy: {RequireBranch: main, RequireCleanTree: true}\n").commit("policy")
    shop.git("checkout", "-q", "-b", "side", old)
    side = shop.commit("side", {"web.yaml": WEB.replace("1", "5")})
    shop.git("checkout", "-q", "main")
    shop.write({"web.yaml": "broken"})
    shop.refused("apply", "--yes", "--ref", "side", code="HD2871", says=(side[:10],))
    shop.applied("--ref", "main")
    shop.write({"hadeploy.yaml": "Project: [\n"})
    shop.refused("apply", "--yes", "--ref", "side", code="HD2879")


def test_a_remote_must_have_it(folder):
    shop = Shop(folder / "shop", "Policy: {RequirePushed: origin}\n")
    shop.refused(code="HD2872", says=("is not pushed to 'origin'", "No branch of remote 'origin'",
                                      "git push origin main"))
    shop.git("init", "-q", "--bare", folder / "up.git")
    shop.git("remote", "add", "origin", folder / "up.git")
    shop.git("push", "-q", "origin", "main")
    shop.applied()
    ahead = shop.commit("ahead", {"web.yaml": WEB.replace("1", "2")})
    shop.refused(code="HD2872", says=(ahead[:10], "None of the 1 branches"))
    shop.policy("Policy: {RequirePushed: true}\n").commit("any")
    shop.refused(code="HD2872", says=("any remote",))
    shop.git("push", "-q", "origin", "main:elsewhere")
    shop.applied()


@pytest.fixture
def signers(folder):
    """Ann may sign, Bob may not; the list is outside of the repository."""
    (folder / "signers").write_text(f'bob@shop.test {ssh_key(folder, "ann")}\n')
    ssh_key(folder, "bob")
    return folder / "signers"


def test_a_signature_by_ssh(folder, signers):
    shop = Shop(folder / "shop", f"Policy: {{RequireSigned: {{AllowedSigners: {signers}}}}}\n")
    shop.refused(code="HD2873", says=("is not signed", "git commit --amend -S", "6:10"))
    ssh(shop, "ann", "commit", "-q", "--amend", "-S", "--no-edit")
    shop.applied()
    shop.write({"web.yaml": WEB.replace("1", "2")})
    ssh(shop, "bob", "commit", "-q", "-S", "-a", "-m", "by bob")
    shop.refused(code="HD2874", says=("key SHA256:", "not among those that may sign",
                                      str(signers)))
    raw = shop.git("cat-file", "commit", "HEAD") + "\n"
    forged = subprocess.run(["git", "hash-object", "-t", "commit", "-w", "--stdin"], text=True,
                            cwd=shop.dir, env=git_env(folder), capture_output=True, check=True,
                            input=raw.replace("by bob", "by ann"))
    shop.git("reset", "-q", "--hard", forged.stdout.strip())
    shop.refused(code="HD2874", says=("has been changed since",))
    signers.unlink()
    shop.refused(code="HD2877", says=("cannot be read", str(signers)))


def test_a_signed_tag_and_a_merge(folder, signers):
    policy = f"Policy: {{RequireSigned: {{AllowedSigners: {signers}, Tags: true}}}}\n"
    shop = Shop(folder / "shop", policy)
    shop.refused(code="HD2873", says=("No signed tag names it",))
    ssh(shop, "ann", "tag", "-s", "-m", "one", "v1")
    shop.applied()
    shop.git("checkout", "-q", "-b", "side")
    shop.commit("side", {"web.yaml": WEB.replace("1", "2")})
    shop.git("checkout", "-q", "main")
    ssh(shop, "ann", "merge", "-q", "-S", "--no-ff", "-m", "both", "side")
    shop.applied()


def test_a_commit_does_not_name_its_own_signer(folder, signers):
    shop = Shop(folder / "shop", "Policy: {RequireSigned: {AllowedSigners: keys/signers}}\n")
    bob = (folder / "bob.pub").read_text()
    shop.write({"keys/signers": signers.read_text()})
    shop.git("add", "-A")
    ssh(shop, "ann", "commit", "-q", "-S", "-m", "those who may")
    shop.applied("--region", "west")
    shop.write({"keys/signers": signers.read_text() + f"eve@shop.test {bob}"})
    ssh(shop, "bob", "commit", "-q", "-S", "-a", "-m", "and I")
    shop.refused(code="HD2878", says=("eve@shop.test", "its parent"))
    ssh(shop, "ann", "commit", "-q", "-S", "--amend", "-m", "and bob")
    shop.applied("--region", "west")
    # With --ref the list is that of the work tree.
    shop.git("checkout", "-q", "HEAD~1")
    shop.git("checkout", "-q", "-b", "away")
    shop.write({"keys/signers": f"eve@shop.test {bob}"})
    ssh(shop, "bob", "commit", "-q", "-S", "-a", "-m", "only I")
    shop.git("checkout", "-q", "main~1")
    shop.refused("apply", "--yes", "--ref", "away", code="HD2874")


@pytest.fixture
def gpg(folder):
    home = folder / "gpg"
    home.mkdir(mode=0o700)
    env = {**os.environ, "GNUPGHOME": str(home)}

    def run(*words):
        return subprocess.run(["gpg", "--batch", "-q", "--passphrase", "", *words], env=env,
                              check=True, capture_output=True).stdout
    run("--quick-gen-key", "Bob <bob@shop.test>", "ed25519", "sign", "never")
    (folder / "keyring").write_bytes(run("--export"))
    yield home
    subprocess.run(["gpgconf", "--kill", "all"], env=env, check=True)


def test_a_signature_by_gpg(folder, gpg):
    policy = "Policy: {RequireSigned: {Keyring: ../keyring, SameCommitter: true}}\n"
    shop = Shop(folder / "shop", policy, env={"GNUPGHOME": str(gpg)})
    shop.git("-c", "user.signingkey=bob@shop.test", "commit", "-q", "--amend", "-S", "--no-edit")
    shop.applied("--region", "west")
    shop.git("-c", "user.signingkey=bob@shop.test", "commit", "-q", "--amend", "-S", "--no-edit",
             GIT_COMMITTER_EMAIL="eve@shop.test")
    shop.refused(code="HD2874", says=("Bob <bob@shop.test>", "eve@shop.test"))
    # Without the program it says what to install.
    bin_dir = folder / "bin"
    bin_dir.mkdir()
    result = shop.run("apply", "--yes", env={"PATH": str(bin_dir)}).ok(4)
    assert "error HD2875" in result.stderr and "apt install gpgv" in result.stderr
    assert not shutil.which("gpgv", path=str(bin_dir))


def test_without_a_repository(tmp_path):
    Shop(tmp_path / "shop", "Policy: {RequireBranch: main}\n")
    shutil.rmtree(tmp_path / "shop" / ".git")
    shop = Project(tmp_path / "shop", None)
    result = shop.run("apply", "--yes", env={"GIT_CEILING_DIRECTORIES": str(tmp_path)}).ok(4)
    assert "error HD2876" in result.stderr and "in no git repository" in result.stderr
    shop.run("apply", "--yes", "--override-policy", "no repository here").ok()


def test_a_runbook_says_it_before_its_first_step(folder):
    shop = Shop(folder / "shop", "Policy: {RequireCleanTree: true, Regions: [east]}\n")
    shop.applied()
    shop.write({"web.yaml": WEB + "# local\n"})
    check = shop.run("runbook", "check", "up")
    assert "is not as commit" in check.stdout + check.stderr, check
    shop.refused("runbook", "run", "up", "--yes", code="HD2870",
                 says=("step 'scale' would fail",))
    assert not (shop.dir / "begun").exists()
    shop.run("runbook", "run", "up", "--yes", "--override-policy", "INC-1").ok()
    report = shop.run("runbook", "report", "--format", "json").ok().stdout
    started, = [one for one in json.loads(report)["events"] if one["kind"] == "started"]
    assert started["data"]["Policy"] == "INC-1"
