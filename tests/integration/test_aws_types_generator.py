"""tools/aws-types/generate on two tiny packages: what comes from which, and how it is merged."""

import gzip
import io
import json
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

GENERATE = Path(__file__).resolve().parents[2] / "tools" / "aws-types" / "generate"

GATE = {
    "typeName": "AWS::Zoo::Gate",
    "description": "Resource Type definition for AWS::Zoo::Gate",
    "additionalProperties": False,
    "required": ["Name"],
    "properties": {
        "Name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 9, "default": "gate"},
        "Size": {"type": "string", "enum": ["small", "large"]},
        "Key": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        "Lock": {"$ref": "#/definitions/Lock"},
        "Labels": {"type": "object", "additionalProperties": False,
                   "patternProperties": {".*": {"type": "string"}}},
        "Extra": {"type": ["object", "string"]},
        "Model": {"type": "string"},
        "Tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "State": {"type": "object", "additionalProperties": False,
                  "properties": {"Open": {"type": "boolean"}}},
        "Arn": {"type": "string"},
    },
    "definitions": {
        "Lock": {"type": "object", "additionalProperties": False,
                 "properties": {"Inner": {"$ref": "#/definitions/Lock"},
                                "Code": {"type": "string"}, "Card": {"type": "string"}},
                 "oneOf": [{"required": ["Code"]}, {"required": ["Card"]}]},
        "Unused": {"type": "string"},
    },
    "readOnlyProperties": ["/properties/Arn", "/properties/State", "/properties/Gone"],
    "createOnlyProperties": ["/properties/Name", "/properties/Lock/Code"],
    "primaryIdentifier": ["/properties/Arn", "/properties/Name"],
    "handlers": {"delete": {}, "read": {}, "create": {}},
    "tagging": {"taggable": True},
}

SPEC = {
    "resource": {
        "1": {"$id": "1", "cloudFormationType": "AWS::Zoo::Gate",
              "documentation": "Opens `and` closes [a door](x). It also locks.",
              "primaryIdentifier": ["Arn"],
              "attributes": {"Arn": {"type": {"type": "string"}},
                             "State.Colour": {"type": {"type": "string"}}},
              "properties": {"Name": {"type": {"type": "string"}, "required": True},
                             "Key": {"type": {"type": "boolean"}},
                             "Lock": {"type": {"type": "ref", "reference": {"$ref": "7"}}},
                             "Hinge": {"type": {"type": "array", "element": {"type": "tag"}}}}},
        "2": {"$id": "2", "cloudFormationType": "AWS::Zoo::Old",
              "documentation": "", "primaryIdentifier": ["Id"],
              "attributes": {"Id": {"type": {"type": "string"}}},
              "properties": {"Kind": {"type": {"type": "string"}, "required": True,
                                      "causesReplacement": "yes"},
                             "Place": {"type": {"type": "ref", "reference": {"$ref": "8"}},
                                       "causesReplacement": "maybe"},
                             "Body": {"type": {"type": "json"}}}},
        "3": {"$id": "3", "cloudFormationType": "AWS::Serverless::Function",
              "attributes": {}, "properties": {}},
    },
    "typeDefinition": {
        "7": {"$id": "7", "name": "Lock",
              "properties": {"Code": {"type": {"type": "string"}},
                             "Alarm": {"type": {"type": "integer"}}}},
        "8": {"$id": "8", "name": "Place",
              "properties": {"Zone": {"type": {"type": "string"}, "required": True}}},
    },
}


def write_packages(folder):
    spec, registry = folder / "spec.tgz", folder / "linter-1.2.3-py3-none-any.whl"
    database = {"schema": {name: {"entities": rows} for name, rows in SPEC.items()}}
    with tarfile.open(spec, "w:gz") as tar:
        for name, content in (("db.json.gz", gzip.compress(json.dumps(database).encode())),
                              ("package.json", b'{"version": "0.0.7"}')):
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    schemas = "cfnlint/data/schemas"
    with zipfile.ZipFile(registry, "w") as archive:
        archive.writestr("linter-1.2.3.dist-info/METADATA", "")
        archive.writestr(f"{schemas}/providers/us-east-1.json", '{"AWS::Zoo::Gate": "abc"}')
        archive.writestr(f"{schemas}/providers/sam.json", '{"AWS::Serverless::Function": "x"}')
        archive.writestr(f"{schemas}/resources/abc.json", json.dumps(GATE))
        archive.writestr(f"{schemas}/extensions/aws_zoo_gate/model_enum.json",
                         '{"$comment": "", "n-1": {"enum": ["b"]}, "all": {"enum": ["a", "b"]}}')
        archive.writestr("cfnlint/schema/_getatts.py",
                         "_all_property_types = []\n_exceptions = {'AWS::Zoo::Gate': ['Size']}\n")
    return spec, registry


