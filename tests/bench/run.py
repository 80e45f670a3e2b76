"""make bench: every figure of docs/benchmarks.md, measured again, peers beside us when found."""

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import aws  # noqa: E402
import dead_region  # noqa: E402
import engine  # noqa: E402
import failover  # noqa: E402
import jq  # noqa: E402
import mirror  # noqa: E402
import orchestration  # noqa: E402
import recreate  # noqa: E402
import rest  # noqa: E402
import rollout  # noqa: E402
import runbook  # noqa: E402
import ssh_hosts  # noqa: E402
import startup  # noqa: E402
import templates  # noqa: E402
import versions  # noqa: E402

BENCHES = {"startup": startup.bench, "templates": templates.bench, "engine": engine.bench,
           "orchestration": orchestration.bench, "runbook": runbook.bench,
           "ssh": ssh_hosts.bench, "jq": jq.bench,
           "dead-region": dead_region.bench, "rest": rest.bench,
           "aws": aws.bench, "rollout": rollout.bench,
           "failover": failover.bench, "recreate": recreate.bench,
           "versions": versions.bench, "mirror": mirror.bench}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHES)}; all without any")
    parser.add_argument("--program", default=str(HERE.parents[1] / "build" / "hadeploy"))
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    for name in args.names or BENCHES:
        if name not in BENCHES:
            parser.error(f"there is no bench '{name}'")
        BENCHES[name](args.program, args.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
