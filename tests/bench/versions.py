"""
Any commit: what --ref costs over planning the files in the folder, in a repository of 100,000
commits and 20,000 files; and comparing two commits of a project of 1,000 stacks.

Whole processes, in turns, so that both sides meet the same machine.
"""

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

COMMITS, FILES, STACKS = 100_000, 20_000, 1_000
PLANNED = 10  # stacks of the project in the large repository
ENV = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent"}
TEMPLATE = """\
Parameters: {Size: {Type: Number, Default: %d}}
Resources:
  A: {Type: 'Sim::Node', Properties: {Size: !Ref Size, Name: !Sub '${AWS::StackName}-a'}}
  B: {Type: 'Sim::Node', Properties: {Parent: !Ref A}}
  C: {Type: 'Sim::Node', Properties: {Parent: !GetAtt B.Serial, Tags: [one, two, three]}}
Outputs: {A: {Value: !Ref A}}
"""


def manifest(count):
    rows = "".join(f"  s{i}: {{Template: stacks/s{i}.yaml, Targets: [east]}}\n"
                   for i in range(count))
    return ("Project: bench\nProviders: {sim: {File: cloud.db}}\nRegions: {east: {}}\n"
            f"Stacks:\n{rows}")


def git(folder, *words, stdin=None):
    subprocess.run(["git", *words], cwd=folder, env=ENV, check=True, input=stdin,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def project(folder, stacks, size, changed=None):
    (folder / "stacks").mkdir(parents=True, exist_ok=True)
    (folder / "hadeploy.yaml").write_text(manifest(stacks))
    for i in range(stacks):
        number = size if changed is None or i < changed else size - 1
        (folder / f"stacks/s{i}.yaml").write_text(TEMPLATE % number)


def commit(folder, message):
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=b", "-c", "user.email=b@bench.test", "commit", "-q", "-m",
        message)


def large_repository(folder):
    """100,000 commits that each write one of 20,000 files."""
    git(folder, "init", "-q", "-b", "main", ".")
    who = "b <b@bench.test>"
    lines = []
    for i in range(COMMITS):
        file, text = f"src/d{i % 200}/f{i % FILES}.txt", f"{i}\n"
        lines.append(f"commit refs/heads/main\ncommitter {who} {1_600_000_000 + i} +0000\n"
                     f"data 1\nc\nM 100644 inline {file}\ndata {len(text)}\n{text}\n")
    git(folder, "fast-import", "--quiet", stdin="".join(lines).encode())
    git(folder, "reset", "-q", "--hard")
    project(folder / "deploy", PLANNED, 1)
    commit(folder, "project")


def once(program, folder, *args):
    begin = time.monotonic()
    subprocess.run([program, *args], cwd=folder, check=True, capture_output=True)
    return (time.monotonic() - begin) * 1000


def plan_of_a_commit(program, rounds, folder):
    large_repository(folder)
    here = folder / "deploy"
    plain, ref = [], []
    for _ in range(max(rounds, 5)):
        plain.append(once(program, here, "plan"))
        ref.append(once(program, here, "plan", "--ref", "HEAD"))
    over = statistics.median(ref) - statistics.median(plain)
    print(f"versions: {COMMITS} commits, {FILES} files: plan {statistics.median(plain):.0f} ms, "
          f"plan --ref HEAD {statistics.median(ref):.0f} ms: {over:+.0f} ms (aim below 50)")


def compare_commits(program, rounds, folder):
    git(folder, "init", "-q", "-b", "main", ".")
    project(folder, STACKS, 1)
    commit(folder, "one")
    project(folder, STACKS, 2, changed=10)
    commit(folder, "ten")
    project(folder, STACKS, 3)
    commit(folder, "all")
    for what, args in (("nothing", ("HEAD", "HEAD")), ("10 stacks", ("HEAD~2", "HEAD~1")),
                       ("all stacks", ("HEAD~1", "HEAD"))):
        took = [once(program, folder, "diff", *args) for _ in range(max(rounds, 5))]
        print(f"versions: diff of {STACKS} stacks, {what} changed: "
              f"{statistics.median(took):.0f} ms (aim below 1000)")


def bench(program, rounds):
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("large", plan_of_a_commit), ("stacks", compare_commits)):
            where = Path(folder) / name
            where.mkdir()
            part(program, rounds, where)
