"""What goes wrong between here and a host, and what a person is told then."""

import re
import subprocess

import pytest

from lab import everywhere, get_att, ssh_file, template
from lab.keys import make_key


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


def one_page(host, folder, **options):
    """A project whose one resource is a page on the host."""
    page = ssh_file(host, host.root / "page", "hello\n")
    return host.lab.project(folder, templates={"web": template({"Page": page})}, **options)


def told(result, host):
    """The diagnostics on standard error, with what differs from run to run taken out."""
    lines = result.stderr.splitlines()
    first = next(i for i, line in enumerate(lines) if re.search(r"error HD\d+:", line))
    last = next(i for i, line in enumerate(lines) if line.startswith("Apply failed"))
    text = "\n".join(lines[first:last]) + "\n"
    folder = host.lab.dir.parent
    for old, new in ((str(folder), "DIR"), (rf"\b{host.port}\b", "PORT"),
                     (r"SHA256:[A-Za-z0-9+/]{43}", "SHA256:...")):
        text = re.sub(old, new, text)
    return text


def fails(project, host, expected):
    """A failed apply that says exactly this of the page, and records nothing."""
    result = project.run("apply", "--yes").ok(1)
    summary, _, rest = expected.partition("\n")
    assert told(result, host) == f"web/east/Page: {summary}\n  on web-e1\n{rest}", result
    assert project.recorded() == []


def mended(project, host):
    project.run("apply", "--yes").ok()
    assert (host.root / "page").read_text() == "hello\n"


def test_a_host_that_refuses_connections(host, tmp_path):
    project = one_page(host, tmp_path / "project")
    host.stop()
    fails(project, host, f"""\
error HD5002: the host refuses the connection
  {host.lab.user}@127.10.1.11 port PORT
  hint: check that sshd is running there and that Port is right
""")
    host.start()
    mended(project, host)


@pytest.mark.limit(90)
def test_a_host_that_does_not_answer(host, tmp_path):
    project = one_page(host, tmp_path / "project", provider={"ConnectTimeout": "1s"})
    host.freeze()
    fails(project, host, f"""\
error HD5001: the host does not answer
  {host.lab.user}@127.10.1.11 port PORT
  it took the connection, but sshd there says nothing
  hint: check that the host is not stopped or overloaded
""")
    host.thaw()
    mended(project, host)


def test_a_host_that_refuses_the_key(host, tmp_path):
    stranger = make_key(tmp_path / "stranger")
    project = one_page(host, tmp_path / "project", provider={"IdentityFile": str(stranger)})
    fails(project, host, f"""\
error HD5009: the host denied permission to log in
  {host.lab.user}@127.10.1.11 port PORT
  the host allows: publickey
  tried: identity file 'DIR/stranger'
  hint: check User, and that the public key is in that user's authorized_keys on the host
""")
    project.manifest["Providers"]["ssh"]["IdentityFile"] = str(host.lab.user_key)
    project.save()
    mended(project, host)


def test_an_identity_file_that_is_not_there(host, tmp_path):
    project = one_page(host, tmp_path / "project", provider={"IdentityFile": "keys/absent"})
    fails(project, host, """\
error HD5010: the identity file cannot be used
  'DIR/project/keys/absent': No such file or directory
  hint: IdentityFile names a private key (made with `ssh-keygen -t ed25519`), relative to the \
project's folder
""")


def test_an_identity_file_with_a_passphrase(host, tmp_path):
    key = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", key], check=True)
    project = one_page(host, tmp_path / "project", provider={"IdentityFile": str(key)})
    fails(project, host, """\
error HD5011: the identity file is protected by a passphrase
  'DIR/locked'
  hint: load it into an agent (`ssh-add`) and set `IdentityAgent: yes` instead of IdentityFile, \
or use a key without passphrase
""")


def test_a_host_nobody_knows(host, tmp_path):
    host.distrust()
    project = one_page(host, tmp_path / "project")
    fails(project, host, f"""\
error HD5006: the host's key is not known
  {host.lab.user}@127.10.1.11 port PORT
  it shows the ssh-ed25519 key SHA256:...
  'DIR/lab/keys/known_hosts' has no line for it
  to add it: ssh-keyscan -p PORT 127.10.1.11 >> DIR/lab/keys/known_hosts
  hint: compare the fingerprint with the host's own (`ssh-keygen -lf \
/etc/ssh/ssh_host_ed25519_key.pub` there), then add it with ssh-keyscan; or set \
`HostKeyPolicy: accept-new` to trust hosts at first contact
""")
    assert not (host.root / "page").exists()
    host.trust()
    mended(project, host)


