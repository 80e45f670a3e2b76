"""Resources and templates as dicts, for tests that say only what they are about."""

from pathlib import Path


def _name(host):
    return getattr(host, "name", host)


def resource(kind, host, attributes=None, **properties):
    """One resource on a host (or host name); attributes: DependsOn, DeletionPolicy..."""
    texts = {key: str(value) if isinstance(value, Path) else value
             for key, value in properties.items()}
    return {"Type": kind, **(attributes or {}), "Properties": {"Host": _name(host), **texts}}


def ssh_file(host, path, content=None, **properties):
    """Without content give a Source."""
    if content is not None:
        properties["Content"] = content
    return resource("SSH::File", host, Path=path, **properties)


def ssh_command(host, create, **properties):
    return resource("SSH::Command", host, Create=create, **properties)


def template(resources, **sections):
    return {**sections, "Resources": resources}


def everywhere(make):
    """A template with make("${Name}") on every web host of the region, as OnWeb<name>."""
    return template({"Fn::ForEach::Hosts": ["Name", {"Fn::Hosts": {"Roles": ["web"]}},
                                            {"On&{Name}": make({"Ref": "Name"})}]})


def sub(text):
    return {"Fn::Sub": text}


def get_att(name, attribute):
    return {"Fn::GetAtt": [name, attribute]}


def ref(name):
    return {"Ref": name}
