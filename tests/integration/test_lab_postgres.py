"""The lab's PostgreSQL and HAProxy: what tests of runbooks stand on."""

import urllib.request

import pytest

from lab import LabError, wait_until
from lab.haproxy import HAProxy
from lab.nginx import Nginx
from lab.postgres import Postgres


@pytest.fixture
def pair(tmp_path):
    with Postgres(tmp_path / "east") as primary:
        primary.sql("create table row (n int)")
        with primary.standby(tmp_path / "west") as standby:
            yield primary, standby


def test_a_standby_follows_its_primary_and_takes_over(pair):
    primary, standby = pair
    primary.sql("insert into row select generate_series(1, 100)")
    standby.wait_for(primary)
    assert standby.sql("select count(*) from row") == "100"
    assert primary.is_primary() and not standby.is_primary()
    with pytest.raises(LabError, match="read-only"):
        standby.sql("insert into row values (1)")
    primary.kill()
    standby.promote()
    assert standby.is_primary()
    standby.sql("insert into row values (101)")


def test_an_old_primary_is_rewound_and_follows(pair):
    old, new = pair
    new.wait_for(old)
    new.stop()
    old.sql("insert into row values (-1)")  # nobody will ever see it again
    old.kill()
    new.start()
    new.promote()
    new.sql("insert into row values (1)")
    old.start()
    old.stop()
    old.rewind(new)
    old.start()
    old.wait_for(new)
    assert old.sql("select n from row") == "1" and not old.is_primary()


def test_a_standby_can_be_made_to_fall_behind(pair):
    primary, standby = pair
    standby.wait_for(primary)
    standby.pause_replay()
    primary.sql("insert into row values (1)")
    assert standby.sql("select count(*) from row") == "0"
    standby.resume_replay()
    wait_until(lambda: standby.sql("select count(*) from row") == "1", 10, "the row")


def test_a_proxy_is_told_weights_and_spreads_by_them(tmp_path):
    with Nginx(tmp_path / "e1") as one, Nginx(tmp_path / "w1", counted=True) as two, \
            HAProxy(tmp_path / "lb", {"shop": {"e1": one.endpoint.removeprefix("http://"),
                                               "w1": two.endpoint.removeprefix("http://")}},
                    check="/") as proxy:
        wait_until(lambda: {row["status"] for row in proxy.servers("shop").values()} == {"UP"},
                   10, "both servers up")
        assert proxy.say("set weight shop/w1 0").strip() == ""
        assert proxy.weights("shop") == {"e1": 256, "w1": 0}
        before = two.requests("POST")
        for _ in range(8):
            request = urllib.request.Request(proxy.url("shop"), b"x", method="POST")
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert answer.status == 200
        assert two.requests("POST") == before
        one.kill()
        wait_until(lambda: proxy.servers("shop")["e1"]["status"] == "DOWN", 10, "one is down")
