"""Real repositories, made by the git program; the user's own settings play no part."""

import os
import subprocess
from pathlib import Path

from .run import run_hadeploy

DATE = "2026-01-02T03:04:05Z"


def git_env(home):
    """What decides what git does is fixed."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@shop.test",
            "GIT_COMMITTER_NAME": "Bob", "GIT_COMMITTER_EMAIL": "bob@shop.test",
            "GIT_AUTHOR_DATE": DATE, "GIT_COMMITTER_DATE": DATE,
            "GIT_ALLOW_PROTOCOL": "file:ssh:https:http"}


class Repository:
    """A folder with a repository, and the program run in it (or below, in `at`)."""

    def __init__(self, folder, *init, at="", env=None):
        self.dir = Path(folder)
        self.at = self.dir / at
        self.env = env or {}
        self.at.mkdir(parents=True, exist_ok=True)
        if init != (None,):
            self.git("init", "-q", "-b", "main", *init)

    @classmethod
    def there(cls, folder, at="", env=None):
        """One that exists: a clone, a work tree."""
        return cls(folder, None, at=at, env=env)

    def git(self, *words, code=0, **env):
        done = subprocess.run(["git", *map(str, words)], cwd=self.dir, text=True,
                              env={**git_env(self.dir.parent), **self.env, **env},
                              capture_output=True, check=False)
        assert done.returncode == code, f"git {words}: {done.returncode}\n{done.stderr}"
        return done.stdout.strip()

    def write(self, files):
        """{path below the project: text, bytes, or None to remove it}."""
        for path, content in files.items():
            file = self.at / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                file.unlink()
            elif isinstance(content, bytes):
                file.write_bytes(content)
            else:
                file.write_text(content)
        return self

    def commit(self, message="change", files=None, **env):
        """The id of a commit of all that is there, but for what is recorded by hadeploy."""
        self.write(files or {})
        exclude = self.dir / ".git" / "info" / "exclude"
        if exclude.parent.is_dir() and ".hadeploy" not in exclude.read_text():
            exclude.write_text(".hadeploy\n*.db\n*.db-*\n")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, **env)
        return self.head()

    def head(self, rev="HEAD"):
        return self.git("rev-parse", rev)

    def run(self, *args, **more):
        return run_hadeploy(args, more.pop("cwd", self.at), **more)
