"""The lab: real servers on loopback, started by the tests.

    lab = Lab(folder)                    # everything it makes is in this folder
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()                          # returns when every server answers
    project = lab.project(folder, stacks={...})
    project.run("apply", "--yes")
    lab.kill_region("east")              # power cut: everything on these hosts ends at once
    lab.close()                          # nothing is left running

Hosts run as the calling user and share this machine's files and processes: give the resources
of a test paths below `host.root`, which is a folder of that host alone.  drlab.py has two regions
whose hosts are network namespaces, with databases, balancers and customers.
"""

from .gate import Gate
from .keys import trust_line
from .moto import Moto
from .project import Project, yaml_text
from .resources import everywhere, get_att, ref, resource, ssh_command, ssh_file, sub, template
from .run import Result, Terminal, hadeploy_path, run_hadeploy, run_on_terminal, start_hadeploy
from .ssh import Lab, LabError, SshHost, wait_until
from .venv import NoVenv, site_packages, venv

__all__ = ["Gate", "Lab", "LabError", "Moto", "NoVenv", "Project", "Result", "SshHost", "Terminal",
           "everywhere", "get_att", "hadeploy_path", "ref", "resource", "run_hadeploy",
           "run_on_terminal", "site_packages", "ssh_command", "ssh_file", "start_hadeploy", "sub",
           "template", "trust_line", "venv", "wait_until", "yaml_text"]
