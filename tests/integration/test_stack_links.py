"""Stacks that take exports and outputs of others, over two regions of real hosts."""

import json

import pytest

from lab import ssh_file, sub, template

HOSTS = (("web-e1", "east", "east-a", "127.10.1.11"), ("web-w1", "west", "west-a", "127.20.1.11"))


@pytest.fixture
def hosts(lab):
    for name, region, zone, address in HOSTS:
        lab.add(name, region, zone, address, roles=["web"])
    lab.start()
    return lab


FIRST = {"Fn::Select": [0, {"Fn::Hosts": {"Roles": ["web"]}}]}


def file(hosts, name, content):
    return ssh_file(FIRST, {"Fn::Sub": [f"{hosts.dir}/hosts/${{Host}}/tree/{name}",
                                        {"Host": FIRST}]}, content)


def net(hosts, text="net.example", **outputs):
    """One file per region, and an export."""
    return template(
        {"Net": file(hosts, "net", text)},
        Outputs={"Url": {"Value": sub("http://" + text + "/${AWS::Region}"),
                         "Export": {"Name": sub("${AWS::Region}-url")}}, **outputs})


IMPORT = {"Fn::ImportValue": sub("${AWS::Region}-url")}
FROM_EAST = {"Fn::GetStackOutput": {"StackName": "net", "OutputName": "Url", "Region": "east"}}


def app(hosts, content=None):
    return template({"App": file(hosts, "app",
                                 content or {"Fn::Join": [" ", [IMPORT, FROM_EAST]]})})


@pytest.fixture
def project(hosts, tmp_path):
    stacks = {name: {"Template": f"stacks/{name}.yaml", "Targets": ["east", "west"]}
              for name in ("app", "net")}
    return hosts.project(tmp_path / "project", stacks=stacks,
                         templates={"app": app(hosts), "net": net(hosts)})


def content(hosts, host, name="app"):
    return (hosts.host(host).root / name).read_text()


def ends(project, *args):
    """Addresses in the order in which their changes ended."""
    lines = project.parse(project.run(*args, "--yes", "--json").ok().stdout)
    return [line["address"] for line in lines if line["type"] == "succeeded"]


def test_values_flow_from_stack_to_stack_and_region_to_region(project, hosts):
    project.run("validate").ok()
    assert "-> \"net/east/Net\" [ltail=cluster_1, lhead=cluster_2" in project.run(
        "graph").ok().stdout, "app/west takes an output of net/east"
    order = ends(project, "apply")
    east = "http://net.example/east"
    assert content(hosts, "web-e1") == f"{east} {east}"
    assert content(hosts, "web-w1") == f"http://net.example/west {east}"
    assert order.index("net/east/Net") < min(
        order.index("app/east/App"), order.index("app/west/App"))
    assert not project.run("plan", "--exit-code").ok().stdout.count("update")

    project.put("stacks/net.yaml", net(hosts, "other.example"))
    planned = project.run("plan").ok().stdout
    assert "http://other.example/west http://other.example/east" in planned
    ends(project, "apply")
    assert content(hosts, "web-w1") == "http://other.example/west http://other.example/east"
    assert "url" in json.dumps(project.parse(project.run("outputs", "--json").ok().stdout)).lower()

    order = ends(project, "destroy")
    assert max(order.index("app/east/App"), order.index("app/west/App")) < order.index(
        "net/east/Net")


def test_a_stack_alone_takes_what_is_recorded(project, hosts):
    result = project.run("plan", "app", "--region", "east").ok(1)
    result.err("HD2016").err("no stack exports 'east-url'")
    result.err("stack 'net' is not deployed in region 'east'").err("hadeploy apply net")
    project.run("apply", "net", "--yes").ok()
    project.run("apply", "app", "--yes").ok()
    assert content(hosts, "web-w1") == "http://net.example/west http://net.example/east"


