"""A small AWS on loopback, in this process: STS, Parameter Store, Secrets Manager and zones, the
services that give credentials to containers and instances, and what each was asked.

    with SmallAws() as aws:
        aws.keys["AKIDBASE"] = Key("secret")            # who may sign
        aws.roles["arn:aws:iam::111122223333:role/deploy"] = Role("AKIDBASE")
        aws.parameters["/shop/greeting"] = ("String", "hello")
        ... Endpoint: aws.url ...
        aws.asked("GetParameter")[0].key                # whose signature it had

Unlike moto it checks signatures, here written from AWS's documentation a second time.
"""

import datetime
import hashlib
import hmac
import itertools
import json
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOUR_S = 3600
SKEW_S = 300


@dataclass
class Key:
    secret: str
    token: str = None
    ends: float = None
    account: str = "123456789012"


@dataclass
class Role:
    """Who may assume it; the token that a web identity must show; how long its keys hold."""
    trusts: str = None
    external_id: str = None
    web_token: str = None
    lives: float = HOUR_S


@dataclass
class Asked:
    """One request: of what service, what for, whose signature."""
    action: str
    key: str
    region: str
    service: str
    fields: dict
    headers: dict


class Refused(Exception):
    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code, self.status = code, status


def rfc3339(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def _mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@dataclass
class SmallAws:
    keys: dict = field(default_factory=dict)
    roles: dict = field(default_factory=dict)
    parameters: dict = field(default_factory=dict)
    secrets: dict = field(default_factory=dict)
    zones: dict = field(default_factory=dict)
    machine_role: str = None      # of the instance's metadata
    container: dict = None        # {"path": ..., "token": ...}
    lives: float = HOUR_S         # what metadata gives
    skew: float = 0               # the clock here, against the real one
    things: dict = field(default_factory=dict)  # of a service that only tests know
    broken: dict = field(default_factory=dict)  # path or action to (status, body)
    delay: float = 0              # before each answer
    ends_early: int = 0           # so many signatures are refused though they should hold
    requests: list = field(default_factory=list)
    address: tuple = ("127.0.0.1", 0)

    def __enter__(self):
        self.serial = itertools.count(1)
        self.lock = threading.Lock()
        outer = self

        class Handler(_Handler):
            aws = outer
        self.server = ThreadingHTTPServer(self.address, Handler)
        self.server.daemon_threads = True
        self.url = f"http://{self.address[0]}:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def asked(self, action):
        return [it for it in self.requests if it.action == action]

    def new_key(self, lives, account="123456789012"):
        """Keys for some time: the id and what belongs to it."""
        with self.lock:
            number = next(self.serial)
        key = Key(f"made-secret-{number:04}-{'x' * 24}", f"made-token-{number:04}-{'y' * 40}",
                  time.time() + self.skew + lives, account)
        self.keys[f"ASIAMADE{number:012}"] = key
        return f"ASIAMADE{number:012}", key

    def all_secrets(self):
        """Every text that must never be shown."""
        return [text for key in self.keys.values() for text in (key.secret, key.token) if text]


class _Handler(BaseHTTPRequestHandler):
    aws = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass

    def _answer(self, status, body, kind="application/json"):
        data = body.encode()
        time.sleep(self.aws.delay)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-amzn-RequestId", "11111111-2222-3333-4444-555555555555")
        self.end_headers()
        self.wfile.write(data)

    def date_time_string(self, timestamp=None):
        return super().date_time_string(time.time() + self.aws.skew)

    # --- signatures -----------------------------------------------------------------------

    def _signed_by(self, body):
        """The key id, region and service of a signature that holds."""
        auth = self.headers.get("Authorization", "")
        if not auth.startswith("AWS4-HMAC-SHA256 "):
            raise Refused("MissingAuthenticationToken", "Request is missing a token", 403)
        parts = dict(part.split("=", 1) for part in auth[len("AWS4-HMAC-SHA256 "):].split(", "))
        key_id, day, region, service, _ = parts["Credential"].split("/")
        if key_id not in self.aws.keys:
            raise Refused("InvalidClientTokenId", "The security token is invalid", 403)
        key = self.aws.keys[key_id]
        stamp = self.headers["X-Amz-Date"]
        self._check_time(key, stamp)
        names = parts["SignedHeaders"].split(";")
        url = urllib.parse.urlsplit(self.path)
        canonical = "\n".join([
            self.command, url.path, url.query,
            *(f"{name}:{self.headers[name].strip()}" for name in names), "", ";".join(names),
            hashlib.sha256(body).hexdigest()])
        scope = f"{day}/{region}/{service}/aws4_request"
        secret = f"AWS4{key.secret}".encode()
        for part in (day, region, service, "aws4_request"):
            secret = _mac(secret, part)
        to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope,
                             hashlib.sha256(canonical.encode()).hexdigest()])
        if not {"host", "x-amz-date"} <= set(names) or \
                _mac(secret, to_sign).hex() != parts["Signature"]:
            raise Refused("SignatureDoesNotMatch",
                          "The request signature we calculated does not match", 403)
        if key.token and self.headers.get("X-Amz-Security-Token") != key.token:
            raise Refused("InvalidClientTokenId", "The security token is invalid", 403)
        return key_id, region, service

    def _check_time(self, key, stamp):
        now = time.time() + self.aws.skew
        signed = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(
            tzinfo=datetime.timezone.utc).timestamp()
        if abs(signed - now) > SKEW_S:
            raise Refused("RequestExpired" if signed < now else "RequestTimeTooSkewed",
                          "Request has expired.")
        if key.ends and self.aws.ends_early > 0:
            self.aws.ends_early -= 1
            key.ends = 1
        if key.ends and key.ends < now:
            raise Refused("ExpiredToken", "The security token included is expired", 403)

    # --- services ---------------------------------------------------------------------------

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        target = self.headers.get("X-Amz-Target")
        if target:
            action, fields = target.rsplit(".", 1)[1], json.loads(body)
        else:
            fields = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
            action = fields.get("Action", "")
        who = (None, None, None)
        try:
            if action != "AssumeRoleWithWebIdentity":
                who = self._signed_by(body)
            self.aws.requests.append(Asked(action, *who, fields, dict(self.headers)))
            if action in self.aws.broken:
                self._answer(*self.aws.broken[action])
                return
            answer = getattr(self, f"_{action}")(who[0], fields)
        except Refused as error:
            self._refuse(target, error)
            return
        self._answer(200, json.dumps(answer) if target else answer,
                     "application/x-amz-json-1.1" if target else "text/xml")

    def _refuse(self, target, error):
        if target:
            self._answer(error.status, json.dumps({"__type": error.code, "message": str(error)}))
        else:
            self._answer(error.status, "<ErrorResponse><Error><Type>Sender</Type><Code>"
                         f"{error.code}</Code><Message>{error}</Message></Error><RequestId>"
                         "11111111-2222-3333-4444-555555555555</RequestId></ErrorResponse>",
                         "text/xml")

    def _give_role(self, action, role):
        key_id, key = self.aws.new_key(role.lives)
        return (f"<{action}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'>"
                f"<{action}Result><Credentials><AccessKeyId>{key_id}</AccessKeyId>"
                f"<SecretAccessKey>{key.secret}</SecretAccessKey>"
                f"<SessionToken>{key.token}</SessionToken>"
                f"<Expiration>{rfc3339(key.ends)}</Expiration></Credentials>"
                f"</{action}Result></{action}Response>")

    def _AssumeRole(self, key_id, fields):  # pylint: disable=invalid-name
        role = self.aws.roles.get(fields["RoleArn"])
        if not role or role.trusts not in (key_id, "*") or \
                role.external_id != fields.get("ExternalId"):
            raise Refused("AccessDenied", "User is not authorized to perform: sts:AssumeRole on "
                          f"resource: {fields['RoleArn']}", 403)
        return self._give_role("AssumeRole", role)

    def _AssumeRoleWithWebIdentity(self, _, fields):  # pylint: disable=invalid-name
        role = self.aws.roles.get(fields["RoleArn"])
        if not role or role.web_token != fields["WebIdentityToken"]:
            raise Refused("InvalidIdentityToken", "Couldn't retrieve verification key")
        return self._give_role("AssumeRoleWithWebIdentity", role)

    def _GetCallerIdentity(self, key_id, _):  # pylint: disable=invalid-name
        return ("<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'>"
                "<GetCallerIdentityResult><UserId>X</UserId>"
                f"<Account>{self.aws.keys[key_id].account}</Account><Arn>arn</Arn>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>")

    def _GetParameter(self, _, fields):  # pylint: disable=invalid-name
        name = fields["Name"]
        if name not in self.aws.parameters:
            raise Refused("ParameterNotFound", "")
        kind, value = self.aws.parameters[name]
        return {"Parameter": {"Name": name, "Type": kind, "Value": value, "Version": 1}}

    def _GetSecretValue(self, _, fields):  # pylint: disable=invalid-name
        name = fields["SecretId"]
        if name not in self.aws.secrets:
            raise Refused("ResourceNotFoundException",
                          "Secrets Manager can't find the specified secret.")
        value = self.aws.secrets[name]
        return {"Name": name, **({"SecretString": value} if isinstance(value, str) else
                                 {"SecretBinary": "AAEC"})}

    def _DescribeAvailabilityZones(self, *_):  # pylint: disable=invalid-name
        region = self.aws.requests[-1].region
        items = "".join(f"<item><zoneName>{region}{letter}</zoneName><zoneState>{state}"
                        f"</zoneState><zoneType>{kind}</zoneType></item>"
                        for letter, state, kind in self.aws.zones.get(region, []))
        return ("<DescribeAvailabilityZonesResponse "
                "xmlns='http://ec2.amazonaws.com/doc/2016-11-15/'><requestId>r</requestId>"
                f"<availabilityZoneInfo>{items}</availabilityZoneInfo>"
                "</DescribeAvailabilityZonesResponse>")

    def _CreateThing(self, _, fields):  # pylint: disable=invalid-name
        self.aws.things[fields["Name"]] = fields
        return fields

    def _DescribeThing(self, _, fields):  # pylint: disable=invalid-name
        if fields["Name"] not in self.aws.things:
            raise Refused("ResourceNotFoundException", "There is no such thing.")
        return self.aws.things[fields["Name"]]

    def _DeleteThing(self, _, fields):  # pylint: disable=invalid-name
        self.aws.things.pop(fields["Name"], None)
        return {}

    # --- metadata -----------------------------------------------------------------------------

    def do_PUT(self):  # pylint: disable=invalid-name
        self._metadata()

    def do_GET(self):  # pylint: disable=invalid-name
        self._metadata()

    def _metadata(self):
        self.aws.requests.append(Asked(f"{self.command} {self.path}", None, None, "metadata", {},
                                       dict(self.headers)))
        if self.path in self.aws.broken:
            self._answer(*self.aws.broken[self.path], "text/plain")
        elif self.aws.container and self.path == self.aws.container["path"]:
            wanted = self.aws.container.get("token")
            if wanted and self.headers.get("Authorization") != wanted:
                self._answer(403, '{"code": "Refused", "message": "no"}')
            else:
                self._answer(200, json.dumps(self._keys()))
        else:
            self._instance()

    def _keys(self, **more):
        key_id, key = self.aws.new_key(self.aws.lives)
        return {"AccessKeyId": key_id, "SecretAccessKey": key.secret, "Token": key.token,
                "Expiration": rfc3339(key.ends), **more}

    def _instance(self):
        roles = "/latest/meta-data/iam/security-credentials/"
        if self.command == "PUT" and self.path == "/latest/api/token" and \
                self.headers.get("X-aws-ec2-metadata-token-ttl-seconds"):
            self._answer(200, "instance-token", "text/plain")
        elif self.headers.get("X-aws-ec2-metadata-token") != "instance-token":
            self._answer(401, "", "text/plain")
        elif self.path == roles and self.aws.machine_role:
            self._answer(200, self.aws.machine_role, "text/plain")
        elif self.aws.machine_role and \
                self.path == roles + urllib.parse.quote(self.aws.machine_role):
            self._answer(200, json.dumps(self._keys(Code="Success", Type="AWS-HMAC")))
        else:
            self._answer(404, "", "text/plain")
