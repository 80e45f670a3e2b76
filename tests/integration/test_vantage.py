"""Checks on hosts and from hosts: what the ssh provider's lookup says, over a real sshd."""

import contextlib
import http.server
import json
import re
import socket
import subprocess
import threading

import pytest

from lab import Lab
from lab.talk import CONTRACT, talk


class Web(http.server.BaseHTTPRequestHandler):
    """/ is healthy, /NUMBER answers so, /chunks in pieces, /echo with what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        status = int(self.path[1:]) if self.path[1:].isdigit() else 200
        self.send_response(status)
        if self.path == "/chunks":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nall i\r\n6\r\ns well\r\n0\r\n\r\n")
            return
        length = int(self.headers.get("Content-Length", 0))
        body = f"{self.headers['X-Key']} {self.headers['Host']} ".encode() + self.rfile.read(length)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_POST = do_HEAD = do_GET

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("lab"))
    try:
        yield lab.grid({"east": ["east-a"]}).start()
    finally:
        lab.close()


@pytest.fixture(scope="module")
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


@contextlib.contextmanager
def listener(backlog=1):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(backlog)
        yield s.getsockname()[1]


def config(lab, **host):
    name, it = next(iter(lab.hosts.items()))
    return {"User": lab.user, "IdentityFile": str(lab.user_key),
            "KnownHostsFile": str(lab.known_hosts), "ConnectTimeout": "2s",
            "Hosts": {name: {"Address": it.address, "Port": it.port, **host}}}


def ask(lab, *checks, host=None, **settings):
    name = next(iter(lab.hosts))
    return talk("ssh", *({"Lookup": "check", "Args": {"Timeout": 3000, "Name": "c", **c}}
                         for c in checks),
                config={**config(lab, **(host or {})), **settings}), name


def detail(lab, **args):
    """What is said of a check, without its times."""
    name = next(iter(lab.hosts))
    who = {"Host": name} if args["Type"] == "SSH" else {"From": {"Host": name}}
    [answer], _ = ask(lab, {**who, **args})
    assert answer["Status"] == "HD_OK", answer
    words = re.sub(r"\b\d+ ms\b", "N ms", answer["Result"]["Detail"])
    assert answer["Result"]["Millis"] >= 0
    return ("+ " if answer["Result"]["Healthy"] else "- ") + words


@pytest.mark.parametrize("command, words", [
    ("true", "+ exit 0 in N ms"),
    ("echo first; echo 17 waiting; echo", "+ exit 0 in N ms: 17 waiting"),
    ("echo full >&2; exit 3", "- exit 3 in N ms: full"),
    (["printf", "%s", "a  $HOME'"], "+ exit 0 in N ms: a  $HOME'"),
    ("echo $TOKEN", "+ exit 0 in N ms: ***"),
    ("sleep 60 & echo left behind", "+ exit 0 in N ms: left behind")])
def test_a_command_says_whether_its_host_is_well(lab, command, words):
    assert detail(lab, Type="SSH", Command=command,
                  Environment={"TOKEN": "secret-of-ours"[:13]}) == words


def test_a_command_that_takes_too_long_is_killed(lab):
    assert detail(lab, Type="SSH", Command="echo still counting; sleep 60", Timeout=1000) == \
        "- not over within 1.0s, killed: still counting"


def test_what_runs_there_leaves_nothing(lab, tmp_path):
    name = next(iter(lab.hosts))
    [answer], _ = ask(lab, {"Type": "SSH", "Host": name, "Command": "true"},
                      StateDir=str(tmp_path / "state"))
    assert answer["Result"]["Healthy"]
    assert list((tmp_path / "state").iterdir()) == []


@pytest.mark.parametrize("path, more, words", [
    ("/", {}, "+ HTTP 200 in N ms"),
    ("/503", {}, "- HTTP 503 in N ms, not 200-299"),
    ("/302", {}, "- HTTP 302 in N ms, not 200-299 (redirects are not followed)"),
    ("/503", {"Status": "200, 500-599"}, "+ HTTP 503 in N ms"),
    ("/chunks", {"Contains": "all is well"}, "+ HTTP 200 in N ms"),
    ("/chunks", {"Contains": "all is lost"},
     "- HTTP 200 in N ms, without the text of Contains"),
    ("?q=1#there", {}, "+ HTTP 200 in N ms"),
    ("/", {"Method": "HEAD"}, "+ HTTP 200 in N ms"),
    ("/echo", {"Body": "sent", "Headers": {"X-Key": "k", "Host": "shop.test"},
               "Contains": "k shop.test sent"}, "+ HTTP 200 in N ms"),
    ("/echo", {"Body": {"a": [1]}, "Contains": '{"a":[1]}'}, "+ HTTP 200 in N ms")])
def test_http_from_a_host(lab, web, path, more, words):
    assert detail(lab, Type="HTTP", Url=f"http://127.0.0.1:{web}{path}", **more) == words


def test_tcp_from_a_host(lab, web):
    assert detail(lab, Type="TCP", Address="127.0.0.1", Port=str(web)) == \
        f"+ connected to 127.0.0.1:{web} in N ms"
    with listener() as port:
        pass
    assert detail(lab, Type="TCP", Address="127.0.0.1", Port=port) == \
        f"- connection refused by 127.0.0.1:{port}, or no way to it"
    assert detail(lab, Type="HTTP", Url=f"http://127.0.0.1:{port}/") == \
        f"- connection refused by 127.0.0.1:{port}, or no way to it"


def test_silence_is_an_answer_of_a_host_that_lives(lab):
    with listener() as port:
        assert detail(lab, Type="HTTP", Url=f"http://127.0.0.1:{port}/", Timeout=300) == \
            f"- no whole answer from 127.0.0.1:{port} within 300ms"
    with listener(0) as port:
        full = [socket.socket() for _ in range(8)]
        for s in full:
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", port))
        assert detail(lab, Type="TCP", Address="127.0.0.1", Port=port, Timeout=300) == \
            f"- no connection to 127.0.0.1:{port} within 300ms"
        for s in full:
            s.close()


def test_what_is_no_http_is_said(lab):
    host = next(iter(lab.hosts.values()))
    assert detail(lab, Type="HTTP", Url=f"http://{host.address}:{host.port}/") == \
        f"- the answer is no HTTP ({host.address}:{host.port})"


def test_one_after_the_other_and_after_silence(lab, web):
    name = next(iter(lab.hosts))
    with listener() as port:
        urls = [f"http://127.0.0.1:{p}/" for p in (web, port, web, port, web)]
        answers, _ = ask(lab, *({"Type": "HTTP", "Url": url, "From": {"Host": name},
                                 "Timeout": 400} for url in urls))
    assert [a["Result"]["Healthy"] for a in answers] == [True, False, True, False, True]


def test_a_host_that_cannot_be_reached_gives_no_answer(lab, web):
    name = next(iter(lab.hosts))
    check = {"Type": "HTTP", "Url": f"http://127.0.0.1:{web}/", "From": {"Host": name}}
    with listener() as port:
        pass
    [answer], _ = ask(lab, check, host={"Port": port})
    assert answer["Status"] == "HD_FATAL" and "Result" not in answer
    assert answer["Says"][0]["Code"] == 5002
    with listener() as port:    # takes the connection and says nothing
        [answer], _ = ask(lab, check, host={"Port": port})
    assert answer["Status"] == "HD_FATAL" and "Result" not in answer


def test_a_host_that_falls_silent_gives_no_answer(lab, web):
    name, host = next(iter(lab.hosts.items()))
    with subprocess.Popen([CONTRACT, "--talk", "ssh"], stdin=subprocess.PIPE, text=True,
                          stdout=subprocess.PIPE) as talking:
        def say(line):
            talking.stdin.write(json.dumps(line) + "\n")
            talking.stdin.flush()

        def check():
            say({"Lookup": "check", "Args": {"Type": "TCP", "Address": "127.0.0.1", "Port": web,
                                             "From": {"Host": name}, "Timeout": 500}})
            return json.loads(talking.stdout.readline())

        say({"Project": "shop", "ProjectDir": "/", "Region": "east", "Account": "-",
             **config(lab)})
        assert check()["Result"]["Healthy"]
        host.freeze()
        try:
            answer = check()
        finally:
            host.thaw()
        assert answer["Status"] == "HD_FATAL" and "Result" not in answer
        assert check()["Result"]["Healthy"]
        talking.stdin.close()


@pytest.mark.parametrize("check, words", [
    ({"Type": "POSTGRES"}, "a check of type 'POSTGRES' cannot be asked from a host"),
    ({"Type": "HTTP", "Url": "https://a/"}, "'Url' of a check of type HTTP cannot be so from"),
    ({"Type": "HTTP", "Url": "http://a/", "FollowRedirects": True}, "'FollowRedirects'"),
    ({"Type": "HTTP", "Url": "http://a/", "Headers": {"A": "b\nc"}}, "'Headers'"),
    ({"Type": "TCP", "Address": "a", "Port": 0}, "'Port'"),
    ({"Type": "TCP", "Address": "a", "Port": 1, "From": {"Host": "nobody"}},
     "the host is not in the manifest"),
    ({"Type": "SSH", "Host": "nobody", "Command": "true"}, "the host is not in the manifest"),
    ({"Type": "TCP", "Address": "a", "Port": 1, "From": {}}, "'From'")])
def test_what_cannot_be_asked_is_no_answer(lab, check, words):
    name = next(iter(lab.hosts))
    [answer], _ = ask(lab, {"From": {"Host": name}, **check})
    assert answer["Status"] == "HD_FATAL" and "Result" not in answer
    assert words in answer["Says"][0]["Summary"]
    assert answer["Says"][0]["Code"] in (5116, 5019)    # HD5116


def test_a_host_that_forwards_nothing_says_so(tmp_path, web):
    lab = Lab(tmp_path, extra_config=["AllowTcpForwarding no"])
    try:
        lab.grid({"east": ["east-a"]}).start()
        [answer], _ = ask(lab, {"Type": "TCP", "Address": "127.0.0.1", "Port": web,
                                "From": {"Host": next(iter(lab.hosts))}})
    finally:
        lab.close()
    assert answer["Status"] == "HD_FATAL" and answer["Says"][0]["Code"] == 5023    # HD5023
    assert "AllowTcpForwarding" in answer["Says"][0]["Hint"]
