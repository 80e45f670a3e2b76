"""SSH::File on a real host: every property, every kind of content."""

import hashlib
import os
import shutil

import pytest

from lab import get_att, ref, ssh_file, sub, template, wait_until

BYTES = bytes(range(256)) * 4096  # one megabyte with every byte
LONG = "".join(f"line {i}\n" for i in range(20000))


@pytest.fixture(scope="module")
def module_lab(shared_regions):
    return shared_regions


@pytest.fixture
def host(module_lab):
    """A host with an empty folder."""
    it = module_lab.host("web-e1")
    shutil.rmtree(it.root)
    it.root.mkdir()
    return it


@pytest.fixture
def deploy(host, tmp_path):
    """deploy(A={...}) applies these resources and returns the project."""
    def apply(code=0, outputs=None, **resources):
        stacks = {"web": {"Template": "stacks/web.yaml", "Targets": ["east"]}}
        sections = {"Outputs": outputs} if outputs else {}
        project = host.lab.project(tmp_path / "project", stacks=stacks,
                                   templates={"web": template(resources, **sections)})
        project.said = project.run("apply", "--yes", "--on-failure", "keep").ok(code)
        return project

    return apply


def holds(path, content):
    """Whether a large file is this; nobody wants to read the difference."""
    return path.read_bytes() == content


def settled(project):
    """Neither the recorded state nor the world asks for a change."""
    project.run("plan", "--exit-code").ok()
    project.run("plan", "--refresh", "--exit-code").ok()


@pytest.mark.parametrize("content", [
    "", "\n", "no newline at the end", "two\nlines\n", "CRLF\r\nkept\r\n", "tab\tand trailing  \n",
    "grüße, 世界 🚀\n", "'quotes' \"double\" $HOME `id` \\n %s\n", "-n\n", "EOF\nHERE\n",
    "\x7f\x1b[31m\n", LONG,
], ids=range(12))
def test_content_arrives_byte_for_byte(deploy, host, content):
    settled(deploy(Page=ssh_file(host, host.root / "page", content)))
    assert (host.root / "page").read_bytes() == content.encode()


@pytest.mark.parametrize("name", ["with space", "qu'ote", 'dou"ble', "grüße", "$HOME", "-dash",
                                  "semi;colon", "back\\slash", "a" * 200])
def test_any_name_will_do(deploy, host, name):
    project = deploy(Page=ssh_file(host, host.root / name, "x\n"))
    assert (host.root / name).read_text() == "x\n"
    settled(project)
    project.run("destroy", "--yes").ok()
    assert list(host.root.iterdir()) == []


def test_a_source_may_hold_any_bytes(deploy, host, tmp_path):
    source = tmp_path / "project" / "files" / "blob"
    source.parent.mkdir(parents=True)
    source.write_bytes(BYTES)
    project = deploy(Blob=ssh_file(host, host.root / "blob", Source="files/blob"))
    assert holds(host.root / "blob", BYTES)
    settled(project)
    source.write_bytes(BYTES[::-1])
    project.run("plan", "--exit-code").ok(2)
    project.run("apply", "--yes").ok()
    assert holds(host.root / "blob", BYTES[::-1])


def test_a_source_that_is_not_there(deploy, host):
    project = deploy(1, Blob=ssh_file(host, host.root / "blob", Source="files/absent"))
    project.said.err("files/absent")


def test_content_and_source_exclude_each_other(deploy, host):
    project = deploy(1, Blob=ssh_file(host, host.root / "blob", "x", Source="files/y"))
    project.said.err("Content", "Source")


def test_mode_is_set_and_changed_in_place(deploy, host):
    page = host.root / "page"
    deploy(Page=ssh_file(host, page, "x"))
    assert page.stat().st_mode & 0o7777 == 0o644
    for mode in ("0600", "0755", "4711"):
        project = deploy(Page=ssh_file(host, page, "x", Mode=mode))
        assert page.stat().st_mode & 0o7777 == int(mode, 8)
        settled(project)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_owner_and_group(deploy, host):
    page = host.root / "page"
    project = deploy(Page=ssh_file(host, page, "x", Owner="daemon", Group="bin"))
    assert (page.owner(), page.group()) == ("daemon", "bin")
    settled(project)
    os.chown(page, 0, 0)
    drift = project.run("drift", "--exit-code").ok(2)
    drift.out("Owner", "Group")
    project.run("apply", "--yes", "--refresh").ok()
    assert (page.owner(), page.group()) == ("daemon", "bin")
    project = deploy(1, Page=ssh_file(host, page, "x", Owner="nobody-of-this-name"))
    project.said.err("nobody-of-this-name")
    assert page.read_text() == "x"


def test_attributes_are_there_for_others(deploy, host):
    project = deploy(
        outputs={"Path": {"Value": ref("Page")},
                 "Sum": {"Value": get_att("Page", "ContentSha256")}},
        Page=ssh_file(host, host.root / "page", "hello\n"),
        Sums=ssh_file(host, host.root / "sums", sub("${Page.ContentSha256}  ${Page}\n")))
    digest = hashlib.sha256(b"hello\n").hexdigest()
    assert (host.root / "sums").read_text() == f"{digest}  {host.root}/page\n"
    outputs = project.run("outputs").ok().stdout
    assert digest in outputs and str(host.root / "page") in outputs


