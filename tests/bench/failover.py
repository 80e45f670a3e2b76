"""
How long customers wait when a region of examples/dr-lab loses its power, from the cut to the first
row that the other region acknowledges, and when the shop is moved as planned.  `hadeploy watch`
asks the checks every second or every 10 s, three bad answers in a row count, and starts the
runbook.  The cut comes at any moment between two questions.

    detection   the cut, until hadeploy watch is certain
    decision    until it has begun the execution
    steps       until the last step is over
    DNS         until the customer, who honours the TTL (1 s), has a row acknowledged
    own         of all that: the decision, and where the execution had no step at work
    gap         the longest time in which the customer had no row acknowledged
"""

import random
import re
import statistics
import time

from lab import wait_until
from lab.drlab import DrLab
from lab.proof import is_complete, loss_is_reported, nothing_lost, one_primary, was_busy

INTERVALS_S = (1, 10)
BAD_IN_A_ROW = 3
PARTS = ("detection", "decision", "steps", "dns", "total", "own")
ANSWER_S = 2.0


def between_steps(report):
    """Seconds between the begin of an execution and its last step in which no step was at work."""
    begun = at(report, "started")
    alone, over = 0.0, begun
    for step in sorted((s for s in report["steps"] if "/" not in s["path"] and "from_ms" in s),
                       key=lambda s: s["from_ms"]):
        alone += max(0.0, step["from_ms"] / 1000 - over)
        over = max(over, step["to_ms"] / 1000)
    return alone + max(0.0, at(report, "monitoring") - over)


def at(report, kind):
    return next(event["at_ms"] for event in report["events"] if event["kind"] == kind) / 1000


def home(lab):
    """The shop is in the east, and hadeploy knows."""
    lab.power()
    if lab.role("west") == "primary":
        lab.runbook("failback", start="west", goal="east")
    wait_until(lambda: lab.accepts_writes("east") and lab.streams("west"), 30, "both databases")
    lab.forget_probes()


def power_cut(lab, interval_s):
    """Seconds of each part."""
    home(lab)
    with lab.client() as client, lab.watch() as watch:
        watch.until(event="standing", state="HEALTHY")
        client.steady()
        time.sleep(random.uniform(0, interval_s))
        cut = lab.kill("east")
        ended = watch.until(event="ends", limit_s=180)
        first = client.wait_for("west", since=cut)
        certain = watch.until(event="standing", state="UNHEALTHY")["at"]
        was_busy(client, cut)
        report = is_complete(lab, ended["execution"])
        loss_is_reported(lab, client, cut, report, interval_s + ANSWER_S)
        one_primary(lab, ("east", cut - 2, cut))
    begun, over = at(report, "started"), at(report, "monitoring")
    return dict(zip(PARTS, (certain - cut, begun - certain, over - begun, first["Done"] - over,
                            first["Done"] - cut, begun - certain + between_steps(report))))


def ask_every(lab, interval_s):
    """All checks of the manifest."""
    path = lab.project.dir / "hadeploy.yaml"
    path.write_text(re.sub(r"\bInterval: \w+", f"Interval: {interval_s}s", path.read_text()))


def planned(lab, start, goal):
    with lab.client() as client:
        client.steady(region=start)
        begun = time.time()
        lab.runbook("failover" if start == "east" else "failback", start=start, goal=goal)
        client.wait_for(goal, since=begun)
        time.sleep(1)
        was_busy(client, begun)
        nothing_lost(lab, client, goal)
        return client.gap(begun - 1)


def bench(_program, rounds):
    print("\nfailover: a power cut until the first row in the other region (medians, seconds)")
    print(f"{'checks':>10} " + " ".join(f"{part:>10}" for part in PARTS) + f" {'slowest':>10}")
    with DrLab() as lab:
        lab.start().deploy()
        for interval_s in INTERVALS_S:
            if interval_s != INTERVALS_S[0]:
                ask_every(lab, interval_s)
            samples = [power_cut(lab, interval_s) for _ in range(rounds)]
            medians = [statistics.median(sample[part] for sample in samples) for part in PARTS]
            print(f"{f'{interval_s} s x {BAD_IN_A_ROW}':>10} "
                  + " ".join(f"{value:10.2f}" for value in medians)
                  + f" {max(sample['total'] for sample in samples):10.2f}", flush=True)
    with DrLab() as lab:
        lab.start().deploy()
        gaps = {goal: [] for goal in ("west", "east")}
        for _ in range(rounds):
            gaps["west"].append(planned(lab, "east", "west"))
            gaps["east"].append(planned(lab, "west", "east"))
        for name, goal in (("failover", "west"), ("failback", "east")):
            print(f"{name} as planned: gap {statistics.median(gaps[goal]):.2f} s "
                  f"[{min(gaps[goal]):.2f}-{max(gaps[goal]):.2f}]", flush=True)
