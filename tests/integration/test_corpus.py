"""Real templates, good and bad ones, that other tools are tested with.

Good ones validate, and render; a template in another language (a macro's, a tool's) gets that one
refusal.  Of the bad ones most have their mistake named at its line.  Pairs that say the same in
YAML and JSON have the same normal form.
"""

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from lab import run_hadeploy

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
GOOD = sorted((CORPUS / "good").glob("*.*"))
BAD = sorted((CORPUS / "bad").glob("*.*"))
LIMIT_S = 60
# A program that a sanitizer ends has an exit code like any other.
REPORT = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:|Assertion")
# Good for what they are a test of; they refer to resources that they do not have.
DANGLING = {"cfnlint__good__functions__sub_needed.yaml",
            "cfnlint__integration__aws-ec2-launchtemplate.yaml"}
REFERENCE = {"HD1214", "HD1215"}
REFUSED = {"HD1228"}  # the language of another tool
# Where the mistake of a file is, as far as it is one for a deployment: any of these lines.
# None: it is a matter of another tool's settings, or no mistake here.
MISTAKES = {
    "conditions__equals.yaml": {8, 9, 10},
    "conditions__equals_not_useful.yaml": {8, 9, 10},
    "core__conditions.yaml": {30, 68},
    "core__config_parameters.yaml": None,
    "core__directives.yaml": {13, 17, 19},
    "duplicate.json": {17, 23},
    "functions__foreach_no_transform.yaml": None,
    "functions__get_stack_output.yaml": {8, 9, 15, 16, 22, 31},
    "functions__import_value.yaml": {4, 11, 13, 14},
    "functions__sub_needed.yaml": {11, 25, 29},
    "functions_join.yaml": {13, 22},
    "mappings__name.yaml": {3},
    "mappings__used.yaml": {4},
    "modules__bad_has_create_policy.yaml": {5, 6},
    "modules__bad_has_tags.yaml": {3, 5},
    "modules__bad_has_update_policy.yaml": {4, 5},
    "parameters__default.yaml": {6, 10, 14},
    "properties_ebs.yaml": {17, 23},
    "properties_rt_association.yaml": {16, 40, 70},
    "properties_sg_ingress.yaml": {23, 36, 43, 75},
    "refs.yaml": {15, 22, 34},
    "resources__backup__test_backup_plan_lifecycle_rule.yml": {15, 16, 17},
    "resources__cloudformation__sam_stacks.yaml": {1},
    "resources__cloudformation__stack_nested.yaml": {6},
    "resources__cloudformation__stacks.yaml": {9, 10, 11, 12},
    "resources__iam__managed_policy_description.yaml": {7},
    "resources__iam__resource_policy.yaml": {12, 16},
    "resources__lambda__function_property_value_limits.yaml": {9, 11, 20, 21, 30, 32},
    "resources__properties__atleastone.yaml": {12, 13, 19},
    "resources__properties__custom.yaml": None,
    "resources__properties__list_duplicates.yaml": {16, 18, 26},
    "resources__properties__templated_code.yaml": {10, 13},
    "resources__rds__instance_sizes.yaml": {13, 19, 26, 33},
    "resources__s3__access-control-obsolete.yaml": {6, 11},
    "resources_circular_dependency.yaml": {23, 33, 29, 32, 40, 219},
    "resources_cloudfront_invalid_aliases.yaml": set(range(21, 29)),
    "resources_deletionpolicy.yaml": {16, 23, 29, 33, 44},
    "some_logs_stream_lambda.yaml": {2},
    "templates__base.yaml": {1, 2, 3},
    "templates__base_date.yaml": {1},
    "templates__base_null.yaml": {1, 2},
    "transform__auto_publish_alias.yaml": {3},
    "transform__no_properties.yaml": {4},
}
FOUND_MIN = 28
TWINS_MIN = 24

pytestmark = pytest.mark.skipif(not GOOD, reason="there is no ../shared/corpus beside this tree")


def answered(args, cwd):
    said = run_hadeploy(args, cwd, timeout=LIMIT_S)
    assert said.returncode in (0, 1), f"{args[:3]}\n{said!r}"
    assert not REPORT.search(said.stderr), f"{args[:3]}\n{said.stderr}"
    return said


def diagnostics(files, cwd):
    """What validate says of each file, all of them in one run."""
    said = answered(["validate", "--json", *map(str, files)], cwd)
    by_file = defaultdict(list)
    for line in said.stdout.splitlines():
        row = json.loads(line)
        if row["type"] == "diagnostic":
            by_file[Path(row.get("file", "")).name].append(row)
    return by_file


def error_codes(rows):
    return {row["code"] for row in rows if row["severity"] == "error"}


@pytest.fixture(scope="module")
def of_good(tmp_path_factory):
    return diagnostics(GOOD, tmp_path_factory.mktemp("good"))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_good_one_is_valid(path, of_good):
    rows = of_good[path.name]
    codes = error_codes(rows)
    if codes & REFUSED:
        assert len(rows) == 1, rows
    elif path.name in DANGLING:
        assert codes <= REFERENCE, rows
    else:
        assert not codes, [row for row in rows if row["severity"] == "error"]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_good_one_renders(path, of_good, tmp_path):
    said = answered(["render", str(path)], tmp_path)
    if said.returncode:
        codes = set(re.findall(r"error (HD\d+)", said.stderr))
        allowed = REFERENCE if path.name in DANGLING else REFUSED
        assert codes and codes <= allowed, said.stderr
        return
    (tmp_path / "once.json").write_text(said.stdout)
    again = answered(["render", "once.json"], tmp_path)
    assert again.stdout == said.stdout, again.stderr
    yaml = answered(["render", str(path), "--format", "yaml"], tmp_path)
    (tmp_path / "once.yaml").write_text(yaml.stdout)
    assert answered(["render", "once.yaml"], tmp_path).stdout == said.stdout
    # What a branch that is taken lacks is an error then, and was a warning before.
    codes = error_codes(diagnostics(["once.json"], tmp_path)["once.json"])
    assert codes <= {row["code"] for row in of_good[path.name]}


def test_bad_ones_are_found(tmp_path):
    of_bad = diagnostics(BAD, tmp_path)
    assert {path.name for path in BAD} <= set(MISTAKES)
    missed = [path.name for path in BAD
              if not {row.get("line") for row in of_bad[path.name]} &
              (MISTAKES[path.name] or set())]
    found = len(BAD) - len(missed)
    print(f"{found} of {len(BAD)} found; not: {', '.join(missed)}")
    assert found >= FOUND_MIN, missed


def test_twins_are_equal(tmp_path):
    pairs = [(path, path.with_suffix(other)) for path in GOOD if path.suffix == ".json"
             for other in (".yaml", ".yml") if path.with_suffix(other) in GOOD]
    forms = [[answered(["render", "--normalize", str(path)], tmp_path).stdout for path in pair]
             for pair in pairs]
    differ = [pair[0].stem for pair, (x, y) in zip(pairs, forms) if x != y]
    print(f"{len(pairs) - len(differ)} of {len(pairs)} equal; not: {', '.join(differ)}")
    assert len(pairs) - len(differ) >= TWINS_MIN, differ