def test_a_dependent_follows_a_change(deploy, host):
    for text in ("one\n", "two\n"):
        deploy(Page=ssh_file(host, host.root / "page", text),
               Sums=ssh_file(host, host.root / "sums", get_att("Page", "ContentSha256")))
        assert (host.root / "sums").read_text() == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("spoil", [
    lambda page: page.write_text("spoilt\n"), lambda page: page.chmod(0o600),
    lambda page: page.unlink(), lambda page: page.write_bytes(b"\xff\x00")],
    ids=["content", "mode", "gone", "binary"])
def test_drift_is_found_and_mended(deploy, host, spoil):
    page = host.root / "page"
    project = deploy(Page=ssh_file(host, page, "wanted\n"),
                     Other=ssh_file(host, host.root / "other", "x"))
    spoil(page)
    drift = project.run("drift", "--exit-code").ok(2)
    assert "web/east/Page" in drift.stdout and "web/east/Other" not in drift.stdout
    project.run("plan", "--exit-code").ok()
    project.run("apply", "--yes", "--refresh").ok()
    assert page.read_text() == "wanted\n" and page.stat().st_mode & 0o777 == 0o644
    settled(project)


def test_a_file_that_is_there_already_becomes_what_is_wanted(deploy, host):
    """Packages ship the configuration files that templates then replace."""
    page = host.root / "page"
    page.write_text("as delivered\n")
    page.chmod(0o600)
    settled(deploy(Page=ssh_file(host, page, "as wanted\n")))
    assert page.read_text() == "as wanted\n" and page.stat().st_mode & 0o777 == 0o644


def test_missing_folders(deploy, host):
    project = deploy(1, Page=ssh_file(host, host.root / "no" / "such" / "page", "x"))
    project.said.err(f"{host.root}/no/such")


def test_a_folder_in_its_place(deploy, host):
    (host.root / "page").mkdir()
    project = deploy(1, Page=ssh_file(host, host.root / "page", "x"))
    project.said.err(str(host.root / "page"))
    assert (host.root / "page").is_dir()


def test_a_link_in_its_place_is_not_followed(deploy, host):
    precious = host.root / "precious"
    precious.write_text("precious\n")
    project = deploy(Page=ssh_file(host, host.root / "page", "one\n"))
    (host.root / "page").unlink()
    (host.root / "page").symlink_to(precious)
    project.run("apply", "--yes", "--refresh")
    assert precious.read_text() == "precious\n"


def test_changing_the_path_replaces(deploy, host):
    deploy(Page=ssh_file(host, host.root / "old", "x\n"))
    project = deploy(Page=ssh_file(host, host.root / "new", "x\n"))
    assert [path.name for path in host.root.iterdir()] == ["new"]
    assert "replace" in (project.said.stdout + project.said.stderr)
    settled(project)


def test_changing_the_host_moves_it(deploy, host):
    other = host.lab.host("web-e2")
    page, there = host.root / "page", other.root / "page"
    there.unlink(missing_ok=True)
    deploy(Page=ssh_file(host, page, "x\n"))
    moved = deploy(Page=ssh_file(other, there, "x\n"))
    assert not page.exists() and there.read_text() == "x\n"
    moved.run("destroy", "--yes").ok()
    assert not there.exists()


def test_the_plan_shows_the_change_as_a_diff_of_lines(deploy, host):
    lines = [f"line {i}\n" for i in range(40)]
    project = deploy(Page=ssh_file(host, host.root / "page", "".join(lines)))
    lines[20] = "changed\n"
    project.put("stacks/web.yaml", template({
        "Page": ssh_file(host, host.root / "page", "".join(lines))}))
    planned = project.run("plan").ok().stdout
    shown = [line.strip() for line in planned.splitlines()]
    assert any(line.startswith("-") and "line 20" in line for line in shown)
    assert any(line.startswith("+") and "changed" in line for line in shown)
    assert "line 1\n" not in planned and "line 39" not in planned


def test_no_half_file_when_the_connection_is_cut(lab, tmp_path):
    """The host's sshd ends while a big file travels: there is the old one or the new one."""
    host = lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    source = tmp_path / "project" / "blob"
    source.parent.mkdir()
    old, new = BYTES, os.urandom(len(BYTES) * 6)
    source.write_bytes(old)
    project = lab.project(tmp_path / "project", templates={
        "web": template({"Blob": ssh_file(host, host.root / "blob", Source="blob")})})
    project.run("apply", "--yes").ok()
    source.write_bytes(new)
    proc = project.start("apply", "--yes")
    wait_until(lambda: len(list(host.root.iterdir())) > 1 or proc.poll() is not None, 30,
               "a temporary file")
    host.stop()
    out, err = proc.communicate(timeout=100)
    assert holds(host.root / "blob", old) or holds(host.root / "blob", new)
    assert proc.returncode == 1, out + err
    host.start()
    project.run("apply", "--yes").ok()
    assert holds(host.root / "blob", new)
    assert [path.name for path in host.root.iterdir()] == ["blob"], "no temporary file stays"


def test_a_pipe_at_the_path_is_told_and_not_read(host, deploy):
    """Reading it would wait for somebody to write."""
    project = deploy(Page=ssh_file(host, host.root / "page", "x"))
    (host.root / "page").unlink()
    os.mkfifo(host.root / "page")
    result = project.run("drift").ok(1)
    assert "HD5101" in result.stderr
    assert "there is a pipe, a socket or a device at the file's path" in result.stderr
