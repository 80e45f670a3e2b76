"""The templates that the guides print: each of their faults is named, and mended they validate.

The guides show fragments. Each block of YAML is laid into a file, below Resources unless it has
that section; names that stand elsewhere in the guide are no faults.
"""

import json
import re
from pathlib import Path

import pytest

from lab import run_hadeploy

GUIDES = Path(__file__).resolve().parents[3] / "shared" / "guides"
GUIDE = GUIDES / "004_93b9c312f84b677c.txt"
ELSEWHERE = {"HD1214", "HD1215"}  # references to nothing, and attributes of it

# Line of the guide, and what is said there; the faults of the fragments all stand in errors.
FAULTS = {
    (300, "HD2004"): "ReadReplicaIdentifiers",
    (325, "HD1201"): "HealthCheck",
    (335, "HD1201"): "DNSRecord",
    (348, "HD1201"): "StandbyDNSRecord",
    (471, "HD1201"): "DNSRecord",
    (482, "HD1201"): "EUDNSRecord",
    (818, "HD2004"): "DeregistrationDelay",
    (1438, "HD2004"): "Region",
}
# The resources that stood beside Resources, once they are below it: no HealthCheckConfig, and what
# belongs there stands outside.
INDENTED = {
    (325, "HD2005"): "HealthCheckConfig",
    (328, "HD2004"): "Type",
    (329, "HD2004"): "ResourcePath",
    (330, "HD2004"): "FullyQualifiedDomainName",
    (331, "HD2004"): "Port",
    (332, "HD2004"): "RequestInterval",
    (333, "HD2004"): "FailureThreshold",
}
# How each fault is mended: line of the guide, what stands there, what should.
MENDED = [
    (300, r"ReadReplicaIdentifiers:", None), (301, r"- arn:aws:rds", None),
    (327, r"Properties:", "Properties: {HealthCheckConfig: {Type: HTTPS, Port: 443,"
     " ResourcePath: /health, FullyQualifiedDomainName: api.example.com}}"),
    *((line, r"\w+:", None) for line in range(328, 334)),
    (818, r"DeregistrationDelay: 30.*", "TargetGroupAttributes: [{Key:"
     " deregistration_delay.timeout_seconds, Value: '30'}]"),
    (1438, r"Region: us-west-2", None),
]

pytestmark = pytest.mark.skipif(not GUIDE.is_file(),
                                reason="there is no ../shared/guides beside this tree")


def blocks(lines):
    """(number of the first line, lines) of each block of YAML with resources."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.strip() == "```yaml":
            start = number + 1
        elif start and line.startswith("```"):
            block = lines[start - 1:number - 1]
            if any(re.match(r"\s*Type: AWS::", text) for text in block):
                yield start, block
            start = None


def findings(lines, folder, indented):
    """(line of the guide, code) to summary, of every block; errors only."""
    found = {}
    for first, block in blocks(lines):
        whole = any(line.startswith("Resources:") for line in block)
        if whole and indented:
            block = [f"  {line}" if line and not line.startswith((" ", "#", "Resources:"))
                     or beside else line for line, beside in zip(block, below(block))]
        text = block if whole else ["Resources:", *(f"  {line}" for line in block)]
        (folder / "t.yaml").write_text("\n".join(text) + "\n")
        said = run_hadeploy(["validate", "--json", "t.yaml"], folder)
        assert said.returncode in (0, 1), said
        for row in map(json.loads, said.stdout.splitlines()):
            if row["type"] == "diagnostic" and row["severity"] == "error":
                line = row["line"] + first - (1 if whole else 2)
                found[line, row["code"]] = row["summary"]
    return {key: text for key, text in found.items() if key[1] not in ELSEWHERE}


def below(block):
    """For each line, whether it belongs to a top-level key other than Resources."""
    beside = False
    for line in block:
        if line and not line.startswith((" ", "#")):
            beside = not line.startswith("Resources:")
        yield beside


def agree(found, wanted):
    assert set(found) == set(wanted), found
    for key, word in wanted.items():
        assert f"'{word}'" in found[key], found[key]


def test_each_fault_is_named_at_its_line(tmp_path):
    agree(findings(GUIDE.read_text().splitlines(), tmp_path, False), FAULTS)


def test_resources_are_checked_once_they_stand_below_resources(tmp_path):
    wanted = {key: word for key, word in FAULTS.items() if key[1] != "HD1201"} | INDENTED
    agree(findings(GUIDE.read_text().splitlines(), tmp_path, True), wanted)


def test_mended_templates_validate(tmp_path):
    lines = GUIDE.read_text().splitlines()
    for number, old, new in MENDED:
        line = lines[number - 1]
        indent = line[:len(line) - len(line.lstrip())]
        assert re.match(old, line.strip()), line
        lines[number - 1] = f"{indent}{new}" if new else ""
    agree(findings(lines, tmp_path, True), {})


FAILOVER_AND_REGION = """
Resources:
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneName: example.com.
      Name: shop.example.com
      Type: A
      SetIdentifier: one
      Failover: PRIMARY
      Region: us-east-1
      AliasTarget: {DNSName: lb.example.com, HostedZoneId: Z35SXDOTRQ7X7K}
"""


def test_one_record_cannot_fail_over_and_answer_by_latency(tmp_path):
    """The other guide's fault stands in a call of a command line, not in a template."""
    (tmp_path / "t.yaml").write_text(FAILOVER_AND_REGION)
    said = run_hadeploy(["validate", "t.yaml"], tmp_path)
    assert "'Failover'" in said.stderr and "'Region'" in said.stderr, said
    (tmp_path / "t.yaml").write_text(FAILOVER_AND_REGION.replace("      Region: us-east-1\n", ""))
    assert run_hadeploy(["validate", "t.yaml"], tmp_path).stderr.endswith(
        "Template t.yaml is valid: 1 resource.\n")
