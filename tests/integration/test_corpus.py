"""Real templates, good and bad ones, that other tools are tested with: validate answers each.

What it says of them is no matter here; that it says something in time, and does not crash, is.
"""

import re
import shutil
from pathlib import Path

import pytest

from lab import run_hadeploy, yaml_text

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
# The front end stops at 100 errors: larger batches would hide the last templates.
BATCH = 4
LIMIT_S = 5
# A program that a sanitizer ends has an exit code like any other.
REPORT = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:|Assertion")


def batches():
    files = sorted(path for kind in ("good", "bad") for path in (CORPUS / kind).glob("*.*"))
    return [files[i:i + BATCH] for i in range(0, len(files), BATCH)] or [[]]


def batch_name(files):
    return f"{files[0].parent.name}-{files[0].name}" if files else "none"


@pytest.mark.skipif(batches() == [[]], reason="there is no ../shared/corpus beside this tree")
@pytest.mark.parametrize("files", batches(), ids=batch_name)
def test_validate_answers(files, tmp_path):
    stacks = {}
    for number, path in enumerate(files):
        template = f"{number}{path.suffix}"
        shutil.copyfile(path, tmp_path / template)
        stacks[f"s{number}"] = {"Template": template, "Targets": ["east"]}
    (tmp_path / "hadeploy.yaml").write_text(yaml_text(
        {"Project": "corpus", "Regions": {"east": {"Zones": ["a", "b"]}}, "Stacks": stacks}))
    said = run_hadeploy(["validate"], tmp_path, timeout=LIMIT_S)
    shown = f"{[path.name for path in files]}\n{said!r}"
    assert said.returncode in (0, 1), shown
    assert not REPORT.search(said.stderr), shown
    assert (said.returncode == 1) == ("error HD" in said.stderr), shown
