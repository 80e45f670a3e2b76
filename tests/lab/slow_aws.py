"""What no emulator of AWS does: client tokens that are honoured, and things that take their time.

    api = SlowAws(polls=3)        # on a free loopback port
    api.url                       # Endpoint of the provider entry
    api.made                      # how often anything was really made
    api.close()

The Cloud Control API for any type, and of EC2 what an instance needs.  A request with a client
token that was seen before gets the first one's answer, as AWS promises; what is made or deleted
stays in progress until it was asked about `polls` times.
"""

import json
import threading
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"


class Refused(Exception):
    """An error as the service tells it: status, code, message."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class CloudControl:
    """Resources of any type; every change is a request with a token of its own."""

    def __init__(self, api):
        self.api = api
        self.resources, self.requests, self.tokens = {}, {}, {}

    def begin(self, operation, wanted, change):
        """A request in progress, or the one that had the same client token."""
        token = wanted.get("ClientToken")
        if token and token in self.tokens:
            before = self.tokens[token]
            if before["wanted"] != wanted:
                raise Refused(400, "ClientTokenConflictException", "another request had this token")
            return self.event(before)
        request = {"RequestToken": str(uuid.uuid4()), "Operation": operation, "asked": 0,
                   "wanted": wanted, "Identifier": change(), "TypeName": wanted["TypeName"]}
        self.requests[request["RequestToken"]] = request
        if token:
            self.tokens[token] = request
        return self.event(request)

    def event(self, request):
        done = request["asked"] >= self.api.polls
        keys = ("TypeName", "Identifier", "RequestToken", "Operation")
        return {"ProgressEvent": {**{key: request[key] for key in keys},
                                  "OperationStatus": "SUCCESS" if done else "IN_PROGRESS"}}

    def find(self, wanted):
        key = (wanted["TypeName"], wanted["Identifier"])
        if key not in self.resources:
            raise Refused(400, "ResourceNotFoundException", f"{key[1]} does not exist")
        return key

    def CreateResource(self, wanted):
        def make():
            identifier = f"id-{len(self.resources) + 1}-{uuid.uuid4().hex[:8]}"
            state = {**json.loads(wanted["DesiredState"]), "Id": identifier}
            self.resources[wanted["TypeName"], identifier] = state
            self.api.made += 1
            return identifier
        return self.begin("CREATE", wanted, make)

    def UpdateResource(self, wanted):
        key = self.find(wanted)

        def change():
            for step in json.loads(wanted["PatchDocument"]):
                *way, last = step["path"].strip("/").split("/")
                at = self.resources[key]
                for part in way:
                    at = at[int(part)] if isinstance(at, list) else at[part]
                if step["op"] == "remove":
                    del at[last]
                else:
                    at[last] = step["value"]
            return wanted["Identifier"]
        return self.begin("UPDATE", wanted, change)

    def DeleteResource(self, wanted):
        def drop():
            del self.resources[self.find(wanted)]
            return wanted["Identifier"]
        return self.begin("DELETE", wanted, drop)

    def GetResourceRequestStatus(self, wanted):
        request = self.requests.get(wanted["RequestToken"])
        if not request:
            raise Refused(400, "RequestTokenNotFoundException", "no such request")
        request["asked"] += 1
        return self.event(request)

    @staticmethod
    def described(identifier, state):
        return {"Identifier": identifier, "Properties": json.dumps(state)}

    def GetResource(self, wanted):
        key = self.find(wanted)
        return {"TypeName": key[0],
                "ResourceDescription": self.described(key[1], self.resources[key])}

    def ListResources(self, wanted):
        found = [self.described(key[1], state) for key, state in self.resources.items()
                 if key[0] == wanted["TypeName"]]
        return {"TypeName": wanted["TypeName"], "ResourceDescriptions": found}


class Instances:
    """EC2's instances: pending until asked about often enough."""

    def __init__(self, api):
        self.api, self.instances, self.tokens = api, {}, {}

    @staticmethod
    def tags(query):
        found, n = {}, 1
        while f"TagSpecification.1.Tag.{n}.Key" in query:
            found[query[f"TagSpecification.1.Tag.{n}.Key"]] = \
                query.get(f"TagSpecification.1.Tag.{n}.Value", "")
            n += 1
        return found

    def xml(self, instance):
        instance["asked"] += 1
        ready = instance["asked"] > self.api.polls
        state = instance["state"] if not ready else instance["end"]
        tags = "".join(f"<item><key>{k}</key><value>{v}</value></item>"
                       for k, v in instance["tags"].items())
        return (f"<item><instanceId>{instance['id']}</instanceId><imageId>{instance['image']}"
                f"</imageId><instanceType>{instance['type']}</instanceType>"
                f"<clientToken>{instance['token']}</clientToken>"
                f"<instanceState><name>{state}</name></instanceState>"
                f"<tagSet>{tags}</tagSet></item>")

    def RunInstances(self, query):
        token = query.get("ClientToken", "")
        if not token or token not in self.tokens:
            name = f"i-{uuid.uuid4().hex[:17]}"
            self.instances[name] = self.tokens[token] = {
                "id": name, "image": query.get("ImageId", ""), "token": token, "asked": 0,
                "type": query.get("InstanceType", "m1.small"), "tags": self.tags(query),
                "state": "pending", "end": "running"}
            self.api.made += 1
        return f"<instancesSet>{self.xml(self.tokens[token])}</instancesSet>"

    def chosen(self, query):
        wanted = {value for key, value in query.items() if key.startswith("InstanceId.")}
        for missing in wanted - set(self.instances):
            raise Refused(400, "InvalidInstanceID.NotFound", f"no instance {missing}")
        found = [i for i in self.instances.values() if not wanted or i["id"] in wanted]
        if query.get("Filter.1.Name") == "client-token":
            found = [i for i in found if i["token"] == query.get("Filter.1.Value.1")]
        if query.get("Filter.1.Name", "").startswith("tag:"):
            key = query["Filter.1.Name"][4:]
            found = [i for i in found if i["tags"].get(key) == query.get("Filter.1.Value.1")]
        return found

    def DescribeInstances(self, query):
        found = "".join(self.xml(i) for i in self.chosen(query))
        return f"<reservationSet><item><instancesSet>{found}</instancesSet></item></reservationSet>"

    def TerminateInstances(self, query):
        for instance in self.chosen(query):
            instance.update(state="shutting-down", end="terminated", asked=0)
        return "<instancesSet/>"

    def DescribeInstanceAttribute(self, query):
        """Nothing special is set on any."""
        name = query["Attribute"]
        value = "" if name == "userData" else "<value>false</value>"
        return f"<instanceId>{query['InstanceId']}</instanceId><{name}>{value}</{name}>"

    def CreateTags(self, query):
        for key, value in query.items():
            if key.startswith("ResourceId.") and value in self.instances:
                self.instances[value]["tags"].update(self.tags(query))
        return "<return>true</return>"


class SlowAws:
    """The server; ends with close()."""

    def __init__(self, polls=3):
        self.polls, self.made = polls, 0
        self.lock = threading.Lock()
        self.control, self.instances = CloudControl(self), Instances(self)
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                with api.lock:
                    status, kind, text = api.answer(self.headers, body)
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def answer(self, headers, body):
        """(status, content type, text) of one request."""
        target = headers.get("X-Amz-Target")
        try:
            if target:
                made = getattr(self.control, target.rpartition(".")[2])(json.loads(body))
                return 200, "application/x-amz-json-1.0", json.dumps(made)
            query = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
            action = query["Action"]
            inner = getattr(self.instances, action)(query)
            return 200, "text/xml", (f'<{action}Response xmlns="{EC2}"><requestId>req-1</requestId>'
                                     f"{inner}</{action}Response>")
        except Refused as e:
            if target:
                return e.status, "application/x-amz-json-1.0", json.dumps(
                    {"__type": f"com.amazonaws#{e.code}", "message": e.message})
            return e.status, "text/xml", (f"<Response><Errors><Error><Code>{e.code}</Code><Message>"
                                          f"{e.message}</Message></Error></Errors>"
                                          "<RequestID>req-1</RequestID></Response>")

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
