"""What exists on hosts is recorded: by id, by name, in bulk, and on the way of an apply."""

import stat

import pytest

from lab import Project

TEMPLATE = """\
Resources:
  Page:
    Type: SSH::File
    Properties: {{Host: web-e1, Path: '{path}/page.html', Content: wanted, Mode: '0640'}}
  Folder:
    Type: SSH::Directory
    Properties: {{Host: web-e1, Path: '{path}/www', Mode: '0750'}}
"""


@pytest.fixture
def world(regions, tmp_path):
    """A file and a directory that nobody recorded, and a project that wants them."""
    place = tmp_path / "host"
    (place / "www").mkdir(parents=True)
    (place / "www").chmod(0o750)
    page = place / "page.html"
    page.write_text("made by hand")
    page.chmod(0o640)
    project = Project.write(regions, tmp_path / "project",
                            stacks={"web": {"Template": "web.yaml", "Targets": ["east"]}})
    project.put("web.yaml", TEMPLATE.format(path=place))
    project.place = place
    return project


def test_a_file_made_by_hand_is_imported_and_then_updated(world):
    result = world.run("import", "web/east/Page", f"web-e1:{world.place}/page.html", "--yes").ok()
    result.out("< web/east/Page", "wanted").err("a plan shows 1 to create, 1 to update")
    assert (world.place / "page.html").read_text() == "made by hand"
    assert world.recorded() == ["web/east/Page"]
    world.run("drift", "--exit-code").ok(0)
    world.run("apply", "--yes").ok().err("1 created, 1 updated")
    assert (world.place / "page.html").read_text() == "wanted"
    world.run("plan", "--refresh", "--exit-code").ok(0)


def test_without_an_id_the_name_of_the_template_is_looked_for(world):
    world.run("import", "web/east/Folder", "--yes").ok()
    record = world.lines("state", "list")[0]
    assert record["id"] == f"web-e1:{world.place}/www"
    # It was not made by hadeploy, so it stays when it is given up.
    world.run("destroy", "--yes").ok()
    assert (world.place / "www").is_dir()


def test_many_at_once_are_all_or_none(world):
    world.put("found.yaml", f"web/east/Page: web-e1:{world.place}/page.html\nweb/east/Folder:\n")
    world.put("wrong.yaml", f"web/east/Page: web-e1:{world.place}/none\nweb/east/Folder:\n")
    wrong = world.run("import", "--file", "wrong.yaml", "--yes").ok(1)
    wrong.err("wrong.yaml:1:1", "HD2173", "SSH::File", "/none")
    assert world.recorded() == []
    lines = world.lines("import", "--file", "found.yaml", "--yes")
    result = next(line for line in lines if line["type"] == "result")
    assert result["mode"] == "import" and result["next"]["update"] == 1
    assert {line["id"] for line in lines if line["type"] == "change"} == {
        f"web-e1:{world.place}/page.html", f"web-e1:{world.place}/www"}
    world.run("import", "--file", "found.yaml", "--yes").ok().err("Nothing to import")


def test_another_path_than_the_template_has_is_seen(world):
    other = world.place / "other.html"
    other.write_text("x")
    result = world.run("import", "web/east/Page", f"web-e1:{other}", "--yes").ok()
    result.out("forces replacement").err("1 to replace")


def test_adopt_takes_over_what_is_there(world):
    plan = world.run("plan", "--adopt").ok()
    plan.out("<~ web/east/Page", "made by hand", "is there already")
    assert world.recorded() == []
    world.run("apply", "--adopt", "--yes").ok()
    assert (world.place / "page.html").read_text() == "wanted"
    world.run("plan", "--refresh", "--adopt", "--exit-code").ok(0)
    world.run("destroy", "--yes").ok()
    assert (world.place / "www").is_dir()
    assert not (world.place / "page.html").exists()


def test_a_script_that_looks_finds_what_it_made(world):
    world.put("web.yaml", f"""\
Resources:
  Made:
    Type: SSH::Command
    Properties:
      Host: web-e1
      Create: touch {world.place}/thing
      Read: test -f {world.place}/thing && echo Size=7 >>"$HADEPLOY_OUTPUT"
      Delete: rm {world.place}/thing
""")
    world.run("import", "web/east/Made", "--yes").ok(1).err("HD2173")
    (world.place / "thing").write_text("")
    world.run("import", "web/east/Made", "--yes").ok().err("a plan shows no changes")
    world.run("destroy", "--yes").ok()
    assert not (world.place / "thing").exists()


def test_drift_shows_mode_and_content(world):
    world.run("apply", "--adopt", "--yes").ok()
    (world.place / "page.html").write_text("by hand again")
    (world.place / "www").chmod(0o700)
    result = world.run("drift", "--exit-code").ok(2)
    result.out("Content:", "wanted", "by hand again", "Mode:", "0750", "0700")
    assert stat.S_IMODE((world.place / "www").stat().st_mode) == 0o700


def test_drift_needs_no_template_and_no_secret(world):
    world.put("web.yaml", f"""\
Parameters:
  Secret: {{Type: String, NoEcho: true}}
Resources:
  Page:
    Type: SSH::File
    Properties: {{Host: web-e1, Path: '{world.place}/page.html', Content: !Ref Secret}}
  Other:
    Type: SSH::Directory
    Properties: {{Host: web-e1, Path: '{world.place}/other'}}
""")
    world.run("apply", "--yes", env={"HADEPLOY_PARAM_Secret": "hunter22"}).ok()
    world.run("drift", "--exit-code").ok(0)
    (world.place / "page.html").write_text("not a secret")
    lines = world.lines("drift")
    assert [line["address"] for line in lines if line["type"] == "change"] == ["web/east/Page"]
    assert next(line for line in lines if line["type"] == "drift") == {
        "schema": 1, "type": "drift", "instance": "web/east", "status": "DRIFTED", "in_sync": 1,
        "drifted": 1, "deleted": 0, "not_checked": 0}
    world.put("web.yaml", "Resources: [broken")
    world.run("drift", "--exit-code").ok(2).out("web/east/Page", "Content")


def test_what_was_mended_by_hand_as_the_template_says_is_only_recorded(world):
    world.run("apply", "--adopt", "--yes").ok()
    (world.place / "page.html").write_text("both")
    template = world.dir / "web.yaml"
    template.write_text(template.read_text().replace("wanted", "both"))
    world.run("plan", "--refresh", "--exit-code").ok(0).out("that is only recorded")
    world.run("apply", "--refresh", "--yes").ok()
    world.run("plan", "--exit-code").ok(0)
    (world.place / "page.html").write_text("third")
    template.write_text(template.read_text().replace("both", "fourth"))
    world.run("plan", "--refresh").ok().out("changed in the template and from outside")
