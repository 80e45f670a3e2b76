"""
How long customers wait when a region loses its power: examples/dr-lab, from the cut to the first
row that the other region acknowledges.  A balancer of the region is asked every 10 s or every
second; after three bad answers in a row the runbook failover is run, ungraceful.

    detection   the cut, until the third bad answer
    decision    until hadeploy has begun the execution
    steps       until its last step is over
    DNS         until the customer, who honours the TTL (1 s), has a row acknowledged
    own         what the execution took beyond its steps' own time
"""

import random
import statistics
import time
import urllib.request

from lab.drlab import DrLab

INTERVALS_S = (1, 10)
BAD_IN_A_ROW = 3
PARTS = ("detection", "decision", "steps", "dns", "total", "own")


def healthy(url):
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


def detected(lab, interval_s):
    """The first and the third bad answer; asked at fixed moments, as watch does."""
    balancer = next(host for host in lab.region("east") if "lb" in host.roles)
    url = f"http://{balancer.address}:{lab.port(8080)}/health"
    bad, due = [], time.monotonic() + random.uniform(0, interval_s)
    while len(bad) < BAD_IN_A_ROW:
        time.sleep(max(0.0, due - time.monotonic()))
        bad = [] if healthy(url) else [*bad, time.time()]
        due += interval_s
    return bad[0], bad[-1]


def own_seconds(execution):
    """Time of the execution in which none of its outer steps ran."""
    steps = sum(step.get("elapsed_ms", 0) for step in execution["steps"] if "/" not in step["step"])
    return (execution["elapsed_ms"] - steps) / 1000


def once(lab, interval_s):
    """Seconds of each part of one failover."""
    lab.restore()
    with lab.client() as client:
        client.steady(2)
        lab.kill("east")
        cut = time.time()
        since, found = detected(lab, interval_s)
        # The cut was up to an interval earlier, so that much may be lost as far as is known.
        execution = lab.runbook(
            "failover", "--ungraceful", "--accept-data-loss", "checks are that far apart",
            "--since", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since)))
        first = client.wait_for("west", since=cut)
    begun, over = (next(line["at_ms"] / 1000 for line in execution["events"]
                        if line["event"] == event) for event in ("started", "monitoring"))
    return dict(zip(PARTS, (found - cut, begun - found, over - begun, first["Done"] - over,
                            first["Done"] - cut, own_seconds(execution))))


def bench(_program, rounds):
    print("\nfailover: a power cut until the first row in the other region (medians, seconds)")
    print(f"{'checks':>10} " + " ".join(f"{part:>10}" for part in PARTS) + f" {'slowest':>10}")
    with DrLab() as lab:
        lab.start().deploy()
        for interval_s in INTERVALS_S:
            samples = [once(lab, interval_s) for _ in range(rounds)]
            medians = [statistics.median(sample[part] for sample in samples) for part in PARTS]
            print(f"{f'{interval_s} s x {BAD_IN_A_ROW}':>10} "
                  + " ".join(f"{value:10.2f}" for value in medians)
                  + f" {max(sample['total'] for sample in samples):10.2f}", flush=True)
