"""SSH::Command on a real host: its four scripts, what they get and what they give."""

import os

import pytest

from lab import get_att, ref, ssh_command, ssh_file, sub, template, wait_until


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


@pytest.fixture
def deploy(host, tmp_path):
    """deploy(A={...}) applies these resources and returns the project."""
    def apply(code=0, outputs=None, **resources):
        sections = {"Outputs": outputs} if outputs else {}
        project = host.lab.project(tmp_path / "project",
                                   templates={"web": template(resources, **sections)})
        project.said = project.run("apply", "--yes", "--on-failure", "keep").ok(code)
        return project

    return apply


def notes(host, word):
    """A script that writes a word into the host's journal."""
    return f"echo {word} >>'{host.root}/journal'\n"


def journal(host):
    path = host.root / "journal"
    return path.read_text().split() if path.exists() else []


def test_each_script_runs_when_it_is_its_turn(deploy, host):
    def all_four(trigger):
        return ssh_command(host, notes(host, "create"), Read=notes(host, "read"),
                           Update=notes(host, "update"), Delete=notes(host, "delete"),
                           Triggers={"Version": trigger})

    deploy(App=all_four(1))
    assert [word for word in journal(host) if word != "read"] == ["create"]
    project = deploy(App=all_four(1))
    assert "update" not in journal(host)
    project.run("apply", "--yes", "--refresh").ok()
    assert journal(host)[-1] == "read"
    project = deploy(App=all_four(2))
    assert [word for word in journal(host) if word != "read"] == ["create", "update"]
    project.run("destroy", "--yes").ok()
    assert [word for word in journal(host) if word != "read"] == ["create", "update", "delete"]


def test_without_update_a_trigger_creates_anew(deploy, host):
    for version in (1, 2):
        deploy(App=ssh_command(host, notes(host, "create"), Delete=notes(host, "delete"),
                               Triggers={"Version": version}))
    assert journal(host) in (["create", "delete", "create"], ["create", "create"])


def test_an_edited_script_alone_is_shown_in_the_plan(deploy, host):
    deploy(App=ssh_command(host, notes(host, "one"), Update=notes(host, "update")))
    project = host.lab.project(host.lab.dir.parent / "project", templates={
        "web": template({"App": ssh_command(host, notes(host, "two"),
                                            Update=notes(host, "update"))})})
    planned = project.run("plan", "--exit-code")
    assert "two" in planned.stdout and planned.returncode == 2


def test_a_read_that_fails_means_that_it_is_gone(deploy, host):
    flag = host.root / "flag"
    app = ssh_command(host, f"touch '{flag}'\n" + notes(host, "create"), Read=f"test -e '{flag}'",
                      Delete=f"rm -f '{flag}'")
    project = deploy(App=app)
    project.run("drift", "--exit-code").ok()
    flag.unlink()
    assert "web/east/App" in project.run("drift", "--exit-code").ok(2).stdout
    project.run("apply", "--yes", "--refresh").ok()
    assert flag.exists() and journal(host) == ["create", "create"]


def test_what_it_writes_to_its_output_becomes_attributes(deploy, host):
    create = 'printf "Url=http://x/?a=b\\nEmpty=\\nText=grüße und mehr\\n" >>"$HADEPLOY_OUTPUT"'
    project = deploy(
        outputs={"Url": {"Value": get_att("App", "Url")}},
        App=ssh_command(host, create, Delete="true"),
        Page=ssh_file(host, host.root / "page", sub("${App.Url} ${App.Text} <${App.Empty}>")))
    assert (host.root / "page").read_text() == "http://x/?a=b grüße und mehr <>"
    assert "http://x/?a=b" in project.run("outputs").ok().stdout


def test_an_attribute_that_never_came(deploy, host):
    project = deploy(1, App=ssh_command(host, "true", Delete="true"),
                     Page=ssh_file(host, host.root / "page", get_att("App", "Nothing")))
    project.said.err("HD2202", "web/east/Page",
                     "'App' is there, and handed over no attribute 'Nothing'.")
    assert not (host.root / "page").exists()


