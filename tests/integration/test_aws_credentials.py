"""Where AWS credentials are looked for, what is said when there are none or wrong ones, and that
they appear nowhere."""

import json
import time

import pytest

from lab import run_hadeploy, yaml_text
from lab.aws import Key, Role, SmallAws
from lab.network import NoNetwork, in_own_network

BASE, OTHER = "AKIDBASE000000000001", "AKIDOTHER00000000002"
BASE_SECRET, OTHER_SECRET = "base-secret-" + "b" * 28, "other-secret-" + "o" * 27
ROLE = "arn:aws:iam::111122223333:role/deploy"
SECOND = "arn:aws:iam::111122223333:role/second"
TEMPLATE = """\
Resources:
  Node: {Type: Sim::Node, Properties: {Text: '{{resolve:ssm:/shop/greeting}}'}}
"""
CREDENTIALS = f"""\
[default]
aws_access_key_id = {BASE}
aws_secret_access_key={BASE_SECRET} # not a part of it

; another one
[other]
AWS_ACCESS_KEY_ID = {OTHER}
aws_secret_access_key = {OTHER_SECRET}
"""


@pytest.fixture
def aws():
    with SmallAws() as it:
        it.keys = {BASE: Key(BASE_SECRET), OTHER: Key(OTHER_SECRET)}
        it.parameters["/shop/greeting"] = ("String", "hello-from-afar")
        yield it


@pytest.fixture
def shop(tmp_path, aws):
    return Shop(tmp_path, aws)


class Shop:
    """A project that looks a parameter up, and the environment it is run in."""

    def __init__(self, folder, aws):
        self.dir, self.aws = folder, aws
        self.env = {"AWS_EC2_METADATA_DISABLED": "true"}
        (folder / "s.yaml").write_text(TEMPLATE)
        (folder / ".aws").mkdir()
        self.settings()

    def settings(self, **more):
        (self.dir / "hadeploy.yaml").write_text(yaml_text({
            "Project": "shop",
            "Providers": {"aws": {"Endpoint": self.aws.url, "Proxy": "", **more}},
            "Regions": {"east": {"Providers": {"aws": {"Region": "eu-west-1"}}}},
            "Stacks": {"s": {"Template": "s.yaml", "Targets": ["east"]}}}))
        return self

    def files(self, credentials=None, config=None):
        for name, text in (("credentials", credentials), ("config", config)):
            if text is not None:
                (self.dir / ".aws" / name).write_text(text)
        return self

    def run(self, *args, code=0):
        """The result, which shows and records nothing of any credential."""
        result = run_hadeploy(args, self.dir, self.env).ok(code)
        texts = [*self.aws.all_secrets(), *self.aws.keys]
        for text in texts:
            assert text not in result.stdout + result.stderr, result
            for path in self.dir.glob(".hadeploy/**/*"):
                assert not path.is_file() or text.encode() not in path.read_bytes(), path
        return result

    def apply(self, code=0):
        return self.run("apply", "--yes", code=code)

    def signer(self):
        """Who signed the lookup of a run that succeeds."""
        self.apply()
        return self.aws.asked("GetParameter")[-1]


def set_env(shop, key=BASE, secret=BASE_SECRET):
    shop.env.update(AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret)
    return shop


# --- the places, each ----------------------------------------------------------------------


def test_settings_of_the_entry(shop):
    set_env(shop, OTHER, OTHER_SECRET)
    shop.settings(AccessKeyId="{{resolve:env:ID}}", SecretAccessKey="{{resolve:env:SECRET}}")
    shop.env.update(ID=BASE, SECRET=BASE_SECRET)
    signer = shop.signer()
    assert (signer.key, signer.region, signer.service) == (BASE, "eu-west-1", "ssm")


def test_the_environment_comes_before_files(shop):
    shop.files(CREDENTIALS)
    assert set_env(shop, OTHER, OTHER_SECRET).signer().key == OTHER


