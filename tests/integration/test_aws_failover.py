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
    done = shop.run(*FAILOVER, "--ungraceful", "--since", "10s", timeout=120).ok()
    print(done)
    check_moved(shop)
    assert shop.proxies["primary"].connections == 0
    report = report_of(shop)
    print(json.dumps(report, indent=1)[:6000])
    # It is to stay: no plan and no apply of the regions that are left takes it back.
    plan = shop.run("plan", "--exit-code").ok()
    assert "HD2701" in plan.stdout + plan.stderr
    for region in ("standby", "global"):
        shop.run("apply", "--yes", "--refresh", "--region", region, timeout=120).ok()
    check_moved(shop)
    assert shop.proxies["primary"].connections == 0
