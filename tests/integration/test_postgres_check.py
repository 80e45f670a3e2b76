"""POSTGRES checks: role, lag and questions, asked of a real primary and its streaming standby."""

import contextlib
import re
import socket
import threading
import time

import pytest

from lab import wait_until
from lab.postgres import DATABASE, MONITOR, PASSWORD, USER, Postgres
from lab.talk import check, talk


@pytest.fixture(scope="module")
def primary(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("pg") / "east") as server:
        server.sql(f"create table t (n int); grant select on t to {MONITOR}")
        server.sql("create role guest login password 'guest-of-the-house'")
        yield server


@pytest.fixture
def pair(tmp_path):
    """Of the test alone: it will promote, stop or starve one."""
    with Postgres(tmp_path / "east") as east:
        east.sql(f"create table t (n int); grant select on t to {MONITOR}")
        with east.standby(tmp_path / "west", max_standby_streaming_delay=0) as west:
            west.wait_for(east)
            yield east, west


def ask(server, **more):
    return check(**{"Type": "POSTGRES", "Host": server.address, "Port": server.port,
                    "User": MONITOR, "Password": PASSWORD, "Database": DATABASE,
                    "Timeout": 10000, **more})


def detail(answer):
    assert PASSWORD not in str(answer)
    return re.sub(r"\d+(\.\d+)?(ms|s)\b", "*",
                  re.sub(r"127.0.0.1:\d+", "HOST", re.sub(r"\d+ ms", "* ms", answer["Detail"])))


