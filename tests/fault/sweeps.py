"""Which cases are swept, and with what."""

import random
from dataclasses import dataclass

from case import Case, Step, moments

CASES = {c.name: c for c in (
    Case("apply"),
    Case("wide", parallelism=64),
    Case("first", applied=0, state=1),
    Case("destroy", applied=1, state=1, disturbed="destroy", mends="destroy"),
    Case("apply-destroy", mends="destroy"),
    Case("mind", then=1),
    Case("beside", disturbed="east", beside="west", parallelism=4),
    Case("no-begin", mutation="no-begin"),
    Case("no-sync", mutation="no-sync"),
)}


@dataclass
class Sweep:
    """
    short: how many points the short form has (0: it is not in it).  must_fail: the program is
    broken on purpose, and the sweep has to see it.
    """
    name: str
    case: str
    short: int = 0
    must_fail: bool = False

    def points(self, ready, thorough, seed):
        raise NotImplementedError


def spread(count, wanted):
    """Numbers from 1 to count: all, or `wanted` of them, evenly."""
    if not wanted or wanted >= count:
        return range(1, count + 1)
    return sorted({1 + (count - 1) * i // (wanted - 1) for i in range(wanted)})


@dataclass
class Every(Sweep):
    """An action at every boundary of a point; after: what else is disturbed."""
    action: str = "kill"
    point: str = "call"
    lasting: bool = False

    def points(self, ready, thorough, seed):
        plus = "+" if self.lasting else ""
        return [[Step(ready.case.disturbed, f"{self.action}@{self.point}:{n}{plus}")]
                for n in spread(ready.reached[self.point], 0 if thorough else self.short)]


@dataclass
class Again(Sweep):
    """Killed, and what looks after it is killed too, and so is the next: at random boundaries."""
    count: int = 500
    commands: tuple = ("apply",)

    def points(self, ready, thorough, seed):
        chance = random.Random(f"{self.name} {seed}")
        reached = ready.reached

        def step(command):
            point = chance.choice(("call", "write"))
            return Step(command, f"kill@{point}:{chance.randint(1, reached[point])}")

        def early(command):
            return Step(command, f"kill@write:{chance.randint(1, 120)}")
        return [[step(ready.case.disturbed), *(chance.choice((step, early))(c)
                                               for c in self.commands)]
                for _ in range(self.count if thorough else self.short)]


@dataclass
class Moments(Sweep):
    """Killed from outside, at any time at all."""
    count: int = 500

    def points(self, ready, thorough, seed):
        count = self.count if thorough else self.short
        return [[Step(ready.case.disturbed, "", t)] for t in moments(ready, count, seed)]


SWEEPS = [
    Every("kill at calls of an apply", "apply", 24),
    Every("kill at writes of an apply", "apply", 24, point="write"),
    Every("kill at calls of a wide apply", "wide", 8),
    Every("kill at writes of a wide apply", "wide", 8, point="write"),
    Every("kill at calls of a first apply", "first", 4),
    Every("kill at writes of a first apply", "first", 8, point="write"),
    Every("kill at calls of a destroy", "destroy", 6),
    Every("kill at writes of a destroy", "destroy", 6, point="write"),
    Every("kill at calls of an apply, then destroy", "apply-destroy", 6),
    Every("kill at writes of an apply, then destroy", "apply-destroy", 4, point="write"),
    Every("kill at calls of an apply, then back", "mind", 6),
    Every("kill at writes of an apply, then back", "mind", 4, point="write"),
    Again("kill thrice", "apply", 6, commands=("apply", "apply")),
    Again("kill an apply, then one of a part", "apply", 3, commands=("part",)),
    Every("kill at calls while another runs", "beside", 5),
    Every("kill at writes while another runs", "beside", 6, point="write"),
    Again("kill an apply, then a plan", "apply", 4, commands=("plan",)),
    Moments("kill at random moments", "apply"),
    Moments("kill at random moments of a wide apply", "wide"),
    Every("power fails at writes of an apply", "apply", 10, action="power", point="write"),
    Every("power fails at calls of an apply", "apply", 6, action="power", point="call"),
    Every("power fails at writes of a first apply", "first", 4, action="power", point="write"),
    Every("power fails and writes are torn", "apply", 10, action="tear", point="write"),
    Every("torn writes of a wide apply", "wide", 4, action="tear", point="write"),
    Every("torn writes of a first apply", "first", 4, action="tear", point="write"),
    *(Every(f"{what} {how}", case, short, action=action, point=point, lasting=lasting)
      for what, action, point, short in (
          ("disk full", "full", "write", 5), ("io error at writes", "eio", "write", 5),
          ("short write", "short", "write", 4), ("io error at syncs", "eio", "sync", 4),
          ("io error at reads", "eio", "read", 3))
      for how, case, lasting, short in (
          ("once", "apply", False, short), ("from then on", "apply", True, short),
          ("once, wide", "wide", False, 0), ("from then on, first apply", "first", True, 0))),
    Every("Ctrl-C at calls", "apply", 5, action="int"),
    Every("Ctrl-C at calls of a wide apply", "wide", 3, action="int"),
    Every("Ctrl-C twice at calls", "apply", 5, action="int2"),
    Every("Ctrl-C twice at calls of a wide apply", "wide", 3, action="int2"),
    Every("Ctrl-C thrice at calls", "apply", 3, action="int3"),
    Every("SIGTERM at calls", "apply", 3, action="term"),
    Every("without BEGIN, the sweep finds it", "no-begin", 20, must_fail=True),
    Every("without syncs, the sweep finds it", "no-sync", 12, must_fail=True, action="power"),
]
