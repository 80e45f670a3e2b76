"""Every exit code, for the command lines that scripts depend on."""

import pytest

from lab import ssh_command, ssh_file, template


@pytest.fixture(scope="module")
def project(shared_regions, tmp_path_factory):
    """A page in each of two regions, applied; what depends on more is in other tests."""
    folder = tmp_path_factory.mktemp("codes")
    hosts = {name: shared_regions.region(name)[0] for name in ("east", "west")}
    stacks = {name: {"Template": f"stacks/{name}.yaml", "Targets": [name]} for name in hosts}
    it = shared_regions.project(folder, stacks=stacks, templates={
        name: template({"Page": ssh_file(host, host.root / "codes", "x")})
        for name, host in hosts.items()})
    it.run("apply", "--yes").ok()
    return it


@pytest.mark.parametrize("code, line", [
    (0, "version"), (0, "--version"), (0, "help"), (0, "--help"), (0, "help apply"),
    (0, "apply --help"), (0, "help state list"), (0, "explain HD3101"), (0, "explain 3101"),
    (0, "validate"), (0, "plan"), (0, "plan --exit-code"), (0, "apply --yes"), (0, "apply"),
    (0, "drift"), (0, "drift --exit-code"), (0, "status"), (0, "outputs"), (0, "graph"),
    (0, "graph --format mermaid"), (0, "state list"), (0, "state check"), (0, "state export"),
    (0, "completion bash"), (0, "plan east"), (0, "plan --region east"), (0, "plan --destroy"),
    (2, "plan --destroy --exit-code"),
    (1, "explain HD9999"), (1, "plan nosuchstack"), (1, "plan --region nowhere"),
    (1, "plan --param Nosuch=1"), (1, "plan --param-file absent.yaml"),
    (1, "state show east/east/Nosuch"), (1, "plan --project /nonexistent"), (1, "destroy"),
    (64, ""), (64, "aply"), (64, "plan --nosuch"), (64, "plan --exit-cod"), (64, "state"),
    (64, "state lst"), (64, "state show"), (64, "completion"), (64, "completion csh"),
    (64, "apply --parallelism 0"), (64, "apply --parallelism many"),
    (64, "apply --lock-timeout soon"), (64, "plan --param Novalue"), (64, "plan --region"),
    (64, "graph --format png"), (64, "version extra"), (64, "plan --yes"),
])
def test_exit_code(project, code, line):
    result = project.run(*line.split()).ok(code)
    if code in (1, 64):
        assert result.stderr and "\n" in result.stderr, "it says why"
        assert result.stdout == "", "nothing that could be taken for a result"
    elif code == 0:
        assert "error" not in result.stderr.lower(), result


def test_3_is_for_some_targets_failed(shared_regions, tmp_path):
    hosts = {name: shared_regions.region(name)[0] for name in ("east", "west")}
    stacks = {name: {"Template": f"stacks/{name}.yaml", "Targets": [name]} for name in hosts}
    project = shared_regions.project(tmp_path, stacks=stacks, templates={
        name: template({"Job": ssh_command(host, "exit 1" if name == "east" else "true",
                                           Delete="true")})
        for name, host in hosts.items()})
    project.run("apply", "--yes").ok(3)
    project.run("apply", "--yes", "west").ok(0)
    project.run("apply", "--yes", "east").ok(1)


def test_a_misspelt_command_or_option_names_the_nearest(project):
    for line, meant in (("aply", "apply"), ("plan --exit-cod", "--exit-code"),
                        ("state lst", "state list"), ("explain HD3011x", "HD"),
                        ("plan eats", "east")):
        assert meant in project.run(*line.split()).stderr, line


def test_no_project_here(tmp_path, project):
    for args in (["plan"], ["state", "list"]):
        result = type(project)(tmp_path, {}).run(*args).ok(1)
        result.err("HD1101", "--project")


def test_the_project_can_be_named(project, tmp_path):
    elsewhere = type(project)(tmp_path, {})
    assert elsewhere.run("state", "list", "--project", project.dir).ok().stdout \
        == project.run("state", "list").ok().stdout