def test_a_primary(primary):
    answer = ask(primary, Role="primary", Writable=True)
    assert answer["Healthy"] and detail(answer) == "primary in * ms"
    values = answer["Values"]
    assert values["Role"] == "primary" and values["Writable"] is True
    assert values["Standbys"] == 0 and values["Timeline"] == 1
    assert "LagSeconds" not in values and "LagBytes" not in values
    assert re.fullmatch(r"[0-9A-F]+/[0-9A-F]+", values["Lsn"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", values["LastCommit"])


@pytest.mark.parametrize("wish, why", [
    ({"Role": "standby"}, "a primary, not a standby (primary in * ms)"),
    ({"Writable": False}, "a primary, which takes writes (primary in * ms)"),
    ({"MaxLag": "10s"}, "no standby streams from it (primary in * ms)"),
    ({"Password": "not-" + PASSWORD}, 'password authentication failed for user "monitor" (HOST)'),
    ({"User": "nobody-" + PASSWORD}, 'password authentication failed for user "nobody-'),
    ({"Database": "nix"}, 'database "nix" does not exist (HOST)'),
    ({"SslMode": "require"}, "server does not support SSL, but SSL was required (HOST)"),
    ({"Query": "select 1", "Expect": 2}, "the Query gave another value than Expect"),
    ({"Query": "select false"}, "the Query gave false"),
    ({"Query": "select null"}, "the Query gave no value"),
    ({"Query": "select 1 where false"}, "the Query gave no value"),
    ({"Query": "selec 1"}, 'syntax error at or near "selec" (HOST)'),
    ({"Query": "insert into t values (1)"}, "cannot execute INSERT in a read-only transaction"),
    ({"Query": "copy (select 1) to stdout"}, "that is no question (HOST)"),
    ({"Query": "select repeat('x', 30000000)"}, "more was answered than any question asks for"),
    ({"Query": "select pg_sleep(60)", "Timeout": 300}, "no whole answer from HOST within *"),
])
def test_unhealthy(primary, wish, why):
    answer = ask(primary, **wish)
    said = re.sub(PASSWORD, "", answer["Detail"]) if "User" in wish else detail(answer)
    assert not answer["Healthy"] and said.startswith(why), answer
    # Who was not let in, or put no question, has learned nothing of the server.
    unasked = {"Password", "User", "Database", "SslMode"} & set(wish) or why.startswith(
        ("syntax error", "cannot execute", "that is no question"))
    assert answer.get("Asked", True) == (not unasked), answer


@pytest.mark.parametrize("query, value", [
    ("select count(*) from t", "0"), ("select true", "t"), ("select 'grün'", "grün"),
    ("select 1; select 2", "2"), ("select E'a\\nb'", "a b")])
def test_questions(primary, query, value):
    answer = ask(primary, Query=query)
    assert answer["Healthy"] and answer["Values"]["Query"] == value, answer


def test_a_server_that_is_read_only_by_default(primary):
    """Whoever wants to write still can: it is unhealthy, and no fence."""
    primary.sql(f"alter role {MONITOR} set default_transaction_read_only = on")
    answer = ask(primary, Writable=True)
    primary.sql(f"alter role {MONITOR} reset default_transaction_read_only")
    assert not answer["Healthy"] and "read only" in answer["Detail"]
    assert answer["Values"]["Writable"] is True and answer["Values"]["ReadOnly"] is True


def test_a_standby_keeps_up_falls_behind_and_is_promoted(pair):
    east, west = pair
    # Nothing happens on the primary: the last commit grows older, and that is no lag.
    time.sleep(1.5)
    answer = ask(west, Role="standby", Writable=False, MaxLag="1s", MaxLagBytes="64kB")
    assert answer["Healthy"], answer
    values = answer["Values"]
    assert values["Role"] == "standby" and values["Streaming"] is True
    assert values["LagSeconds"] < 1 and values["LagBytes"] == 0
    assert ask(east, MaxLag="1s", MaxLagBytes="64kB")["Healthy"]

    east.sql("insert into t values (0)")
    west.wait_for(east)
    west.pause_replay()
    east.sql("insert into t select generate_series(1, 50000)")
    time.sleep(1.2)
    answer = ask(west, MaxLag="1s")
    assert not answer["Healthy"] and detail(answer) == "* behind, more than * (standby in * ms, " \
        "* behind)"
    assert answer["Values"]["LagSeconds"] >= 1.2 and answer["Values"]["LagBytes"] > 1 << 20
    assert "bytes behind, more than 1048576" in ask(west, MaxLagBytes="1MB")["Detail"]
    assert "bytes behind" in ask(east, MaxLagBytes="1MB")["Detail"]
    west.resume_replay()
    west.wait_for(east)
    assert ask(west, MaxLag="1s")["Healthy"]

    east.kill()
    wait_until(lambda: ask(west)["Values"]["Streaming"] is False, 20, "end of the stream")
    answer = ask(west, MaxLag="1ms")
    assert not answer["Healthy"] and "not streaming" in answer["Detail"]
    last = answer["Values"]["LastCommit"]
    stopped = ask(east)
    assert stopped["Detail"].startswith("connection refused by ")
    assert stopped["Values"] == {"Refused": True}

    west.promote()
    answer = ask(west, Role="primary", Writable=True)
    assert answer["Healthy"], answer
    assert answer["Values"]["LastReplay"] == last and answer["Values"]["Timeline"] == 2


def test_who_may_not_look_knows_no_lag(pair):
    east, west = pair
    east.sql("create role guest login password 'guest-of-the-house'")
    west.wait_for(east)
    guest = {"User": "guest", "Password": "guest-of-the-house"}
    answer = ask(east, MaxLag="1s", **guest)
    assert not answer["Healthy"] and "GRANT pg_monitor" in answer["Detail"]
    answer = ask(west, MaxLag="1s", **guest)
    assert answer["Healthy"] and answer["Values"]["Streaming"] is True
    assert "HeardSeconds" not in answer["Values"]


def test_a_conflict_with_recovery(pair):
    """The standby ends questions that are in the way of what it replays."""
    east, west = pair
    east.sql("insert into t values (1)")
    west.wait_for(east)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        ask(west, Query="select count(*) from t, pg_sleep(3)")))
    thread.start()
    wait_until(lambda: west.sql("select count(*) from pg_stat_activity where query like "
                                "'%pg_sleep(3)' and state = 'active'") == "1", 10, "the question")
    east.sql("alter table t add column m int")
    thread.join()
    conflicts = west.sql("select confl_lock + confl_snapshot from pg_stat_database_conflicts "
                         f"where datname = '{DATABASE}'")
    assert int(conflicts) >= 1
    assert answers[0]["Healthy"] and answers[0]["Values"]["Query"] == "1", answers