def test_the_environment_arrives_unchanged(deploy, host):
    values = {"PLAIN": "x", "QUOTES": "it's \"quoted\" $HOME `id` \\", "LINES": "a\nb\n",
              "EMPTY": "", "UNICODE": "世界 🚀"}
    create = "".join(f"printf %s \"${name}\" >'{host.root}/{name}'\n" for name in values)
    deploy(App=ssh_command(host, create, Environment=values, Delete="true"))
    for name, value in values.items():
        assert (host.root / name).read_text() == value


def test_it_knows_where_it_runs(deploy, host):
    names = ("HADEPLOY_ADDRESS", "HADEPLOY_HOST", "HADEPLOY_REGION", "HADEPLOY_OPERATION",
             "HADEPLOY_RESOURCE")
    create = "".join(f"echo \"${name}\" >>'{host.root}/where'\n" for name in names)
    deploy(App=ssh_command(host, create, Delete="true"))
    assert (host.root / "where").read_text().split() \
        == [host.address, host.name, "east", "create", "web/east/App"]


def test_a_failure_shows_the_last_lines_and_the_status(deploy, host):
    create = "for i in $(seq 1 500); do echo line $i; done; echo to stderr >&2; exit 7"
    project = deploy(1, App=ssh_command(host, create, Delete="true"),
                     Page=ssh_file(host, host.root / "page", "x", attributes={"DependsOn": "App"}),
                     Other=ssh_file(host, host.root / "other", "x"))
    said = project.said.stderr
    assert "line 500" in said and "to stderr" in said and "line 1\n" not in said
    assert "7" in said and "web/east/App" in said
    assert not (host.root / "page").exists() and (host.root / "other").exists()
    deploy(App=ssh_command(host, "true", Delete="true"))


def test_a_failed_creation_runs_again_when_it_was_mended(deploy, host):
    broken = ssh_command(host, notes(host, "broken") + "exit 1", Delete=notes(host, "delete"))
    deploy(1, App=broken)
    mended = ssh_command(host, notes(host, "create"), Delete=notes(host, "delete"))
    project = deploy(App=mended)
    assert journal(host)[0] == "broken" and journal(host)[-1] == "create"
    assert project.recorded() == ["web/east/App"]
    project.run("plan", "--exit-code").ok()


def test_a_failed_update_is_tried_again(deploy, host):
    def app(version, update):
        return ssh_command(host, notes(host, "create"), Update=notes(host, version) + update,
                           Delete="true", Triggers={"Version": version})

    deploy(App=app("v1", "true"))
    deploy(1, App=app("v2", "exit 1"))
    deploy(App=app("v2", "true"))
    assert journal(host) == ["create", "v2", "v2"]


def test_a_failed_deletion_keeps_the_record(deploy, host):
    flag = host.root / "may-go"
    project = deploy(App=ssh_command(host, "true", Delete=f"test -e '{flag}'"))
    result = project.run("destroy", "--yes").ok(1)
    result.err("web/east/App")
    assert project.recorded() == ["web/east/App"]
    flag.touch()
    project.run("destroy", "--yes").ok()
    assert project.recorded() == []


def test_a_script_that_exceeds_its_time(deploy, host):
    create = f"echo started; touch '{host.root}/started'; sleep 4711; true"
    project = deploy(1, App=ssh_command(host, create, Timeout=2, Delete="true"))
    assert (host.root / "started").exists()
    project.said.err("HD5108", "the create script took too long", "started", "Timeout")
    assert host.ssh("pgrep -fx 'sleep 4711'").stdout == "", "what it had started has ended"


def test_a_script_ended_by_a_signal(deploy, host):
    project = deploy(1, App=ssh_command(host, "echo before; kill -9 $$", Delete="true"))
    project.said.err("HD5107", "before", "137")


