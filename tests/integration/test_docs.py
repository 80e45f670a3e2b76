"""What the documents say is what the program does: examples, commands, links, codes."""

import json
import re
import shutil
from pathlib import Path

import pytest

from lab import documented, run_hadeploy

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.relative_to(ROOT).as_posix()
               for path in [ROOT / "README.md", ROOT / "providers" / "README.md",
                            *(ROOT / "docs").glob("*.md")] if path.is_file())
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"# (\S+\.yaml)\n")
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
  west:
    Hosts: {web-w1: {Address: 192.0.2.21, Roles: [web]}}
Stacks:
  net: {Template: net.yaml, Targets: [east, west]}
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


RUNBOOK = "Steps: [{Name: wait, Type: Wait, Duration: 1s}]\n"
MOVE = "Parameters: {From: {Type: Region, Default: east}, To: {Type: Region, Default: west}}\n"


def text_of(page):
    return (ROOT / page).read_text()


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_merged(page):
    marks = re.findall(r"^(?:<{7}|={7}$|>{7}).*", text_of(page), re.M)
    assert not marks, f"{page} has what a merge left behind"


def blocks(page, language):
    """(line, content) of the fenced blocks of this language."""
    text = text_of(page)
    return [(text.count("\n", 0, match.start()) + 2, match[2])
            for match in FENCE.finditer(text) if match[1] == language]


def examples(key):
    """The YAML blocks that are whole files: those with this key at the left margin.  What begins
    with the name of a file is for others to take."""
    return [pytest.param(content, id=f"{page}:{line}") for page in PAGES
            for line, content in blocks(page, "yaml")
            if re.search(rf"^{key}:", content, re.M) and not NAMED.match(content)]


def named_files():
    """The YAML blocks that say in their first line which file they are."""
    return {name[1]: content for page in PAGES for _, content in blocks(page, "yaml")
            if (name := NAMED.match(content))}


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
    for name, other in named_files().items():
        put(folder, name, other)
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
    for path in re.findall(r"\brunbooks/[\w-]+\.yaml", content):
        put(tmp_path, path, named_files().get(path, RUNBOOK))
    for template in re.findall(r"Template: ([^\s,}]+)", content):
        put(tmp_path, template, TEMPLATE % declared)
    for folder in re.findall(r"Definitions: (\S+)", content):
        shutil.copytree(ROOT / "examples/own-api/types", tmp_path / folder)
    valid(tmp_path)


def runbooks():
    """Examples that are a runbook without a name, and those that are steps of one."""
    for line, content in blocks("docs/runbooks.md", "yaml"):
        if content.startswith("- "):
            steps = "".join(f"  {row}\n" for row in content.splitlines())
            yield pytest.param(f"{MOVE}Steps:\n{steps}", id=str(line))
        elif "\nSteps:" in content and not NAMED.match(content):
            yield pytest.param(content, id=str(line))


@pytest.mark.parametrize("content", runbooks())
def test_a_runbook(content, tmp_path):
    manifest = next(content for _, content in blocks("docs/runbooks.md", "yaml")
                    if content.startswith("Project:"))
    put(tmp_path, "hadeploy.yaml", manifest.replace("warm-caches: runbooks/warm-caches.yaml",
                                                    "example: example.yaml"))
    put(tmp_path, "example.yaml", content)
    put(tmp_path, "runbooks/failover.yaml", RUNBOOK)
    put(tmp_path, "runbooks/restore-db.yaml", RUNBOOK)
    put(tmp_path, "web.yaml", TEMPLATE % "{Capacity: {Type: Number}}")
    put(tmp_path, "db.yaml", (TEMPLATE % "{}") + "  Global: {Type: Sim::Node}\n")
    run_hadeploy(["validate"], tmp_path).ok()


def test_every_key_of_a_step_is_described():
    page = text_of("docs/runbooks.md")
    for key in names_in("engine/runbook/keys.c", r'^\t\{"([A-Z]\w+)", K'):
        assert re.search(rf"`{key}`", page), key


def test_there_are_examples_of_both():
    assert len(examples("Resources")) >= 10 and len(examples("Project")) >= 2


def test_the_functions_give_what_their_comments_say(tmp_path):
    content = next(content for _, content in blocks("docs/functions.md", "yaml")
                   if "REF_RESOURCE" in content)
    said = dict(re.findall(r"^ +([A-Z0-9_]+): .*? # ([^:#\n]+?|\S+)(?:: [^\n]*)?$", content,
                           re.M))
    put_template(tmp_path, content)
    changes = [json.loads(line) for line in valid(tmp_path).stdout.splitlines()]
    show = next(line for line in changes if line.get("address") == "web/east/Show")
    given = next(path["after"] for path in show["paths"] if path["path"] == "/Environment")
    assert said == given


