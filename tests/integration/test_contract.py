"""The provider contract suite: sim and ssh keep the contract, and who breaks it is found."""

import subprocess

import pytest

from contract.run import on_rest, on_sim, on_ssh, suite
from lab.run import ROOT
from lab.shop import Shop

SPEC = """\
Config: {{Fault: '{fault}'}}
Types:
  Wrong::Thing:
    Create: {{Name: 'thing-${{N}}', Size: 3, Key: 'secret-of-${{N}}'}}
    Update: {{Size: 4}}
    CreateOnly: {create_only}
    Missing: nothing
    Secret: /Key
    FixedName: true
    NaturalName: true
    Pending: true
"""
FAULTS = ["create", "create-read", "state-schema", "same-key", "other-key", "update", "update-id",
          "update-read", "remove", "remove-read", "remove-twice", "missing-read", "missing-update",
          "missing-remove", "missing-find", "find-key", "find-name", "import", "list",
          "poll-later", "cancel", "secrets", "threads", "leak-files", "leak-threads"]


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    plugin = tmp_path_factory.mktemp("plugin") / "wrong.so"
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "jansson"], check=True,
                           capture_output=True, text=True).stdout.split()
    subprocess.run(["cc", "-shared", "-fPIC", "-Wall", "-Werror", "-D_GNU_SOURCE", "-pthread",
                    f"-I{ROOT}", "-o", plugin, ROOT / "tests/plugin/wrong.c", *flags], check=True)
    return plugin


def run(wrong, folder, fault, create_only="Name", *options):
    spec = folder / "spec.yaml"
    spec.write_text(SPEC.format(fault=fault, create_only=create_only))
    return suite(wrong, spec, *options)


def failures(result):
    """The checks that failed, of lines like "FAIL PROVIDER TYPE CHECK: ..."."""
    return {line.split()[3].rstrip(":") for line in result.stdout.splitlines()
            if line.startswith("FAIL ")}


def test_who_keeps_the_contract_passes(wrong, tmp_path):
    result = run(wrong, tmp_path, "")
    assert result.returncode == 0 and " 0 failed" in result.stdout, result.stdout


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found(wrong, tmp_path, fault):
    result = run(wrong, tmp_path, fault)
    assert result.returncode == 1, result
    assert fault in failures(result), result.stdout
    line = next(line for line in result.stdout.splitlines() if f" {fault}: " in line)
    assert "Wrong::Thing" in line or fault.startswith("leak")
    assert "expected" in line and "got" in line


def test_a_property_that_should_be_create_only_is_found(wrong, tmp_path):
    assert "create-only" in failures(run(wrong, tmp_path, "", "Size"))


def test_sim_keeps_it(tmp_path):
    result = on_sim(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_rest_keeps_it(tmp_path):
    with Shop(token="of-the-suite") as shop:
        result = on_rest(shop, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_ssh_keeps_it(lab, tmp_path):
    lab.grid({"east": ["east-a"]}).start()
    result = on_ssh(lab, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
