"""An execution that paused comes back with a lost state, and goes on from where it was."""

import subprocess

from lab.git import git_env
from lab.two_hosts import gate, hosts
from test_mirror import assert_sound, content, files_of, git, lose
from test_runbook_cli import allowed, books

__all__ = ["allowed", "books", "gate", "hosts"]


def test_a_paused_execution_goes_on_after_a_restore(books, gate, allowed):
    allowed.touch()
    remote = books.dir.parent / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", remote], env=git_env(remote.parent), check=True)
    manifest = books.dir / "hadeploy.yaml"
    manifest.write_text(manifest.read_text() +
                        f"State: {{Mirror: {{Remotes: ['file://{remote}']}}}}\n")
    git(books.dir, "init", "-q")
    with books.running("move", "--approve", "confirm") as proc:
        gate.reached()
        books.run("runbook", "pause", "--reason", "lunch").ok()
        gate.open()
        books.becomes("stop", "SUCCEEDED")
        proc.kill()
        proc.communicate()
    before = books.story()
    execution = before["execution"]
    books.run("state", "mirror", "push").ok()
    lose(books.dir)
    books.run("state", "restore", "--from", f"file://{remote}").ok()
    after = books.story(execution)
    assert after == before
    books.run("runbook", "run", "--resume", execution, "--yes").ok()
    assert gate.count() == 1, "what was over is not done twice"
    assert books.story(execution)["status"] == "COMPLETED"
    files = files_of(remote)
    assert f"executions/{execution}.json" in files
    rows = content(remote, f"executions/{execution}.json")["rows"]
    assert rows["execution"][0]["status"] == "COMPLETED"
    assert_sound(remote)