def test_a_session_token_of_the_environment(shop, aws):
    key_id, key = aws.new_key(3600)
    set_env(shop, key_id, key.secret).env["AWS_SESSION_TOKEN"] = key.token
    assert shop.signer().key == key_id


def test_the_default_profile(shop):
    assert shop.files(CREDENTIALS).signer().key == BASE


def test_a_file_that_an_editor_of_windows_wrote(shop):
    shop.files("\ufeff" + CREDENTIALS.replace("\n", "\r\n"))
    assert shop.signer().key == BASE


def test_a_profile_that_the_environment_names(shop):
    shop.files("", f"[profile x]\naws_access_key_id={OTHER}\naws_secret_access_key={OTHER_SECRET}\n"
                   "s3 =\n  max_concurrent_requests = 20\n[sso-session y]\nsso_region = z\n")
    shop.env["AWS_PROFILE"] = "x"
    assert shop.signer().key == OTHER


def test_a_profile_of_the_entry_comes_before_the_environment(shop):
    assert set_env(shop.files(CREDENTIALS).settings(Profile="other")).signer().key == OTHER


def test_files_that_the_environment_names(shop):
    (shop.dir / "elsewhere").write_text(CREDENTIALS)
    shop.env["AWS_SHARED_CREDENTIALS_FILE"] = shop.dir / "elsewhere"
    assert shop.signer().key == BASE


# --- roles -----------------------------------------------------------------------------------


def test_a_role_of_a_profile(shop, aws):
    aws.roles[ROLE] = Role(OTHER, external_id="x-1")
    shop.files(CREDENTIALS, f"[profile deploy]\nrole_arn = {ROLE}\nsource_profile = other\n"
                            "external_id = x-1\nrole_session_name = me\nduration_seconds = 900\n")
    assert shop.settings(Profile="deploy").signer().key.startswith("ASIAMADE")
    asked = aws.asked("AssumeRole")
    assert [it.key for it in asked] == [OTHER] and asked[0].service == "sts"
    assert asked[0].fields == {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": ROLE,
                               "RoleSessionName": "me", "ExternalId": "x-1",
                               "DurationSeconds": "900"}


def test_a_role_by_way_of_a_role(shop, aws):
    aws.roles = {ROLE: Role(BASE), SECOND: Role("*")}
    shop.files(CREDENTIALS, f"[profile a]\nrole_arn={ROLE}\nsource_profile=default\n"
                            f"[profile b]\nrole_arn={SECOND}\nsource_profile=a\n")
    shop.env["AWS_PROFILE"] = "b"
    shop.apply()
    assert [it.fields["RoleArn"] for it in aws.asked("AssumeRole")] == [ROLE, SECOND]
    assert aws.asked("AssumeRole")[1].key.startswith("ASIAMADE")


def test_a_profile_assumes_with_its_own_keys(shop, aws):
    aws.roles[ROLE] = Role(BASE)
    shop.files(f"[me]\naws_access_key_id={BASE}\naws_secret_access_key={BASE_SECRET}\n"
               f"role_arn={ROLE}\nsource_profile=me\n")
    shop.settings(Profile="me").apply()
    assert aws.asked("AssumeRole")[0].key == BASE


def test_a_role_by_the_environment(shop, aws):
    aws.roles[ROLE] = Role(OTHER)
    shop.files("", f"[profile e]\nrole_arn={ROLE}\ncredential_source=Environment\n")
    set_env(shop, OTHER, OTHER_SECRET).settings(Profile="e").apply()
    assert aws.asked("AssumeRole")[0].key == OTHER


def test_a_role_of_the_entry(shop, aws):
    aws.roles[ROLE] = Role(BASE, external_id="from-manifest")
    shop.settings(RoleArn=ROLE, ExternalId="from-manifest", RoleSessionName="ci")
    assert set_env(shop).signer().key.startswith("ASIAMADE")
    assert aws.asked("AssumeRole")[0].fields["RoleSessionName"] == "ci"


