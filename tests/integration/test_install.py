"""make install and uninstall, with the program under test."""

import os
import subprocess
from pathlib import Path

import pytest

from lab import hadeploy_path

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def make(tmp_path):
    def run(target):
        program = hadeploy_path()
        env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        subprocess.run(["make", "-o", program, target, f"PROGRAM={program}",
                        f"DESTDIR={tmp_path}", "PREFIX=/usr"], cwd=ROOT, env=env,
                       capture_output=True, check=True)
        return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")
                      if path.is_file())
    return run


def test_install_brings_program_manual_and_completions_and_uninstall_removes_them(make, tmp_path):
    assert make("install") == [
        "usr/bin/hadeploy",
        "usr/share/bash-completion/completions/hadeploy",
        "usr/share/fish/vendor_completions.d/hadeploy.fish",
        "usr/share/man/man1/hadeploy.1",
        "usr/share/zsh/site-functions/_hadeploy"]
    version = subprocess.run([tmp_path / "usr/bin/hadeploy", "version"], capture_output=True,
                             text=True, check=True)
    assert "0.1.0" in version.stdout
    assert (tmp_path / "usr/share/man/man1/hadeploy.1").read_text().startswith(".TH")
    assert make("uninstall") == []
