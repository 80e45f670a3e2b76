"""Environment of SSH::Command: the names are the user's, and none of them is ours."""

import os

import pytest

from lab import ssh_command, template

# What the shells around a script use themselves, and what shells treat specially.
NAMES = ["b", "c", "d", "k", "l", "n", "o", "r", "s", "t", "v", "w", "x", "PATH", "ENV",
         "HOME", "PS4", "LC_ALL", "TERM", "SHELL", "HADEPLOY_X"]


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


def test_no_name_is_taken_for_one_of_ours(host, tmp_path):
    """`d` used to be the operation's directory: its neighbours were deleted."""
    folder = host.root / "mine"
    victim = host.root / "victim"
    for path in (folder, victim):
        path.mkdir()
        (path / "script").write_text("exit 1\n")
        os.utime(path, (0, 0))
    script = "\n".join(f"printf '%s=%s\\n' {n} \"${n}\" >>'{host.root}/WHERE'" for n in NAMES)
    command = ssh_command(
        host, script.replace("WHERE", "create"), Environment={n: str(folder) for n in NAMES},
        Read=script.replace("WHERE", "read"), Delete=script.replace("WHERE", "delete"))
    project = host.lab.project(tmp_path / "project",
                               templates={"web": template({"Job": command})})
    project.run("apply", "--yes").ok()
    project.run("drift", "--exit-code").ok()
    project.run("destroy", "--yes").ok()
    wanted = [f"{name}={folder}" for name in NAMES]
    for verb in ("create", "read", "delete"):
        assert (host.root / verb).read_text().splitlines() == wanted, verb
    for path in (folder, victim):
        assert [p.name for p in path.iterdir()] == ["script"]
        assert (path / "script").read_text() == "exit 1\n"


def test_scripts_have_no_arguments_and_do_not_see_what_carried_them(host, tmp_path):
    count = "env | grep -c -e HADEPLOY_READ -e HADEPLOY_ENVIRONMENT"
    script = f"{{ echo $#; {count}; }} >>'{host.root}/seen'; true"
    command = ssh_command(host, script, Read=script)
    project = host.lab.project(tmp_path / "project",
                               templates={"web": template({"Job": command})})
    project.run("apply", "--yes").ok()
    project.run("drift").ok()
    assert (host.root / "seen").read_text().split() == ["0"] * 4
