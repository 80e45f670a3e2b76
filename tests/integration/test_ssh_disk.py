"""Hosts that cannot take what they are given."""

import os

import pytest

from lab import ssh_file, template

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can prepare such a host")


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


def test_a_full_disk(host, tmp_path, small_disk):
    (small_disk / "filler").write_bytes(bytes(1900 * 1024))
    (small_disk / "old").write_text("old\n")
    source = tmp_path / "project" / "blob"
    source.parent.mkdir()
    source.write_bytes(os.urandom(512 * 1024))
    project = host.lab.project(tmp_path / "project", templates={"web": template({
        "Blob": ssh_file(host, small_disk / "blob", Source="blob"),
        "Page": ssh_file(host, host.root / "page", "page\n")})})
    result = project.run("apply", "--yes", "--on-failure", "keep").ok(1)
    result.err("No space left on device", "web/east/Blob")
    assert sorted(path.name for path in small_disk.iterdir()) == ["filler", "old"], \
        "nothing half-written stays"
    assert project.recorded() == ["web/east/Page"]
    (small_disk / "filler").unlink()
    project.run("apply", "--yes").ok()
    assert (small_disk / "blob").read_bytes() == source.read_bytes()


def test_a_full_disk_keeps_the_old_file(host, tmp_path, small_disk):
    page = small_disk / "page"
    project = host.lab.project(tmp_path / "project", templates={"web": template({
        "Page": ssh_file(host, page, "old\n")})})
    project.run("apply", "--yes").ok()
    (small_disk / "filler").write_bytes(bytes(1900 * 1024))
    project.put("stacks/web.yaml", template({"Page": ssh_file(host, page, "new\n" * 60000)}))
    result = project.run("apply", "--yes", "--on-failure", "keep").ok(1)
    result.err("No space left on device")
    assert page.read_text() == "old\n"
    (small_disk / "filler").unlink()
    project.run("apply", "--yes").ok()
    assert page.read_text() == "new\n" * 60000
