"""Runs the provider contract suite: on a plugin with its spec, or on what is built in."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def fill(name, values):
    """The spec with ${DIR} and the like filled in; ${N} is the suite's own."""
    text = (HERE / f"{name}.yaml").read_text()
    return re.sub(r"\$\{([A-Z_]{2,})\}", lambda m: str(values[m[1]]), text)


def suite(provider, spec, *options):
    """The finished run of the suite."""
    return subprocess.run([os.environ["CONTRACT"], *options, str(provider), str(spec)],
                          capture_output=True, text=True, timeout=300, check=False)


def on_sim(folder, *options):
    folder = Path(folder)
    spec = folder / "sim.yaml"
    spec.write_text(fill("sim", {"DIR": folder}))
    return suite("sim", spec, *options)


def on_ssh(lab, folder, *options):
    """On the first host of a lab that runs."""
    folder, host = Path(folder), next(iter(lab.hosts.values()))
    spec = folder / "ssh.yaml"
    spec.write_text(fill("ssh", {
        "DIR": folder, "USER": lab.user, "KEY": lab.user_key, "KNOWN_HOSTS": lab.known_hosts,
        "ADDRESS": host.address, "PORT": host.port}))
    return suite("ssh", spec, *options)


def on_rest(shop, folder, *options):
    """On the API of lab/shop.py."""
    spec = Path(folder) / "rest.yaml"
    spec.write_text(fill("rest", {"DIR": folder, "URL": shop.url, "TOKEN": shop.token,
                                  "TYPES": HERE.parent / "lab" / "shop_types"}))
    return suite("rest", spec, *options)


def on_powerdns(dns, folder, *options):
    """On a PowerDNS server that runs."""
    folder = Path(folder)
    if "contract.example." not in dns.zones():
        dns.api("POST", "zones", {"name": "contract.example.", "kind": "Native"})
    spec = folder / "powerdns.yaml"
    spec.write_text(fill("powerdns", {"DIR": folder, "ENDPOINT": dns.endpoint, "KEY": dns.key}))
    return suite("powerdns", spec, *options)


def built_in():
    from lab import Lab  # pylint: disable=import-outside-toplevel
    from lab.shop import Shop  # pylint: disable=import-outside-toplevel
    from lab.pdns import PowerDns  # pylint: disable=import-outside-toplevel
    with tempfile.TemporaryDirectory() as folder:
        yield on_sim(folder)
        with Shop(token="of-the-suite") as shop:
            yield on_rest(shop, folder)
        lab = Lab(Path(folder) / "lab")
        try:
            lab.grid({"east": ["east-a"]}).start()
            yield on_ssh(lab, folder)
        finally:
            lab.close()
        with PowerDns(Path(folder) / "pdns") as dns:
            yield on_powerdns(dns, folder)


def main():
    runs = [suite(*sys.argv[1:])] if len(sys.argv) > 1 else built_in()
    worst = 0
    for run in runs:
        print(run.stdout, end="")
        print(run.stderr, end="", file=sys.stderr)
        worst = max(worst, run.returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
