"""The fault-injecting proxy of the lab, with clients that are not ours."""

import json
import ssl
import threading
from http.client import (BadStatusLine, HTTPConnection, HTTPSConnection, IncompleteRead,
                         RemoteDisconnected)
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lab.certificates import certificate_of_kind
from lab.proxy import FaultyProxy

SIGNED = ("AWS4-HMAC-SHA256 Credential=AKIDLAB/20261120/{}/{}/aws4_request, "
          "SignedHeaders=host, Signature=00")
FORM = "application/x-www-form-urlencoded; charset=utf-8"


class Recorder(BaseHTTPRequestHandler):
    """An upstream that tells what it got."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.bodies.append(body)
        text = json.dumps({"path": self.path, "host": self.headers["Host"], "body": body}).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Mine", "yes")
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


@pytest.fixture
def upstream():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.bodies = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def proxy(upstream):
    with FaultyProxy(f"http://127.0.0.1:{upstream.server_port}") as it:
        yield it


def connect(proxy):
    return HTTPConnection(proxy.address, proxy.port, timeout=20)


def ask(proxy, method="GET", path="/", body=None, headers=None, connection=None):
    connection = connection or connect(proxy)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer


def signed(service, region="us-east-1", **headers):
    return {"Authorization": SIGNED.format(region, service), **headers}


def test_what_no_rule_matches_goes_through(proxy):
    status, body, answer = ask(proxy, "POST", "/a%2Fb?c=d", "text", {"Host": "far.example"})
    assert status == 201 and answer.headers["X-Mine"] == "yes"
    assert json.loads(body) == {"path": "/a%2Fb?c=d", "host": "far.example", "body": "text"}


def test_connections_are_kept(proxy):
    connection = connect(proxy)
    for _ in range(3):
        assert ask(proxy, connection=connection)[0] == 201
    assert proxy.connections == 1


def test_the_first_so_many_are_hit_behind_those_skipped(proxy):
    rule = proxy.add("status", status=418, skip=1, first=2, method="POST", path="/x*")
    assert [ask(proxy, "POST", "/x1")[0] for _ in range(4)] == [201, 418, 418, 201]
    assert ask(proxy, "POST", "/y")[0] == 201 and ask(proxy, "GET", "/x1")[0] == 201
    assert rule.hits == 2 and proxy.count(method="POST") == 5


def test_rules_match_what_the_signature_and_the_body_say(proxy):
    proxy.add("status", status=418, service="ec2", action="Create*", region="eu-*")
    form = {"Content-Type": FORM}
    create = "Action=CreateVpc&Version=2016-11-15"
    assert ask(proxy, "POST", "/", create, signed("ec2", "eu-west-1", **form))[0] == 418
    assert ask(proxy, "POST", "/", create, signed("ec2", "us-east-1", **form))[0] == 201
    assert ask(proxy, "POST", "/", create, signed("rds", "eu-west-1", **form))[0] == 201
    assert ask(proxy, "POST", "/", "Action=DescribeVpcs",
               signed("ec2", "eu-west-1", **form))[0] == 201
    proxy.add("status", status=419, action="PutItem")
    assert ask(proxy, "POST", "/", "{}", {"X-Amz-Target": "DynamoDB_20120810.PutItem"})[0] == 419
    proxy.clear()
    proxy.add("status", status=420, where=lambda request: b"x" in request.body)
    assert [ask(proxy, "POST", "/", body)[0] for body in ("x", "y")] == [420, 201]


@pytest.mark.parametrize("headers, body, status, says", [
    (signed("ec2", **{"Content-Type": FORM}), "Action=A", 503, "<Code>RequestLimitExceeded<"),
    (signed("iam", **{"Content-Type": FORM}), "Action=A", 400, "<Code>Throttling<"),
    (signed("s3"), None, 503, "<Code>SlowDown<"),
    (signed("dynamodb", **{"X-Amz-Target": "D.A"}), "{}", 400, "#ThrottlingException"),
    (signed("lambda"), "{}", 429, "Rate exceeded"),
    ({}, "{}", 429, "Rate exceeded"),
])
def test_throttling_is_said_as_the_service_does(proxy, headers, body, status, says):
    proxy.add("throttled")
    got, text, answer = ask(proxy, "POST", "/", body, headers)
    assert got == status and says in text
    assert answer.headers["Retry-After" if not headers else "x-amzn-requestid"]


def test_a_server_error_and_a_page(proxy, upstream):
    proxy.add("server_error", first=1)
    assert ask(proxy, "POST", "/", "Action=A", signed("iam", **{"Content-Type": FORM}))[0] == 500
    proxy.add("html", status=502)
    status, body, answer = ask(proxy)
    assert status == 502 and "<title>502 Bad Gateway</title>" in body
    assert answer.headers["Content-Type"].startswith("text/html")
    assert upstream.bodies == []


def test_reset_and_close_reach_nobody(proxy, upstream):
    proxy.add("reset", first=1)
    with pytest.raises(ConnectionResetError):
        ask(proxy, "POST", "/", "x")
    proxy.add("close", first=1)
    with pytest.raises(RemoteDisconnected):
        ask(proxy, "POST", "/", "x")
    assert upstream.bodies == []


@pytest.mark.parametrize("fault, problem", [
    ("lost", RemoteDisconnected), ("lost_reset", ConnectionResetError),
    ("truncated", IncompleteRead)])
def test_the_work_is_done_and_the_answer_is_not_whole(proxy, upstream, fault, problem):
    proxy.add(fault, first=1)
    with pytest.raises(problem):
        ask(proxy, "POST", "/", "work")
    assert upstream.bodies == ["work"]
    assert ask(proxy, "POST", "/", "more")[0] == 201


def test_a_black_hole_swallows(proxy, upstream):
    proxy.add("black_hole", first=1)
    connection = HTTPConnection(proxy.address, proxy.port, timeout=0.3)
    with pytest.raises(TimeoutError):
        ask(proxy, "POST", "/", "x", connection=connection)
    connection.close()
    assert upstream.bodies == [] and ask(proxy)[0] == 201


def test_latency_passes_on_in_the_end(proxy):
    rule = proxy.add("latency", seconds=0.05)
    assert ask(proxy)[0] == 201 and rule.hits == 1


def test_hanging_up_is_not_announced(proxy):
    proxy.add("hang_up", first=1)
    connection = connect(proxy)
    answer = ask(proxy, connection=connection)[2]
    assert answer.status == 201 and answer.headers["Connection"] is None
    with pytest.raises((BadStatusLine, ConnectionError)):
        ask(proxy, connection=connection)


def test_secrets_are_found_wherever_they_went(proxy):
    ask(proxy, "GET", "/?key=one")
    ask(proxy, "POST", "/", "two")
    ask(proxy, headers={"X-Key": "three"})
    ask(proxy, headers={"Authorization": "Basic dTpmb3Vy"})
    assert [len(proxy.grep(word)) for word in ("one", "two", "three", "four", "five")] == \
        [1, 1, 1, 1, 0]


def test_a_dead_upstream_is_a_bad_gateway(proxy, upstream):
    proxy.upstream = "http://127.0.0.1:1"
    status, body, _ = ask(proxy)
    assert status == 502 and "Bad Gateway" in body


def test_forward_proxy(upstream):
    with FaultyProxy() as proxy:
        there = f"127.0.0.1:{upstream.server_port}"
        assert ask(proxy, "GET", f"http://{there}/x")[0] == 201
        rule = proxy.add("close", first=1, method="CONNECT", host=there)
        for _ in range(2):
            tunnel = connect(proxy)
            tunnel.set_tunnel("127.0.0.1", upstream.server_port)
            if rule.hits == 0:
                with pytest.raises((OSError, BadStatusLine)):
                    tunnel.request("GET", "/")
                continue
            assert json.loads(ask(proxy, connection=tunnel)[1])["path"] == "/"
            tunnel.close()


@pytest.mark.parametrize("kind, problem", [
    ("good", None), ("wrong-name", "mismatch"), ("unknown-authority", "unable to get local issuer"),
    ("expired", "expired")])
def test_certificates_good_and_wrong(tmp_path, upstream, kind, problem):
    ca_file, *pair = certificate_of_kind(tmp_path, kind)
    with FaultyProxy(f"http://127.0.0.1:{upstream.server_port}", tls=pair) as proxy:
        context = ssl.create_default_context(cafile=ca_file)
        connection = HTTPSConnection(proxy.address, proxy.port, timeout=20, context=context)
        if not problem:
            assert ask(proxy, connection=connection)[0] == 201
            return
        with pytest.raises(ssl.SSLCertVerificationError, match=problem):
            ask(proxy, connection=connection)


def test_wrong_rules_are_refused(proxy):
    with pytest.raises(TypeError, match="no such fault"):
        proxy.add("explode")
    with pytest.raises(TypeError, match="takes no seconds"):
        proxy.add("reset", seconds=1)