def generate(folder, spec, registry, refs):
    (folder / "ref.txt").write_text(refs)
    subprocess.run([GENERATE, "--spec", spec, "--registry", registry, "--refs",
                    folder / "ref.txt", "--out", folder / "out.dat", "--json",
                    folder / "out.json"], check=True, capture_output=True, text=True)
    return json.loads((folder / "out.json").read_text())


@pytest.fixture(name="types", scope="module")
def types_fixture(tmp_path_factory):
    folder = tmp_path_factory.mktemp("types")
    return generate(folder, *write_packages(folder), "# text\nAWS::Zoo::Gate Arn/Name\n")


def test_types_of_both_and_none_of_other_tools(types):
    assert list(types) == ["AWS::Zoo::Gate", "AWS::Zoo::Old"]


def test_properties_of_both_sources(types):
    gate = types["AWS::Zoo::Gate"]
    assert gate["description"] == "Opens and closes a door"
    assert gate["required"] == ["Name"]
    assert "additionalProperties" not in gate
    tag = {"type": "object", "required": ["Key", "Value"],
           "properties": {"Key": {"type": "string"}, "Value": {"type": "string"}}}
    assert gate["properties"] == {
        "Name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 9},
        "Size": {"type": "string", "enum": ["large", "small"]},
        "Key": {"type": ["boolean", "integer", "string"]},
        "Lock": {"$ref": "#/definitions/Lock"},
        "Labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "Extra": {"type": ["object", "string"]},
        "Model": {"type": "string", "knownValues": ["a", "b"]},
        "Tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "State": {"type": "object", "properties": {"Open": {"type": "boolean"}}},
        "Arn": {"type": "string"},
        "Hinge": {"type": "array", "items": tag},
    }
    assert gate["definitions"] == {"Lock": {
        "type": "object", "requiredXor": [["Card", "Code"]],
        "properties": {"Inner": {"$ref": "#/definitions/Lock"}, "Code": {"type": "string"},
                       "Card": {"type": "string"}, "Alarm": {"type": "integer"}}}}


def test_what_is_said_of_properties(types):
    gate = types["AWS::Zoo::Gate"]
    assert gate["readOnlyProperties"] == ["/properties/Arn", "/properties/State"]
    assert gate["createOnlyProperties"] == ["/properties/Lock/Code", "/properties/Name"]
    assert gate["handlers"] == ["create", "read", "delete"]
    assert gate["tagProperty"] == "/properties/Tags"
    assert sorted(gate["attributes"]) == ["Arn", "Size", "State", "State.Colour", "State.Open"]


def test_ref_is_the_row_or_the_primary_identifier(types):
    gate, old = types["AWS::Zoo::Gate"], types["AWS::Zoo::Old"]
    assert gate["refOf"] == ["/properties/Arn", "/properties/Name"]
    assert gate["refJoin"] == "/"
    assert old["refText"] == "the id of the resource"


def test_a_type_that_only_the_specification_has(types):
    old = types["AWS::Zoo::Old"]
    assert old["handlers"] == []
    assert old["required"] == ["Kind"]
    assert old["createOnlyProperties"] == ["/properties/Kind"]
    assert old["conditionalCreateOnlyProperties"] == ["/properties/Place"]
    assert old["properties"]["Body"] == {}
    assert old["definitions"]["Place"]["required"] == ["Zone"]
    assert list(old["attributes"]) == ["Id"]


def test_same_packages_same_bytes(tmp_path):
    packages = write_packages(tmp_path)
    generate(tmp_path, *packages, "")
    first = (tmp_path / "out.dat").read_bytes()
    generate(tmp_path, *packages, "")
    assert (tmp_path / "out.dat").read_bytes() == first
    assert first.startswith(b"hdtypes1")


def test_a_row_for_no_type_is_refused(tmp_path):
    packages = write_packages(tmp_path)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        generate(tmp_path, *packages, "AWS::Zoo::Cage Id\n")
    assert "no such type: AWS::Zoo::Cage" in caught.value.stderr