def test_what_is_in_use_stays(project, hosts):
    project.run("apply", "--yes").ok()
    refused = project.run("destroy", "net", "--yes").ok(1).err("HD1329")
    refused.err("'net/east' is in use by 'app/east'", "export 'east-url', output 'Url'")
    assert refused.stderr.count("HD1329") == 3, "once for each pair"
    without = net(hosts)
    del without["Outputs"]
    project.put("stacks/net.yaml", without)
    project.run("plan", "net").ok(1).err("HD1329")
    project.run("plan").ok(1).err("HD2016").err("HD2018")
    project.put("stacks/app.yaml", app(hosts, "alone"))
    project.run("apply", "--yes").ok()
    assert content(hosts, "web-w1") == "alone"
    project.run("destroy", "net", "--yes").ok()


def test_what_is_in_use_may_change_alone(project, hosts):
    project.run("apply", "--yes").ok()
    project.run("plan", "net", "--exit-code").ok()
    project.put("stacks/net.yaml", net(hosts, "other.example"))
    project.run("apply", "net", "--yes").ok()
    project.run("plan", "app").ok().out("http://other.example/west")
    project.run("apply", "app", "--yes", "--region", "west").ok()
    assert content(hosts, "web-w1") == "http://other.example/west http://other.example/east"


def test_an_update_that_changes_nothing_is_told_so(project, hosts):
    step = {"Type": "SSH::Command", "Properties": {
        "Host": FIRST, "Create": "echo same", "Triggers": {"Run": "1"}}}

    def write(run):
        step["Properties"]["Triggers"]["Run"] = run
        project.put("stacks/net.yaml", template(
            {"Step": step}, Outputs={"Url": {"Value": {"Fn::GetAtt": ["Step", "Output"]}}}))

    write("1")
    project.put("stacks/app.yaml", app(hosts, FROM_EAST))
    project.run("apply", "--yes").ok()
    write("2")
    result = project.run("apply", "--yes", "--region", "east").ok()
    result.err("app/east/App: is as it should be", "0 updated, 1 replaced")
    assert project.run("plan", "app", "--exit-code").ok()


def test_what_left_the_manifest_goes_behind_what_used_it(project, hosts):
    project.run("apply", "--yes").ok()
    del project.manifest["Stacks"]["net"]
    project.save()
    project.run("plan").ok(1).err("HD2018")
    order = ends(project, "destroy")
    assert max(order.index(f"app/{region}/App") for region in ("east", "west")) < order.index(
        "net/east/Net")


def test_secrets_pass_between_stacks_of_one_run(project, hosts):
    project.put("secret.txt", "corr3ct-h0rse-battery\n")
    project.put("stacks/net.yaml", net(hosts, Token={"Value": "<{{resolve:file:secret.txt}}>"}))
    project.put("stacks/app.yaml", app(hosts, {
        "Fn::Sub": ["{{resolve:env:PREFIX}}-${T}", {"T": {"Fn::GetStackOutput": {
            "StackName": "net", "OutputName": "Token"}}}]}))
    secret = {"PREFIX": "an0ther-secret-staple"}
    project.run("plan").ok(1).err("HD1122").err("'PREFIX' is not set")
    for args in (("plan",), ("plan", "--json"), ("apply", "--yes"), ("plan", "--exit-code"),
                 ("outputs", "--json"), ("state", "export")):
        result = project.run(*args, env=secret).ok()
        for value in ("corr3ct", "an0ther"):
            assert value not in result.stdout + result.stderr, args
    assert content(hosts, "web-e1") == "an0ther-secret-staple-<corr3ct-h0rse-battery>"
    for path in (project.dir / ".hadeploy").iterdir():
        assert b"corr3ct" not in path.read_bytes() and b"an0ther" not in path.read_bytes()
    project.run("plan", "app", env=secret).ok(1).err("HD2018").err("is a secret")


def test_circles_are_told_with_their_way(project, hosts):
    project.put("stacks/net.yaml", net(hosts, Back={"Value": {"Fn::GetStackOutput": {
        "StackName": "app", "OutputName": "Up"}}}))
    up = app(hosts)
    up["Outputs"] = {"Up": {"Value": IMPORT}}
    project.put("stacks/app.yaml", up)
    result = project.run("validate").ok(1).err("HD2019")
    result.err("app/east -> net/east (export 'east-url') -> app/east (output 'Up')")
