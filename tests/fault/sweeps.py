"""Which cases are swept, and with what."""

import random
from dataclasses import dataclass

from case import Case, Step, moments

FAST = 20


def pending(time):
    return {"Call": "0ms", "Pending": time}


# Half of it takes a while, and is asked for with a token.
SLOW = {"PollInterval": "200ms", "Latency": {
    "Fault::*": {"create": pending("1s"), "update": pending("500ms"), "delete": pending("700ms")},
    "Sim::Node": {"delete": pending("300ms")}}}


def struck(kind, chance="0.15", operation=("create", "update", "delete"), **more):
    """Calls that a scripted fault befalls now and then."""
    return {"Faults": [{"Operation": list(operation), "Fault": kind, "Probability": chance,
                        **more}]}


PASSING = ("throttle", "server-error", "timeout-before", "timeout-after", "lost-answer",
           "lost-request", "conflict")
FINAL = ("denied", "partial")
KINDS = (*PASSING, *FINAL, "denied-keep", "partial-keep")
HIDDEN = struck("not-found-after-create", "1", ["create"], For="40s")

# In each instance one resource cannot be made, after much was done: all of it goes back.
FAILING = {"Faults": [{"Operation": "create", "Address": "*/New5", "Fault": "denied"}]}

CASES = {c.name: c for c in (
    Case("pending", always=SLOW, speed=FAST, parallelism=16),
    *(Case(kind, provider=struck(kind), speed=FAST, parallelism=16) for kind in PASSING),
    *(Case(kind, provider=struck(kind), speed=FAST, parallelism=16, then=2) for kind in FINAL),
    *(Case(f"{kind}-keep", provider=struck(kind), speed=FAST, parallelism=16, disturbed="keep")
      for kind in FINAL),
    Case("hidden", always=HIDDEN, speed=FAST, parallelism=16),
    Case("hidden-first", applied=0, state=1, always=HIDDEN, speed=FAST, parallelism=16),
    Case("hidden-destroy", applied=0, state=1, always=HIDDEN, speed=FAST, parallelism=16,
         mends="destroy"),
    Case("apply"),
    Case("wide", parallelism=64),
    Case("first", applied=0, state=1),
    Case("destroy", applied=1, state=1, disturbed="destroy", mends="destroy"),
    Case("apply-destroy", mends="destroy"),
    Case("keyless", always={"IdempotencyKeys": "ignored"}),
    Case("keyless-lost", always={"IdempotencyKeys": "ignored"}, provider={
        "IdempotencyKeys": "ignored", **struck("lost-answer")}, speed=FAST, parallelism=16),
    Case("dead", provider={"Dead": ["west"], "ConnectTimeout": "1s"}, speed=FAST, parallelism=16,
         then=2),
    Case("import", state=1, lost=True, disturbed="import", mends="import apply"),
    Case("mind", then=1),
    # Those that refer to what a rollback had to make again hear of it with the next apply.
    Case("back", provider=FAILING, fails=True, mends="rollback apply", then=1),
    Case("forth", provider=FAILING, fails=True, then=2),
    Case("beside", disturbed="east", beside="west", parallelism=4),
    Case("no-begin", mutation="no-begin"),
    Case("no-sync", mutation="no-sync"),
    Case("no-find", mutation="no-find"),
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
    return sorted({1 + (count - 1) * i // max(wanted - 1, 1) for i in range(wanted)})


@dataclass
class Every(Sweep):
    """An action at every boundary of a point; after: what else is disturbed."""
    action: str = "kill"
    point: str = "call"
    lasting: bool = False
    after: bool = False  # of calls: only when they are over
    most: int = 0        # points of the long form; 0: all

    def points(self, ready, thorough, seed):
        plus, wanted = "+" if self.lasting else "", self.most if thorough else self.short
        if self.after:
            return [[Step(ready.case.disturbed, f"{self.action}@{self.point}:{2 * n}")]
                    for n in spread(ready.reached[self.point] // 2, wanted)]
        return [[Step(ready.case.disturbed, f"{self.action}@{self.point}:{n}{plus}")]
                for n in spread(ready.reached[self.point], wanted)]


@dataclass
class Unsynced(Sweep):
    """A sync fails, what it was to write is lost, and soon afterwards power fails too."""

    def points(self, ready, thorough, seed):
        return [[Step(ready.case.disturbed, f"eio@sync:{n},power@sync:{n + more}")]
                for n in spread(ready.reached["sync"], 0 if thorough else self.short)
                for more in ((1, 2, 3) if thorough else (1,))]


@dataclass
class Alone(Sweep):
    """What the case itself does is enough."""
    count: int = 10

    def points(self, ready, thorough, seed):
        return [[Step(ready.case.disturbed)]] * (self.count if thorough else self.short)


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
    Alone("pending alone", "pending", 1),
    Every("kill at calls, much pending", "pending", 6),
    Every("kill at writes, much pending", "pending", 6, point="write"),
    *(Alone(f"{kind} alone", kind, 1) for kind in KINDS),
    *(Every(f"kill at calls, {kind}", kind, 1) for kind in KINDS),
    Alone("a dead region", "dead", 1),
    Every("kill at calls, a dead region", "dead", 2),
    Every("kill at writes of an import", "import", 4, point="write"),
    Every("kill at calls of an import", "import", 2),
    Every("disk full during an import", "import", 2, action="full", point="write"),
    Every("kill at calls, keys ignored", "keyless", 4),
    Every("kill at calls, keys ignored and answers lost", "keyless-lost", 3),
    Alone("hidden alone", "hidden", 1),
    Every("kill at calls, hidden", "hidden", 5),
    Every("kill at calls of a first apply, hidden", "hidden-first", 5),
    Every("kill at calls of a first apply, hidden, then destroy", "hidden-destroy", 3),
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
    Every("kill at calls of an apply that fails, then rollback", "back", 10),
    Every("kill at writes of an apply that fails, then rollback", "back", 10, point="write"),
    Every("kill at calls of an apply that fails, then apply", "forth", 5),
    Every("kill at writes of an apply that fails, then apply", "forth", 5, point="write"),
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
    Unsynced("a sync fails, then power", "apply", 6),
    Unsynced("a sync fails, then power, first apply", "first", 3),
    *(Every(f"{what} {how}", case, short, action=action, point=point, lasting=lasting, most=most)
      for what, action, point, short in (
          ("disk full", "full", "write", 5), ("io error at writes", "eio", "write", 5),
          ("short write", "short", "write", 4), ("io error at syncs", "eio", "sync", 4),
          ("io error at reads", "eio", "read", 3))
      for how, case, lasting, short, most in (
          ("once", "apply", False, short, 0), ("from then on", "apply", True, short, 0),
          ("once, wide", "wide", False, 0, 250),
          ("from then on, first apply", "first", True, 0, 500))),
    Every("Ctrl-C at calls", "apply", 5, action="int"),
    Every("Ctrl-C at calls of a wide apply", "wide", 3, action="int"),
    Every("Ctrl-C twice at calls", "apply", 5, action="int2"),
    Every("Ctrl-C twice at calls of a wide apply", "wide", 3, action="int2"),
    Every("Ctrl-C thrice at calls", "apply", 3, action="int3"),
    Every("SIGTERM at calls", "apply", 3, action="term"),
    Every("without BEGIN, the sweep finds it", "no-begin", 16, must_fail=True,
          after=True),
    Every("without syncs, the sweep finds it", "no-sync", 12, must_fail=True, action="power"),
    Every("without a search by key, the sweep finds it", "no-find", 16, must_fail=True,
          after=True),
]
