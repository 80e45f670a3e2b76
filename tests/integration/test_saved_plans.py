"""Saved plans: made in one process, looked at, applied in another, refused when stale."""

import json
import os
import re

import pytest

from lab import ssh_file, template

REFUSED = 4


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    return lab.start().host("web-e1")


def page(host, content="one\n", **properties):
    return template({"Page": ssh_file(host, host.root / "page", content, **properties)})


@pytest.fixture
def project(lab, host, tmp_path):
    return lab.project(tmp_path / "project", templates={"web": page(host)})


def save(project, *options, **more):
    return project.run("plan", "--out", "plan.json", *options, **more).ok()


def apply(project, *options, **more):
    return project.run("apply", "--plan", "plan.json", *options, **more)


def refused(project, code, *words, **more):
    result = apply(project, **more).ok(REFUSED)
    assert f"HD{code}" in result.stderr, result
    return result.err(*words)


def test_a_plan_is_applied_without_a_question(host, project):
    shown = save(project)
    shown.err("hadeploy apply --plan plan.json")
    assert not (host.root / "page").exists()
    assert (project.dir / "plan.json").stat().st_mode & 0o777 == 0o600
    apply(project, "--on-failure", "keep", "--full").ok().out("web/east/Page")
    assert (host.root / "page").read_text() == "one\n"
    refused(project, 2160, "web/east", "last applied")
    project.run("plan", "--exit-code").ok()


def test_it_can_be_looked_at(project):
    shown = save(project).stdout
    again = project.run("plan", "--show", "plan.json").ok()
    again.out("Saved plan of project lab", shown.strip())
    lines = project.lines("plan", "--show", "plan.json")
    assert lines[0]["type"] == "saved_plan" and lines[0]["project"] == "lab"
    assert lines[1:-1] == project.lines("plan")[:-1]
    plan = json.loads((project.dir / "plan.json").read_text())
    assert plan["plan"] == lines[1:-1]
    project.put("stacks/web.yaml", "Resources: {}\n")
    project.run("plan", "--show", "plan.json").ok().err("'stacks/web.yaml' has changed")


def test_it_is_refused_when_the_template_changed(host, project):
    save(project)
    project.put("stacks/web.yaml", page(host, "two\n"))
    refused(project, 2157, "'stacks/web.yaml' has changed")
    assert not (host.root / "page").exists()
    project.put("stacks/web.yaml", page(host))
    apply(project).ok()


def test_it_is_refused_when_the_manifest_changed(project):
    save(project)
    project.manifest["Project"] = "other"
    project.save()
    refused(project, 2157, "'hadeploy.yaml' has changed")


def test_it_is_refused_after_somebody_elses_apply(host, project):
    project.run("apply", "--yes").ok()
    project.put("stacks/web.yaml", page(host, "two\n"))
    save(project)
    project.put("stacks/web.yaml", page(host, "three\n"))
    project.run("apply", "--yes").ok()
    project.put("stacks/web.yaml", page(host, "two\n"))
    refused(project, 2160, "web/east")
    assert (host.root / "page").read_text() == "three\n"


def test_it_is_refused_when_the_world_moved(host, project):
    project.run("apply", "--yes").ok()
    project.put("stacks/web.yaml", page(host, Mode="0600"))
    save(project, "--refresh")
    (host.root / "page").write_text("by hand\n")
    refused(project, 2161, "web/east")
    assert (host.root / "page").read_text() == "by hand\n"


def test_a_source_file_counts(host, project):
    project.put("page.txt", "one\n")
    project.put("stacks/web.yaml", template(
        {"Page": ssh_file(host, host.root / "page", Source="page.txt")}))
    save(project)
    project.put("page.txt", "two\n")
    result = apply(project)
    assert result.returncode == REFUSED and "HD2162" in result.stderr, result
    assert not (host.root / "page").exists()


def test_secrets_are_given_again(host, project):
    text = page(host, {"Ref": "Key"})
    text["Parameters"] = {"Key": {"Type": "String", "NoEcho": True}}
    project.put("stacks/web.yaml", text)
    secret = {"HADEPLOY_PARAM_Key": "hunter2-s3cret"}
    save(project, env=secret)
    for path in project.dir.rglob("*"):
        assert path.is_dir() or b"hunter2" not in path.read_bytes(), path
    refused(project, 2159, "'Key'", "HADEPLOY_PARAM_Key")
    result = refused(project, 2158, "'Key'", env={"HADEPLOY_PARAM_Key": "another"})
    assert "another value" in result.stderr and "hunter2" not in result.stderr
    apply(project, env=secret).ok()
    assert (host.root / "page").read_text() == "hunter2-s3cret"


def test_arguments_come_back_with_the_plan(host, project):
    text = page(host, {"Ref": "Text"})
    text["Parameters"] = {"Text": {"Type": "String", "Default": "none"}}
    project.put("stacks/web.yaml", text)
    save(project, "web", "--region", "east", "--param", "Text=from the plan")
    apply(project).ok()
    assert (host.root / "page").read_text() == "from the plan"


def test_a_saved_destroy_destroys(host, project):
    project.run("apply", "--yes").ok()
    save(project, "--destroy")
    apply(project).ok()
    assert not (host.root / "page").exists()


def test_what_selects_is_in_the_file(project):
    save(project)
    for options in (["web"], ["--region", "east"], ["--refresh"], ["--param", "A=b"]):
        project.run("apply", "--plan", "plan.json", *options).ok(64).err("together with --plan")
    project.run("plan", "--show", "plan.json", "--out", "x").ok(64)
    project.run("plan", "--simulate", "--out", "x").ok(64).err("for the real world")


def test_other_files_are_refused(project, tmp_path):
    save(project)
    path = project.dir / "plan.json"
    text = path.read_text()
    path.write_text(text.replace("one", "two"))
    refused(project, 2154, "plan.json")
    path.write_text(json.dumps(json.loads(text), indent=2))
    refused(project, 2154, "edited, formatted anew")
    path.write_text("Project: shop\n")
    refused(project, 2151, "not JSON")
    path.write_text(text)
    (project.dir / ".hadeploy").rename(tmp_path / "state")
    refused(project, 2153, "project 'lab'")
    (tmp_path / "state").rename(project.dir / ".hadeploy")
    apply(project).ok()


def test_the_folder_may_be_named_in_any_way(host, project):
    save(project)
    project.run("apply", "--project", str(project.dir), "--plan",
                os.path.join(project.dir, "plan.json")).ok()
    assert (host.root / "page").exists()


def test_what_took_long_is_foretold(host, project):
    slow = {"Slow": {"Type": "SSH::Command", "Properties": {
        "Host": host.name, "Create": "sleep 6"}}}
    project.put("stacks/web.yaml", template(slow))
    project.run("apply", "--yes").ok()
    again = {**slow, "Again": {"Type": "SSH::Command", "Properties": {
        "Host": host.name, "Create": "true # again"}, "DependsOn": "Slow"}}
    project.put("stacks/web.yaml", template(again))
    result = project.run("plan").ok()
    assert re.search(r"Takes about \d+\.\ds \(usually under \d+\.\ds\)\.\n"
                     r"Longest way: web/east/Again \(create, \d+\.\ds\)\n", result.stdout), result
    head = project.lines("plan")[0]
    assert head["critical"] == ["web/east/Again"]
    assert head["estimate"]["typical_ms"] >= 5000
    project.run("apply", "--yes").ok().err("(predicted ")