def test_a_web_identity(shop, aws):
    aws.roles[ROLE] = Role(web_token="eyJ.web.token")
    (shop.dir / "token").write_text("eyJ.web.token\n")
    shop.env.update(AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE=shop.dir / "token")
    assert shop.signer().key.startswith("ASIAMADE")
    asked = aws.asked("AssumeRoleWithWebIdentity")
    assert len(asked) == 1 and "Authorization" not in asked[0].headers


# --- machines ----------------------------------------------------------------------------------


def test_a_container(shop, aws):
    aws.container = {"path": "/v2/creds", "token": "let-me-in"}
    (shop.dir / "token").write_text("let-me-in\n")
    shop.env.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{aws.url}/v2/creds",
                    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=shop.dir / "token")
    assert shop.signer().key.startswith("ASIAMADE")
    assert len(aws.asked("GET /v2/creds")) == 1


ECS = "169.254.170.2"


def test_a_container_of_ecs(tmp_path):
    """At ECS's own address, in a network that this test has for itself."""
    def work():
        with SmallAws(address=(ECS, 80)) as aws:
            aws.parameters["/shop/greeting"] = ("String", "hello-from-afar")
            aws.container = {"path": "/v2/credentials/4711"}
            shop = Shop(tmp_path, aws)
            shop.env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/4711"
            return shop.signer(), aws.asked("GET /v2/credentials/4711")
    try:
        signer, asked = in_own_network(ECS, work)
    except NoNetwork as e:
        pytest.skip(f"{ECS} cannot be had here: {e}")
    assert signer.key.startswith("ASIAMADE")
    assert len(asked) == 1 and asked[0].headers["Host"] == ECS


def test_a_relative_address_that_leads_away(shop):
    shop.env.update(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="@example.org/creds",
                    AWS_CONTAINER_AUTHORIZATION_TOKEN="let-me-in")
    shop.apply(1).err("HD5407", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "begins with '/'")


def test_a_token_file_that_is_not_there(shop, aws):
    aws.container = {"path": "/creds", "token": "let-me-in"}
    shop.env.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{aws.url}/creds",
                    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=shop.dir / "nowhere")
    shop.apply(1).err("HD5404", f"'{shop.dir}/nowhere' cannot be read",
                      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    assert not aws.requests


def test_a_token_file_comes_before_a_token(shop, aws):
    aws.container = {"path": "/creds", "token": "second"}
    (shop.dir / "token").write_text("second")
    shop.env.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{aws.url}/creds",
                    AWS_CONTAINER_AUTHORIZATION_TOKEN="first",
                    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=shop.dir / "token")
    assert shop.signer().key.startswith("ASIAMADE")


@pytest.mark.parametrize("host", ["169.254.1.1", "127.example.org", "localhost.example",
                                  "169.254.170.2@example.org"])
def test_a_container_elsewhere_gets_no_token_in_clear(shop, host):
    shop.env.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"http://{host}/creds",
                    AWS_CONTAINER_AUTHORIZATION_TOKEN="let-me-in")
    shop.apply(1).err("HD5407", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "Its host")


def test_a_container_that_refuses(shop, aws):
    aws.container = {"path": "/creds", "token": "another"}
    shop.env.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{aws.url}/creds",
                    AWS_CONTAINER_AUTHORIZATION_TOKEN="let-me-in")
    result = shop.apply(1).err("HD5407", "container's credentials service", "status 403")
    assert "let-me-in" not in result.stderr


def instance(shop, role="web server"):
    shop.aws.machine_role = role
    shop.env.update(AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=shop.aws.url)
    return shop


def test_an_instance(shop, aws):
    assert instance(shop).signer().key.startswith("ASIAMADE")
    assert [it.action.split()[0] for it in aws.requests if it.service == "metadata"] == [
        "PUT", "GET", "GET"]


def test_an_instance_without_a_role(shop):
    instance(shop, None).apply(1).err("HD5401", "knows no role of this instance")