def test_what_a_script_writes_cannot_harm_the_terminal(deploy, host):
    project = deploy(1, App=ssh_command(
        host, "printf 'red \\033[31m bell \\007 bytes \\377\\n'; exit 1", Delete="true"))
    project.said.err(r"red \x1b[31m bell \x07 bytes ?")
    assert "\x1b" not in project.said.stderr and "\x07" not in project.said.stderr


def test_much_output_is_bounded(deploy, host):
    project = deploy(1, App=ssh_command(
        host, "head -c 20000000 /dev/zero | tr '\\0' x; echo; echo the end; exit 1", Delete="true"))
    assert "the end" in project.said.stderr and len(project.said.stderr) < 100000


def test_a_script_has_its_own_lines_and_quotes(deploy, host):
    create = ("cat >\"$TARGET\" <<'EOF'\n$HOME 'single' \"double\" `id` \\\n\ttab\nEOF\n"
              "if true; then\n  echo \"it's done\" >>\"$TARGET\"\nfi\n")
    target = host.root / "out"
    deploy(App=ssh_command(host, create, Environment={"TARGET": str(target)}, Delete="true"))
    assert target.read_text() == "$HOME 'single' \"double\" `id` \\\n\ttab\nit's done\n"


def test_what_an_operation_leaves_on_the_host_is_private(deploy, host):
    """Its folder is kept for a week, so that a client that comes back finds how it ended."""
    deploy(App=ssh_command(host, "echo hello", Delete="true"))
    folder, = (host.home / ".hadeploy" / "op").iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not (folder / "script").exists()
    assert (folder / "out").read_text() == "hello\n"


def test_old_folders_of_operations_go(deploy, host):
    deploy(A=ssh_command(host, "true", Delete="true"))
    old, = (host.home / ".hadeploy" / "op").iterdir()
    os.utime(old, (1, 1))
    deploy(A=ssh_command(host, "true", Delete="true"), B=ssh_command(host, "true", Delete="true"))
    wait_until(lambda: not old.exists(), 10, "end of the old folder")


def test_a_script_whose_host_was_restarted(deploy, host):
    """Nobody knows how it ended; that is said, and the next run makes it anew."""
    started = host.root / "started"
    project = host.lab.project(host.lab.dir.parent / "project", templates={"web": template({
        "App": ssh_command(host, f"echo run >>'{started}'; sleep 300", Delete="true")})})
    proc = project.start("apply", "--yes")
    wait_until(started.exists, 30, "start of the script")
    host.kill()
    host.start()
    out, err = proc.communicate(timeout=100)
    assert proc.returncode == 1 and "HD5109" in err, out + err
    assert "how the create script ended is not known" in err
    deploy(App=ssh_command(host, f"echo again >>'{started}'", Delete="true"))
    assert started.read_text() == "run\nagain\n"


def test_a_script_whose_watcher_was_killed_while_nobody_looked(deploy, host):
    started = host.root / "started"
    project = host.lab.project(host.lab.dir.parent / "project", templates={"web": template({
        "App": ssh_command(host, f"echo run >>'{started}'; sleep 300", Delete="true")})})
    proc = project.start("apply", "--yes")
    wait_until(started.exists, 30, "start of the script")
    proc.kill()
    proc.communicate()
    host.kill()
    host.start()
    said = project.run("plan")
    assert "not known" in said.stderr, said
    deploy(App=ssh_command(host, f"echo again >>'{started}'", Delete="true"))
    assert started.read_text() == "run\nagain\n"


def test_many_commands_of_one_host_share_its_connection(deploy, host):
    before = host.logins()
    deploy(**{f"C{i}": ssh_command(host, notes(host, f"c{i}"), Delete="true") for i in range(30)})
    assert sorted(journal(host)) == sorted(f"c{i}" for i in range(30))
    assert host.logins() == before + 1


def test_a_reference_gives_an_id(deploy, host):
    project = deploy(outputs={"Id": {"Value": ref("App")}},
                     App=ssh_command(host, "true", Delete="true"))
    assert project.run("outputs").ok().stdout.strip()
