"""Types without a definition of their own, by the Cloud Control API: on ministack, with boto3 as
the witness, and its wire format against botocore's model of the service."""

import json

import pytest

from lab.ministack import Ministack
from lab.moto import KEYS
from lab.project import Project
from lab.venv import NoVenv

KEY = "AWS::KMS::Key"
POLICY = {"Version": "2012-10-17", "Statement": []}


@pytest.fixture
def ministack(tmp_path):
    try:
        it = Ministack(tmp_path / "ministack")
    except NoVenv as e:
        pytest.skip(f"ministack cannot be installed here: {e}")
    yield it
    it.close()


class Keys(Project):
    """A stack of one key."""

    def __init__(self, folder, url):
        folder.mkdir()
        super().__init__(folder, None)
        manifest = {"Project": "keys",
                    "Regions": {"east": {"Providers": {"aws": {"Region": "us-east-1"}}}},
                    "Providers": {"aws": {"Endpoint": url}},
                    "Stacks": {"keys": {"Template": "keys.yaml", "Targets": ["east"]}}}
        (folder / "hadeploy.yaml").write_text(json.dumps(manifest))

    def wants(self, description):
        properties = {"Description": description, "KeyPolicy": POLICY,
                      "Tags": [{"Key": "a", "Value": "b"}]}
        template = {"Resources": {"Key": {"Type": KEY, "Properties": properties}}}
        (self.dir / "keys.yaml").write_text(json.dumps(template))
        return self

    def run(self, *args, **options):
        return super().run(*args, env=KEYS, **options)


def keys_of(client):
    found = client.list_resources(TypeName=KEY)["ResourceDescriptions"]
    return {it["Identifier"]: json.loads(it["Properties"]) for it in found}


def test_a_life(ministack, tmp_path):
    project = Keys(tmp_path / "keys", ministack.url)
    cloud = ministack.client("cloudcontrol", "us-east-1")
    project.wants("first").run("apply", "--yes").ok()
    ((key, seen),) = keys_of(cloud).items()
    assert seen["Description"] == "first" and seen["Tags"] == [{"Key": "a", "Value": "b"}]
    project.run("apply", "--yes").ok().out("Nothing to do")
    project.wants("second").run("apply", "--yes").ok()
    assert keys_of(cloud)[key]["Description"] == "second"
    patch = [{"op": "replace", "path": "/Description", "value": "third"}]
    cloud.update_resource(TypeName=KEY, Identifier=key, PatchDocument=json.dumps(patch))
    project.run("drift").out("Description", "third")
    project.run("destroy", "--yes").ok()
    assert not keys_of(cloud)


def test_what_is_sent_is_what_the_model_says(ministack, tmp_path):
    project = Keys(tmp_path / "keys", ministack.url)
    project.wants("first").run("apply", "--yes").ok()
    project.wants("second").run("apply", "--yes").ok()
    project.run("destroy", "--yes").ok()
    ministack.packages()
    # pylint: disable=import-outside-toplevel,import-error
    from botocore.loaders import Loader
    from botocore.model import ServiceModel
    from botocore.validate import ParamValidator
    model = ServiceModel(Loader().load_service_model("cloudcontrol", "service-2"))
    seen = set()
    for target, content_type, body in ministack.asked:
        prefix, _, operation = target.partition(".")
        assert prefix == model.metadata["targetPrefix"]
        assert content_type == f"application/x-amz-json-{model.metadata['jsonVersion']}"
        shape = model.operation_model(operation).input_shape
        report = ParamValidator().validate(json.loads(body), shape)
        assert not report.has_errors(), report.generate_report()
        assert set(json.loads(body)) <= set(shape.members)
        seen.add(operation)
    assert {"CreateResource", "GetResource", "UpdateResource", "DeleteResource",
            "GetResourceRequestStatus"} <= seen
