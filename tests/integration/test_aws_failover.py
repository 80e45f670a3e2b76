"""Failover of examples/aws-active-passive on moto, its primary region in a black hole: who asks
there hangs.  boto3 says what became of it."""

import json
import signal

import pytest

from lab.aws_shop import PASSWORD, AwsShop
from lab.moto import KEYS
from lab.ssh import wait_until

FAILOVER = ("failover", "--from", "primary", "--to", "standby", "--approve", "confirm", "--yes",
            "--reason", "a test")
STEPS = ["confirm", "fence", "database-and-capacity/database/promote",
         "database-and-capacity/database/keep", "database-and-capacity/scale", "traffic", "record"]

pytestmark = pytest.mark.limit(300)


@pytest.fixture
def shop(moto, tmp_path):
    with AwsShop(tmp_path / "shop", moto) as it:
        it.run("apply", "--yes", timeout=200).ok()
        assert it.weights() == {"primary": 100, "standby": 0}
        assert it.fleet("standby")["DesiredCapacity"] == 0 and not it.writable("standby")
        yield it


def check_moved(shop):
    group = shop.fleet("standby")
    assert (group["MinSize"], group["DesiredCapacity"], len(group["Instances"])) == (3, 3, 3)
    assert shop.writable("standby") and shop.serves("standby")
    assert shop.database("standby")["BackupRetentionPeriod"] == 7
    assert shop.weights() == {"primary": 0, "standby": 100}


def report_of(shop):
    text = shop.run("runbook", "report", "--format", "json").ok().stdout
    (shop.dir / "report.json").write_text(text)
    shop.run("runbook", "report", "--verify", "report.json").ok()
    for secret in (PASSWORD, KEYS["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in text
    return json.loads(text)


def test_what_can_be_said_before(shop):
    checked = shop.run("runbook", "check").ok()
    assert "needs region" not in checked.stdout + checked.stderr


def test_a_region_in_a_black_hole(shop):
    shop.cut("primary")
    shop.run(*FAILOVER, "--ungraceful", "--since", "10s", timeout=120).ok()
    check_moved(shop)
    assert shop.proxies["primary"].connections == 0
    report = report_of(shop)
    assert (report["runbook"], report["mode"], report["reason"]) == \
        ("failover", "ungraceful", "a test")
    assert set(STEPS) <= {step["path"] for step in report["steps"]}
    assert report["fences"] and report["healthy_ms"]
    assert report["breakdown"]["between"] < 1000, "what hadeploy takes beyond the steps"
    # It is to stay: no plan and no apply of the regions that are left takes it back.
    plan = shop.run("plan", "--exit-code").ok()
    assert "HD2701" in plan.stdout + plan.stderr
    for region in ("standby", "global"):
        shop.run("apply", "--yes", "--refresh", "--region", region, timeout=120).ok()
    check_moved(shop)
    assert shop.proxies["primary"].connections == 0


@pytest.mark.parametrize("action, proxy", [("PromoteReadReplica", "standby"),
                                           ("UpdateAutoScalingGroup", "standby")])
def test_an_answer_that_is_lost(action, proxy, shop):
    shop.cut("primary")
    lost = shop.proxies[proxy].add("lost", first=1, action=action)
    shop.run(*FAILOVER, "--ungraceful", timeout=120).ok()
    assert lost.hits == 1
    check_moved(shop)
    assert shop.proxies["primary"].connections == 0


def test_killed_while_it_promotes(shop):
    shop.cut("primary")
    slow = shop.proxies["standby"].add("latency", first=1, seconds=3, action="PromoteReadReplica")
    proc = shop.start(*FAILOVER, "--ungraceful")
    wait_until(lambda: slow.hits, 60, "the promotion")
    proc.send_signal(signal.SIGKILL)
    proc.communicate()
    shop.run("runbook", "run", "--resume", "--yes", timeout=120).ok()
    check_moved(shop)
    assert shop.proxies["primary"].connections == 0
    report_of(shop)


def test_killed_while_it_leads_users_over(shop):
    shop.cut("primary")
    slow = shop.proxies["global"].add("latency", first=1, seconds=3, service="route53",
                                      method="POST")
    proc = shop.start(*FAILOVER, "--ungraceful")
    wait_until(lambda: slow.hits, 60, "the change of the records")
    proc.send_signal(signal.SIGKILL)
    proc.communicate()
    shop.run("runbook", "run", "--resume", "--yes", timeout=120).ok()
    check_moved(shop)
    assert shop.proxies["primary"].connections == 0


def test_a_planned_switchover_fences_first(shop):
    shop.run(*FAILOVER, timeout=120).ok()
    assert shop.fleet("primary")["DesiredCapacity"] == 0
    check_moved(shop)
    shop.run("plan", "--exit-code").ok()
    shop.run("apply", "--yes", "--refresh", timeout=120).ok()
    assert shop.fleet("primary")["DesiredCapacity"] == 0
    check_moved(shop)


def test_a_primary_that_still_answers_is_not_left_behind(shop):
    """Only its APIs are gone: the shop serves, so nothing is promoted."""
    shop.proxies["primary"].add("black_hole")
    shop.edit("runbooks/failover.yaml", "Within: 10m", "Within: 2s")
    shop.edit("runbooks/failover.yaml", "Timeout: 20m", "Timeout: 5s")
    refused = shop.run(*FAILOVER, "--ungraceful", timeout=120)
    assert refused.returncode in (1, 4), repr(refused)
    assert not shop.writable("standby") and shop.weights() == {"primary": 100, "standby": 0}


def test_a_region_that_comes_back_stands_down(shop):
    shop.cut("primary")
    shop.run(*FAILOVER, "--ungraceful", timeout=120).ok()
    shop.heal("primary")
    assert shop.serves("primary"), "it goes on as if nothing had been"
    assert shop.weights()["primary"] == 0
    shop.run("runbook", "run", "stand-down", "--yes", timeout=120).ok()
    assert shop.fleet("primary")["DesiredCapacity"] == 0
    assert shop.database("primary")["DBInstanceStatus"] == "stopped"
    check_moved(shop)