@contextlib.contextmanager
def impostor(*pieces):
    """Accepts, and says these bytes, one piece for each that it receives; then closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    peer, _ = listener.accept()
                    with peer:
                        for piece in pieces:
                            peer.recv(65536)
                            peer.sendall(piece)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]


def asked(port, **more):
    return check(**{"Type": "POSTGRES", "Host": "127.0.0.1", "Port": port, "User": USER,
                    "Password": PASSWORD, "SslMode": "disable", "Timeout": 2000, **more})


GOODBYE = b"SFATAL\0CXX000\0M" + PASSWORD.encode() + b" is no good\0\0"
CLEARTEXT, OK = b"R\0\0\0\x08\0\0\0\3", b"R\0\0\0\x08\0\0\0\0Z\0\0\0\5I"


@pytest.mark.parametrize("pieces, why", [
    ([], "closed the connection"),
    ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], ""),
    ([OK, b""], "closed the connection"),
    ([OK, b"T\0\0\0\x1b\0\1x\0\0"], "closed the connection"),
    ([OK, b"T\x7f\xff\xff\xff\0\1"], ""),
    ([OK, b"C\0\0\0\x0dSELECT 1\0Z\0\0\0\5I"], "no answer of a PostgreSQL server"),
    ([CLEARTEXT, b"E\0\0\0" + bytes([4 + len(GOODBYE)]) + GOODBYE],
     "*** is no good"),
])
def test_answers_that_are_none(pieces, why):
    with impostor(*pieces) as port:
        answer = asked(port)
    assert not answer["Healthy"] and why in answer["Detail"], answer
    assert PASSWORD not in str(answer)


def test_a_server_that_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        answer = asked(port, Timeout=300)
        [stopped] = talk("probe", {"Lookup": "check", "CancelAfter": 200, "Args": {
            "Type": "POSTGRES", "Host": "127.0.0.1", "Port": port, "User": USER}})
    assert answer["Detail"] == f"no whole answer from 127.0.0.1:{port} within 300ms"
    assert (stopped["Status"], stopped["Says"][0]["Code"]) == ("HD_CANCELLED", 5504)


def test_a_host_that_swallows_everything():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        full = [socket.socket() for _ in range(3)]
        for one in full:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        answer = asked(listener.getsockname()[1], Timeout=300)
        for one in full:
            one.close()
    assert "no connection to" in answer["Detail"], answer


def test_names():
    answer = asked(5432, Host="no-such-host.invalid")
    assert "(no-such-host.invalid:5432)" in answer["Detail"] and not answer["Healthy"]


@pytest.mark.parametrize("args, key", [
    ({"Host": "a b"}, "Host"), ({"User": None}, "User"), ({"Role": "master"}, "Role"),
    ({"MaxLag": "soon"}, "MaxLag"), ({"MaxLagBytes": "16 Miles"}, "MaxLagBytes"),
    ({"Expect": "1"}, "Expect"), ({"SslMode": "yes"}, "SslMode"), ({"Port": 70000}, "Port"),
    ({"Writable": "perhaps"}, "Writable")])
def test_wrong_arguments(args, key):
    all_args = {"Type": "POSTGRES", "Host": "127.0.0.1", "User": USER, **args}
    [answer] = talk("probe", {"Lookup": "check", "Args": {
        name: value for name, value in all_args.items() if value is not None}})
    assert answer["Says"][0]["Code"] == 5502 and f"'{key}'" in answer["Says"][0]["Summary"], answer
