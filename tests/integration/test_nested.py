"""Nested stacks on real hosts: made, changed, renamed, retained, killed half-way, destroyed."""

import pytest

from lab import Gate, get_att, ref, ssh_command, ssh_file, sub, template

STACK = "AWS::CloudFormation::Stack"


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    return lab.start().host("web-e1")


def stack(url, attributes=None, **parameters):
    properties = {"TemplateURL": url}
    if parameters:
        properties["Parameters"] = parameters
    return {"Type": STACK, **(attributes or {}), "Properties": properties}


def box(host, path=None, **sections):
    """A template that writes its parameter Word into a file and gives the size of it."""
    page = ssh_file(host, path or sub(f"{host.root}/${{AWS::StackName}}"), sub("${Word}\n"))
    return template({"Page": page}, Parameters={"Word": {"Type": "String"}},
                    Outputs={"Path": {"Value": ref("Page")},
                             "Size": {"Value": get_att("Page", "Size")}}, **sections)


def write(lab, folder, web, **files):
    project = lab.project(folder, templates={"web": web})
    for name, content in files.items():
        project.put(f"stacks/{name}.yaml", content)
    return project


def text(host, name):
    return (host.root / name).read_text()


def test_values_go_in_and_come_out(lab, host, tmp_path):
    first = ssh_command(host, "echo made-$((40 + 2))")
    last = ssh_file(host, host.root / "last", sub("${Net.Outputs.Path} ${Net.Outputs.Size}\n"))
    project = write(lab, tmp_path / "project", template(
        {"First": first, "Net": stack("./box.yaml", Word=get_att("First", "Output")),
         "Last": last}), box=box(host))
    project.run("apply", "--yes").ok()
    assert text(host, "web-Net").startswith("made-42")
    assert text(host, "last") == f"{host.root}/web-Net {len(text(host, 'web-Net'))}\n"
    assert project.recorded() == ["web/east/First", "web/east/Last", "web/east/Net.Page"]
    assert "web/east/Net.Page" in project.run("state", "list").ok().stdout
    project.run("state", "show", "web/east/Net.Page").ok().out("web-Net")
    for command in ("show", "rm"):
        project.run("state", command, "web/east/Net").ok(1).err(
            "HD9003", "it is a nested stack: hadeploy state list 'web/east/Net.*'")
    assert project.run("state", "list", "web/east/Net.*").ok().stdout == "web/east/Net.Page\n"
    project.run("state", "list", "web/east").ok().err(
        "warning HD9003: no recorded address matches 'web/east'", "write 'web/east/*'")
    project.run("plan", "--exit-code").ok()
    (host.root / "web-Net").write_text("drifted\n")
    project.run("drift", "--exit-code").ok(2).out("web/east/Net.Page")
    project.run("apply", "--yes", "--refresh").ok()
    assert text(host, "web-Net").startswith("made-42")
    project.run("destroy", "--yes").ok()
    assert project.recorded() == [] and not list(host.root.iterdir())


def test_changes_inside_are_changes(lab, host, tmp_path):
    web = template({"Net": stack("parts/box.yaml", Word="one")})
    project = write(lab, tmp_path / "project", web, **{"parts/box": box(host)})
    project.run("apply", "--yes").ok()
    project.put("stacks/web.yaml", template({"Net": stack("parts/box.yaml", Word="two")}))
    assert "1 to update" in project.run("plan").ok().stdout
    project.run("apply", "--yes").ok()
    assert text(host, "web-Net") == "two\n"
    # The file's name is nothing that counts.
    (project.dir / "stacks/parts/box.yaml").rename(project.dir / "stacks/moved.yaml")
    project.run("plan").ok(1).err("HD1001", "parts/box.yaml")
    project.put("stacks/web.yaml", template({"Net": stack("./moved.yaml", Word="two")}))
    project.run("plan", "--exit-code").ok()
    # Another id of the stack is another stack.
    project.put("stacks/web.yaml", template({"Nets": stack("./moved.yaml", Word="two")}))
    project.run("apply", "--yes").ok()
    assert project.recorded() == ["web/east/Nets.Page"]
    assert sorted(path.name for path in host.root.iterdir()) == ["web-Nets"]


def test_all_inside_waits_and_is_waited_for(lab, host, tmp_path):
    journal = host.root / "journal"

    def job(name, **attributes):
        return ssh_command(host, f"echo +{name} >>'{journal}'",
                           Delete=f"echo -{name} >>'{journal}'", attributes=attributes)

    project = write(lab, tmp_path / "project", template({
        "After": job("after", DependsOn="Net"), "Before": job("before"),
        "Net": stack("net.yaml", {"DependsOn": "Before"})}),
        net=template({"A": job("a"), "In": stack("in.yaml", {"DependsOn": "A"})}),
        **{"in": template({"B": job("b")})})
    project.run("apply", "--yes").ok()
    assert journal.read_text().split() == ["+before", "+a", "+b", "+after"]
    project.run("destroy", "--yes").ok()
    assert journal.read_text().split()[4:] == ["-after", "-b", "-a", "-before"]


def test_a_stack_that_leaves_takes_its_inside_along(lab, host, tmp_path):
    kept = stack("box.yaml", {"DeletionPolicy": "Retain"}, Word="kept")
    other = ssh_file(host, host.root / "other", "x")
    project = write(lab, tmp_path / "project", template({
        "Kept": kept, "Gone": stack("box.yaml", Word="gone"), "Other": other}), box=box(host))
    project.run("apply", "--yes").ok()
    project.put("stacks/web.yaml", template({"Other": other}))
    project.run("apply", "--yes").ok()
    assert project.recorded() == ["web/east/Other"]
    assert sorted(path.name for path in host.root.iterdir()) == ["other", "web-Kept"]


def test_a_killed_apply_is_taken_up(lab, host, tmp_path):
    gate = Gate(host)
    project = write(lab, tmp_path / "project", template({
        "Net": stack("net.yaml"), "Last": ssh_file(
            host, host.root / "last", sub("${Net.Outputs.Done}"))}),
        net=template({"Slow": gate.command(),
                      "Page": ssh_file(host, host.root / "page", "x\n",
                                       attributes={"DependsOn": "Slow"})},
                     Outputs={"Done": {"Value": get_att("Page", "Size")}}))
    running = project.start("apply", "--yes")
    gate.reached()
    running.kill()
    running.wait()
    gate.open()
    project.run("apply", "--yes").ok()
    assert gate.count() == 1
    assert text(host, "last") == "2"
    project.run("plan", "--exit-code").ok()
