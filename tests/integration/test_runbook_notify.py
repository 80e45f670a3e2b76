"""Notify and Http steps: what their command gets, how long they may take, secrets in them."""

import http.server
import os
import subprocess
import threading

import pytest

PROGRAM = os.environ.get("HADEPLOY", "build/hadeploy")


def project(folder, *steps):
    (folder / "hadeploy.yaml").write_text(
        "Project: shop\nRegions: {east: {}}\nRunbooks: {tell: tell.yaml}\n")
    (folder / "tell.yaml").write_text("Steps:\n" + "".join(f"  - {s}\n" for s in steps))


def run(folder, *words, code=0, **env):
    done = subprocess.run([PROGRAM, *words], cwd=folder, env={**os.environ, "CI": "true", **env},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=100)
    assert done.returncode == code, done.stdout
    return done.stdout


def test_the_command_has_its_environment(tmp_path):
    project(tmp_path, "{Name: say, Type: Notify, Message: hello, Command: 'echo \"$WORD\" >said', "
                      "Environment: {WORD: '{{resolve:env:SECRET}}'}}")
    out = run(tmp_path, "runbook", "run", "tell", "--yes", SECRET="hunter2secret")
    out += run(tmp_path, "runbook", "report", "--format", "json")
    assert (tmp_path / "said").read_text() == "hunter2secret\n"
    assert "hunter2" not in out
    for file in (tmp_path / ".hadeploy").rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes()


@pytest.fixture
def server():
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"id": 7, "node": {"a.b": "deep"}}')

        def log_message(self, *_):
            pass
    it = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=it.serve_forever, daemon=True).start()
    yield it.server_port
    it.shutdown()
    it.server_close()


def test_the_timeout_of_a_step_is_that_of_its_call(tmp_path, server):
    """Longer than the provider would wait by itself, and shorter."""
    project(tmp_path, f"{{Name: ask, Type: Http, Url: 'http://127.0.0.1:{server}/', Timeout: 1h}}",
            "{Name: long, Type: Notify, Message: m, Command: 'true', Timeout: 7d}",
            "{Name: short, Type: Notify, Message: m, Command: sleep 100, Timeout: 300ms}")
    out = run(tmp_path, "runbook", "run", "tell", "--yes", code=1)
    assert "long: done" in out and "failed: short" in out


def test_members_of_an_answer_are_results(tmp_path, server):
    project(tmp_path, f"{{Name: ask, Type: Http, Url: 'http://127.0.0.1:{server}/'}}",
            "{Name: say, Type: Notify, Message: m, Command: !Sub 'echo "
            "${ask.Json.id} ${ask.Json.node.a.b} ${ask.Status} >said'}",
            "{Name: no, Type: Notify, Message: !GetAtt ask.Json.none, Command: 'true'}")
    out = run(tmp_path, "runbook", "run", "tell", "--yes", code=1)
    assert (tmp_path / "said").read_text() == "7 deep 200\n"
    assert "it needs 'Json.none' of step 'ask', which has no such result" in out


def test_a_secret_within_a_text_is_not_told(tmp_path):
    """What comes back of a command that has one in its middle is not the whole of it."""
    project(tmp_path, "{Name: say, Type: Notify, Message: 'a {{resolve:env:SECRET}} b', "
                      "Command: 'echo got {{resolve:env:SECRET}}; exit 3'}")
    out = run(tmp_path, "runbook", "run", "tell", "--yes", code=1, SECRET="hunter2secret")
    for form in ("json", "markdown", "html", "junit"):
        out += run(tmp_path, "runbook", "report", "--format", form)
    assert "exit 3" in out and "(sensitive)" in out and "hunter2" not in out
    for file in (tmp_path / ".hadeploy").rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes()
