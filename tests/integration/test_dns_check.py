"""DNS checks, asked of a real PowerDNS, and of servers that are none."""

import contextlib
import re
import socket
import threading

import pytest

from lab.pdns import PowerDns
from lab.talk import check, talk

RECORDS = {
    ("www", "A"): ["192.0.2.1", "192.0.2.2"],
    ("www", "AAAA"): ["2001:db8::1"],
    ("app", "CNAME"): ["www.shop.test."],
    ("shop.test.", "MX"): ["10 mail.shop.test."],
    ("_sip._tcp", "SRV"): ["1 2 5060 sip.shop.test."],
    ("note", "TXT"): ['"one " "two"'],
    ("many", "A"): [f"192.0.2.{n}" for n in range(1, 201)],
}


@pytest.fixture(scope="module")
def dns(tmp_path_factory):
    with PowerDns(tmp_path_factory.mktemp("dns") / "pdns") as server:
        sets = [{"name": name if name.endswith(".") else f"{name}.shop.test.", "type": kind,
                 "ttl": 5, "changetype": "REPLACE",
                 "records": [{"content": content} for content in contents]}
                for (name, kind), contents in RECORDS.items()]
        server.api("POST", "zones", {"name": "shop.test.", "kind": "Native", "rrsets": sets,
                                     "nameservers": ["ns1.shop.test."]})
        yield server


def ask(port, **more):
    return check(**{"Type": "DNS", "Server": "127.0.0.1", "Port": port, "Timeout": 5000, **more})


def detail(answer):
    return re.sub(r"\d+ ms", "* ms", answer["Detail"])


@pytest.mark.parametrize("args, expected", [
    ({"Domain": "www.shop.test."}, "A 192.0.2.1 192.0.2.2 in * ms"),
    ({"Domain": "WWW.Shop.test", "Equals": ["192.0.2.2", "192.0.2.1"]},
     "A 192.0.2.1 192.0.2.2 in * ms"),
    ({"Domain": "www.shop.test", "Contains": "192.0.2.2"}, "A 192.0.2.1 192.0.2.2 in * ms"),
    ({"Domain": "app.shop.test", "Contains": ["192.0.2.2"]}, "A 192.0.2.1 192.0.2.2 in * ms"),
    ({"Domain": "www.shop.test", "RecordType": "AAAA", "Equals": ["2001:DB8:0:0::1"]},
     "AAAA 2001:db8::1 in * ms"),
    ({"Domain": "app.shop.test", "RecordType": "CNAME", "Equals": "WWW.shop.test"},
     "CNAME www.shop.test. in * ms"),
    ({"Domain": "shop.test", "RecordType": "MX", "Equals": "10 mail.shop.test"},
     "MX 10 mail.shop.test. in * ms"),
    ({"Domain": "_sip._tcp.shop.test", "RecordType": "SRV"},
     "SRV 1 2 5060 sip.shop.test. in * ms"),
    ({"Domain": "note.shop.test", "RecordType": "TXT", "Equals": "one two"},
     "TXT one two in * ms"),
    ({"Domain": "none.shop.test", "Equals": []}, "A NXDOMAIN in * ms"),
])
def test_healthy(dns, args, expected):
    answer = ask(dns.ports["dns"], **args)
    assert answer["Healthy"] and detail(answer) == expected, answer


@pytest.mark.parametrize("args, expected", [
    ({"Domain": "www.shop.test", "Equals": "192.0.2.1"},
     "192.0.2.2 is not in Equals (A 192.0.2.1 192.0.2.2 in * ms)"),
    ({"Domain": "www.shop.test", "Contains": ["192.0.2.1", "192.0.2.9"]},
     "without 192.0.2.9 (A 192.0.2.1 192.0.2.2 in * ms)"),
    ({"Domain": "none.shop.test"}, "no answer (A NXDOMAIN in * ms)"),
    ({"Domain": "note.shop.test"}, "no answer (A NOERROR in * ms)"),
    ({"Domain": "www.elsewhere.test"}, "the server could not answer (A REFUSED in * ms)"),
])
def test_unhealthy(dns, args, expected):
    answer = ask(dns.ports["dns"], **args)
    assert not answer["Healthy"] and detail(answer) == expected, answer