def test_the_loops_make_what_their_comments_say(tmp_path):
    content = next(content for _, content in blocks("docs/language.md", "yaml")
                   if "HOME_&{User}" in content)
    put_template(tmp_path, content)
    printed = valid(tmp_path).stdout
    names = re.findall(r"\w+", " ".join(re.findall(r"&\{User\}:.* # (.*)$", content, re.M)))
    assert len(names) == 4
    for name in names:
        assert re.search(rf"\b{name}\b", printed), name


# What is refused: a row's first words to a template and the command that refuses it.
PAGE = "A: {Type: 'SSH::File', Properties: {Host: web-e1, Path: /a, Content: %s}}"
REFUSED = {
    "SAM": ("validate", "Transform: AWS::Serverless-2016-10-31\nResources: {%s}" % PAGE % "a"),
    "Modules of the registry": ("validate", "Resources: {A: {Type: 'My::S3::Bucket::MODULE'}}"),
    "Rain": ("validate", "Resources: {%s}" % PAGE % "!Rain::Embed a.txt"),
    "Snippets at a URL": ("validate", "Resources: {%s}" % PAGE %
                          "{'Fn::Transform': {Name: 'AWS::Include', "
                          "Parameters: {Location: 's3://bucket/a.yaml'}}}"),
    "Nested templates at a URL": (
        "validate", "Resources: {A: {Type: 'AWS::CloudFormation::Stack', "
                    "Properties: {TemplateURL: 'https://s3.example/a.yaml'}}}"),
    "Wait conditions": ("plan", "Resources: {A: {Type: 'AWS::CloudFormation::WaitCondition'}}"),
    "Custom resources": ("plan", "Resources: {A: {Type: 'Custom::Thing', "
                                 "Properties: {ServiceToken: a}}}"),
    "Stack sets": ("plan", "Resources: {A: {Type: 'AWS::CloudFormation::StackSet', "
                           "Properties: {StackSetName: a, PermissionModel: SELF_MANAGED}}}"),
    "Types of the registry": ("plan", "Resources: "
                                      "{A: {Type: 'AWS::CloudFormation::TypeActivation'}}"),
    "`DeletionPolicy: Snapshot`": ("validate", "Resources: {A: {Type: 'SSH::Directory', "
                                               "DeletionPolicy: Snapshot, "
                                               "Properties: {Host: web-e1, Path: /a}}}"),
    "`HA::GitCommit`": ("plan", "Resources: {%s}" % PAGE % "!Ref HA::GitCommit"),
}


def rows_of(page, heading):
    """The rows of the tables of a section, each a list of cells."""
    section = text_of(page).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")]
            for line in section.splitlines() if line.startswith("|")]
    return [row for row in rows if not row[0].startswith("---")][1:]


def test_what_is_refused(tmp_path):
    rows = rows_of("docs/language.md", "What is refused")
    assert len(rows) == len(REFUSED)
    for words, (command, content) in REFUSED.items():
        row = next(row for row in rows if row[0].startswith(words))
        put_template(tmp_path, content)
        result = run_hadeploy([command, "web"], tmp_path).ok(1)
        assert f"error {row[1]}: " in result.stderr, words


def test_what_is_refused_when_planned_does_no_harm_before(tmp_path):
    for words, (command, content) in REFUSED.items():
        if command == "plan" and "Type: 'AWS::CloudFormation" in content:
            unused = content.replace("{Type: ", "{Condition: Never, Type: ")
            put_template(tmp_path, "Parameters: {P: {Type: String, Default: a}}\nConditions: "
                                   "{Never: !Equals [!Ref P, b]}\n" + unused)
            run_hadeploy(["plan", "web"], tmp_path).ok()


# Names that the program's tables have

def names_in(file, pattern):
    found = re.findall(pattern, (ROOT / file).read_text(), re.M)
    assert len(found) >= 5, f"{file} is written in another way now"
    return found


