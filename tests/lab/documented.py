"""What documents say of journals and of JSON streams, against those that tests have made."""

import functools
import json
import re
import sqlite3
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
WORD = re.compile(r"`([^`]+)`")
# A member, and what stands in brackets behind it.
MEMBER = re.compile(r"`([^`]+)`(?: \(((?:\([^)]*\)|[^()])*)\))?")
NAME = re.compile(r"[A-Z]\w*$")
BY = {"User", "Host", "Pid"}
FREE = {"Parameters", "Result", "Values", "Command"}


@functools.cache
def events():
    """{kind: {member: its own members, or None}}; a kind whose data may be anything has None."""
    section = (DOCS / "reports.md").read_text().partition("\n## Events\n")[2].partition("\n## ")[0]
    found = {}
    for line in section.splitlines():
        if not line.startswith("| `"):
            continue
        kind, _, data = (cell.strip() for cell in line.strip("|").split("|"))
        members = {name: {word for word in WORD.findall(inner) if NAME.match(word)}
                   for name, inner in MEMBER.findall(re.sub(r"\]\([^)]*\)", "]", data))}
        members.update({"By": BY} if "By" in members else {})
        found[WORD.match(kind)[1]] = None if "..." in members else members
    return found


def _inside(name, value, allowed):
    if name in FREE or not allowed:
        return
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and set(one) - allowed:
            yield f"{name} has {sorted(set(one) - allowed)}"


def faults_of(kind, data):
    """What of an event no document tells."""
    if kind not in events():
        yield "there is no such kind"
    elif (members := events()[kind]) is not None:
        for name in sorted(set(data) - set(members)):
            yield f"there is no member {name}"
        for name in set(data) & set(members):
            yield from _inside(name, data[name], members[name])


def journal_faults(file):
    """The same of all executions in recorded state."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10) as state:
        try:
            rows = state.execute("SELECT kind, data FROM execution_event").fetchall()
        except sqlite3.OperationalError:
            return []  # of a version without executions
    state.close()
    return sorted({f"{kind}: {fault}" for kind, data in rows
                   for fault in faults_of(kind, json.loads(data))})


# --- JSON streams --------------------------------------------------------------------------

LOWER = re.compile(r"`([a-z_0-9]+)`")
EVERY, EVENT = {"schema", "type"}, {"time", "address", "resource_type", "endpoint", "action"}
# Their streams are looked at wherever a test reads one.
WATCHED = {"runbook", "failover", "failback", "health", "watch", "recreate"}


def _section(title):
    page = (DOCS / "json.md").read_text()
    return re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", page, re.M | re.S)[1]


def _rows(title):
    """{first word of a table's row: all words in code type of the row}."""
    found = {}
    for line in _section(title).splitlines():
        if line.startswith("| `"):
            words = LOWER.findall(line)
            found[words[0]] = set(words[1:])
    return found


def _first_columns(title):
    """The words in the first column of a section's tables."""
    return {word for line in _section(title).splitlines() if line.startswith("| `")
            for word in LOWER.findall(line.split("|")[1])}


@functools.cache
def stream_members():
    """{type: members} of the objects that commands print."""
    types = {name: EVERY | words for title in ("Results", "Runbooks")
             for name, words in _rows(title).items()}
    types.update({name: EVERY | EVENT | {"execution", "step"} | words
                  for name, words in _rows("Events").items()})
    types["change"] |= _first_columns("A change")
    types["diagnostic"] |= _first_columns("A diagnostic")
    return types


def line_faults(line):
    """What of an object of a stream no document tells."""
    known = stream_members()
    if line.get("type") not in known:
        yield f"there is no type {line.get('type')}"
        return
    for name in sorted(set(line) - known[line["type"]]):
        yield f"{line['type']} has no member {name}"
    if line["type"] == "journal":
        yield from faults_of(line["event"], line["data"])


def stream_faults(args, text):
    """The same of what a command has printed, when it is one of WATCHED and asked for JSON."""
    if args[:2] == ["runbook", "report"] and "json" in args and text.startswith("{"):
        return sorted(set(report_faults(json.loads(text))))
    if not args or args[0] not in WATCHED or "--json" not in args:
        return []
    return sorted({fault for line in text.splitlines() if line.startswith("{")
                   for fault in line_faults(json.loads(line))})


# --- the report ----------------------------------------------------------------------------

def _report_rows():
    section = (DOCS / "reports.md").read_text().partition("\n## The JSON document\n")[2]
    for line in section.partition("\n## ")[0].splitlines():
        if line.startswith("| `"):
            first, _, rest = line.strip("|").partition("|")
            yield WORD.findall(first), set(WORD.findall(rest))


@functools.cache
def report_members():
    """{member: the members of what it holds, none: a plain value}."""
    return {name: words for names, words in _report_rows() for name in names}


def report_faults(report):
    """What of a report no document tells."""
    free = {"parameters", "command", "by"}
    for name in sorted(set(report) - {"schema", "type"}):
        if name not in report_members():
            yield f"there is no member {name}"
            continue
        for one in report[name] if isinstance(report[name], list) else [report[name]]:
            if isinstance(one, dict) and name not in free:
                yield from (f"{name} has no {word}" for word in set(one) - report_members()[name])
