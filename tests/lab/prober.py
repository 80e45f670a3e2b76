"""Tries to write to a PostgreSQL ten times a second, on its own host, and notes when it could.

    python3 prober.py CONNINFO FILE      # lines "BEGAN ENDED", until it is ended

Two of them prove that never two servers accepted writes: overlap() gives a moment at which both
did.
"""

import importlib.util
import sys
import time
from pathlib import Path

SHOP = Path(__file__).resolve().parents[2] / "examples" / "dr-lab" / "files" / "shop.py"
EVERY_S = 0.1
STEADY_S = 1.0  # a server that wrote twice within this time could have written in between


def shop():
    spec = importlib.util.spec_from_file_location("shop", SHOP)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def probe(conninfo, path):
    pq, conn = shop(), None
    with open(path, "a", encoding="utf-8", buffering=1) as file:
        while True:
            began = time.time()
            try:
                conn = conn or pq.Connection(conninfo)
                conn.run("select pg_current_xact_id()")
                file.write(f"{began:.6f} {time.time():.6f}\n")
            except pq.Unavailable:
                if conn:
                    conn.close()
                conn = None
            time.sleep(EVERY_S)


def writes(path):
    """[(began, ended)] of the writes that went well."""
    text = path.read_text() if path.exists() else ""
    return [tuple(map(float, line.split())) for line in text.splitlines(keepends=True)
            if line[-1] == "\n"]


def overlap(one, other):
    """A write of `other` between two near ones of `one`, or the other way round; None."""
    for mine, theirs in ((one, other), (other, one)):
        for (_, before), (after, _) in zip(mine, mine[1:]):
            if after - before > STEADY_S:
                continue
            for began, ended in theirs:
                if before < began and ended < after:
                    return began
    return None


if __name__ == "__main__":
    probe(*sys.argv[1:])
