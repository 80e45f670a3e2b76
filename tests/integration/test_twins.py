"""The same template in YAML and in JSON has one normal form; that form reads back to itself."""

import os
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "good"
HADEPLOY = os.environ.get("HADEPLOY", str(Path(__file__).resolve().parents[2] / "build/hadeploy"))
AT_LEAST = 24  # of 29; the others say different things in their two files


def run(*args, **more):
    return subprocess.run([HADEPLOY, *map(str, args)], capture_output=True, check=False,
                          timeout=20, **more)


def twins():
    by_stem = defaultdict(list)
    for path in sorted(CORPUS.glob("*.*")):
        by_stem[path.stem].append(path)
    return [paths for paths in by_stem.values() if len(paths) == 2]


needs_render = pytest.mark.skipif(run("help", "render").returncode != 0,
                                  reason="this program has no command 'render'")


def normal(path, form):
    said = run("render", path, "--normalize", "--format", form)
    assert said.returncode == 0, said.stderr.decode(errors="replace")
    return said.stdout


@needs_render
@pytest.mark.skipif(not twins(), reason="there is no ../shared/corpus beside this tree")
def test_twins_are_equal():
    pairs = twins()
    different = [one.stem for one, other in pairs if normal(one, "json") != normal(other, "json")]
    assert len(pairs) - len(different) >= AT_LEAST, different


@needs_render
def test_both_forms_read_back(tmp_path):
    written = tmp_path / "written.yaml"
    written.write_text("Conditions: {A: !Equals [!Ref 'AWS::Region', x], B: !Condition A}\n"
                       "Resources:\n"
                       "  R:\n    Type: Sim::Node\n    Properties:\n"
                       "      Zones: !GetAZs\n      Port: 080\n      Yes: no\n"
                       "      Text: !Sub |\n        #!/bin/sh\n        echo ${R2.Id.X}\n"
                       "  R2: {Type: Sim::Node, Properties: {P: !GetAtt R3.A.B, Q: ~}}\n"
                       "  R3: {Type: Sim::Node}\n", encoding="utf-8")
    json_form, yaml_form = normal(written, "json"), normal(written, "yaml")
    for name, text in (("again.json", json_form), ("again.yaml", yaml_form)):
        (tmp_path / name).write_bytes(text)
        assert normal(tmp_path / name, "json") == json_form
        assert normal(tmp_path / name, "yaml") == yaml_form
