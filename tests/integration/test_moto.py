"""The AWS of the lab: moto answers, regions are apart, nothing is left over."""

import pytest

from lab import Moto, NoVenv, venv
from lab.ssh import free_port


def test_regions_are_apart(moto):
    moto.client("ec2", "eu-west-1").create_vpc(CidrBlock="10.9.0.0/16")
    there = [len(moto.client("ec2", region).describe_vpcs(
        Filters=[{"Name": "cidr", "Values": ["10.9.0.0/16"]}])["Vpcs"])
        for region in ("eu-west-1", "us-east-1")]
    assert there == [1, 0]


def test_reset_forgets(moto):
    ec2 = moto.client("ec2", "eu-west-1")
    ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)
    moto.reset()
    assert ec2.describe_volumes()["Volumes"] == []


def test_it_ends(moto_server, tmp_path):  # the venv is there, so this one must start
    it = Moto(tmp_path)
    it.close()
    assert it.proc.returncode is not None and it.port != moto_server.port


def test_what_no_index_has_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("BUILD", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{free_port('127.0.0.1')}/simple")
    with pytest.raises(NoVenv, match="pip: .*hadeploy-no-such"):
        venv("none", ["hadeploy-no-such-package==1"])
    assert not list(tmp_path.glob("venv/none-*/complete"))
