"""Certificates for servers of the lab, each authority with its own: trusted ones and wrong ones."""

import subprocess

KINDS = ("good", "wrong-name", "unknown-authority", "expired")


def _openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, stdin=subprocess.DEVNULL,
                   capture_output=True)


class Authority:
    """A certificate authority in a folder; `ca_file` is what a client is to trust."""

    def __init__(self, folder, name="lab authority"):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file, self.key_file = folder / "ca.pem", folder / "ca.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-subj", f"/CN={name}", "-days", "30", "-keyout", self.key_file,
                 "-out", self.ca_file)

    def certificate(self, name, subjects=("IP:127.0.0.1", "DNS:localhost"), days=30):
        """(certificate, key) files for these subjects; negative days: it has expired."""
        cert, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={','.join(subjects)}\n")
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.ca_file, "-CAkey", self.key_file,
                 "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", cert)
        return cert, key


def certificate_of_kind(folder, kind):
    """(ca_file to trust, certificate, key) of one of KINDS."""
    trusted = Authority(folder / "trusted")
    if kind == "unknown-authority":
        return trusted.ca_file, *Authority(folder / "unknown", "unknown").certificate("server")
    if kind == "wrong-name":
        return trusted.ca_file, *trusted.certificate("server", ("DNS:elsewhere.example",))
    if kind == "expired":
        return trusted.ca_file, *trusted.certificate("server", days=-1)
    if kind != "good":
        raise ValueError(f"no kind of certificate: {kind}")
    return trusted.ca_file, *trusted.certificate("server")
