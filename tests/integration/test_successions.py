"""Resources that pass on to each other what they hold: nothing of it may be deleted."""

FILE = """\
  {name}:
    Type: SSH::File
    Properties: {{Host: web-e1, Path: {root}/{path}, Content: {name}}}
"""


def template(root, paths):
    return "Resources:\n" + "".join(
        FILE.format(name=name, root=root, path=path) for name, path in paths.items())


def apply(regions, tmp_path, *rounds):
    """Applies one set of paths after the other; returns the host's folder and the project."""
    root = regions.host("web-e1").root
    project = regions.project(
        tmp_path, stacks={"web": {"Template": "stacks/web.yaml", "Targets": ["east"]}},
        templates={"web": template(root, rounds[0])})
    for paths in rounds:
        project.put("stacks/web.yaml", template(root, paths))
        project.run("apply", "--yes").ok()
    return root, project


def contents(root):
    return {path.name: path.read_text() for path in root.iterdir()}


def test_two_files_swap_their_paths(regions, tmp_path):
    root, project = apply(regions, tmp_path, {"A": "a", "B": "b"}, {"A": "b", "B": "a"})
    assert contents(root) == {"a": "B", "b": "A"}
    project.run("drift", "--exit-code").ok()
    project.run("destroy", "--yes").ok()
    assert contents(root) == {}


def test_paths_move_up_by_one(regions, tmp_path):
    root, project = apply(regions, tmp_path, {"A": "a", "B": "b", "C": "c"},
                          {"A": "b", "B": "c", "C": "d"})
    assert contents(root) == {"b": "A", "c": "B", "d": "C"}
    project.run("drift", "--exit-code").ok()


def test_a_new_resource_takes_the_path_of_one_that_moves(regions, tmp_path):
    root, project = apply(regions, tmp_path, {"A": "a"}, {"A": "z", "New": "a"})
    assert contents(root) == {"a": "New", "z": "A"}
    project.run("drift", "--exit-code").ok()


def test_a_renamed_resource_keeps_its_file(regions, tmp_path):
    root, project = apply(regions, tmp_path, {"A": "a"}, {"B": "a"})
    assert contents(root) == {"a": "B"}
    project.run("drift", "--exit-code").ok()


def test_what_two_stacks_hold_stays_until_both_let_go(regions, tmp_path):
    root = regions.host("web-e1").root
    entry = {"Template": "stacks/web.yaml", "Targets": ["east"]}
    project = regions.project(tmp_path, stacks={"one": entry, "two": entry},
                              templates={"web": template(root, {"A": "a"})})
    project.run("apply", "--yes").ok()
    project.run("destroy", "one", "--yes").ok()
    assert contents(root) == {"a": "A"}
    project.run("destroy", "two", "--yes").ok()
    assert contents(root) == {}


def test_a_host_with_another_name_keeps_what_is_on_it(regions, tmp_path):
    host = regions.host("web-e1")
    counter = host.dir / "counter"
    text = template(host.root, {"A": "a"}) + (
        "  Job:\n    Type: SSH::Command\n    Properties:\n      Host: web-e1\n"
        f"      Create: echo made >>{counter}\n      Delete: echo gone >>{counter}\n")
    project = regions.project(
        tmp_path, stacks={"web": {"Template": "stacks/web.yaml", "Targets": ["east"]}},
        templates={"web": text})
    project.run("apply", "--yes").ok()
    hosts = project.manifest["Regions"]["east"]["Hosts"]
    hosts["renamed"] = hosts.pop("web-e1")
    project.save()
    project.put("stacks/web.yaml", text.replace("Host: web-e1", "Host: renamed"))
    plan = project.run("plan").ok()
    assert "2 to update" in plan.stdout and "replace" not in plan.stdout
    project.run("apply", "--yes").ok()
    assert contents(host.root) == {"a": "A"}
    assert counter.read_text() == "made\n"
    project.run("drift", "--exit-code").ok()
    assert "Nothing to do" in project.run("apply", "--yes").ok().stdout
    project.run("destroy", "--yes").ok()
    assert contents(host.root) == {}


def test_a_stack_that_left_the_manifest_can_still_be_named(regions, tmp_path):
    root = regions.host("web-e1").root
    entry = {"Template": "stacks/web.yaml", "Targets": ["east"]}
    project = regions.project(tmp_path, stacks={"kept": entry, "old": entry},
                              templates={"web": template(root, {"A": "a"})})
    project.run("apply", "kept", "old", "--yes").ok()
    del project.manifest["Stacks"]["old"]
    project.save()
    assert "old/east/A" in project.run("plan", "old").ok().stdout
    project.run("destroy", "old", "--yes").ok()
    assert project.recorded() == ["kept/east/A"]
    project.run("plan", "older").ok(1)


def test_files_with_long_names_alike_do_not_disturb_each_other(regions, tmp_path):
    root = regions.host("web-e1").root
    paths = {f"F{i}": "n" * 110 + str(i) for i in range(60)}
    text = template(root, paths).replace("Content: F", "Content: " + "x" * 30000 + "F")
    project = regions.project(
        tmp_path, stacks={"web": {"Template": "stacks/web.yaml", "Targets": ["east"]}},
        templates={"web": text})
    project.run("apply", "--yes").ok()
    assert sorted(contents(root)) == sorted(paths.values())


def test_a_resource_moves_to_another_stack(regions, tmp_path):
    root = regions.host("web-e1").root
    both = {stack: {"Template": f"stacks/{stack}.yaml", "Targets": ["east"]}
            for stack in ("one", "two")}
    parts = {"one": template(root, {"A": "a", "B": "b"}), "two": template(root, {"C": "c"})}
    project = regions.project(tmp_path, stacks=both, templates=parts)
    for moves in ({"one": {"B": "b"}, "two": {"A": "a", "C": "c"}},
                  {"one": {"A": "a", "B": "b"}, "two": {"C": "c"}}):
        project.run("apply", "--yes").ok()
        for stack, paths in moves.items():
            project.put(f"stacks/{stack}.yaml", template(root, paths))
    both["one"]["DependsOn"] = ["two"]
    project.save()
    project.run("apply", "--yes").ok()
    assert contents(root) == {"a": "A", "b": "B", "c": "C"}
    project.run("drift", "--exit-code").ok()


def test_two_resources_of_one_path_are_refused(regions, tmp_path):
    root = regions.host("web-e1").root
    project = regions.project(tmp_path, templates={"web": template(root, {"A": "a", "B": "a"})},
                              stacks={"web": {"Template": "stacks/web.yaml", "Targets": ["east"]}})
    assert "HD2015" in project.run("validate").ok(1).stderr


def test_a_path_has_one_spelling(regions, tmp_path):
    root = regions.host("web-e1").root
    for path in ("x//a", "./a", "x/../a", "a/", "a/."):
        project = regions.project(
            tmp_path, templates={"web": template(root, {"A": path})},
            stacks={"web": {"Template": "stacks/web.yaml", "Targets": ["east"]}})
        assert "HD5106" in project.run("validate").ok(1).stderr, path