TABLES = {
    "functions": ("templates/intrinsic.c", r'^\t\{(?:\.name = )?"((?:Fn::)?\w+)"',
                  "docs/functions.md", "One by one"),
    "features": ("templates/intrinsic.c", r'^\t\{(?:\.name = )?"((?:Fn::)?\w+)"',
                 "docs/language.md", "CloudFormation feature by feature"),
    "sections": ("templates/sections.c", r'^\t\[SECTION_\w+\] = "(\w+)"',
                 "docs/language.md", "Sections"),
    "resources": ("templates/resource_shape.c", r'^\t\{"(\w+)", ', "docs/language.md", None),
    "parameter types": ("templates/parameter.c", r'^\t"([\w:]+::\w+)",', "docs/parameters.md",
                        "Types"),
    "parameters": ("templates/parameter.c", r'^\t"([A-Z]\w+)",$', "docs/parameters.md",
                   "Attributes"),
    "pseudo parameters": ("templates/pseudo.c", r'"((?:AWS|HA)::\w+)",', "docs/language.md",
                          "Pseudo parameters"),
}


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_complete(table):
    file, pattern, page, heading = TABLES[table]
    text = text_of(page)
    if heading:
        text = "\n".join(" | ".join(row) for row in rows_of(page, heading))
    for name in names_in(file, pattern):
        assert re.search(rf"(?<![\w:]){re.escape(name)}\b", text), f"{page} lacks {name}"


# Rows of the table of severities: the errors and warnings that one template gets of this code.
BUCKET = "Resources: {A: {Type: 'AWS::S3::Bucket', Properties: {%s}}}"
GROUP = "Resources: {A: {Type: 'AWS::Logs::LogGroup', Properties: {%s}}}"
FILE = "Resources: {A: {Type: 'SSH::File', Properties: {Host: web-e1, Path: %s}}}"
CHOICE = "Parameters: {P: {Type: String, Default: test}}\nConditions: {C: !Equals [!Ref P, a]}\n"
SEVERITIES = [
    ("HD2001", "error", "Resources: {A: {Type: 'AWS::S3::Buckets'}}"),
    ("HD2001", "warning", "Resources: {A: {Type: 'Shop::Web::Page'}}"),
    ("HD2004", "error", BUCKET % "BucketNam: a"),
    ("HD2005", "error", "Resources: {A: {Type: 'AWS::EC2::Subnet', Properties: {}}}"),
    ("HD2005", "warning", CHOICE + "Resources: {A: {Type: 'AWS::EC2::Subnet', Properties: "
                                   "{VpcId: !If [C, vpc-1, !Ref 'AWS::NoValue']}}}"),
    ("HD2006", "error", BUCKET % "Tags: a"),
    ("HD2006", "warning", BUCKET % "VersioningConfiguration: enabled"),
    ("HD2007", "error", BUCKET % "AccessControl: Everybody"),
    ("HD2007", "warning", "Parameters: {P: {Type: String, Default: Everybody}}\n" +
     BUCKET % "AccessControl: !Ref P"),
    ("HD2050", "error", FILE % "/a, Content: !Ref A"),
    ("HD2050", "warning", CHOICE + FILE % "/a, Content: !If [C, !Ref A, a]"),
    ("HD2008", "error", FILE % "a"),
    ("HD2008", "warning", GROUP % "LogGroupName: 'a b'"),
    ("HD2010", "error", FILE % "/a, ContentSha256: a"),
    ("HD2010", "warning", GROUP % "Arn: a"),
    ("HD2011", "error", FILE % "/a" + "\nOutputs: {O: {Value: !GetAtt A.Nothing}}"),
    ("HD2011", "warning", BUCKET % "" + "\nOutputs: {O: {Value: !GetAtt A.Nothing}}"),
]


@pytest.mark.parametrize("code, severity, content", SEVERITIES)
def test_severities(code, severity, content, tmp_path):
    rows = rows_of("docs/validation.md", "Types and properties")
    assert any(row[1] == code and (severity in row[2] or "Ref P" in content) for row in rows)
    put_template(tmp_path, content)
    result = run_hadeploy(["validate", "web.yaml"], tmp_path).ok(1 if severity == "error" else 0)
    assert f"{severity} {code}: " in result.stderr


def test_rules_are_listed(codes):
    rows = rows_of("docs/validation.md", "Rules beyond the types")
    types = rows_of("docs/validation.md", "Types and properties")
    listed = {code for row in rows + types for code in CODE.findall(" ".join(row))}
    assert listed >= {code for code in codes if code.startswith("HD24")}


# Commands and options

def help_of(*command):
    return run_hadeploy(["help", *command], ROOT).ok().stdout


def listed_commands():
    """Every command to its options."""
    names = re.findall(r"^  ([a-z]+(?: [a-z]+)?)(?:  +|\n {10,})\S",
                       help_of().partition("\nOptions of")[0], re.M)
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
    if len(words) == 1 and words[0] in ("state", "operation"):
        return words[0]
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


def test_every_kind_of_event_is_described():
    kinds = names_in("engine/runbook/journal_names.c", r'^\t\[ENTRY_\w+\] = "([a-z-]+)"')
    assert set(documented.events()) == set(kinds)
