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
    Case("half", provider=struck("partial", "1", ["create"]), speed=FAST, disturbed="keep"),
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


def kills(what, case, calls, writes, most=0):
    """kill -9 at provider calls and at writes of recorded state."""
    return (Every(f"kill at calls of {what}", case, calls, most=most),
            Every(f"kill at writes of {what}", case, writes, point="write", most=most))


def disk(what, action, point, short):
    """A disk that answers with errors, once or from then on; the run after it has a whole one."""
    return (Every(f"{what}, once", "apply", short, action=action, point=point),
            Every(f"{what}, from then on", "apply", short, action=action, point=point,
                  lasting=True),
            Every(f"{what}, once, many calls at a time", "wide", 0, action=action, point=point,
                  most=250),
            Every(f"{what}, from then on, first apply", "first", 0, action=action, point=point,
                  lasting=True, most=500))


SWEEPS = [
    *kills("an apply", "apply", 16, 16),
    *kills("an apply with many calls at a time", "wide", 5, 5),
    *kills("a first apply", "first", 3, 6),
    *kills("a destroy", "destroy", 4, 4),
    *kills("an apply, then destroy", "apply-destroy", 4, 3),
    *kills("an apply, then the old template again", "mind", 4, 3),
    *kills("an apply that fails and goes back, then rollback", "back", 6, 6),
    *kills("an apply that fails and goes back, then apply", "forth", 3, 3),
    *kills("an apply while another runs", "beside", 3, 4),
    *kills("an import", "import", 1, 3),
    Again("kill thrice", "apply", 4, commands=("apply", "apply")),
    Again("kill an apply, then one of a part", "apply", 2, commands=("part",)),
    Again("kill an apply, then a plan", "apply", 3, commands=("plan",)),
    Moments("kill at random moments", "apply"),
    Moments("kill at random moments, many calls at a time", "wide"),
    Every("power fails at writes", "apply", 8, action="power", point="write"),
    Every("power fails at calls", "apply", 4, action="power"),
    Every("power fails at writes of a first apply", "first", 3, action="power", point="write"),
    Every("power fails and tears writes", "apply", 8, action="tear", point="write"),
    Every("power fails and tears writes, many calls at a time", "wide", 3, action="tear",
          point="write"),
    Every("power fails and tears writes of a first apply", "first", 3, action="tear",
          point="write"),
    Unsynced("a sync fails, then power", "apply", 4),
    Unsynced("a sync fails, then power, first apply", "first", 2),
    *disk("disk full", "full", "write", 4),
    *disk("io error at a write", "eio", "write", 4),
    *disk("short write", "short", "write", 3),
    *disk("io error at a sync", "eio", "sync", 3),
    *disk("io error at a read", "eio", "read", 2),
    Every("disk full during an import", "import", 1, action="full", point="write"),
    Every("Ctrl-C", "apply", 3, action="int"),
    Every("Ctrl-C, many calls at a time", "wide", 2, action="int"),
    Every("Ctrl-C twice", "apply", 3, action="int2"),
    Every("Ctrl-C twice, many calls at a time", "wide", 2, action="int2"),
    Every("Ctrl-C thrice", "apply", 2, action="int3"),
    Every("SIGTERM", "apply", 2, action="term"),
    Every("without BEGIN, the sweep finds it", "no-begin", 10, must_fail=True, after=True),
    Every("without syncs, the sweep finds it", "no-sync", 6, must_fail=True, action="power"),
    Every("without a search by key, the sweep finds it", "no-find", 10, must_fail=True,
          after=True),
    Alone("pending", "pending", 1),
    *kills("an apply with much that is pending", "pending", 4, 4, most=500),
    *kills("an apply without idempotency keys", "keyless", 3, 0),
    Every("kill at calls, without keys and with lost answers", "keyless-lost", 2, most=150),
    Alone("a dead region", "dead", 1),
    Every("kill at calls, a dead region", "dead", 1, most=150),
    *(Alone(kind, kind, 1) for kind in KINDS),
    *(Every(f"kill at calls, {kind}", kind, 1, most=100) for kind in KINDS),
    Every("kill after calls, all that is made is half-done", "half", 6, after=True, most=300),
    Alone("what is made is not seen at once", "hidden", 1),
    Every("kill at calls, not seen at once", "hidden", 3, most=300),
    Every("kill at calls of a first apply, not seen at once", "hidden-first", 3, most=300),
    Every("kill at calls, not seen at once, then destroy", "hidden-destroy", 2, most=200),
]
