"""The provider contract suite on every AWS type that has a definition, against moto.

What does not hold there is in tests/contract/aws-skips.yaml, with the reason: TYPE, CHECK, why.
"""

import re

import pytest

from contract.aws import on_moto, specs
from contract.run import HERE

SKIP = re.compile(r"^- \{Type: '([^']+)', Check: ([a-z-]+), Why: '.+'\}$")


def skips():
    """{(type, check)} of the table."""
    lines = (HERE / "aws-skips.yaml").read_text().splitlines()
    rows = [SKIP.match(line) for line in lines if line.startswith("-")]
    assert all(rows), "a row of aws-skips.yaml has another form"
    return {(row[1], row[2]) for row in rows}


def failures(result):
    """{(type, check)} of lines like "FAIL aws TYPE CHECK: ..."."""
    words = [line.split() for line in result.stdout.splitlines() if line.startswith("FAIL ")]
    return {(row[2], row[3].rstrip(":")) for row in words}


def types_of(name):
    return set(re.findall(r"^  (AWS::\S+):$", (HERE / f"{name}.yaml").read_text(), re.M))


@pytest.mark.limit(600)
@pytest.mark.parametrize("name", specs())
def test_types_keep_the_contract(moto, tmp_path, name):
    result = on_moto(moto, name, tmp_path)
    assert result.returncode in (0, 1) and "checks" in result.stdout, result
    failed = failures(result)
    expected = {row for row in skips() if row[0] in types_of(name)}
    assert failed - expected == set(), result.stdout
    assert expected - failed == set(), "these pass now: take them out of aws-skips.yaml"


def test_skips_are_of_types_that_are_tested():
    tested = set().union(*(types_of(name) for name in specs()))
    assert {row[0] for row in skips()} <= tested
