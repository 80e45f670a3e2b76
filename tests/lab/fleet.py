"""The quickstart's hosts as a stack over two regions and two accounts: one host for each.

    fleet = Fleet(lab)                    # web-e1 and web-e2 in east, web-w1 and web-w2 in west
    project = fleet.project(folder, Rollout={...})
    fleet.breaks("web-e1")                # its second file cannot be written any more
    project.run("apply", "--yes")
    fleet.pages()                         # {"web-e1": "1", ...}: what stands on the disks
"""

import shutil

from .project import Project
from .resources import ref, ssh_file, sub, template

ACCOUNTS = {"a": "web-{}1", "b": "web-{}2"}
REGIONS = ("east", "west")


def host_name(region, account):
    return ACCOUNTS[account].format(region[0])


def fleet_template():
    """A page, and behind it a file that a host can refuse."""
    here = {"Fn::Select": [0, {"Fn::Hosts": {"Roles": [ref("HA::Account")]}}]}

    def file(name, content, **attributes):
        path = {"Fn::Sub": ["${Lab}/hosts/${Host}/tree/" + name, {"Host": here}]}
        return ssh_file(here, path, content, attributes=attributes)

    return template({"Page": file("page", sub("${Release}")),
                     "Last": file("inner/last", sub("${Release}"), DependsOn="Page")},
                    Parameters={"Release": {"Type": "String"}, "Lab": {"Type": "String"}},
                    Outputs={"Release": {"Value": sub("${Release} of ${HA::Account}")}})


class Fleet:
    """Four hosts, each the only one of its account in its region."""

    def __init__(self, lab):
        self.lab = lab
        for r, region in enumerate(REGIONS, 1):
            for a, account in enumerate(ACCOUNTS, 1):
                lab.add(host_name(region, account), region, f"{region}-{account}",
                        f"127.{10 * r}.{a}.11", roles=[account])

    def fresh(self):
        """All hosts run, and nothing is on them."""
        for host in self.lab.hosts.values():
            shutil.rmtree(host.root)
            (host.root / "inner").mkdir(parents=True)
            if host.pid() is None:
                host.start()
        return self

    def project(self, folder, targets=None, more=None, **stack):
        """stack: more keys of the stack; more: more top-level keys."""
        whole = {"Regions": "all", "Accounts": "all"}
        web = {"Template": "stacks/web.yaml", "Targets": targets or [whole],
               "Parameters": {"Release": "1", "Lab": str(self.lab.dir)}, **stack}
        return Project.write(self.lab, folder, stacks={"web": web},
                             templates={"web": fleet_template()},
                             provider={"ConnectTimeout": "2s"},
                             more={"Accounts": {"a": {"Tags": {"tier": "test"}},
                                                "b": {"Tags": {"tier": "prod"}}},
                                   **(more or {})})

    def breaks(self, name):
        """From now on the second file of this host cannot be written, nor read."""
        inner = self.lab.host(name).root / "inner"
        inner.rename(inner.with_name("inner-away"))
        inner.write_text("in the way\n")

    def mends(self, name):
        inner = self.lab.host(name).root / "inner"
        inner.unlink()
        inner.with_name("inner-away").rename(inner)

    def _read(self, path):
        return {name: file.read_text() if (file := host.root / path).is_file() else None
                for name, host in self.lab.hosts.items()}

    def pages(self):
        return self._read("page")

    def lasts(self):
        return self._read("inner/last")

    def written(self, name):
        """When the page of a host came to be as it is; a file is never written in place."""
        return (self.lab.host(name).root / "page").stat().st_mtime_ns

    def logins(self):
        return {name: host.logins() for name, host in self.lab.hosts.items()}


def results(project, *run):
    """{"a/east": status} of a run, the latest unless told, as recorded."""
    lines = project.parse(project.run("operation", "show", *run, "--json").ok().stdout)
    return {f"{line['account']}/{line['region']}": line["status"]
            for line in lines if line["type"] == "instance_result"}


def statuses(project):
    """{"a/east": status} of the instances, as `status` computes it."""
    lines = project.parse(project.run("status", "--json").ok().stdout)
    return {f"{line['account']}/{line['region']}": line["status"]
            for line in lines if line["type"] == "status"}
