"""The rules of tools/lint/rules.py, each broken once in a small tree."""

import subprocess
import sys
from pathlib import Path

import pytest

RULES = Path(__file__).resolve().parents[2] / "tools" / "lint" / "rules.py"
HEADER = "/* {name} - something. */\n#ifndef X_H\n#define X_H\n{body}\n#endif\n"


@pytest.fixture
def tree(tmp_path):
    """Writes files; the tree without them keeps all rules."""
    def write(files):
        start = {"Makefile": "", "base/str.h": header("str"), "templates/yaml.h": header("yaml"),
                 "engine/engine.h": header("engine"), "providers/ssh/ssh.h": header("ssh")}
        for name, text in {**start, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        result = subprocess.run([sys.executable, "-B", str(RULES), str(tmp_path)],
                                capture_output=True, text=True, check=False)
        assert not result.stderr
        assert result.returncode == (1 if result.stdout else 0)
        return result.stdout.splitlines()
    return write


def header(name, body=""):
    return HEADER.format(name=name, body=body)


@pytest.mark.parametrize("name, line", [
    ("base/a.c", '#include "engine/engine.h"'),
    ("templates/a.c", '#include "engine/engine.h"'),
    ("engine/a.c", '#include "templates/yaml.h"'),
    ("engine/state/a.c", '#include "providers/ssh/ssh.h"'),
    ("providers/kit/a.c", '#include "providers/ssh/ssh.h"'),
    ("providers/rest/a.c", '#include "providers/ssh/ssh.h"'),
    ("cli/cmd_plan.c", '#include "templates/yaml.h"'),
    ("cli/cmd_plan.c", '#include "providers/ssh/ssh.h"'),
    ("vcs/a.c", '#include "engine/engine.h"'),
])
def test_a_folder_includes_only_what_the_matrix_allows(tree, name, line):
    folder, included = name.rpartition("/")[0], line.split('"')[1]
    assert tree({name: line + "\n"}) == [f"{name}:1: {folder} may not include '{included}'"]


def test_what_the_matrix_allows_is_no_problem(tree):
    assert tree({"cli/main.c": '#include "providers/ssh/ssh.h"\n#include "engine/engine.h"\n',
                 "engine/state/a.c": '#include "engine/engine.h"\n#include <sqlite3.h>\n',
                 "providers/ssh/b.c": '#include "providers/ssh/ssh.h"\n#include "base/str.h"\n',
                 "tests/unit/test_a.c": '#include "templates/yaml.h"\n#include <cmocka.h>\n'}) == []


@pytest.mark.parametrize("name, library", [
    ("base/a.c", "jansson.h"), ("base/a.c", "openssl/evp.h"), ("engine/a.c", "yaml.h"),
    ("providers/ssh/a.c", "libssh2.h"), ("cli/a.c", "sqlite3.h"), ("base/a.c", "cmocka.h"),
    ("engine/a.c", "git2/tree.h"), ("providers/kit/a.c", "jq.h"), ("cli/a.c", "curl/curl.h"),
])
def test_each_library_has_one_place(tree, name, library):
    found = tree({name: f"#include <{library}>\n"})
    assert len(found) == 1 and f"<{library}> belongs in" in found[0]


def test_headers_may_not_include_each_other_in_a_ring(tree):
    found = tree({"base/a.h": header("a", '#include "base/b.h"'),
                  "base/b.h": header("b", '#include "base/a.h"')})
    assert found == ["base/a.h:1: includes itself: base/a.h -> base/b.h -> base/a.h"]


def test_a_file_includes_its_own_header_first(tree):
    found = tree({"base/a.h": header("a"), "base/a.c": '#include "base/str.h"\n'})
    assert found == ["base/a.c:1: includes its own header 'base/a.h' first"]


def test_includes_are_written_from_the_root(tree):
    found = tree({"base/a.c": '#include "str.h"\n'})
    assert found == ["base/a.c:1: includes are written from the root: no 'str.h' there"]


def test_sizes_have_limits(tree):
    body = "\tx();\n" * 69
    assert tree({"base/a.c": f"int f(void)\n{{\n{body}}}\n"}) == [
        "base/a.c:2: function of 71 lines; at most 70"]
    assert tree({"base/a.c": "int x;\n" * 801}) == ["base/a.c:800: 801 lines; at most 800"]
    assert tree({"base/a.c": "\t" * 12 + "int x;\n"}) == [
        "base/a.c:1: 102 columns; at most 100"]


def test_comments_names_and_functions(tree):
    text = ('/* strcpy(a, b) // here is no matter */\n'
            'const char *s = "atoi(x) // y";\n'
            'int x; // note\n'
            'int n = atoi(s);\n'
            'int string_utils;\n'
            'int process_plan(void);\n'
            'int process_id = 1;\n')
    assert tree({"engine/a.c": text}) == [
        "engine/a.c:3: comments are /* */",
        "engine/a.c:4: atoi() is banned: use text_to_int64",
        "engine/a.c:5: 'string_utils' says nothing: name the thing",
        "engine/a.c:6: 'process_plan' says nothing: name what it does"]


def test_providers_do_not_sleep(tree):
    text = "void f(void)\n{\n\tusleep(1);\n}\n"
    assert tree({"tests/unit/test_a.c": text}) == []
    assert len(tree({"providers/kit/a.c": text})) == 1


def test_a_header_opens_with_its_contract_and_has_a_guard(tree):
    assert tree({"base/a.h": "int a;\n"}) == [
        "base/a.h:1: a header has an include guard",
        "base/a.h:1: a header opens with a comment that says its contract"]


def test_every_diagnostic_code_is_reported_and_expected(tree):
    rows = ('DIAG_CODE(9901, USED, "a", "b")\nDIAG_CODE(9902, UNTESTED, "a", "b")\n'
            'DIAG_CODE(9904, UNUSED, "a", "b")\nDIAG_CODE(9903, LATE, "a", "b")\n')
    found = tree({"base/diag_codes.def": rows,
                  "base/a.c": "int x = DIAG_USED + DIAG_UNTESTED + DIAG_LATE;\n",
                  "tests/unit/test_a.c": "int x = DIAG_USED + DIAG_UNUSED;\n",
                  "tests/golden/diag/one/expected.err": "error HD9903: late\n"})
    assert found == ["base/diag_codes.def:2: HD9902 UNTESTED is expected by no test",
                     "base/diag_codes.def:3: HD9904 UNUSED is reported nowhere",
                     "base/diag_codes.def:4: HD9903 stands behind HD9904: rows ascend"]


def test_every_command_is_in_the_table(tree):
    found = tree({"cli/cmd_plan.c": "const struct command cmd_plan = {0};\n",
                  "cli/command.c": "const struct command *all[] = {0};\n"})
    assert found == ["cli/cmd_plan.c:1: 'cmd_plan' is missing in the table of cli/command.c"]
