"""Start-up: `hadeploy version` against `true` and, when present, `terraform version`."""

import shutil

from measure import Series, run, table

ROUNDS = 21


def bench(program, _rounds):
    contestants = {"true": ["/bin/true"], "hadeploy version": [program, "version"]}
    if shutil.which("terraform"):
        contestants["terraform version"] = ["terraform", "version"]
    series = {name: Series(name) for name in contestants}
    for _ in range(ROUNDS):
        for name, command in contestants.items():
            series[name].add(run(command, cwd="/"))
    print(f"## Start-up ({ROUNDS} runs of each, in turn)\n")
    table(series.values(), series["true"])