def test_an_instance_whose_role_is_gone(shop, aws):
    aws.broken["/latest/meta-data/iam/security-credentials/web%20server"] = (
        200, json.dumps({"Code": "AssumeRoleUnauthorizedAccess"}))
    instance(shop).apply(1).err("HD5407", "metadata", "AssumeRoleUnauthorizedAccess")


def test_an_instance_that_answers_with_something_else(shop, aws):
    aws.broken["/latest/meta-data/iam/security-credentials/web%20server"] = (200, "<html>")
    instance(shop).apply(1).err("HD5407", "no credentials in it")


# --- none, or wrong ones -------------------------------------------------------------------------


def test_none_at_all_names_every_place(shop):
    result = shop.files("", "[profile x]\nregion = y\n").apply(1)
    result.err("HD5401", "no AWS credentials were found", "neither AccessKeyId nor Profile",
               "AWS_ACCESS_KEY_ID is not set", "AWS_WEB_IDENTITY_TOKEN_FILE is not set",
               f"{shop.dir}/.aws/credentials has no profile 'default'",
               f"{shop.dir}/.aws/config has no profile 'default'",
               "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_EC2_METADATA_DISABLED is set",
               "docs/aws.md")
    assert not shop.aws.requests


def test_metadata_that_nobody_answers(shop):
    shop.env.update(AWS_EC2_METADATA_DISABLED=None,
                    AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:1")
    shop.apply(1).err("HD5401", f"{shop.dir}/.aws/credentials does not exist",
                      "instance metadata: http://127.0.0.1:1: ")


@pytest.mark.parametrize("there, missing", [("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
                                            ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
                                            ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN")])
def test_half_of_them(shop, there, missing):
    shop.env[there] = "half-of-it-" + "h" * 20
    result = shop.apply(1).err("HD5401", f"{there} is set in the environment, and {missing} is not")
    assert "half-of-it" not in result.stderr


def test_those_that_have_ended_are_not_sent(shop, aws):
    set_env(shop).env["AWS_CREDENTIAL_EXPIRATION"] = "2020-01-01T00:00:00Z"
    shop.apply(1).err("HD5405", "have expired", "the environment (AWS_ACCESS_KEY_ID)")
    assert not aws.requests


def test_those_that_the_service_calls_expired(shop, aws):
    key_id, key = aws.new_key(-10)
    set_env(shop, key_id, key.secret).env["AWS_SESSION_TOKEN"] = key.token
    shop.apply(1).err("the credentials have expired", "GetParameter", "ssm", "eu-west-1",
                      "11111111-2222-3333-4444-555555555555",
                      "The credentials are from the environment (AWS_ACCESS_KEY_ID).")


def test_those_that_the_service_does_not_know(shop):
    set_env(shop, "AKIDNOBODY0000000009", "nobody")
    shop.apply(1).err("does not accept the credentials", "InvalidClientTokenId",
                      "the environment (AWS_ACCESS_KEY_ID)")


def test_a_wrong_secret(shop):
    shop.files(CREDENTIALS.replace(BASE_SECRET, "not-this-one"))
    shop.apply(1).err("does not accept the credentials", "SignatureDoesNotMatch",
                      f"profile 'default' of {shop.dir}/.aws/credentials")


def test_a_wrong_clock(shop, aws):
    aws.skew = 7200
    there = time.strftime("%a, %d %b %Y %H:", time.gmtime(time.time() + aws.skew))
    set_env(shop).apply(1).err("the clock of this machine is wrong", there, "set the clock")


def test_a_role_that_is_refused(shop, aws):
    aws.roles[ROLE] = Role(OTHER)
    set_env(shop).settings(RoleArn=ROLE)
    shop.apply(1).err("may not do this", ROLE, "AssumeRole", "sts", "trust policy",
                      "the environment (AWS_ACCESS_KEY_ID)")


def test_a_role_of_something_that_is_no_sts(shop, aws):
    aws.broken["AssumeRole"] = (200, "<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>",
                                "text/xml")
    set_env(shop).settings(RoleArn=ROLE).apply(1).err("HD5406", ROLE)


# --- profiles that do not do --------------------------------------------------------------------


@pytest.mark.parametrize("config, words", [
    ("", ["there is no profile 'x'", "source_profile", "has none of this name"]),
    ("[profile x]\nregion=y\n", ["It has neither keys nor a role."]),
    (f"[profile x]\naws_access_key_id={BASE}\n", ["no aws_secret_access_key"]),
    (f"[profile x]\nrole_arn={ROLE}\n", ["neither source_profile nor credential_source"]),
    (f"[profile x]\nrole_arn={ROLE}\nsource_profile=gone\n", ["there is no profile 'gone'"]),
    (f"[profile x]\nrole_arn={ROLE}\nsource_profile=y\n"
     f"[profile y]\nrole_arn={ROLE}\nsource_profile=x\n", ["in a circle", "x, y, x"]),
    (f"[profile x]\nrole_arn={ROLE}\ncredential_source=Moon\n", ["'Moon' is not known"]),
    (f"[profile x]\nrole_arn={ROLE}\ncredential_source=Environment\n",
     ["AWS_ACCESS_KEY_ID is not set"]),
    (f"[profile x]\nrole_arn={ROLE}\nsource_profile=default\nmfa_serial=arn:z\n", ["mfa_serial"]),
    (f"[profile x]\nrole_arn={ROLE}\nsource_profile=default\nduration_seconds=5\n",
     ["duration_seconds"]),
    ("[profile x]\nsso_session = y\nsso_account_id = 1\n",
     ["SSO", "aws configure export-credentials --profile x"]),
    ("[profile x]\ncredential_process = /bin/echo very-secret\n", ["credential_process"]),
])
def test_profiles_that_give_nothing(shop, config, words):
    shop.files(CREDENTIALS, config).settings(Profile="x")
    result = shop.apply(1).err("HD5403", *words)
    assert "very-secret" not in result.stderr


def test_a_file_that_is_none(shop):
    shop.files("[default]\naws_access_key_id = a\nthis-is-a-pasted-secret\n")
    result = shop.apply(1).err("HD5404", f"line 3 of '{shop.dir}/.aws/credentials'")
    assert "pasted" not in result.stderr


def test_a_file_that_cannot_be_read(shop):
    (shop.dir / ".aws" / "config").mkdir()
    shop.apply(1).err("HD5404", f"'{shop.dir}/.aws/config' cannot be read", "AWS_CONFIG_FILE")


@pytest.mark.parametrize("settings, word", [
    ({"AccessKeyId": "AKID"}, "belong together"),
    ({"SessionToken": "x"}, "belongs to an AccessKeyId"),
    ({"AccessKeyId": "a", "SecretAccessKey": "b", "Profile": "c"}, "'Profile'"),
    ({"RoleArn": "deploy"}, "begins with 'arn:'"),
    ({"ExternalId": "x"}, "belongs to a RoleArn"),
    ({"RoleArn": ROLE, "DurationSeconds": 5}, "from 900 to 43200"),
    ({"AccountId": "12"}, "twelve digits"),
    ({"Profil": "x"}, "'Profile'"),
])
def test_settings_that_cannot_be(shop, settings, word):
    result = shop.settings(**settings).apply(1).err(word)
    assert "HD5402" in result.stderr or "Profil" in settings


# --- again, before they end -----------------------------------------------------------------------


def test_one_look_serves_a_whole_run(shop, aws):
    aws.roles[ROLE] = Role(BASE)
    for i in range(5):
        aws.parameters[f"/shop/p{i}"] = ("String", f"value-{i}-of-five")
    (shop.dir / "s.yaml").write_text("Resources:\n" + "".join(
        f"  N{i}: {{Type: Sim::Node, Properties: {{Text: '{{{{resolve:ssm:/shop/p{i}}}}}'}}}}\n"
        for i in range(5)))
    set_env(shop).settings(RoleArn=ROLE).apply()
    assert len(aws.asked("GetParameter")) == 5 and len(aws.asked("AssumeRole")) == 1


def test_a_role_that_has_ended_is_assumed_again(shop, aws):
    """Its keys hold for less than a request may take, so each request has new ones."""
    aws.roles[ROLE] = Role(BASE, lives=20)
    for i in range(2):
        aws.parameters[f"/shop/p{i}"] = ("String", f"value-{i}-of-two")
    (shop.dir / "s.yaml").write_text("Resources:\n" + "".join(
        f"  N{i}: {{Type: Sim::Node, Properties: {{Text: '{{{{resolve:ssm:/shop/p{i}}}}}'}}}}\n"
        for i in range(2)))
    set_env(shop).settings(RoleArn=ROLE).apply()
    assert len(aws.asked("AssumeRole")) == 2


THING = """\
Type: AWS::Test::Thing
Protocol: json-1.1
Endpoint: 'https://things.{$region}.{$suffix}'
Auth: sigv4
SigningName: things
TargetPrefix: Things
Schema:
  properties: {Name: {type: string}}
  required: [Name]
  primaryIdentifier: [/properties/Name]
  createOnlyProperties: [/properties/Name]
Create: [{Action: CreateThing, Body: '{Name: .Name}', Id: .Name}]
Read: {Steps: [{Action: DescribeThing, Body: '{Name: $id}'}], State: '{Name: .Name}'}
Delete: [{Action: DeleteThing, Body: '{Name: $id}'}]
"""
THINGS = 40


@pytest.fixture
def crowd(shop, aws):
    """Many things to be made at once, by a role."""
    (shop.dir / "types").mkdir()
    (shop.dir / "types" / "thing.yaml").write_text(THING)
    (shop.dir / "s.yaml").write_text("Resources:\n" + "".join(
        f"  T{i}: {{Type: AWS::Test::Thing, Properties: {{Name: t{i}}}}}\n"
        for i in range(THINGS)))
    aws.roles[ROLE] = Role(BASE)
    return set_env(shop).settings(RoleArn=ROLE, Definitions="types")


def test_all_wait_for_the_one_who_looks(crowd, aws):
    aws.delay = 0.1
    crowd.apply()
    assert len(aws.things) == THINGS and len(aws.asked("AssumeRole")) == 1
    assert {it.service for it in aws.asked("CreateThing")} == {"things"}


def test_all_are_told_when_the_one_who_looks_fails(crowd, aws):
    aws.roles.clear()
    crowd.apply(1).err("may not do this", ROLE)
    assert len(aws.asked("AssumeRole")) == 1 and not aws.things


def test_new_ones_before_the_old_ones_end(crowd, aws):
    """They hold for less than what is kept in reserve: looked for again, but not by everybody."""
    aws.roles[ROLE].lives = 60
    crowd.apply()
    crowd.run("destroy", "--yes")
    assert not aws.things and len(aws.asked("AssumeRole")) == 2, "one for each run"


def test_keys_that_end_on_their_way_are_replaced(crowd, aws):
    """New ones are had, and the request comes again."""
    crowd.settings(Definitions="types")
    crowd.env.update(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    aws.lives = 3600
    aws.ends_early = 1
    instance(crowd).apply()
    assert len(aws.things) == THINGS


def test_a_role_whose_keys_are_over_when_they_come(shop, aws):
    aws.roles[ROLE] = Role(BASE, lives=-5)
    set_env(shop).settings(RoleArn=ROLE).apply(1).err("HD5405", "were over when they came", ROLE)


def test_saved_plans_have_none(shop):
    set_env(shop)
    shop.run("plan", "--out", "saved.plan")
    shop.run("apply", "--yes", "--plan", "saved.plan")
    saved = (shop.dir / "saved.plan").read_bytes()
    for text in (BASE, BASE_SECRET, "hello-from-afar"):
        assert text.encode() not in saved
