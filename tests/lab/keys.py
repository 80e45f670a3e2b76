"""Keys: made by ssh-keygen, trusted through known_hosts."""

import subprocess


def make_key(path, kind="ed25519"):
    """A fresh key pair without a passphrase at path and path.pub."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in (path, path.with_name(path.name + ".pub")):
        old.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", path.name, "-f", str(path)],
                   check=True, stdin=subprocess.DEVNULL)
    path.chmod(0o600)
    return path


def public_key(path):
    """'ssh-ed25519 AAAA...' of a key pair, without the comment."""
    return " ".join(path.with_name(path.name + ".pub").read_text().split()[:2])


def trust_line(address, port, key):
    """The line of known_hosts that trusts this public key there."""
    name = address if port == 22 else f"[{address}]:{port}"
    return f"{name} {key}\n"
