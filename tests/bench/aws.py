"""
examples/aws-active-passive, both regions at once, on moto: what each command takes, and how much of
it is hadeploy's own (CPU, with its jq processes) and how much is waiting for moto.
"""

import os
import shutil
import tempfile
from pathlib import Path

from lab.moto import KEYS, Moto
from lab.venv import NoVenv
from measure import Series, run

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "aws-active-passive"
COMMANDS = {"validate": ["validate"], "first apply": ["apply", "--yes"],
            "plan, nothing to change": ["plan"],
            "apply --refresh, nothing to change": ["apply", "--yes", "--refresh"],
            "destroy": ["destroy", "--yes"]}


def prepare(folder, moto):
    project = folder / "project"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(EXAMPLE, project)
    manifest = project / "hadeploy.yaml"
    endpoint = f"\nProviders: {{aws: {{Endpoint: '{moto.url}'}}}}\n"
    manifest.write_text(manifest.read_text() + endpoint)
    moto.reset()
    return project


def report(series):
    print("| command | wall, median [min-max] | own CPU | of the wall time |\n|---|---|---|---|")
    for one in series.values():
        low, high = one.spread()
        print(f"| {one.name} | {one.wall():.2f} s [{low:.2f}-{high:.2f}] | {one.cpu():.2f} s "
              f"| {100 * one.cpu() / one.wall():.0f}% |")
    print(flush=True)


def bench(program, rounds):
    print(f"## An application in two AWS regions, on moto ({rounds} rounds)\n")
    series = {name: Series(name) for name in COMMANDS}
    env = {**os.environ, **KEYS, "CI": "true", "SHOP_DB_PASSWORD": "correct-horse-battery"}
    with tempfile.TemporaryDirectory(prefix="hadeploy-bench-") as folder:
        try:
            moto = Moto(Path(folder) / "moto")
        except NoVenv as e:
            print(f"moto cannot be installed here: {e}\n")
            return
        try:
            for _ in range(rounds):
                project = prepare(Path(folder), moto)
                for name, args in COMMANDS.items():
                    series[name].add(run([program, *args], cwd=project, env=env))
        finally:
            moto.close()
    report(series)
