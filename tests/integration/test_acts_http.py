"""What runbooks ask of the provider probe: requests and messages, to real servers."""

import http.server
import json
import socket
import threading

import pytest

from lab.talk import act, check

SECRET = "tulips-in-may-2026"


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Answers by path, and remembers what it was asked."""

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), body.decode()))
        status, headers, answer = self.server.answers.get(self.path, (200, {}, b"fine"))
        if status is None:  # cut off in the middle
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = serve

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.asked, server.answers = [], {}
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def silent():
    """A port that accepts, as the kernel does, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def says(answer):
    return json.dumps(answer["Says"])


def code(answer):
    return f"HD{answer['Says'][0]['Code']}"


def test_a_request_gives_status_body_and_json(server):
    server.answers["/jobs?k=1"] = (201, {}, b'{"id": 7, "state": "queued"}')
    answer = act("http", Url=server.url + "/jobs?k=1", Body={"size": 3}, Status=201,
                 Headers={"Authorization": SECRET})
    assert (answer["Status"], answer["Effect"]) == ("HD_OK", "done"), answer
    result = answer["Result"]
    assert result.pop("Millis") >= 0
    assert result == {"Status": 201, "Body": '{"id": 7, "state": "queued"}',
                      "Json": {"id": 7, "state": "queued"}}
    [(method, path, headers, body)] = server.asked
    assert (method, path, json.loads(body)) == ("POST", "/jobs?k=1", {"size": 3})
    assert headers["Idempotency-Key"] == "key-1" and headers["Content-Type"] == "application/json"


def test_a_body_is_bounded_and_text(server):
    server.answers["/long"] = (200, {}, "ä".encode() * 100000)
    body = act("http", Url=server.url + "/long")["Result"]["Body"]
    assert body == "ä" * 32768
    server.answers["/bytes"] = (200, {}, b"a\xff\0b")
    assert act("http", Url=server.url + "/bytes")["Result"]["Body"] == "a??b"


def test_the_users_own_key_and_content_type_stay(server):
    act("http", Url=server.url, Body=[1], Method="PUT",
        Headers={"idempotency-key": "mine", "content-type": "application/x"})
    [(method, _, headers, _)] = server.asked
    assert method == "PUT" and headers["idempotency-key"] == "mine"
    assert "Idempotency-Key" not in headers and headers["content-type"] == "application/x"


@pytest.mark.parametrize("status, headers, method, expected", [
    (404, {}, "POST", ("HD_FATAL", "none", "HD5509")),
    (302, {"Location": "/"}, "GET", ("HD_FATAL", "none", "HD5509")),
    (500, {}, "POST", ("HD_FATAL", "unknown", "HD5509")),
    (500, {}, "PUT", ("HD_FATAL", "none", "HD5509")),
    (429, {"Retry-After": "7"}, "POST", ("HD_THROTTLED", "none", "HD5509")),
    (503, {"Retry-After": "2"}, "POST", ("HD_THROTTLED", "none", "HD5509")),
])
def test_other_statuses(server, status, headers, method, expected):
    server.answers["/x"] = (status, headers, SECRET.encode())
    answer = act("http", Url=server.url + "/x", Method=method, Headers={"X-Key": SECRET})
    assert (answer["Status"], answer["Effect"], code(answer)) == expected, answer
    assert SECRET not in says(answer) and "/x" not in says(answer)
    assert answer["RetryAfter"] == 1000 * int(headers.get("Retry-After", 0))


def test_the_text_of_contains(server):
    assert act("http", Url=server.url, Contains="fine")["Status"] == "HD_OK"
    answer = act("http", Url=server.url, Contains="green")
    assert (answer["Status"], code(answer)) == ("HD_FATAL", "HD5509")


@pytest.mark.parametrize("method, expected", [
    ("POST", ("HD_FATAL", "unknown", "HD5508")),
    ("PATCH", ("HD_FATAL", "unknown", "HD5508")),
    ("PUT", ("HD_RETRY", "none", "HD5507")),
    ("GET", ("HD_RETRY", "none", "HD5507")),
])
def test_an_answer_that_is_lost(server, method, expected):
    server.answers["/cut"] = (None, {}, b"")
    answer = act("http", Url=server.url + "/cut", Method=method)
    assert (answer["Status"], answer["Effect"], code(answer)) == expected, answer
    if method == "POST":
        assert "key-1" in says(answer)


def test_a_server_that_says_nothing(silent):
    answer = act("http", Url=silent, Method="POST", **{"Timeout": 300})
    assert (answer["Status"], answer["Effect"], code(answer)) == ("HD_FATAL", "unknown", "HD5508")
    answer = act("http", Url=silent, Timeout=300)
    assert (answer["Status"], answer["Effect"]) == ("HD_UNREACHABLE", "none")
    assert code(answer) == "HD5507"
    answer = act("http", Url=silent, CancelAfter=100)
    assert (answer["Status"], code(answer)) == ("HD_CANCELLED", "HD5504")


def test_nobody_there():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        answer = act("http", Url=f"http://127.0.0.1:{unused.getsockname()[1]}", Method="POST")
    assert (answer["Status"], answer["Effect"], code(answer)) == ("HD_RETRY", "none", "HD5507")


def test_wrong_arguments():
    answer = act("http", Url="http://h/", Bdy="x")
    assert code(answer) == "HD5502" and "did you mean 'Body'?" in says(answer)
    assert code(act("http", Method="GET")) == "HD5502"
    assert code(act("notify", Message="x")) == "HD5502"
    assert code(act("explode")) == "HD5506"


def test_a_message_to_a_url(server):
    answer = act("notify", Url=server.url + "/hook", Message="shop is in west",
                 Event={"Step": "tell"}, Headers={"X-Key": SECRET})
    assert answer["Status"] == "HD_OK", answer
    [(method, _, headers, body)] = server.asked
    assert method == "POST" and headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"text": "shop is in west", "event": {"Step": "tell"}}
    server.answers["/cut"] = (None, {}, b"")
    answer = act("notify", Url=server.url + "/cut", Message="x")
    assert (answer["Status"], answer["Effect"]) == ("HD_RETRY", "none"), "told twice, not never"


def test_a_message_to_a_program(tmp_path):
    told = tmp_path / "told"
    answer = act("notify", Command=f"cat >{told}", Message="moved", Event={"N": 1})
    assert answer["Status"] == "HD_OK", answer
    assert json.loads(told.read_text()) == {"Message": "moved", "Event": {"N": 1}}
    # Who does not read it holds nobody up.
    assert act("notify", Command=["true"], Message="x" * 300000)["Status"] == "HD_OK"
    answer = act("notify", Command="echo no such chat; exit 3", Message="x")
    assert (answer["Status"], code(answer)) == ("HD_FATAL", "HD5505")
    assert "no such chat" in says(answer)


def test_a_check_measures_the_status(server):
    server.answers["/x"] = (503, {}, b"")
    assert check(Type="HTTP", Url=server.url)["Values"] == {"Status": 200}
    assert check(Type="HTTP", Url=server.url + "/x")["Values"] == {"Status": 503}
