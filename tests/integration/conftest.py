"""What holds for all executions of runbooks that tests here have made."""

import pytest

from lab.documented import journal_faults


@pytest.fixture(autouse=True)
def documented_journals(request):
    """Only documented events are ever written."""
    own = "tmp_path" in request.fixturenames
    folder = request.getfixturevalue("tmp_path") if own else None
    yield
    for pattern in (".hadeploy", "*/.hadeploy", "*/*/.hadeploy") if own else ():
        for file in folder.glob(f"{pattern}/state.db"):
            faults = journal_faults(file)
            assert not faults, f"docs/reports.md does not tell of {file}: {faults}"
