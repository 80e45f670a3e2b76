"""Golden tests: a command, its input files, and what it must print, byte for byte.

    tests/golden/<area>/<case>/cmd            one shell command line; runs $HADEPLOY, or hadeploy
    tests/golden/<area>/<case>/...            input files
    tests/golden/<area>/<case>/expected.out   standard output; none: empty
    tests/golden/<area>/<case>/expected.err   standard error; none: empty
    tests/golden/<area>/<case>/expected.exit  exit code; none: 0

The command runs in a fresh copy of the case's folder with a fixed environment.  `make
golden-accept` writes the expected files anew; the difference in git is then the review.
"""

import difflib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lab import hadeploy_path
from lab.run import clean_env

GOLDEN = Path(__file__).resolve().parent / "golden"
CASES = sorted(path.parent for path in GOLDEN.glob("*/*/cmd"))
LIMIT_S = 60


def run_case(case, folder):
    """(stdout, stderr, exit code) of the case's command in a copy of its files."""
    work, programs = folder / "case", folder / "bin"
    shutil.copytree(case, work, ignore=shutil.ignore_patterns("cmd", "expected.*"))
    programs.mkdir()
    (programs / "hadeploy").symlink_to(hadeploy_path())
    home = folder / "home"
    home.mkdir()
    env = clean_env(home, {"PATH": f"{programs}:{os.environ['PATH']}"})
    proc = subprocess.run(["sh", "-e", "-c", (case / "cmd").read_text()], cwd=work, env=env,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S,
                          check=False)
    return {"out": proc.stdout, "err": proc.stderr, "exit": b"%d\n" % proc.returncode}


def expected(case):
    found = {"out": b"", "err": b"", "exit": b"0\n"}
    for part in found:
        path = case / f"expected.{part}"
        if path.exists():
            found[part] = path.read_bytes()
    found["exit"] = found["exit"].strip() + b"\n"
    return found


def accept(case, got):
    for part, content in got.items():
        path = case / f"expected.{part}"
        if content in (b"", b"0\n" if part == "exit" else b""):
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)


def difference(want, got):
    lines = []
    for part in ("exit", "err", "out"):
        if want[part] != got[part]:
            lines += difflib.unified_diff(
                want[part].decode(errors="backslashreplace").splitlines(),
                got[part].decode(errors="backslashreplace").splitlines(),
                f"expected.{part}", f"this {part}", lineterm="")
            if want[part].splitlines() == got[part].splitlines():
                lines.append(f"{part}: only the ends of lines differ")
    return "\n".join(lines)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_golden(case, tmp_path):
    got = run_case(case, tmp_path)
    if os.environ.get("GOLDEN_ACCEPT"):
        accept(case, got)
        return
    why = difference(expected(case), got)
    assert not why, f"\n{why}\nIf this is right: make golden-accept"
