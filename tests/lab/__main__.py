"""The lab by hand, and for scripts.

    python3 -m lab up --state DIR --hosts east:east-a:127.10.1.11,west:west-a:127.20.1.11
    python3 -m lab down --state DIR

A host is REGION:ZONE:ADDRESS or REGION:ZONE:ADDRESS:NAME; without a name the first host of
region east is web-e1.  `up` leaves the servers running and prints one line per host and one per
key file, as NAME=VALUE words that a shell can read; DIR/lab.json says the same.
"""

import argparse
import sys
from pathlib import Path

from .ssh import Lab, LabError


def add_hosts(lab, text):
    counts = {}
    for entry in text.split(","):
        words = entry.split(":")
        if len(words) not in (3, 4) or not all(words):
            raise LabError(f"'{entry}' is not REGION:ZONE:ADDRESS[:NAME]")
        region, zone, address = words[:3]
        counts[region] = counts.get(region, 0) + 1
        name = words[3] if len(words) == 4 else f"web-{region[0]}{counts[region]}"
        lab.add(name, region, zone, address, roles=["web"])


def up(args):
    if (args.state / "lab.json").exists():
        raise LabError(f"{args.state} has a lab already: take it down first")
    args.state.mkdir(parents=True, exist_ok=True)
    lab = Lab(args.state)
    add_hosts(lab, args.hosts)
    if args.port:
        for host in lab.hosts.values():
            host.fixed_port = host.port = args.port
    lab.start()
    lab.detach()
    for host in lab.hosts.values():
        print(f"host={host.name} region={host.region} zone={host.zone} "
              f"address={host.address} port={host.port} root={host.root}")
    print(f"user={lab.user}")
    print(f"identity={lab.user_key}")
    print(f"known_hosts={lab.known_hosts}")


def down(args):
    if (args.state / "lab.json").exists():
        Lab.load(args.state).close()
        (args.state / "lab.json").unlink()


def main():
    parser = argparse.ArgumentParser(prog="lab", description="SSH servers on loopback")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in (("up", up), ("down", down)):
        command = commands.add_parser(name)
        command.add_argument("--state", type=Path, required=True, metavar="DIR")
        command.set_defaults(function=function)
    commands.choices["up"].add_argument("--hosts", required=True)
    commands.choices["up"].add_argument("--port", type=int, help="the same for all; default: any")
    args = parser.parse_args()
    try:
        args.function(args)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
