"""Fixtures that all tests share, and a limit on what one test may take."""

import os
import signal
import subprocess
import threading

import pytest

from lab import Lab, Moto, NoVenv, wait_until

TEST_LIMIT_S = 120
REGIONS = {"east": ["east-a", "east-b"], "west": ["west-a", "west-b"]}


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): what this test may take; default 120")
    # What runs in the background of a shell ignores Ctrl-C, and so would every process started
    # here: they inherit that, and the tests that interrupt them would wait for ever.
    if in_main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def in_main_thread():
    """Signals are this thread's alone.  On a busy machine a worker of pytest-xdist may find itself
    in another one, where a test that hangs has to be ended by whoever waits for all of them."""
    return threading.current_thread() is threading.main_thread()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """A test that hangs fails where it hangs."""
    if not in_main_thread():
        yield
        return
    mark = item.get_closest_marker("limit")
    seconds = mark.args[0] if mark else TEST_LIMIT_S

    def too_long(*_):
        raise TimeoutError(f"the test took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _closed(lab):
    lab.close()
    wait_until(lambda: not lab.processes(), 10, "end of all processes of the lab")


@pytest.fixture
def lab(tmp_path):
    """An empty lab: add hosts, then start it.  It ends with the test."""
    it = Lab(tmp_path / "lab")
    yield it
    _closed(it)


@pytest.fixture
def regions(lab):
    """East and west with two zones of one host each: web-e1, web-e2, web-w1, web-w2; running."""
    return lab.grid(REGIONS).start()


@pytest.fixture(scope="module")
def shared_regions(tmp_path_factory):
    """As regions, for tests of one file that leave the hosts as they found them."""
    it = Lab(tmp_path_factory.mktemp("lab")).grid(REGIONS).start()
    yield it
    _closed(it)


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory):
    """One moto for all tests that want it."""
    try:
        it = Moto(tmp_path_factory.mktemp("moto"))
    except NoVenv as e:
        pytest.skip(f"moto cannot be installed here: {e}")
    yield it
    it.close()


@pytest.fixture
def moto(moto_server):
    """An empty AWS account on loopback."""
    moto_server.reset()
    return moto_server


@pytest.fixture
def small_disk(tmp_path):
    """A file system of two megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "small", folder],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