def test_a_long_answer_comes_over_tcp(dns):
    answer = ask(dns.ports["dns"], Domain="many.shop.test", Contains="192.0.2.200")
    assert answer["Healthy"] and answer["Detail"].endswith(" over TCP"), answer
    assert len(answer["Values"]["Answers"].split()) == 200 and answer["Values"]["Ttl"] == 5


@contextlib.contextmanager
def impostor(*answers):
    """Answers each datagram with these, made from the question."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    query, peer = server.recvfrom(4096)
                    for answer in answers:
                        server.sendto(answer(query), peer)
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def answered(query, count=1, records=b"\xc0\x0c\0\1\0\1\0\0\0\5\0\4\xc0\0\2\x07"):
    return query[:2] + b"\x80\0" + query[4:6] + bytes([0, count]) + query[8:] + records


def test_strangers_are_not_believed():
    """Answers to other questions are passed over; the right one behind them counts."""
    with impostor(lambda query: b"\0\0" + answered(query)[2:], lambda query: b"nonsense",
                  lambda query: answered(query).replace(b"shop", b"sh0p"), answered) as port:
        answer = ask(port, Domain="www.shop.test")
    assert answer["Values"]["Answers"] == "192.0.2.7", answer


@pytest.mark.parametrize("records", [b"", b"\xc0\xff", b"\xc0\x0c\0\1\0\1\0\0\0\5\0\3\xc0\0\2",
                                     b"\xff" * 400])
def test_broken_answers(records):
    with impostor(lambda query: answered(query, 1, records)) as port:
        answer = ask(port, Domain="www.shop.test")
    assert not answer["Healthy"] and answer["Detail"].startswith("no valid DNS answer"), answer


def test_nobody_answers():
    with impostor() as port:
        answer = ask(port, Domain="www.shop.test", Timeout=300)
        [stopped] = talk("probe", {"Lookup": "check", "CancelAfter": 100, "Args": {
            "Type": "DNS", "Domain": "a.test", "Server": "127.0.0.1", "Port": port}})
    assert answer["Detail"] == f"no whole answer from 127.0.0.1:{port} within 300ms"
    assert stopped["Status"] == "HD_CANCELLED"
    answer = ask(port, Domain="www.shop.test")
    assert answer["Detail"] == f"connection refused by 127.0.0.1:{port}"


def test_a_lost_datagram_is_asked_again():
    dropped = []

    def late(query):
        if not dropped:
            dropped.append(query)
            return b""
        return answered(query)
    with impostor(late) as port:
        assert ask(port, Domain="www.shop.test", Timeout=1500)["Healthy"]


def test_truncated_and_no_tcp():
    with impostor(lambda query: query[:2] + b"\x82\0" + query[4:]) as port:
        answer = ask(port, Domain="www.shop.test")
    assert answer["Detail"] == f"connection refused by 127.0.0.1:{port}"


@pytest.mark.parametrize("args, key", [
    ({"Domain": "a..b"}, "Domain"), ({}, "Domain"), ({"Domain": "a", "RecordType": "ANY"},
                                                      "RecordType"),
    ({"Domain": "a", "Equals": {"a": 1}}, "Equals"), ({"Domain": "a", "Server": "a b"}, "Server")])
def test_wrong_arguments(args, key):
    [answer] = talk("probe", {"Lookup": "check", "Args": {
        "Type": "DNS", "Server": "127.0.0.1", **args}})
    assert answer["Says"][0]["Code"] == 5502 and f"'{key}'" in answer["Says"][0]["Summary"]
