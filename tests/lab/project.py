"""Projects for the lab's hosts: a hadeploy.yaml and its templates."""

import json
import os
import re
from pathlib import Path

from .run import run_hadeploy, run_on_terminal, start_hadeploy

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def _scalar(value):
    if isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _lines(value, indent):
    pad = "  " * indent
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, (dict, list)) and item:
                yield f"{pad}{_scalar(key)}:"
                yield from _lines(item, indent + 1)
            else:
                yield f"{pad}{_scalar(key)}: {_scalar(item)}"
    else:
        for item in value:
            if isinstance(item, (dict, list)) and item:
                first, *rest = _lines(item, indent + 1)
                yield f"{pad}- {first.lstrip()}"
                yield from rest
            else:
                yield f"{pad}- {_scalar(item)}"


def yaml_text(value):
    """Block YAML of dicts, lists and scalars, in the order given."""
    return "\n".join(_lines(value, 0)) + "\n"


class Project:
    """A folder with hadeploy.yaml, and the program run in it."""

    def __init__(self, folder, manifest):
        self.dir, self.manifest = Path(folder), manifest

    @classmethod
    def write(cls, lab, folder, name="lab", stacks=None, templates=None, provider=None,
              more=None):
        """
        stacks: {"web": {...}} as in the manifest; without one, every template is a stack on all
        regions.  templates: {"web": text or dict}, written to stacks/web.yaml.  provider: more
        keys for the ssh provider (HostKeyPolicy...), None takes one away.  more: more
        top-level keys.
        """
        folder = Path(folder)
        regions = {}
        for host in lab.hosts.values():
            region = regions.setdefault(host.region, {"Zones": [], "Hosts": {}})
            if host.zone not in region["Zones"]:
                region["Zones"].append(host.zone)
            region["Hosts"][host.name] = {"Address": host.address, "Port": host.port,
                                          "Zone": host.zone, "Roles": host.roles}
        templates = templates or {}
        if stacks is None:
            stacks = {stack: {"Template": f"stacks/{stack}.yaml", "Targets": list(regions)}
                      for stack in templates}
        ssh = {"User": lab.user, "IdentityFile": str(lab.user_key),
               "KnownHostsFile": str(lab.known_hosts), **(provider or {})}
        ssh = {key: value for key, value in ssh.items() if value is not None}
        manifest = {"Project": name, "Providers": {"ssh": ssh}, "Regions": regions,
                    "Stacks": stacks, **(more or {})}
        project = cls(folder, manifest)
        project.save()
        for stack, text in templates.items():
            project.put(f"stacks/{stack}.yaml", text)
        return project

    def save(self):
        """Writes the manifest again after a change to it."""
        parts = {key: value for key, value in self.manifest.items() if value not in ({}, None)}
        self.put("hadeploy.yaml", parts)

    def put(self, path, content):
        """Writes a file of the project; a dict or list becomes YAML."""
        path = self.dir / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else yaml_text(content))
        return path

    def run(self, *args, **options):
        """run_hadeploy in this folder."""
        return run_hadeploy(args, self.dir, **options)

    def start(self, *args, **options):
        """start_hadeploy in this folder."""
        return start_hadeploy(args, self.dir, **options)

    def on_terminal(self, *args, **options):
        """run_on_terminal in this folder."""
        return run_on_terminal(args, self.dir, **options)

    def lines(self, *args, **options):
        """The JSON objects that a command prints with --json."""
        return self.parse(self.run(*args, "--json", **options).stdout)

    @staticmethod
    def parse(text):
        """The JSON objects of a text that has one per line."""
        return [json.loads(line) for line in text.splitlines()]

    def recorded(self):
        """The addresses of all recorded resources, sorted."""
        return self.run("state", "list").ok().stdout.split()

    @property
    def state_file(self):
        return os.path.join(self.dir, ".hadeploy", "state.db")
