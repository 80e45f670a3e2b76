"""The JSON stream against its documentation, docs/json.md."""

import pytest

from lab import Gate, get_att, ssh_command, ssh_file, template
from lab.documented import stream_members


@pytest.fixture(scope="module")
def members():
    """{type: members}, as documented."""
    return stream_members()


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


@pytest.fixture
def project(host, tmp_path):
    resources = {"Page": ssh_file(host, host.root / "page", "hello\n"),
                 "Job": ssh_command(host, "echo Url=x >>$HADEPLOY_OUTPUT", Delete="true")}
    return host.lab.project(tmp_path / "project", provider={"ConnectTimeout": "1s"}, templates={
        "web": template(resources, Outputs={"Url": {"Value": get_att("Job", "Url"),
                                                    "Description": "for a test"}})})


def stream(project, code, *args):
    """The objects that a command prints, after looking at what all streams have in common."""
    result = project.run(*args, "--json").ok(code)
    assert result.stderr == "", "all goes to standard output"
    lines = project.parse(result.stdout)
    assert all(line["schema"] == 1 for line in lines)
    assert (lines[-1]["type"], lines[-1]["exit_code"]) == ("end", code)
    assert [line["type"] for line in lines].count("end") == 1
    assert all(list(line) == sorted(line) for line in lines), "keys are sorted"
    return lines


def fits(lines, members):
    for line in lines:
        assert line["type"] in members, f"undocumented type: {line}"
        assert set(line) <= members[line["type"]], f"undocumented members: {line}"
    return {line["type"] for line in lines}


def test_everything_that_goes_well_is_documented(project, members):
    seen = set()
    for code, args in ((0, ["validate"]), (0, ["plan"]), (2, ["plan", "--exit-code"]),
                       (0, ["apply", "--yes"]), (0, ["apply", "--yes", "--refresh"]),
                       (0, ["status"]), (0, ["outputs"]), (0, ["state", "list"]),
                       (0, ["state", "check"]), (0, ["drift"]),
                       (0, ["state", "rm", "web/east/Page", "--yes"]), (0, ["destroy", "--yes"])):
        seen |= fits(stream(project, code, *args), members)
    assert {"plan", "change", "output_change", "result", "validation", "status", "output",
            "record", "done", "refreshed", "started", "waiting", "succeeded", "finished"} <= seen


def test_everything_that_goes_wrong_is_documented(project, host, members):
    host.stop()
    refused = stream(project, 1, "apply", "--yes")
    host.start()
    host.freeze()
    silent = stream(project, 1, "apply", "--yes")
    host.thaw()
    assert {"retry", "failed", "diagnostic"} <= fits(refused, members)
    assert "breaker_open" in fits(silent, members)


def test_retries_are_counted_from_the_second_attempt(project, host):
    project.put("stacks/web.yaml", template({"Page": ssh_file(host, host.root / "page", "x")}))
    host.stop()
    lines = stream(project, 1, "apply", "--yes")
    attempts = [line["attempt"] for line in lines if line["type"] == "retry"]
    assert attempts and attempts == list(range(2, len(attempts) + 2))


def test_waiting_and_stopping_are_documented(project, host, members):
    gate = Gate(host)
    project.put("stacks/web.yaml", template({"Long": gate.command()}))
    first = project.start("apply", "--yes", "--json")
    gate.reached()
    second = project.start("apply", "--yes", "--json", "--lock-timeout", "60s")
    waits = read_to(second, "lock_wait")
    second.terminate()
    waits += rest(second)
    first.terminate()
    stopping = read_to(first, "cancelling")
    gate.open()
    stopping += rest(first)
    assert {"lock_wait", "end"} <= fits(project.parse(waits), members)
    assert {"waiting", "cancelling", "succeeded", "end"} <= fits(project.parse(stopping), members)


def read_to(proc, kind):
    """The stream up to the first object of this type."""
    text = ""
    for line in proc.stdout:
        text += line
        if f'"type":"{kind}"' in line:
            return text
    raise AssertionError(f"no {kind} in the stream\n{text}")


def rest(proc):
    """What follows; communicate() would pass over what is read already."""
    text = proc.stdout.read()
    proc.communicate(timeout=30)
    return text


def test_errors_are_in_the_stream_with_their_place(project):
    text = (project.dir / "stacks" / "web.yaml").read_text().replace("Content", "Contents")
    project.put("stacks/web.yaml", text)
    lines = stream(project, 1, "plan")
    error = next(line for line in lines if line["type"] == "diagnostic")
    number = next(i for i, line in enumerate(text.splitlines(), 1) if "Contents" in line)
    assert (error["severity"], error["code"]) == ("error", "HD2004")
    assert (error["file"], error["line"], error["column"]) == ("stacks/web.yaml", number, 7)
    assert "Content" in error["hint"]


def test_a_command_that_finds_nothing_still_ends_its_stream(project):
    lines = stream(project, 1, "plan", "nosuch")
    assert [line["type"] for line in lines] == ["diagnostic", "end"]
