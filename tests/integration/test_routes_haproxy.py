"""Routes of type HAProxy::Route, at real HAProxies; traffic is counted behind them."""

import collections
import contextlib
import http.server
import socket
import threading
import urllib.request

import pytest

from lab.haproxy import HAProxy
from lab.talk import act


@contextlib.contextmanager
def answering(names):
    """A small HTTP server for each name, which answers with it."""
    servers = {}
    for name in names:
        class Handler(http.server.BaseHTTPRequestHandler):
            text = name.encode()

            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(self.text)))
                self.end_headers()
                self.wfile.write(self.text)

            def log_message(self, *args):
                pass
        servers[name] = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=servers[name].serve_forever, args=(0.01,)).start()
    try:
        yield {name: f"127.0.0.1:{server.server_port}" for name, server in servers.items()}
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module")
def backends():
    with answering(["e1", "e2", "w1"]) as places:
        yield {"shop": places}


@pytest.fixture
def proxy(backends, tmp_path):
    with HAProxy(tmp_path / "proxy", backends) as server:
        yield server


def route(*sockets, **more):
    return {"Type": "HAProxy::Route", "Socket": sockets[0] if len(sockets) == 1 else
            list(sockets), "Backend": "shop", "RouteName": "lb",
            "Servers": {"east": ["e1", "e2"], "west": ["w1"]}, **more}


def weights(entry, **config):
    return act("weights", Type="HAProxy::Route", Route=entry, config=config)


def put(entry, **wanted):
    return act("set-weights", Type="HAProxy::Route", Route=entry, Weights=wanted)


def counted(proxy, requests=200):
    return collections.Counter(
        urllib.request.urlopen(proxy.url("shop")).read().decode()[0] for _ in range(requests))


def code(answer):
    return f"HD{answer['Says'][0]['Code']}"


def says(answer):
    return " ".join(say["Summary"] + ": " + say["Detail"] for say in answer["Says"])


def test_traffic_goes_where_the_weights_say(proxy):
    entry = route(proxy.socket)
    assert weights(entry)["Result"]["Weights"] == {"east": 67, "west": 33}
    answer = put(entry, east=100, west=0)
    assert answer["Status"] == "HD_OK" and answer["Effect"] == "done", answer
    assert answer["Result"]["Weights"] == {"east": 100, "west": 0}
    assert counted(proxy) == {"e": 200}
    assert proxy.servers("shop")["w1"]["status"] == "DRAIN"

    assert put(entry, east=75, west=25)["Result"]["Weights"] == {"east": 75, "west": 25}
    assert 40 <= counted(proxy)["w"] <= 60
    assert put(entry, east=95, west=5)["Result"]["Weights"] == {"east": 95, "west": 5}
    assert put(entry, west=100)["Result"]["Weights"] == {"east": 0, "west": 100}
    assert counted(proxy) == {"w": 200}
    assert proxy.weights("shop")["w1"] == 256
    # Once more changes nothing.
    before = proxy.weights("shop"), proxy.servers("shop")["e1"]["status"]
    assert put(entry, west=100)["Status"] == "HD_OK"
    assert (proxy.weights("shop"), proxy.servers("shop")["e1"]["status"]) == before


def test_over_a_path_and_over_hosts(proxy):
    assert put(route(proxy.unix_socket), east=50, west=50)["Result"]["Weights"] == {
        "east": 50, "west": 50}
    port = proxy.ports["admin"]
    hosts = {"lb": {"Address": "127.0.0.1", "Roles": ["lb"]},
             "db": {"Address": "127.0.0.9", "Roles": ["db"]}}
    entry = route(f"tcp:${{Host}}:{port}", Roles=["lb"])
    assert weights(entry, Hosts=hosts)["Result"]["Weights"] == {"east": 50, "west": 50}
    assert code(weights({**entry, "Roles": ["web"]}, Hosts=hosts)) == "HD5510"


