"""Signatures of random requests, with botocore as the witness."""

import datetime
import json
import random
import string
import subprocess
import sys
import urllib.parse

import pytest

from lab.moto import PACKAGES
from lab.run import ROOT
from lab.venv import NoVenv, site_packages, venv

SOURCES = ["tests/plugin/signer.c", "providers/kit/sigv4.c", "providers/kit/http_text.c",
           *(f"base/{name}.c" for name in ("arena", "digest", "json", "json_pointer", "json_write",
                                           "mem", "str", "text", "text_number", "vec"))]
LETTERS = string.ascii_letters + string.digits + "-._~"
ODD = LETTERS + " !\"#$%&'()*+,/:;<=>?@[]^`{|}\u00e9\u1234\U0001f600"


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    program = tmp_path_factory.mktemp("signer") / "signer"
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "jansson", "libcrypto", "libcurl"],
                           check=True, capture_output=True, text=True).stdout.split()
    subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", f"-I{ROOT}", "-o", program,
                    *(ROOT / name for name in SOURCES), *flags, "-lm"], check=True)
    return program


@pytest.fixture(scope="module")
def botocore():
    """The modules of the witness: auth, awsrequest, credentials."""
    try:
        packages = str(site_packages(venv("moto", PACKAGES)))
    except NoVenv as e:
        pytest.skip(f"botocore cannot be installed here: {e}")
    if packages not in sys.path:
        sys.path.insert(0, packages)
    # pylint: disable=import-outside-toplevel,import-error
    from botocore import auth, awsrequest, credentials
    return auth, awsrequest, credentials


def word(rng, letters, most):
    return "".join(rng.choice(letters) for _ in range(rng.randint(1, most)))


def path(rng):
    pieces = [rng.choice(["", ".", "..", word(rng, LETTERS, 8), word(rng, ODD, 8)])
              for _ in range(rng.randint(0, 5))]
    return "/" + urllib.parse.quote("/".join(pieces), safe="/~")


def query(rng):
    return "&".join(f"{urllib.parse.quote(word(rng, ODD, 4), safe='-_.~')}"
                    f"={urllib.parse.quote(word(rng, ODD, 6), safe='-_.~')}"
                    for _ in range(rng.randint(0, 6)))


def request(rng):
    blanks = string.ascii_letters + "  ,;="
    host = rng.choice(["ec2.eu-west-1.amazonaws.com", "127.0.0.1:5000", "x.example:8443"])
    asked = query(rng)
    return {
        "method": rng.choice(["GET", "POST", "PUT", "DELETE"]),
        "url": f"{rng.choice(['http', 'https'])}://{host}{path(rng)}"
               f"{'?' + asked if asked else ''}",
        "headers": [[f"X-{word(rng, string.ascii_letters, 6)}", word(rng, blanks, 30)]
                    for _ in range(rng.randint(0, 5))],
        "body": word(rng, ODD, 200) if rng.random() < 0.5 else "",
        "id": word(rng, string.ascii_uppercase, 20), "secret": word(rng, LETTERS + "/+", 40),
        "token": word(rng, LETTERS + "/+=", 300) if rng.random() < 0.5 else None,
        "region": rng.choice(["us-east-1", "eu-west-1", "cn-north-1"]),
        "service": rng.choice(["ec2", "iam", "dynamodb"]), "s3": rng.random() < 0.3,
        "time": rng.randint(0, 4_000_000_000),
    }


def expected(botocore, case):
    """What botocore makes of it: canonical request and Authorization."""
    auth_of, awsrequest, credentials = botocore
    stamp = datetime.datetime.fromtimestamp(case["time"], datetime.timezone.utc)
    kind = auth_of.S3SigV4Auth if case["s3"] else auth_of.SigV4Auth
    auth = kind(credentials.Credentials(case["id"], case["secret"], case["token"]), case["service"],
                case["region"])
    it = awsrequest.AWSRequest(method=case["method"], url=case["url"], data=case["body"].encode())
    for name, value in case["headers"]:
        it.headers.add_header(name, value)
    it.context["timestamp"] = stamp.strftime("%Y%m%dT%H%M%SZ")
    it.headers["X-Amz-Date"] = it.context["timestamp"]
    if case["s3"]:
        it.headers["X-Amz-Content-SHA256"] = auth.payload(it)
    if case["token"]:
        it.headers["X-Amz-Security-Token"] = case["token"]
    canonical = auth.canonical_request(it)
    signature = auth.signature(auth.string_to_sign(it, canonical), it)
    auth._inject_signature_to_request(it, signature)  # pylint: disable=protected-access
    return [canonical, it.headers["Authorization"]]


def test_random_requests_are_signed_as_botocore_does(signer, botocore):
    rng = random.Random(20261120)
    cases = [request(rng) for _ in range(2000)]
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    answers = subprocess.run([signer], input=lines, check=True, capture_output=True,
                             text=True).stdout.splitlines()
    assert len(answers) == len(cases)
    for case, answer in zip(cases, answers):
        assert json.loads(answer) == expected(botocore, case), case
