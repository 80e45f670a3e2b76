"""What every scenario of the two regions has to prove: that its customer was there, that nobody
lost more than the report says, that never two databases accepted writes, and that the report is
complete.  A scenario whose premise does not hold proves nothing, and fails.
"""

import time

from .ssh import wait_until

RATE_WANTED = 40
# The customer's full rate is asked for until so long before the cut, and for so long.
UNTIL_S, FOR_S = 2.0, 1.0
# Between a commit's own time and what its customer or a clock in milliseconds says of it.
COMMIT_S = 0.02
OVER = ("SUCCEEDED", "FAILED", "CANCELLED")


def was_busy(client, cut, seconds=FOR_S):
    """At least 40 rows were acknowledged in each of so many seconds, until 2 s before the cut."""
    until = cut - UNTIL_S
    rates = [client.rate(until - n - 1, until - n) for n in range(int(seconds))]
    assert min(rates) >= RATE_WANTED, f"too slow to prove anything: {rates} rows a second"


def one_primary(lab, *spans, now=None):
    """Never two databases accepted writes.  spans: (region, since, until) in which it did, and now:
    the region in which it does, so that it is certain that somebody tries all the time."""
    for region, since, until in spans:
        tried = [began for began, _ in lab.probed(region) if since <= began <= until]
        assert len(tried) >= 3 * (until - since), f"{region} was tried {len(tried)} times only"
    if now:
        since = time.time()
        wait_until(lambda: lab.probed(now)[-1:] > [(since, since)], 5, f"{now} accepts writes")
    assert lab.probed("east") or lab.probed("west"), "nothing was tried"
    assert lab.two_primaries() is None


def nothing_lost(lab, client, region):
    rows = client.acknowledged()
    assert rows, "nothing was written"
    missing = lab.missing(rows, region)
    assert not missing, f"{len(missing)} of {len(rows)} acknowledged rows are lost"


def is_complete(lab, execution, status="COMPLETED"):
    """The report of an execution (its id): verified, with every step and event, what fenced the old
    primary, and both objectives with what was reached."""
    report = lab.report({"execution": execution})
    assert report["status"] == status, report["status"]
    events = report["events"]
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert (events[0]["kind"], events[-1]["kind"]) == ("started", "ended")
    assert all(after["previous"] == before["hash"] for before, after in zip(events, events[1:]))
    assert events[-1]["hash"] == report["head"]
    planned = [step["Path"] for step in events[0]["data"]["Steps"]]
    assert [step["path"] for step in report["steps"]] == planned
    for step in report["steps"]:
        assert step["status"] in ("NOT_STARTED", "SKIPPED", *OVER), step
        assert step["status"] not in OVER or step["from_ms"] <= step["to_ms"], step
    if status != "COMPLETED":
        return report
    assert report["fences"] and report["healthy_ms"] >= report["started_ms"]
    assert [it["name"] for it in report["objectives"]] == ["RTO", "RPO"]
    for it in report["objectives"]:
        assert it["met"] == (it["actual_ms"] <= it.get("objective_ms", it["actual_ms"])), it
    rto = report["objectives"][0]["actual_ms"]
    assert report["healthy_ms"] - report["since_ms"] == rto
    return report


def loss_is_reported(lab, client, cut, report, late_s):
    """The rows that are lost are those that the report says: all committed behind its RPO, and none
    before.  late_s: so long after the cut it may have counted as one."""
    rpo = report["objectives"][1]["actual_ms"] / 1000
    counted_from = report["since_ms"] / 1000
    assert -COMMIT_S <= counted_from - cut <= late_s, (counted_from, cut)
    kept_until = counted_from - rpo
    rows = client.rows()
    missing = lab.missing(rows, "west")
    assert all(row["Region"] == "east" for row in missing), "what the new primary acknowledged"
    spared = [row for row in missing if row["Done"] < kept_until - COMMIT_S]
    assert not spared, f"{len(spared)} rows are lost that the report says are there: {spared[0]}"
    lost = {row["Seq"] for row in missing}
    extra = [row for row in rows if row["Status"] == 201 and row["Region"] == "east"
             and row["Sent"] > kept_until + COMMIT_S and row["Seq"] not in lost]
    assert not extra, f"{len(extra)} rows are there that the report says are lost: {extra[0]}"
    return missing