def test_all_haproxies_are_set(proxy, backends, tmp_path):
    with HAProxy(tmp_path / "other", backends) as other:
        entry = route(proxy.socket, other.socket)
        assert put(entry, east=10, west=90)["Status"] == "HD_OK"
        assert proxy.weights("shop") == other.weights("shop")
        other.say("set weight shop/w1 1")
        answer = weights(entry)
        assert answer["Status"] == "HD_OK" and "different weights" in says(answer)
        other.stop()
        answer = put(entry, west=100)
        assert (answer["Status"], answer["Effect"], code(answer)) == ("HD_RETRY", "none", "HD5512")
        answer = put({**entry, "Unreachable": "ignore"}, west=100)
        assert answer["Status"] == "HD_OK" and "passed over" in says(answer)
        assert answer["Result"]["Weights"] == {"east": 0, "west": 100}
    answer = put(route(other.socket, Unreachable="ignore"), west=100)
    assert (answer["Status"], code(answer)) == ("HD_RETRY", "HD5512"), "nobody was told"


def test_maintenance_is_left_alone(proxy):
    proxy.say("set server shop/e1 state maint")
    assert put(route(proxy.socket), east=100)["Status"] == "HD_OK"
    assert proxy.servers("shop")["e1"]["status"] == "MAINT"
    proxy.say("set server shop/w1 state maint")
    answer = put(route(proxy.socket), west=100)
    assert (answer["Status"], code(answer)) == ("HD_FATAL", "HD5511")
    assert "all servers of region 'west' are in maintenance" in says(answer)
    assert proxy.servers("shop")["e2"]["status"] != "DRAIN", "nobody would serve"


@pytest.mark.parametrize("more, expected, text", [
    ({"Backend": "nix"}, "HD5511", ""),
    ({"Backend": "a b"}, "HD5510", "Backend"),
    ({"Backend": "shop; disable server shop/w1"}, "HD5510", "Backend"),
    ({"Servers": {"east": ["e1", "e9"]}}, "HD5511", "has no server 'e9'"),
    ({"Servers": {"east": ["e1"], "west": ["e1"]}}, "HD5510", "twice"),
    ({"Socket": []}, "HD5510", "no HAProxy"),
    ({"Socket": "tcp:127.0.0.1"}, "HD5510", "tcp:HOST:PORT"),
    ({"Socket": "/nonexistent/sock"}, "HD5512", "no such socket"),
    ({"Unreachable": "perhaps"}, "HD5510", "Unreachable"),
])
def test_wrong_routes(proxy, more, expected, text):
    answer = weights({**route(proxy.socket), **more})
    assert code(answer) == expected and text in says(answer), answer
    assert code(put(route(proxy.socket), east=0)) == "HD5510"
    assert code(put(route(proxy.socket), north=1)) == "HD5510"


def test_a_way_of_balancing_without_weights(backends, tmp_path):
    """It takes 0% and 100%, and says of the rest that it cannot."""
    class Static(HAProxy):
        def configure(self):
            super().configure()
            path = self.dir / "haproxy.cfg"
            path.write_text(path.read_text().replace("balance roundrobin", "balance static-rr"))
    with Static(tmp_path / "static", backends) as proxy:
        assert put(route(proxy.socket), west=100)["Result"]["Weights"]["west"] == 100
        assert put(route(proxy.socket), east=100)["Result"]["Weights"]["east"] == 100
        answer = put(route(proxy.socket), east=50, west=50)
        assert (answer["Status"], code(answer)) == ("HD_FATAL", "HD5511")
        assert "static" in says(answer), answer


def test_a_socket_that_may_not(backends, tmp_path):
    class Onlooker(HAProxy):
        def configure(self):
            super().configure()
            path = self.dir / "haproxy.cfg"
            path.write_text(path.read_text().replace("level admin", "level operator"))
    with Onlooker(tmp_path / "looks", backends) as proxy:
        answer = put(route(proxy.socket), west=100)
        assert (answer["Status"], code(answer)) == ("HD_FATAL", "HD5511")


def test_who_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        entry = route(f"tcp:127.0.0.1:{listener.getsockname()[1]}")
        answer = act("weights", Type="HAProxy::Route", Route=entry, Timeout=300)
        assert (answer["Status"], code(answer)) == ("HD_UNREACHABLE", "HD5512")
        answer = act("weights", Type="HAProxy::Route", Route=entry, CancelAfter=100)
        assert answer["Status"] == "HD_CANCELLED"
