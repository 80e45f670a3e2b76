"""Fixtures for scenarios on the two regions of examples/dr-lab: one lab for a file, put right again
for each of its tests.  A file imports those that it names.
"""

import pytest

from .drlab import DrLab


@pytest.fixture(scope="module")
def deployed():
    with DrLab() as it:
        it.start().deploy()
        yield it


@pytest.fixture
def lab(deployed):
    """Customers and the primary in the east, a standby in the west."""
    deployed.restore()
    deployed.forget_probes()
    return deployed


@pytest.fixture
def cut_lab(lab):
    """A lab whose network can be cut."""
    if not lab.net:
        pytest.skip(lab.why_not)
    return lab
