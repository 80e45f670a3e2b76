"""
What hadeploy itself adds to a runbook: 100 steps that take no time, each of them recorded before
and behind what it does.  The whole process is measured, with its start.
"""

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

STEPS = 100
MANIFEST = """\
Project: runbook
Providers: {sim: {File: cloud.db}}
Regions: {east: {}}
Stacks: {web: {Template: web.yaml, Targets: [east]}}
Runbooks: {many: many.yaml}
"""
TEMPLATE = "Resources:\n  A: {Type: 'Sim::Node', Properties: {Name: a}}\n"


def bench(program, rounds):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "hadeploy.yaml").write_text(MANIFEST)
        (folder / "web.yaml").write_text(TEMPLATE)
        (folder / "many.yaml").write_text("Steps:\n" + "".join(
            f"  - {{Name: s{i}, Type: Check, Value: {i}, AtMost: {i}}}\n" for i in range(STEPS)))
        took = []
        for _ in range(rounds):
            begin = time.monotonic()
            subprocess.run([program, "runbook", "run", "many", "--yes"], cwd=folder, check=True,
                           capture_output=True)
            took.append(time.monotonic() - begin)
    print(f"runbook: {STEPS} steps that take no time: {statistics.median(took) * 1000:.0f} ms "
          f"(median of {rounds}; longest {max(took) * 1000:.0f} ms)")
