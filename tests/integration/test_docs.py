"""What the documents say is what the program does: examples, commands, links, codes."""

import json
import re
from pathlib import Path

import pytest

from lab import run_hadeploy

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.relative_to(ROOT).as_posix()
               for path in [ROOT / "README.md", ROOT / "providers" / "README.md",
                            *(ROOT / "docs").glob("*.md")] if path.is_file())
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
CODE = re.compile(r"\bHD\d{4}\b")
WORD = re.compile(r"[a-z]+$")
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*)")
SECRET = "correct horse battery staple"

# The hosts and zones that the examples of templates use.
MANIFEST = """\
Project: shop
Regions:
  east:
    Zones: [east-a, east-b]
    Hosts:
      web-e1: {Address: 192.0.2.11, Zone: east-a, Roles: [web]}
      web-e2: {Address: 192.0.2.12, Zone: east-b, Roles: [db]}
Stacks:
  web: {Template: web.yaml, Targets: [east]}
"""
TEMPLATE = """\
Parameters: %s
Resources:
  Fn::ForEach::Hosts:
    - Name
    - !Hosts {}
    - Page&{Name}:
        Type: SSH::File
        Properties: {Host: !Ref Name, Path: /srv/page, Content: hello}
"""


def text_of(page):
    return (ROOT / page).read_text()


def blocks(page, language):
    """(line, content) of the fenced blocks of this language."""
    text = text_of(page)
    return [(text.count("\n", 0, match.start()) + 2, match[2])
            for match in FENCE.finditer(text) if match[1] == language]


def examples(key):
    """The YAML blocks that are whole files: those with this key at the left margin."""
    return [pytest.param(content, id=f"{page}:{line}") for page in PAGES
            for line, content in blocks(page, "yaml") if re.search(rf"^{key}:", content, re.M)]


def put(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def valid(folder):
    """Validates and plans; neither connects to anybody."""
    env = {"HADEPLOY_PARAM_DbPassword": SECRET, "HADEPLOY_PARAM_Password": SECRET}
    run_hadeploy(["validate"], folder, env=env).ok()
    return run_hadeploy(["plan", "--json"], folder, env=env).ok()


def put_template(folder, content):
    put(folder, "hadeploy.yaml", MANIFEST)
    put(folder, "web.yaml", content)
    for source in re.findall(r"Source: ([^\s,}]+)", content):
        put(folder, source, "from a file\n")


@pytest.mark.parametrize("content", examples("Resources"))
def test_a_template(content, tmp_path):
    put_template(tmp_path, content)
    valid(tmp_path)


@pytest.mark.parametrize("content", examples("Project"))
def test_a_manifest(content, tmp_path):
    names = {name for given in re.findall(r"Parameters: \{([^{}]*)\}", content)
             for name in re.findall(r"(\w+):", given)}
    declared = json.dumps({name: {"Type": "String", "Default": "x"} for name in sorted(names)})
    put(tmp_path, "hadeploy.yaml", content)
    for template in re.findall(r"Template: ([^\s,}]+)", content):
        put(tmp_path, template, TEMPLATE % declared)
    valid(tmp_path)


def test_there_are_examples_of_both():
    assert len(examples("Resources")) >= 10 and len(examples("Project")) >= 2


def test_the_functions_give_what_their_comments_say(tmp_path):
    page = "docs/language.md"
    content = next(content for _, content in blocks(page, "yaml") if "REF_RESOURCE" in content)
    said = dict(re.findall(r"^ +([A-Z0-9_]+): .*? # ([^:#\n]+?|\S+)(?:: [^\n]*)?$", content,
                           re.M))
    put_template(tmp_path, content)
    changes = [json.loads(line) for line in valid(tmp_path).stdout.splitlines()]
    show = next(line for line in changes if line.get("address") == "web/east/Show")
    given = next(path["after"] for path in show["paths"] if path["path"] == "/Environment")
    assert said == given


def test_the_functions_that_are_refused(tmp_path):
    table = text_of("docs/language.md").partition("## CloudFormation feature by feature")[2]
    refused = {name for row in table.splitlines() if "refused" in row or "refusing" in row
               for name in re.findall(r"`(Fn::\w+)`", row)}
    assert len(refused) >= 10
    for name in refused:
        put_template(tmp_path, 'Resources: {A: {Type: "SSH::File", Properties: {Host: web-e1, '
                               f'Path: /a, Content: {{"{name}": [a, b]}}}}}}}}\n')
        result = run_hadeploy(["validate"], tmp_path).ok(1)
        assert f"HD1213: not supported yet: '{name}'" in result.stderr


# Commands and options

def help_of(*command):
    return run_hadeploy(["help", *command], ROOT).ok().stdout


def listed_commands():
    """Every command to its options."""
    names = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  +\S", help_of().partition("\nOptions of")[0],
                       re.M)
    return {name: set(OPTION.findall(help_of(*name.split()))) for name in names}


