#!/usr/bin/python3
"""The rules of the house that need no compiler.  Prints file:line: what is wrong.

    rules.py [ROOT]

Who may include whom, which folder includes which library, sizes, comments, names, banned
functions, headers, and diagnostic codes that nobody reports or tests.
"""

import re
import sys
from pathlib import Path

ROOT = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
HOUSE = ("base", "templates", "engine", "vcs", "providers", "cli", "tests")

FILE_LINES, FUNCTION_LINES, COLUMNS, MAKEFILE_LINES = 800, 70, 100, 210

# What a folder may include of ours, besides itself: folders end in a slash.  The longest
# matching row holds, a file's own before its folder's.
INCLUDES = {
    "base": [],
    "templates": ["base/"],
    "engine": ["base/", "templates/template.h", "templates/value.h", "templates/node.h",
               "templates/render.h", "templates/outline.h", "templates/normalize.h",
               "templates/resolve.h",
               "vcs/vcs.h", "providers/api/provider.h"],
    "engine/lint": ["base/", "engine/", "templates/template.h", "templates/node.h",
                    "templates/names.h", "templates/refs.h", "templates/sub.h",
                    "providers/api/provider.h"],
    "engine/runbook": ["base/", "engine/", "templates/template.h", "templates/value.h",
                       "templates/node.h", "templates/refs.h", "providers/api/provider.h"],
    "vcs": ["base/"],
    "providers": ["base/", "providers/"],
    "providers/api": [],
    "providers/kit": ["base/", "providers/api/"],
    "providers/*": ["base/", "providers/api/", "providers/kit/"],
    # Definitions of types are YAML with places, as templates are.
    "providers/rest": ["base/", "providers/api/", "providers/kit/", "templates/node.h"],
    "providers/aws": ["base/", "providers/api/", "providers/kit/", "providers/rest/rest.h",
                      "providers/rest/bundle.h"],
    "providers/powerdns": ["base/", "providers/api/", "providers/rest/rest.h",
                           "providers/rest/bundle.h"],
    "cli": ["base/", "engine/engine.h", "engine/engine_runbook.h"],
    "cli/main.c": ["base/", "engine/engine.h", "engine/engine_runbook.h", "providers/"],
}

# Where a library's header may be included: folders end in a slash.
LIBRARIES = {
    r"yaml\.h": ["templates/"],
    r"git2(\.h|/.*)": ["vcs/"],
    r"(curl/.*|libssh2.*|libxml/.*)": ["providers/kit/"],
    r"(jq|jv)\.h": ["providers/rest/"],
    r"libpq-fe\.h": ["providers/probe/"],
    r"sqlite3\.h": ["engine/", "providers/sim/"],
    r"jansson\.h": ["base/json.h"],
    r"openssl/.*": ["base/digest.c"],
    r"pcre2\.h": ["base/pattern.c"],
    r"cmocka\.h": [],
}

BANNED = {name: "write into a struct str or with snprintf" for name in
          ("strcpy", "strcat", "sprintf", "vsprintf", "strncpy", "gets")}
BANNED |= {name: "use text_to_int64" for name in ("atoi", "atol", "atoll", "strtol")}
BANNED |= {"strtok": "use struct text", "localtime": "use localtime_r", "gmtime": "use gmtime_r",
           "ctime": "use strftime", "asctime": "use strftime", "alloca": "use an arena",
           "setlocale": "the C locale is kept"}
SLEEPS = {name: "providers do not sleep: answer HD_PENDING" for name in
          ("sleep", "usleep", "nanosleep")}
EMPTY_WORDS = re.compile(r"(^|_)(utils?|helpers?|misc|managers?)(_|$)", re.I)
EMPTY_VERBS = re.compile(r"\b((?:handle|process|do)_\w+)\s*\(")

problems = []


def problem(path, line, text):
    problems.append((str(path), line, text))


