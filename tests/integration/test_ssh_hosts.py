"""Hosts, keys and users that are not as usual."""

import getpass
import os
import re
import subprocess

import pytest

from lab import Lab, everywhere, ssh_command, ssh_file, sub, template, wait_until
from lab.keys import make_key, public_key
from lab.run import clean_env

OTHER_USER = "hadeploy-guest"


@pytest.fixture
def host(lab):
    return lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])


def one_page(host, folder, **options):
    page = ssh_file(host, host.root / "page", "hello\n")
    return host.lab.project(folder, templates={"web": template({"Page": page})}, **options)


def deployed(host, folder, env=None, **options):
    """Applies a page and a command."""
    project = host.lab.project(folder, templates={"web": template({
        "Page": ssh_file(host, host.root / "page", "hello\n"),
        "Job": ssh_command(host, f"echo done >'{host.root}/job'", Delete="true")})}, **options)
    result = project.run("apply", "--yes", env=env).ok()
    assert (host.root / "page").read_text() == "hello\n"
    assert (host.root / "job").read_text() == "done\n"
    return result


def test_a_host_with_talkative_start_up_files(host, tmp_path):
    host.lab.start()
    for name in (".bashrc", ".profile", ".bash_profile"):
        (host.home / name).write_text("echo Welcome; echo Mind the step >&2\n")
    deployed(host, tmp_path / "project")


def test_a_host_that_allows_one_session_at_a_time(host, tmp_path):
    host.lab.extra_config.append("MaxSessions 1")
    host.lab.start()
    many = {f"F{i}": ssh_file(host, host.root / f"f{i}", f"{i}\n") for i in range(20)}
    many["Job"] = ssh_command(host, "sleep 0.5", Delete="true")
    project = host.lab.project(tmp_path / "project", templates={"web": template(many)})
    project.run("apply", "--yes").ok()
    assert len(list(host.root.iterdir())) == 20


def test_a_host_that_forces_another_command(host, tmp_path):
    host.lab.extra_config.append("ForceCommand echo This account is for backups only")
    host.lab.start()
    result = one_page(host, tmp_path / "project").run("apply", "--yes").ok(1)
    result.err("HD5017", "This account is for backups only")


def test_a_server_that_is_no_ssh_server(host, tmp_path):
    host.lab.start()
    host.stop()
    server = subprocess.Popen(["busybox", "httpd", "-f", "-p", f"{host.address}:{host.port}"],
                              cwd=tmp_path)
    try:
        project = one_page(host, tmp_path / "project", provider={"ConnectTimeout": "1s"})
        result = project.run("apply", "--yes").ok(1)
        assert re.search(r"HD50(01|05|13)", result.stderr), result
    finally:
        server.kill()
        server.wait()


def test_an_address_that_no_resolver_knows(host, tmp_path):
    host.lab.start()
    project = one_page(host, tmp_path / "project")
    project.manifest["Regions"]["east"]["Hosts"]["web-e1"]["Address"] = "no-such-host.invalid"
    project.save()
    project.run("apply", "--yes").ok(1).err("HD5003", "no-such-host.invalid")


def test_a_key_from_the_agent(host, tmp_path):
    host.lab.start()
    socket = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    env = {"SSH_AUTH_SOCK": str(socket)}
    try:
        wait_until(socket.exists, 10, "the agent's socket")
        subprocess.run(["ssh-add", "-q", host.lab.user_key], env={**os.environ, **env}, check=True)
        deployed(host, tmp_path / "project", env,
                 provider={"IdentityFile": None, "IdentityAgent": "yes"})
    finally:
        agent.kill()
        agent.wait()


def test_an_rsa_key_works_or_is_explained(host, tmp_path):
    """libssh2 learned to sign with RSA and SHA-2 in 1.11."""
    host.lab.start()
    key = make_key(tmp_path / "id_rsa", "rsa")
    host.lab.authorized_keys.write_text(public_key(key) + "\n")
    result = one_page(host, tmp_path / "project", provider={"IdentityFile": str(key)}) \
        .run("apply", "--yes")
    if result.returncode != 0:
        result.ok(1).err("HD5012", "ssh-keygen -t ed25519", "SHA-1")


def test_settings_of_one_host_go_before_those_of_all(host, tmp_path):
    host.lab.start()
    project = one_page(host, tmp_path / "project", provider={"User": "nobody-here"})
    project.run("apply", "--yes").ok(1).err("HD5009", "nobody-here")
    project.manifest["Regions"]["east"]["Hosts"]["web-e1"]["User"] = host.lab.user
    project.save()
    project.run("apply", "--yes").ok()


def test_more_hosts_than_the_shell_lets_open_files(lab, tmp_path):
    lab.grid({"east": ["east-a"]}, per_zone=12).start()
    project = lab.project(tmp_path / "project", templates={"web": everywhere(
        lambda name: ssh_file(name, sub(f"{lab.dir}/hosts/${{Name}}/tree/page"), "x"))})
    done = subprocess.run(["bash", "-c", 'ulimit -S -n 16; exec "$HADEPLOY" apply --yes'],
                          cwd=project.dir, env=clean_env(project.dir), capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(project.recorded()) == 12


@pytest.fixture
def guest():
    """(host, user) of a host on which the user may write nowhere but in `mine`."""
    if os.geteuid() != 0:
        yield from _as_ourselves()
    else:
        yield from _as_somebody_else()


def _as_ourselves():
    with Lab() as lab:
        host = lab.add("web-e1", "east", "east-a", "127.10.1.11")
        lab.start()
        (host.root / "mine").mkdir()
        host.root.chmod(0o555)
        host.home.chmod(0o555)
        yield host, getpass.getuser()
        host.root.chmod(0o755)
        host.home.chmod(0o755)


def _as_somebody_else():
    subprocess.run(["useradd", "--system", "--shell", "/bin/sh", OTHER_USER], check=True)
    try:
        # Somebody else can read what is in this folder, which a test's own is too private for.
        with Lab(extra_config=["UsePAM yes"]) as lab:
            host = lab.add("web-e1", "east", "east-a", "127.10.1.11")
            lab.start()
            lab.dir.chmod(0o755)
            (host.root / "mine").mkdir()
            subprocess.run(["chown", OTHER_USER, host.root / "mine"], check=True)
            yield host, OTHER_USER
    finally:
        subprocess.run(["userdel", OTHER_USER], check=True)


def test_a_user_without_the_right(guest, tmp_path):
    host, user = guest
    project = host.lab.project(tmp_path / "project", provider={"User": user}, templates={
        "web": template({"Mine": ssh_file(host, host.root / "mine" / "page", "x"),
                         "Theirs": ssh_file(host, host.root / "page", "x")})})
    result = project.run("apply", "--yes", "--on-failure", "keep").ok(1)
    result.err("HD5104", "Permission denied", "web/east/Theirs", "Become: sudo")
    assert project.recorded() == ["web/east/Mine"]
    assert [path.name for path in host.root.iterdir()] == ["mine"], "nothing half-written"


def test_a_user_without_a_place_for_operations(guest, tmp_path):
    host, user = guest

    def project(**settings):
        return host.lab.project(
            tmp_path / "project", provider={"User": user, **settings}, templates={
                "web": template({"Job": ssh_command(host, "true", Delete="true")})})

    result = project().run("apply", "--yes").ok(1)
    result.err("HD5104", "Permission denied", "StateDir")
    project(StateDir=str(host.root / "mine" / "state")).run("apply", "--yes").ok()
