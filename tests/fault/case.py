"""Runs that are disturbed, and the one that sets things right."""

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import scenario
import world as worlds

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "release" / "tests" / "fault" / "hadeploy-fault"
PROGRAM = os.environ.get("HADEPLOY_FAULTY") or str(BUILT)
# What a disturbed run may end with: done, error, some failed, refused, interrupted, killed.
ENDS = {0, 1, 3, 4, 130, -signal.SIGKILL, -signal.SIGINT}
HANGS_S = 120
WORDS = ("--param-file", "words.yaml")
COMMANDS = {
    "apply": ("apply", "--yes", *WORDS),
    "destroy": ("destroy", "--yes", *WORDS),
    "plan": ("plan", *WORDS),
    "refresh": ("apply", "--yes", "--refresh", *WORDS),
    "part": ("apply", "base", "--yes", *WORDS),
    "east": ("apply", "--region", "east", "--yes", *WORDS),
    "west": ("apply", "--region", "west", "--yes", *WORDS),
}


@dataclass
class Case:
    """state: the project's when the disturbed run begins; from: what was applied before."""
    name: str
    applied: int = 1      # 0: nothing
    state: int = 2
    disturbed: str = "apply"
    mends: str = "apply"  # the plain run after it
    parallelism: int = 1
    provider: dict = field(default_factory=dict)  # the manifest's entry while it is disturbed
    always: dict = field(default_factory=dict)    # and what it says at any time
    mutation: str = ""
    beside: str = ""      # a command that runs undisturbed at the same time


@dataclass
class Ready:
    """A case with its first state applied, and how an undisturbed run of it ends."""
    case: Case
    folder: Path
    wanted: worlds.World
    reached: dict
    seconds: float


@dataclass
class Step:
    """One disturbed run: rules of fault.h, or the moment of a kill from outside."""
    command: str
    rules: str = ""
    after_s: float = 0

    def __str__(self):
        return f"{self.command} {self.rules or f'after@{self.after_s:.4f}'}"


def parse_step(text):
    command, rules = text.split(" ", 1)
    if rules.startswith("after@"):
        return Step(command, "", float(rules[len("after@"):]))
    return Step(command, rules)


def scratch():
    """Memory, when there is a file system in it: what is lost there is lost by our own doing."""
    shm = Path("/dev/shm")
    base = shm if shm.is_dir() and os.access(shm, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="hadeploy-fault-", dir=base))


def environment(**more):
    env = {name: value for name, value in os.environ.items()
           if name == "PATH" or name.endswith("SAN_OPTIONS")}
    return {**env, "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "CI": "true",
            **{name: value for name, value in more.items() if value}}


def start(folder, case, command, **env):
    args = [PROGRAM, *COMMANDS[command]]
    if command != "plan":
        args += ["--parallelism", str(case.parallelism)]
    return subprocess.Popen(args, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env=environment(HOME=str(folder), **env))


def end(proc, after_s=0):
    """(exit code, what was said)"""
    try:
        out = proc.communicate(timeout=after_s or HANGS_S)[0]
    except subprocess.TimeoutExpired:
        proc.kill()
        out = proc.communicate()[0]
        if not after_s:
            return "hangs", out.decode(errors="replace")
    return proc.returncode, out.decode(errors="replace")


def run(folder, case, command, after_s=0, **env):
    return end(start(folder, case, command, **env), after_s)


def must(result):
    code, out = result
    assert code == 0, f"exit {code}\n{out}"


def ready(case, base):
    """Prepares a case below `base`; its folder is only copied from then on."""
    folder = base / case.name / "ready"
    if case.applied:
        scenario.write(folder, case.applied, case.always)
        must(run(folder, case, "apply"))
    scenario.write(folder, case.state, case.always)
    plain = base / case.name / "plain"
    shutil.copytree(folder, plain)
    if case.disturbed != case.mends:
        must(run(plain, case, case.mends))
        wanted, plain = worlds.load(plain), base / case.name / "disturbed"
        shutil.copytree(folder, plain)
    started = time.monotonic()
    must(run(plain, case, case.disturbed, HADEPLOY_FAULT_REPORT=str(plain / "report")))
    seconds = time.monotonic() - started
    if case.disturbed == case.mends:
        wanted = worlds.load(plain)
    reached = json.loads((plain / "report").read_text())
    return Ready(case, folder, wanted, reached, seconds)


def disturb(point, ready_case, steps, said):
    case, wrong = ready_case.case, []
    if case.provider:
        scenario.write(point, case.state, {**case.always, **case.provider})
    beside = start(point, case, case.beside) if case.beside else None
    for step in steps:
        code, out = run(point, case, step.command, step.after_s, HADEPLOY_FAULT=step.rules,
                        HADEPLOY_MUTATE=case.mutation)
        said.append(f"--- {step}: exit {code}\n{out}")
        if code not in ENDS:
            wrong.append(f"the disturbed {step.command} ended with {code}")
    if beside:
        code, out = end(beside)
        said.append(f"--- beside it {case.beside}: exit {code}\n{out}")
        if code != 0:
            wrong.append(f"the {case.beside} beside it ended with {code}")
    if case.provider:
        scenario.write(point, case.state, case.always)
    return wrong


def mend(point, ready_case, said):
    """One plain run sets everything right, and after it nothing is to do."""
    case = ready_case.case
    code, out = run(point, case, case.mends)
    said.append(f"--- {case.mends}: exit {code}\n{out}")
    wrong = [] if code == 0 else [f"the plain {case.mends} ended with {code}"]
    compare = worlds.compare_rest if case.disturbed != case.mends == "destroy" else worlds.compare
    wrong += compare(worlds.load(point), ready_case.wanted)
    checks = [("state", "check")]
    if case.mends != "destroy":
        checks.append(("plan", "--exit-code", *WORDS))
    for check in checks:
        result = subprocess.run([PROGRAM, *check], cwd=point, env=environment(HOME=str(point)),
                                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=HANGS_S, check=False)
        said.append(f"--- {' '.join(check)}: exit {result.returncode}\n"
                    f"{result.stdout}{result.stderr}")
        if result.returncode:
            wrong.append(f"{' '.join(check[:2])} ended with {result.returncode}")
    return wrong


def try_point(ready_case, steps, name):
    """What is wrong afterwards, and the folder, which is kept when something is."""
    point = ready_case.folder.parent / name
    shutil.copytree(ready_case.folder, point)
    said = []
    wrong = disturb(point, ready_case, steps, said) + mend(point, ready_case, said)
    (point / "said").write_text("\n".join(said))
    if not wrong:
        shutil.rmtree(point)
    return wrong, point


def moments(ready_case, count, seed):
    """Random moments, a little past the end too."""
    chance = random.Random(seed)
    return [chance.uniform(0.001, ready_case.seconds * 1.05) for _ in range(count)]