def blanked(text):
    """C text with comments, strings and character constants blanked, line for line."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def blank(match):
        piece = match[0]
        return "//" if piece.startswith("//") else re.sub(r"[^\n]", " ", piece)
    return re.sub(pattern, blank, text, flags=re.S)


class CFile:
    def __init__(self, path):
        self.path = path.relative_to(ROOT)
        self.name = str(self.path)
        self.folder = str(self.path.parent)
        self.text = path.read_text(errors="replace")
        self.code = blanked(self.text)
        self.own, self.foreign = [], []  # (line, included name)
        for number, line in enumerate(self.text.splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if match:
                (self.own if match[1] == '"' else self.foreign).append((number, match[2]))


def c_files():
    paths = (path for folder in HOUSE for path in (ROOT / folder).rglob("*.[ch]"))
    return [CFile(path) for path in sorted(paths)]


def within(name, places):
    return any(name == place or (place.endswith("/") and name.startswith(place))
               for place in places)


def row_of(file):
    parts = file.path.parent.parts
    keys = [file.name, file.folder, f"{parts[0]}/*" if parts[0] == "providers" else "", parts[0]]
    return next(INCLUDES[key] for key in keys if key in INCLUDES and
                (key != "providers/*" or len(parts) > 1))


def check_includes(file):
    if file.path.parts[0] == "tests":
        return
    parts = file.path.parent.parts
    home = f"{parts[0]}/" if parts[0] != "providers" else f"{file.folder}/"
    for line, name in file.own:
        if not (ROOT / name).is_file():
            problem(file.name, line, f"includes are written from the root: no '{name}' there")
        elif not within(name, [home, *row_of(file)]):
            problem(file.name, line, f"{file.folder} may not include '{name}'")
    for line, name in file.foreign:
        for pattern, places in LIBRARIES.items():
            if re.fullmatch(pattern, name) and not within(file.name, places):
                problem(file.name, line, f"<{name}> belongs in {' '.join(places) or 'tests/'}")
        if file.folder == "providers/api" and name not in ("stddef.h", "stdint.h"):
            problem(file.name, line, "the plugin contract includes nothing but stddef and stdint")
    header = file.path.with_suffix(".h")
    if file.path.suffix == ".c" and (ROOT / header).is_file():
        if not file.own or file.own[0][1] != str(header):
            problem(file.name, 1, f"includes its own header '{header}' first")


def check_cycles(files):
    """Headers that include each other, shown as the way around."""
    graph = {f.name: [name for _, name in f.own] for f in files if f.name.endswith(".h")}
    done, reported = set(), set()

    def visit(name, way):
        if name in way:
            ring = way[way.index(name):]
            if frozenset(ring) not in reported:
                reported.add(frozenset(ring))
                problem(ring[0], 1, "includes itself: " + " -> ".join([*ring, name]))
            return
        if name in done:
            return
        for other in graph.get(name, []):
            visit(other, [*way, name])
        done.add(name)

    for name in sorted(graph):
        visit(name, [])


def check_size(name, text):
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        problem(name, FILE_LINES, f"{len(lines)} lines; at most {FILE_LINES}")
    for number, line in enumerate(lines, 1):
        width = len(line.expandtabs(8))
        if width > COLUMNS:
            problem(name, number, f"{width} columns; at most {COLUMNS}")


def check_functions(file):
    start = None
    for number, line in enumerate(file.code.splitlines(), 1):
        if line.rstrip() == "{":
            start = number
        elif line.startswith("}") and start:
            if number - start + 1 > FUNCTION_LINES:
                problem(file.name, start,
                        f"function of {number - start + 1} lines; at most {FUNCTION_LINES}")
            start = None


def check_words(file):
    banned = {**BANNED, **(SLEEPS if file.path.parts[0] == "providers" else {})}
    for number, line in enumerate(file.code.splitlines(), 1):
        if "//" in line:
            problem(file.name, number, "comments are /* */")
        for match in re.finditer(r"\b([A-Za-z_]\w*)\s*\(", line):
            if match[1] in banned:
                problem(file.name, number, f"{match[1]}() is banned: {banned[match[1]]}")
        for word in set(re.findall(r"[A-Za-z_]\w*", line)):
            if EMPTY_WORDS.search(word):
                problem(file.name, number, f"'{word}' says nothing: name the thing")
        for match in EMPTY_VERBS.finditer(line):
            problem(file.name, number, f"'{match[1]}' says nothing: name what it does")
    for part in file.path.with_suffix("").parts:
        if EMPTY_WORDS.search(part):
            problem(file.name, 1, f"the name '{part}' says nothing")


def check_header(file):
    if not file.text.startswith("/*"):
        problem(file.name, 1, "a header opens with a comment that says its contract")
    if not re.search(r"^#ifndef (\w+_H)\n#define \1$", file.text, re.M):
        problem(file.name, 1, "a header has an include guard")


def diag_rows(name="base/diag_codes.def"):
    """The rows of a file and, at their place, of those that it includes."""
    path = ROOT / name
    text = path.read_text() if path.is_file() else ""
    for match in re.finditer(r'^DIAG_CODE\((\d+), (\w+),|^#include "(base/\w+\.def)"', text, re.M):
        if match[3]:
            yield from diag_rows(match[3])
        else:
            yield name, int(match[1]), match[2], text.count("\n", 0, match.start()) + 1


def check_diag_codes(files):
    """Each code is reported by some file, and some test expects it by number or by name."""
    last = 0
    product = "\n".join(f.code for f in files
                        if f.path.parts[0] != "tests" and f.path.suffix == ".c")
    tests = "\n".join(path.read_text(errors="replace") for path in (ROOT / "tests").rglob("*")
                      if path.is_file() and path.stat().st_size < 1 << 20)
    used = set(re.findall(r"\bDIAG_\w+", product))
    expected = set(re.findall(r"\b(?:DIAG_\w+|HD\d{4})\b", tests))
    for name, number, symbol, line in diag_rows():
        if number <= last:
            problem(name, line, f"HD{number} stands behind HD{last}: rows ascend")
        if f"DIAG_{symbol}" not in used:
            problem(name, line, f"HD{number} {symbol} is reported nowhere")
        if not expected & {f"DIAG_{symbol}", f"HD{number}"}:
            problem(name, line, f"HD{number} {symbol} is expected by no test")
        last = max(last, number)


def check_commands(files):
    """The command table, or the command it belongs to, lists every command that has a file."""
    lists = "\n".join(f.code for f in files if f.folder == "cli")
    for file in files:
        command = file.path.stem
        defined = re.search(rf"\bstruct command {command} =", file.code)
        if file.folder == "cli" and defined and not re.search(rf"&{command}\b", lists):
            problem(file.name, 1, f"'{command}' is missing in the table of cli/command.c")


def main():
    files = c_files()
    for file in files:
        check_includes(file)
        check_functions(file)
        check_words(file)
        if file.name.endswith(".h"):
            check_header(file)
    check_cycles(files)
    check_diag_codes(files)
    check_commands(files)
    others = [ROOT / "Makefile", ROOT / ".ci" / "run", *(ROOT / "tools").rglob("*"),
              *(path for folder in HOUSE for path in (ROOT / folder).rglob("*.[chdps]*")
                if path.suffix in (".c", ".h", ".def", ".py", ".sh")),
              *(ROOT / "examples").rglob("*.sh")]
    for path in sorted(path for path in others if path.is_file()):
        if "__pycache__" not in path.parts:
            check_size(path.relative_to(ROOT), path.read_text(errors="replace"))
    if len((ROOT / "Makefile").read_text().splitlines()) > MAKEFILE_LINES:
        problem("Makefile", MAKEFILE_LINES, f"at most {MAKEFILE_LINES} lines")
    for path, line, text in sorted(problems):
        print(f"{path}:{line}: {text}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
