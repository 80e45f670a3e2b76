"""A secret is on the host where it belongs, and nowhere else."""

import json
from pathlib import Path

import pytest

from lab import Gate, ref, ssh_command, ssh_file, sub, template

SECRET = "corr3ct-h0rse-battery"
OTHER = "an0ther-secret-staple"


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


@pytest.fixture
def gate(host):
    return Gate(host)


@pytest.fixture
def project(host, gate, tmp_path):
    """A command and a file that get the value of a NoEcho parameter."""
    resources = {
        "App": ssh_command(host, f"printf %s \"$TOKEN\" >'{host.root}/token'\n" + gate.script,
                           Update=f"printf %s \"$TOKEN\" >'{host.root}/token'",
                           Read="true", Environment={"TOKEN": ref("Token")}, Delete="true"),
        "Conf": ssh_file(host, host.root / "conf", sub("token = ${Token}\n"), Mode="0600"),
    }
    return host.lab.project(tmp_path / "project", templates={"web": template(
        resources, Parameters={"Token": {"Type": "String", "NoEcho": True}},
        Outputs={"Token": {"Value": sub("<${Token}>")}})})


def given(secret=SECRET):
    return {"HADEPLOY_PARAM_Token": secret}


def command_lines():
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield entry.read_bytes()
        except OSError:
            continue


def files_with(folder, secret):
    return [path for path in folder.rglob("*") if path.is_file()
            and secret.encode() in path.read_bytes()]


def shown_nowhere(project, secret, *args, code=0):
    result = project.run(*args, env=given(secret)).ok(code)
    assert secret not in result.stdout and secret not in result.stderr, args
    return result


def test_it_is_in_no_argument_list_while_it_is_used(project, host, gate):
    proc = project.start("apply", "--yes", "--json", env=given())
    gate.reached()
    assert not any(SECRET.encode() in line for line in command_lines())
    gate.open()
    out, err = proc.communicate(timeout=60)
    assert proc.returncode == 0, out + err
    assert SECRET not in out + err
    assert (host.root / "token").read_text() == SECRET
    assert (host.root / "conf").read_text() == f"token = {SECRET}\n"


def test_it_is_in_no_output_and_no_recorded_state(project, host, gate):
    gate.open()
    for args in (["validate"], ["plan"], ["plan", "--json"], ["apply", "--yes"], ["plan"],
                 ["plan", "--refresh"], ["drift"], ["outputs"], ["status"], ["state", "export"],
                 ["state", "show", "web/east/App"], ["state", "show", "web/east/Conf"],
                 ["graph"]):
        shown_nowhere(project, SECRET, *args)
    assert files_with(project.dir, SECRET) == []
    assert files_with(host.home, SECRET) == [], "nor left behind on the host"
    assert SECRET not in host.log_text()


def test_a_plan_sees_that_it_changed_without_showing_it(project, host, gate):
    gate.open()
    shown_nowhere(project, SECRET, "apply", "--yes")
    shown_nowhere(project, SECRET, "plan", "--exit-code")
    planned = shown_nowhere(project, OTHER, "plan", "--exit-code", code=2)
    assert "(sensitive)" in planned.stdout and SECRET not in planned.stdout
    shown_nowhere(project, OTHER, "apply", "--yes")
    assert (host.root / "token").read_text() == OTHER
    assert (host.root / "conf").read_text() == f"token = {OTHER}\n"
    assert files_with(project.dir, OTHER) == []


def test_drift_of_a_secret_is_named_and_not_shown(project, host, gate):
    gate.open()
    shown_nowhere(project, SECRET, "apply", "--yes")
    shown_nowhere(project, SECRET, "drift", "--exit-code")
    (host.root / "conf").write_text(f"token = {OTHER}\n")
    drift = shown_nowhere(project, SECRET, "drift", "--exit-code", code=2)
    assert "web/east/Conf" in drift.stdout and OTHER not in drift.stdout
    shown_nowhere(project, SECRET, "apply", "--yes", "--refresh")
    assert (host.root / "conf").read_text() == f"token = {SECRET}\n"


def test_a_failing_script_that_prints_it_is_masked(host, tmp_path):
    project = host.lab.project(tmp_path / "failing", templates={"web": template(
        {"App": ssh_command(host, 'echo "token: $TOKEN"; exit 1', Delete="true",
                            Environment={"TOKEN": ref("Token")})},
        Parameters={"Token": {"Type": "String", "NoEcho": True}})})
    for args in (["apply", "--yes"], ["apply", "--yes", "--json"]):
        result = shown_nowhere(project, SECRET, *args, code=1)
        assert "token: " in result.stderr + result.stdout
    assert files_with(project.dir, SECRET) == []


def test_a_script_that_is_put_together_of_it_may_print_it(host, tmp_path):
    """Not only the whole script is secret: what went into it is, wherever it comes back."""
    shows = sub('echo "token: ${Token}"; echo "again: {{resolve:env:AGAIN}}!" >&2; exit 1')
    project = host.lab.project(tmp_path / "parts", templates={"web": template(
        {"App": ssh_command(host, shows, Delete="true")},
        Parameters={"Token": {"Type": "String", "NoEcho": True}})})
    env = {**given(), "AGAIN": OTHER}
    result = project.run("apply", "--yes", env=env).ok(1)
    said = result.stdout + result.stderr
    assert "token: (sensitive)" in said and "again: (sensitive)!" in said
    assert SECRET not in said and OTHER not in said
    assert files_with(project.dir, SECRET) == [] and files_with(project.dir, OTHER) == []


def test_it_is_refused_on_the_command_line_and_in_the_manifest(project):
    result = project.run("plan", "--param", f"Token={SECRET}").ok(1)
    assert "HD1130" in result.stderr and SECRET not in result.stderr
    project.manifest["Stacks"]["web"]["Parameters"] = {"Token": SECRET}
    project.save()
    assert "HD1131" in project.run("plan").ok(1).stderr


def test_the_other_ways_to_give_it(project, host, gate, tmp_path):
    gate.open()
    (tmp_path / "secrets.json").write_text(json.dumps({"Token": SECRET}))
    project.run("apply", "--yes", "--param-file", tmp_path / "secrets.json").ok()
    for reference, env in (("{{resolve:env:SHOP_TOKEN}}", {"SHOP_TOKEN": SECRET}),
                           ("{{resolve:file:token.txt}}", {})):
        project.put("token.txt", SECRET + "\n")
        project.manifest["Stacks"]["web"]["Parameters"] = {"Token": reference}
        project.save()
        project.run("plan", "--exit-code", env=env).ok()
    (project.dir / "token.txt").unlink()
    assert files_with(project.dir, SECRET) == []


def test_a_killed_run_leaves_it_nowhere_but_with_the_running_command(project, host, gate):
    proc = project.start("apply", "--yes", env=given())
    gate.reached()
    proc.kill()
    proc.communicate()
    assert files_with(project.dir, SECRET) == []
    gate.open()
    shown_nowhere(project, SECRET, "apply", "--yes")
    assert gate.count() == 1
    assert files_with(host.home, SECRET) == []
