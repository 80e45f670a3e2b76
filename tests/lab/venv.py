"""Python packages of the tests' own: a venv per purpose below the build folder.

    python = venv("moto", ["moto[server]==5.2.5"])     # path of its interpreter

Made once and used again while the versions stay the same; a half-made one is made anew.  Several
test runs may ask at once: one makes it, the others wait.  NoVenv says why there is none, most
often because the package index cannot be reached.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .run import ROOT

MAKE_LIMIT_S = 600


class NoVenv(Exception):
    """The venv cannot be had; the message is the reason, in one line."""


def _folder():
    return Path(os.environ.get("BUILD") or ROOT / "build") / "venv"


def _run(what, *command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=MAKE_LIMIT_S,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise NoVenv(f"{what}: {lines[-1]}")


def _make(folder, packages):
    shutil.rmtree(folder, ignore_errors=True)
    _run("venv", sys.executable, "-m", "venv", str(folder))
    _run("pip", str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--no-input",
         "--disable-pip-version-check", "--retries", "1", "--timeout", "15", *packages)
    (folder / "complete").write_text("\n".join(packages) + "\n")


def venv(name, packages):
    """The path of the interpreter of a venv with these packages, pinned as NAME==VERSION."""
    digest = hashlib.sha256("\n".join([sys.version, *packages]).encode()).hexdigest()[:12]
    base = _folder()
    base.mkdir(parents=True, exist_ok=True)
    folder = base / f"{name}-{digest}"
    with open(base / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            try:
                _make(folder, packages)
            except (OSError, subprocess.TimeoutExpired) as e:
                raise NoVenv(str(e)) from None
    return folder / "bin/python"


def site_packages(python):
    """The folder of a venv's packages, for sys.path of the same interpreter."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return Path(python).parents[1] / "lib" / version / "site-packages"