@pytest.fixture(scope="module")
def commands():
    found = listed_commands()
    assert {"plan", "apply", "state list", "explain"} <= set(found)
    return found


def lines_of(page):
    """What the page says to type: lines of shell blocks, and `code` that begins with hadeploy."""
    text = text_of(page)
    shell = [line for _, content in blocks(page, "sh") for line in content.splitlines()]
    spans = SPAN.findall(FENCE.sub("", text))
    return [line.partition("#")[0].strip() for line in shell + spans
            if re.match(r"(\w+=\S* +)*hadeploy( |$)", line.strip())]


def command_of(words, commands):
    """The longest command that these words begin with; "" for hadeploy alone."""
    for count in (2, 1):
        if " ".join(words[:count]) in commands:
            return " ".join(words[:count])
    if words and words[0] == "state" and len(words) == 1:
        return "state"
    return None if words and WORD.match(words[0]) else ""


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page, commands):
    every = set.union(*commands.values())
    for line in lines_of(page):
        words = line[line.index("hadeploy"):].split(" | ")[0].split()[1:]
        command = command_of([word for word in words if not word.startswith("-")], commands)
        assert command is not None, f"{page}: there is no such command: {line}"
        known = commands.get(command, every)
        for option in OPTION.findall(" ".join(words)):
            assert option in known, f"{page}: '{command}' has no {option}: {line}"


@pytest.mark.parametrize("page", PAGES)
def test_options_exist(page, commands):
    every = set.union(*commands.values())
    for span in SPAN.findall(FENCE.sub("", text_of(page))):
        option = OPTION.match(span)
        assert not option or option[1] in every, f"{page}: there is no option {span}"


# Links and codes

def anchors(page):
    """What GitHub makes of the headings."""
    text = FENCE.sub("", text_of(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", text, re.M)}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for link in LINK.findall(FENCE.sub("", text_of(page))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (ROOT / page).parent / file if file else ROOT / page
        assert target.exists(), f"{page}: {link} leads nowhere"
        if anchor:
            assert anchor in anchors(target.resolve().relative_to(ROOT).as_posix()), \
                f"{page}: there is no heading for {link}"


@pytest.fixture(scope="module")
def codes():
    return dict(line.split("  ", 1) for line in run_hadeploy(["explain"], ROOT).ok()
                .stdout.splitlines())


@pytest.mark.parametrize("page", PAGES)
def test_codes_exist(page, codes):
    unknown = set(CODE.findall(text_of(page))) - set(codes)
    assert not unknown, f"{page}: there is no {', '.join(sorted(unknown))}"


def test_the_table_of_troubles_has_every_code_of_ssh(codes):
    table = text_of("docs/ssh.md").partition("## When it does not work")[2]
    rows = re.findall(r"^\| (HD\d{4}) \|", table, re.M)
    assert rows == sorted(code for code in codes if code.startswith(("HD50", "HD51")))


# Types

def declared_types():
    """Every SSH type of the provider's schema to the names of its properties."""
    text = (ROOT / "providers" / "ssh" / "schema.h").read_text()
    parts = re.split(r'"(SSH::\w+)\\?": \{', text)
    return {name: {"Host", *re.findall(r'"([A-Z]\w+)": \{"(?:type|description)"', body)}
            for name, body in zip(parts[1::2], parts[2::2])}


@pytest.mark.parametrize("name", sorted(declared_types()))
def test_a_type_is_documented(name):
    page = text_of("docs/ssh.md")
    section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    missing = [word for word in declared_types()[name] if f"`{word}`" not in section]
    assert not missing, f"docs/ssh.md says nothing about {', '.join(missing)} of {name}"


def test_the_settings_are_documented():
    text = (ROOT / "providers" / "ssh" / "settings.c").read_text()
    table = text_of("docs/ssh.md").partition("### Settings")[2].partition("\n### ")[0]
    for name in re.findall(r'\{"(\w+)", KEY_\w+, set_\w+\}', text):
        assert f"| `{name}` |" in table
