"""Runs that are disturbed, and the one that sets things right."""

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field, replace
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
    "nothing": ("plan", "--exit-code", *WORDS),
    "check": ("state", "check"),
    "import": ("import", "--file", "found.yaml", "--yes", *WORDS),
    "keep": ("apply", "--on-failure", "keep", "--yes", *WORDS),
    "rollback": ("rollback", "--yes", *WORDS),
    "refresh": ("apply", "--yes", "--refresh", *WORDS),
    "part": ("apply", "base", "--yes", *WORDS),
    "east": ("apply", "--region", "east", "--yes", *WORDS),
    "west": ("apply", "--region", "west", "--yes", *WORDS),
}


@dataclass
class Case:
    """A project whose state `applied` (0: none) was applied, and what is done with it then."""
    name: str
    applied: int = 1
    state: int = 2        # of the project when the disturbed run begins
    disturbed: str = "apply"
    mends: str = "apply"  # the plain run after it; or several
    then: int = 0         # somebody changed their mind: state of the project when that begins
    parallelism: int = 1
    provider: dict = field(default_factory=dict)  # the manifest's entry while it is disturbed
    always: dict = field(default_factory=dict)    # and what it says at any time
    mutation: str = ""
    beside: str = ""      # a command that runs undisturbed at the same time
    speed: int = 1        # of time
    lost: bool = False    # recorded state is, and found.yaml says what there is
    fails: bool = False   # what the provider's entry says makes every disturbed run fail

    def env(self):
        return {"HADEPLOY_MUTATE": self.mutation,
                "HADEPLOY_FAULT_SPEED": str(self.speed) if self.speed > 1 else ""}

    def beginning(self):
        """The same for cases that an undisturbed run does the same in."""
        provider = self.provider if self.fails else {}
        return repr(replace(self, name="", provider=provider, mutation="", beside=""))

    def lasting_mutation(self):
        """What the plain runs forget too."""
        return self.mutation if self.mutation == "no-find" else ""

    def compare(self, world, wanted):
        if self.mends == "destroy" and self.disturbed != "destroy":
            return worlds.compare_rest(world, wanted if self.applied else worlds.World())
        if self.then:
            return worlds.compare_mind(world, wanted)
        return worlds.compare(world, wanted)


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
        return f"{self.command} {f'after@{self.after_s:.4f}' if self.after_s else self.rules}"


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
    if COMMANDS[command][0] in ("apply", "destroy", "rollback"):
        args += ["--parallelism", str(case.parallelism)]
    return subprocess.Popen(args, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT,
                            env=environment(**{"HOME": str(folder), **case.env(), **env}))


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


def change_mind(folder, case):
    if case.then:
        scenario.write(folder, case.then, case.always)


def undisturbed(folder, case):
    """(boundaries, seconds, the world afterwards); nothing goes wrong."""
    started = time.monotonic()
    if case.fails:
        scenario.write(folder, case.state, {**case.always, **case.provider})
    ended = run(folder, case, case.disturbed, HADEPLOY_FAULT_REPORT=str(folder / "report"),
                HADEPLOY_MUTATE="")
    assert bool(ended[0]) == case.fails, ended[1]
    seconds = time.monotonic() - started
    scenario.write(folder, case.state, case.always)
    if case.then or case.disturbed != case.mends:
        change_mind(folder, case)
        for command in case.mends.split():
            must(run(folder, case, command, HADEPLOY_MUTATE=""))
    return json.loads((folder / "report").read_text()), seconds, worlds.load(folder)


def lose_state(folder):
    found = {r.address: r.id for r in worlds.load(folder).records}
    (folder / "found.yaml").write_text(json.dumps(found, indent=1))
    for path in (folder / worlds.STATE).parent.glob("state.db*"):
        path.unlink()


def ready(case, base):
    """Prepares a case below `base`; its folder is only copied from then on."""
    folder, plain = base / case.name / "ready", base / case.name / "plain"
    if case.applied:
        scenario.write(folder, case.applied, case.always)
        must(run(folder, case, "apply", HADEPLOY_MUTATE=""))
    if case.lost:
        lose_state(folder)
    scenario.write(folder, case.state, case.always)
    shutil.copytree(folder, plain)
    reached, seconds, wanted = undisturbed(plain, case)
    return Ready(case, folder, wanted, reached, seconds)


def disturb(point, case, steps, said):
    wrong = []
    if case.provider:
        scenario.write(point, case.state, {**case.always, **case.provider})
    beside = start(point, case, case.beside) if case.beside else None
    for step in steps:
        code, out = run(point, case, step.command, step.after_s, HADEPLOY_FAULT=step.rules)
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
    case, wrong = ready_case.case, []
    change_mind(point, case)

    def expect(command):
        code, out = run(point, case, command, HADEPLOY_MUTATE=case.lasting_mutation())
        said.append(f"--- {command}: exit {code}\n{out}")
        if code:
            wrong.append(f"afterwards '{' '.join(COMMANDS[command])}' ended with {code}")
    for command in case.mends.split():
        expect(command)
    wrong += case.compare(worlds.load(point), ready_case.wanted)
    expect("check")
    if case.mends != "destroy":
        expect("nothing")
    return wrong


def try_point(ready_case, steps, name):
    """What is wrong afterwards, and the folder, which is kept when something is."""
    point = ready_case.folder.parent / name
    shutil.copytree(ready_case.folder, point)
    said = []
    wrong = disturb(point, ready_case.case, steps, said) + mend(point, ready_case, said)
    (point / "said").write_text("\n".join(said))
    if not wrong:
        shutil.rmtree(point)
    return wrong, point


def moments(ready_case, count, seed):
    """Random moments, a little past the end too."""
    chance = random.Random(seed)
    return [chance.uniform(0.001, ready_case.seconds * 1.05) for _ in range(count)]