def test_a_host_whose_key_changed(host, tmp_path):
    project = one_page(host, tmp_path / "project", provider={"HostKeyPolicy": "accept-new"})
    host.rekey()
    before = host.lab.known_hosts.read_bytes()
    fails(project, host, f"""\
error HD5007: THE HOST'S KEY HAS CHANGED: it may not be the host you mean; not connected
  {host.lab.user}@127.10.1.11 port PORT
  it shows the ssh-ed25519 key SHA256:...
  a different one is known at DIR/lab/keys/known_hosts:1
  hint: somebody may be listening in, or the host was set up anew; only when you know that it \
was, remove that line and add the new key
""")
    assert host.lab.known_hosts.read_bytes() == before
    host.distrust()
    host.trust()
    mended(project, host)


def test_accept_new_writes_the_key_down_and_holds_the_host_to_it(host, tmp_path):
    host.distrust()
    project = one_page(host, tmp_path / "project", provider={"HostKeyPolicy": "accept-new"})
    mended(project, host)
    assert f"[{host.address}]:{host.port} ssh-ed25519 " in host.lab.known_hosts.read_text()
    assert host.ssh("true").returncode == 0, "the ssh client agrees"
    host.rekey()
    result = project.run("apply", "--yes", "--refresh").ok(1)
    result.err("HD5007", "HAS CHANGED")
    assert "1 of 1 resource could not be read" in result.stdout


def test_the_kind_of_host_key_that_known_hosts_holds_is_asked_for(lab, tmp_path):
    host = lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"],
                   key_kinds=("ecdsa", "ed25519"))
    lab.start()
    for kind in ("ed25519", "ecdsa"):
        host.distrust()
        host.trust(kind)
        mended(one_page(host, tmp_path / kind), host)


def test_policies_other_than_these_two_are_refused(host, tmp_path):
    project = one_page(host, tmp_path / "project", provider={"HostKeyPolicy": "ignore"})
    result = project.run("apply", "--yes").ok(1)
    result.err("HostKeyPolicy", "accept-new")


def test_the_same_cause_on_many_hosts_is_told_once(regions, tmp_path):
    stacks = {"web": {"Template": "stacks/web.yaml", "Targets": ["east", "west"], "Rollout": {
        "RegionConcurrency": "PARALLEL", "FailureTolerance": "100%"}}}
    project = regions.project(tmp_path, stacks=stacks, templates={
        "web": everywhere(lambda name: ssh_file(name, regions.dir / "shared", "x"))})
    for host in regions.hosts.values():
        host.stop()
    result = project.run("apply", "--yes").ok(1)
    assert result.stderr.count("error HD") == 1
    assert result.stderr.count("HD5002") == 1, result
    for name in regions.hosts:
        result.err(name)


def test_what_needs_the_failed_one_is_skipped_and_the_rest_goes_on(regions, tmp_path):
    dead, alive = regions.region("east")
    resources = {
        "First": ssh_file(dead, dead.root / "first", "1"),
        "Second": ssh_file(alive, alive.root / "second", get_att("First", "ContentSha256")),
        "Third": ssh_file(dead, dead.root / "third", "3", attributes={"DependsOn": "Second"}),
        "Other": ssh_file(alive, alive.root / "other", "o"),
    }
    stacks = {"web": {"Template": "stacks/web.yaml", "Targets": ["east"]}}
    project = regions.project(tmp_path, stacks=stacks, templates={"web": template(resources)})
    dead.stop()
    result = project.run("apply", "--yes", "--on-failure", "keep").ok(1)
    result.err("1 created", "2 skipped")
    assert (alive.root / "other").read_text() == "o"
    assert not (alive.root / "second").exists()
    dead.start()
    project.run("apply", "--yes").ok()
    assert (dead.root / "third").read_text() == "3"
    assert len((alive.root / "second").read_text()) == 64
