"""What other programs read: completion scripts, the man page, pipes."""

import re
import subprocess

import pytest

from lab import hadeploy_path, run_hadeploy, ssh_command, ssh_file, template
from lab.run import clean_env


@pytest.fixture
def host(lab):
    lab.add("web-e1", "east", "east-a", "127.10.1.11", roles=["web"])
    lab.start()
    return lab.host("web-e1")


@pytest.fixture
def project(host, tmp_path):
    resources = {"Page": ssh_file(host, host.root / "page", "hello\n"),
                 "Job": ssh_command(host, "echo working", Delete="true")}
    return host.lab.project(tmp_path / "project", templates={"web": template(
        resources, Outputs={"Page": {"Value": {"Ref": "Page"}}})})


def shell(command, cwd, **env):
    return subprocess.run(["bash", "-c", command], cwd=cwd, env=clean_env(cwd, env),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=60)


def completed(tmp_path, line):
    """What bash offers at the end of this command line."""
    script = f"""
        hadeploy() {{ "$HADEPLOY" "$@"; }}
        source <(hadeploy completion bash) || exit 9
        COMP_LINE={line!r}; COMP_POINT=${{#COMP_LINE}}
        read -ra COMP_WORDS <<<"$COMP_LINE"
        [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        function=$(complete -p hadeploy | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        "$function" hadeploy "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = shell(script, tmp_path)
    assert done.returncode == 0 and done.stderr == "", done
    return [word.strip() for word in done.stdout.splitlines()]


def test_bash_completes_commands_options_and_choices(tmp_path):
    assert "apply" in completed(tmp_path, "hadeploy a")
    assert "plan" not in completed(tmp_path, "hadeploy a")
    assert {"list", "show", "rm"} <= set(completed(tmp_path, "hadeploy state "))
    assert {"--yes", "--parallelism"} <= set(completed(tmp_path, "hadeploy apply --"))
    assert "--yes" not in completed(tmp_path, "hadeploy plan --")
    assert {"bash", "zsh", "fish"} <= set(completed(tmp_path, "hadeploy completion "))
    assert completed(tmp_path, "hadeploy validate --format ") == ["sarif"]
    assert completed(tmp_path, "hadeploy render --format ") == ["json", "yaml"]
    assert completed(tmp_path, "hadeploy graph --format ") == ["dot", "mermaid"]
    (tmp_path / "net.yaml").touch()
    assert completed(tmp_path, "hadeploy validate ne") == ["net.yaml"]
    assert "--normalize" in completed(tmp_path, "hadeploy render --")


@pytest.mark.parametrize("name, check", [("zsh", "zsh -n"), ("fish", "fish -n")])
def test_other_shells_can_read_theirs(tmp_path, name, check):
    text = run_hadeploy(["completion", name], tmp_path).ok().stdout
    assert "apply" in text and "parallelism" in text
    if shell(f"command -v {name}", tmp_path).returncode != 0:
        pytest.skip(f"{name} is not installed: its script was not read by it")
    (tmp_path / "script").write_text(text)
    done = shell(f"{check} script", tmp_path)
    assert done.returncode == 0 and done.stderr == ""


def test_the_man_page_renders_without_complaint(tmp_path):
    page = run_hadeploy(["help", "--man"], tmp_path).ok().stdout
    assert page.splitlines()[0].startswith((".TH", ".\\\""))
    assert re.search(r"^\.TH ", page, re.M)
    (tmp_path / "hadeploy.1").write_text(page)
    if shell("command -v groff", tmp_path).returncode != 0:
        pytest.skip("groff is not installed")
    done = shell("groff -man -Tutf8 -ww -rLL=80n hadeploy.1", tmp_path)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    text = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)
    for word in ("apply", "--lock-timeout", "130", "EXIT STATUS", "NO_COLOR"):
        assert word in text


@pytest.mark.parametrize("args", ["version", "help", "completion bash", "help --man",
                                  "explain HD3101", "plan", "state list", "state export",
                                  "graph", "outputs", "status", "plan --json", "validate --json"])
def test_output_that_cannot_be_written_is_an_error(project, args):
    project.run("apply", "--yes").ok()
    full = shell(f'"$HADEPLOY" {args} >/dev/full', project.dir)
    assert full.returncode == 1 and "No space left on device" in full.stderr, full


@pytest.mark.parametrize("args", ["help", "completion bash", "plan"])
def test_a_closed_standard_output_is_an_error(project, args):
    closed = shell(f'"$HADEPLOY" {args} >&-', project.dir)
    assert closed.returncode == 1 and closed.stderr, closed
    assert "Sanitizer" not in closed.stderr


def test_a_reader_that_goes_away_is_no_drama(project):
    done = shell('"$HADEPLOY" help --man | head -n 1', project.dir)
    assert done.returncode == 0 and "Sanitizer" not in done.stderr


@pytest.mark.parametrize("streams", [">/dev/full 2>/dev/full", "<&- >&- 2>&-", "| true",
                                     "2>&1 | true", "<&-", "2>&-"])
def test_an_apply_whose_output_nobody_reads_still_records(project, host, streams):
    """No file of the run may take the number of a closed stream and get its messages."""
    shell(f'"$HADEPLOY" apply --yes {streams}', project.dir)
    project.run("state", "check").ok()
    assert project.recorded() == ["web/east/Job", "web/east/Page"]
    assert (host.root / "page").read_text() == "hello\n"
    project.run("plan", "--exit-code").ok()


def test_the_path_of_the_program_is_no_part_of_what_it_says(project, tmp_path):
    """Goldens and scripts depend on it."""
    result = run_hadeploy(["nosuch"], tmp_path).ok(64)
    assert hadeploy_path() not in result.stderr
