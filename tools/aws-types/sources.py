"""Where the facts come from: two published packages, fetched by their own package managers."""

import ast
import gzip
import json
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

SPEC_PACKAGE = "@aws-cdk/aws-service-spec"
REGISTRY_PACKAGE = "cfn-lint"
HOME_REGION = "us-east-1"
SCHEMAS = "cfnlint/data/schemas"


def fetch(folder):
    """Puts both packages into the folder and returns their paths."""
    subprocess.run(["npm", "pack", "--silent", SPEC_PACKAGE], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["python3", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".",
                    REGISTRY_PACKAGE], cwd=folder, check=True)
    return next(Path(folder).glob("*.tgz")), next(Path(folder).glob("*.whl"))


class Spec:
    """The service specification: resource types and their property types."""

    def __init__(self, package):
        with tarfile.open(package) as tar:
            member = next(m for m in tar.getmembers() if m.name.endswith("/db.json.gz"))
            database = json.loads(gzip.decompress(tar.extractfile(member).read()))
            about = json.load(tar.extractfile("package/package.json"))
        self.version = about["version"]
        entities = {name: self._by_id(database["schema"][name]["entities"])
                    for name in ("resource", "typeDefinition")}
        self.resources = {e["cloudFormationType"]: e for e in entities["resource"].values()}
        self.definitions = entities["typeDefinition"]

    @staticmethod
    def _by_id(entities):
        return entities if isinstance(entities, dict) else {e["$id"]: e for e in entities}


class Registry:
    """The registry's schemas as the linter publishes them, and what it knows beside them."""

    def __init__(self, package):
        with zipfile.ZipFile(package) as archive:
            names = archive.namelist()
            self.version = self._version(names)
            self.files = self._files(archive, names)
            self.schemas = {}
            for name, digest in self.files.items():
                text = archive.read(f"{SCHEMAS}/resources/{digest}.json")
                self.schemas[name] = json.loads(text)
            self.value_lists = self._value_lists(archive, names)
            source = archive.read("cfnlint/schema/_getatts.py").decode()
        self.all_properties, self.more_attributes = self._attribute_tables(source)

    @staticmethod
    def _version(names):
        about = next(n for n in names if n.endswith(".dist-info/METADATA"))
        return about.split("-")[1].removesuffix(".dist")

    @staticmethod
    def _files(archive, names):
        """Type to file; what the home region has holds, other regions add what it lacks."""
        found = {}
        regions = sorted(n for n in names if re.fullmatch(SCHEMAS + r"/providers/\w+-.*\.json", n))
        regions.sort(key=lambda n: not n.endswith(f"/{HOME_REGION}.json"))
        for region in regions:
            for name, digest in json.loads(archive.read(region)).items():
                if name.startswith("AWS::"):
                    found.setdefault(name, digest)
        return found

    @staticmethod
    def _value_lists(archive, names):
        """(folder, stem) to the values that any region has today, of lists beside schemas."""
        found = {}
        for name in names:
            match = re.fullmatch(SCHEMAS + r"/extensions/(\w+)/(\w+)_enum\.json", name)
            if not match:
                continue
            body = json.loads(archive.read(name))
            parts = ([body] if set(body) == {"enum"} else
                     [part for part in body.values() if not isinstance(part, str)])
            if parts and all(isinstance(p, dict) and set(p) == {"enum"} for p in parts):
                found[match[1], match[2]] = sorted({v for p in parts for v in p["enum"]})
        return found

    @staticmethod
    def _attribute_tables(source):
        tables = {}
        for node in ast.parse(source).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                tables[node.targets[0].id] = node.value
        return (set(ast.literal_eval(tables["_all_property_types"])),
                ast.literal_eval(tables["_exceptions"]))
