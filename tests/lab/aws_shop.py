"""examples/aws-active-passive on moto: each region behind a proxy of its own, and its shop.

    with AwsShop(folder, moto) as shop:
        shop.run("apply", "--yes").ok()
        shop.cut("primary")              # whoever asks there hangs: its APIs and its shop
        shop.proxies["primary"].connections
        shop.fleet("standby"), shop.database("standby"), shop.records()

The shop of a region answers as its fleet and its database are in moto: well when there are
instances and the database takes writes.
"""

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .moto import KEYS
from .project import Project
from .proxy import FaultyProxy

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "aws-active-passive"
PASSWORD = "correct-horse-battery"
REGIONS = {"primary": "us-east-2", "standby": "us-west-2", "global": "us-east-1"}
FAST = [("Interval: 5s", "Interval: 200ms"), ("Timeout: 3s", "Timeout: 1s")]


class _Front(BaseHTTPRequestHandler):
    """GET /REGION/health"""

    shop = None

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass

    def do_GET(self):  # pylint: disable=invalid-name
        region = self.path.split("/")[1]
        if region in self.shop.gone:
            self.shop.ended.wait()
            return
        self.send_response(200 if self.shop.serves(region) else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()


class AwsShop(Project):
    """A copy of the example in the folder."""

    def __init__(self, folder, moto):
        shutil.copytree(EXAMPLE, folder)
        super().__init__(folder, None)
        self.moto, self.gone, self.ended = moto, set(), threading.Event()
        self.lock = threading.Lock()
        self.proxies = {name: FaultyProxy(moto.url) for name in REGIONS}
        self.front = ThreadingHTTPServer(("127.0.0.1", 0), type("Front", (_Front,),
                                                                {"shop": self}))
        self.front.daemon_threads, self.front.block_on_close = True, False
        threading.Thread(target=self.front.serve_forever, args=(0.05,), daemon=True).start()
        self._settle()

    def _settle(self):
        """Endpoints that are here, and less patience."""
        port = self.front.server_port
        changes = [("'${app.Url}/health'", f"'http://127.0.0.1:{port}/${{Region}}/health'"), *FAST]
        for name, region in REGIONS.items():
            # The shortest wait of the provider, so that a call into a black hole ends in the test.
            endpoint = f"Region: {region}, Endpoint: '{self.proxies[name].url}', Timeout: 2s"
            changes.append((f"Providers: {{aws: {{Region: {region}}}}}",
                            f"Providers: {{aws: {{{endpoint}}}}}"))
        for old, new in changes:
            self.edit("hadeploy.yaml", old, new)
        self.edit("runbooks/failover.yaml", "Lease: 60s", "Lease: 1s")

    def edit(self, path, old, new):
        file = self.dir / path
        text = file.read_text()
        assert old in text, f"{old!r} is not in {path}"
        file.write_text(text.replace(old, new))

    @staticmethod
    def _env(options):
        return {**KEYS, "SHOP_DB_PASSWORD": PASSWORD, **options.pop("env", {})}

    def run(self, *args, **options):
        return super().run(*args, env=self._env(options), **options)

    def start(self, *args, **options):
        return super().start(*args, env=self._env(options), **options)

    def cut(self, name):
        """Nothing there answers any more, and nothing says so; counting begins anew."""
        self.proxies[name].add("black_hole")
        self.proxies[name].connections = 0
        self.gone.add(name)

    def heal(self, name):
        self.proxies[name].clear()
        self.gone.discard(name)

    def client(self, service, name):
        with self.lock:
            return self.moto.client(service, REGIONS[name])

    def fleet(self, name):
        groups = self.client("autoscaling", name).describe_auto_scaling_groups()
        (group,) = groups["AutoScalingGroups"]
        return group

    def database(self, name):
        (found,) = self.client("rds", name).describe_db_instances()["DBInstances"]
        return found

    def writable(self, name):
        there = self.database(name)
        return there["DBInstanceStatus"] == "available" and \
            not there.get("ReadReplicaSourceDBInstanceIdentifier")

    def serves(self, name):
        return len(self.fleet(name)["Instances"]) > 0 and self.writable(name)

    def weights(self):
        """Of the name's records, by region."""
        route53 = self.client("route53", "global")
        (zone,) = route53.list_hosted_zones()["HostedZones"]
        sets = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        return {s["SetIdentifier"]: s["Weight"] for s in sets if s["Type"] == "A"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.front.shutdown()
        self.front.server_close()
        for proxy in self.proxies.values():
            proxy.close()
