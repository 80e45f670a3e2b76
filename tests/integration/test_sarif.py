"""validate --format sarif: what readers of SARIF 2.1.0 rely on, and fingerprints that stay."""

import json
import re

import pytest

from lab import run_hadeploy

FAULTS = """\
Resources:
  Übung:
    Type: SSH::File
  Page:
    Type: SSH::File
    Properties: {Host: web-e1, Path: !Sub '/ü/${Rot}', Contend: x}
  Other:
    Type: SSH::File
    Properties: {Host: web-e1, Path: !Sub '/ü/${Rot}', Contend: x}
  Page: {Type: SSH::File}
"""
ONE_FAULT = """\
Resources:
  Page:
    Type: SSH::File
    Properties: {Host: web-e1, Path: !Sub '/srv/${Rot}'}
  Same:
    Type: SSH::File
    Properties: {Host: web-e1, Path: !Sub '/srv/${Rot}'}
"""


def sarif(folder, *names):
    said = run_hadeploy(["validate", "--format", "sarif", *names], folder)
    assert said.returncode in (0, 1) and not said.stderr, repr(said)
    log = json.loads(said.stdout)
    check_log(log)
    return log["runs"][0]


def check_region(region):
    assert set(region) == {"startLine", "startColumn", "endLine", "endColumn"}
    assert region["startLine"] >= 1 and region["startColumn"] >= 1
    assert ((region["endLine"], region["endColumn"]) >=
            (region["startLine"], region["startColumn"]))


def check_location(location):
    physical = location["physicalLocation"]
    assert re.fullmatch(r"[A-Za-z0-9\-._~/%:]+", physical["artifactLocation"]["uri"])
    if "region" in physical:
        check_region(physical["region"])


def check_result(result, rules):
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] in ("error", "warning", "note")
    assert result["message"]["text"]
    assert re.fullmatch("[0-9a-f]{64}", result["partialFingerprints"]["hadeploy/v1"])
    for location in result.get("locations", []) + result.get("relatedLocations", []):
        check_location(location)
    assert all(other["message"]["text"] for other in result.get("relatedLocations", []))


def check_log(log):
    assert log["version"] == "2.1.0" and len(log["runs"]) == 1
    run = log["runs"][0]
    driver = run["tool"]["driver"]
    assert driver["name"] == "hadeploy" and driver["version"]
    assert run["columnKind"] == "unicodeCodePoints"
    for rule in driver["rules"]:
        assert re.fullmatch(r"HD\d{4}", rule["id"]) and re.fullmatch("[A-Z][A-Za-z0-9]+",
                                                                     rule["name"])
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"]
    assert len({rule["id"] for rule in driver["rules"]}) == len(driver["rules"])
    for result in run["results"]:
        check_result(result, driver["rules"])
    prints = [result["partialFingerprints"]["hadeploy/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)


def prints_of(run):
    return {result["partialFingerprints"]["hadeploy/v1"] for result in run["results"]}


def test_faults_have_places(tmp_path):
    (tmp_path / "a b.yaml").write_text(ONE_FAULT)
    (tmp_path / "many.yaml").write_text(FAULTS)
    run = sarif(tmp_path, "a b.yaml", "./many.yaml")
    assert {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for result in run["results"]} == {"a%20b.yaml", "many.yaml"}


def test_absolute_names_become_relative(tmp_path):
    (tmp_path / "page.yaml").write_text(ONE_FAULT)
    for name in ("page.yaml", "./page.yaml", str(tmp_path / "page.yaml")):
        run = sarif(tmp_path, name)
        place = run["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "page.yaml"


def test_fingerprints_stay_when_lines_move(tmp_path):
    (tmp_path / "page.yaml").write_text(ONE_FAULT)
    before = sarif(tmp_path, "page.yaml")
    (tmp_path / "page.yaml").write_text("# moved\n\n" + ONE_FAULT)
    after = sarif(tmp_path, "page.yaml")
    assert prints_of(before) == prints_of(after)
    assert len(before["results"]) >= 2


@pytest.mark.parametrize("manifest", [None, "Project: [", "Project: x\nRegion: {}\n"])
def test_a_broken_project_is_a_document_too(tmp_path, manifest):
    if manifest:
        (tmp_path / "hadeploy.yaml").write_text(manifest)
    run = sarif(tmp_path)
    assert any(result["level"] == "error" for result in run["results"])
