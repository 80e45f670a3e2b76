#!/usr/bin/python3
"""Runs the parts of the test suite and counts them.

    run.py unit   RESULT PROGRAM...     cmocka programs, side by side
    run.py corpus RESULT PROGRAM...     each fuzz target once over tests/fuzz/corpus/<target>/
    run.py pytest RESULT [ARGUMENT...]  pytest
    run.py fuzz   SECONDS DIR PROGRAM...  libFuzzer programs, one per core at a time
    run.py soak   SECONDS PROGRAM...    cmocka programs that draw lots, again and again with other
                                        seeds; what a failure needs to be repeated is printed
    run.py report DIR [PART...]         the sum of all results; the last line is the count;
                                        PARTs are those that did not pass

Each part writes RESULT.json, ends with `N passed, N failed, N skipped`, and fails when a test did.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
TIMEOUT_S = 600  # a test program that hangs; far above what any of them takes
SOAK_ROUNDS = 20  # seeds that one run tries
TAP = re.compile(r"^(ok|not ok) \d+ (?:- )?(# SKIP )?(.*)$")


class Counts:
    """What one part found: names that passed, (name, text) that failed, (name, reason) skipped."""

    def __init__(self):
        self.passed, self.failed, self.skipped = [], [], []

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def line(self):
        return (f"{len(self.passed)} passed, {len(self.failed)} failed, "
                f"{len(self.skipped)} skipped")

    def save(self, result):
        path = Path(f"{result}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(vars(self), indent=1) + "\n")

    def load(self, path):
        for kind, entries in json.loads(path.read_text()).items():
            getattr(self, kind).extend(entries)


def sanitizer_env():
    env = dict(os.environ)
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:strict_string_checks=1")
    env.setdefault("LSAN_OPTIONS", f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    env.setdefault("TSAN_OPTIONS", "halt_on_error=0:second_deadlock_stack=1")
    return env


def run(command, env=None, cwd=ROOT):
    """(exit status, output); a program that hangs is killed with all that it started."""
    with tempfile.TemporaryFile() as out:
        proc = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                stderr=subprocess.STDOUT, env=env, cwd=cwd,
                                start_new_session=True)
        try:
            status = proc.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(proc.pid, signal.SIGKILL)
            proc.wait()
            status = -signal.SIGALRM
        out.seek(0)
        return status, out.read().decode(errors="replace")


def ended(status):
    if status == -signal.SIGALRM:
        return f"did not end within {TIMEOUT_S} s"
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"


def without_random_layout(program):
    """ThreadSanitizer cannot run on some kernels' address layouts; then turn the shuffling off."""
    if b"unexpected memory mapping" in subprocess.run(
            [program], env=dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP"),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False).stderr:
        return ["setarch", os.uname().machine, "-R", program]
    return [program]


def run_unit(program):
    """One cmocka program: its tests, read from the TAP lines among its output."""
    name, counts = Path(program).name, Counts()
    env = dict(sanitizer_env(), CMOCKA_MESSAGE_OUTPUT="TAP")
    status, output = run([program], env)
    if "unexpected memory mapping" in output:
        status, output = run(without_random_layout(program), env)
    planned, notice = 0, ""
    for line in output.splitlines():
        plan, tap = re.match(r"^\s*1\.\.(\d+)", line), TAP.match(line)
        if plan:
            planned += int(plan[1])
        elif tap and tap[2]:
            counts.skipped.append((f"{name}: {tap[3]}", notice.strip() or "no reason given"))
        elif tap and tap[1] == "ok":
            counts.passed.append(f"{name}: {tap[3]}")
        elif tap:
            counts.failed.append((f"{name}: {tap[3]}", output))
        notice = line if not tap and "Skipped!" not in line else notice
    ran = len(counts.passed) + len(counts.failed) + len(counts.skipped)
    if ran < planned or planned == 0:
        counts.failed.append((f"{name}: {ended(status)} after {ran} of {planned} tests", output))
    elif status != 0 and not counts.failed:
        counts.failed.append((f"{name}: {ended(status)} after its tests", output))
    return counts


def run_corpus(program):
    """A fuzz target's standalone form over everything its fuzzer once found."""
    name, counts = Path(program).name, Counts()
    corpus = TESTS / "fuzz" / "corpus" / name.replace("fuzz_", "", 1)
    if not corpus.is_dir():
        counts.failed.append((f"{name}: corpus", f"{corpus.relative_to(ROOT)} is missing\n"))
        return counts
    status, output = run([program, str(corpus)], sanitizer_env())
    if status == 0:
        counts.passed.append(f"{name}: corpus")
    else:
        counts.failed.append((f"{name}: {ended(status)}", output))
    return counts


def soak_one(seconds, program):
    """A program with seeds of its own for so long; (name, seeds tried, what failures said)."""
    command, tried, failed = without_random_layout(program), 0, []
    ends = time.monotonic() + seconds
    while not tried or time.monotonic() < ends:
        env = dict(sanitizer_env(), HADEPLOY_SEED=str(random.getrandbits(48)),
                   HADEPLOY_ROUNDS=str(SOAK_ROUNDS))
        status, output = run(command, env)
        tried += SOAK_ROUNDS
        failed += [] if status == 0 else [f"{ended(status)}\n{output}"]
    return Path(program).name, tried, failed


def run_soak(seconds, programs):
    workers, status = os.cpu_count() or 1, 0
    share = seconds * min(workers, len(programs)) / len(programs)
    with ThreadPoolExecutor(workers) as pool:
        for name, tried, failed in pool.map(lambda one: soak_one(share, one), programs):
            print(f"soak: {name}: {tried} seeds, {len(failed)} failures")
            print("\n".join(failed), end="", flush=True)
            status = 1 if failed else status
    return status


def run_each(run_one, result, programs):
    total = Counts()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for counts in pool.map(run_one, programs):
            total.add(counts)
    shown = set()
    for name, text in total.failed:
        program = name.split(":")[0]
        print(f"not ok {name}" + ("" if program in shown else f"\n{text}"))
        shown.add(program)
    return finish(total, result)


def finish(total, result):
    total.save(result)
    print(f"{Path(result).name}: {total.line()}", flush=True)
    return 1 if total.failed else 0


def read_junit(path):
    counts = Counts()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        skipped = case.find("skipped")
        wrong = [case.find(kind) for kind in ("failure", "error")]
        wrong = [element for element in wrong if element is not None]
        if wrong:
            counts.failed.append((name, wrong[0].get("message") or ""))
        elif skipped is not None:
            counts.skipped.append((name, skipped.get("message") or "no reason given"))
        else:
            counts.passed.append(name)
    return counts


def run_pytest(result, arguments):
    junit = Path(f"{result}.xml")
    junit.parent.mkdir(parents=True, exist_ok=True)
    junit.unlink(missing_ok=True)
    status = subprocess.run(
        ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         f"--junitxml={junit}", *arguments],
        stdin=subprocess.DEVNULL, env=sanitizer_env(), cwd=ROOT, check=False).returncode
    counts = read_junit(junit) if junit.is_file() else Counts()
    if status not in (0, 1) or (status == 1 and not counts.failed):
        counts.failed.append((f"{Path(result).name}: pytest itself",
                              "no tests were found" if status == 5 else f"exit status {status}"))
    return finish(counts, result)


def fuzz_one(seconds, folder, program):
    """(name, what it printed last, or None when it found nothing)"""
    name = Path(program).name.replace("fuzz_", "", 1)
    grown, seeds = Path(folder) / name, TESTS / "fuzz" / "corpus" / name
    dictionary = TESTS / "fuzz" / f"{name}.dict"
    grown.mkdir(parents=True, exist_ok=True)
    command = [program, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
               "-print_final_stats=1", f"-artifact_prefix={folder}/{name}-", str(grown)]
    command += [f"-dict={dictionary}"] if dictionary.is_file() else []
    command += [str(seeds)] if seeds.is_dir() else []
    proc = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    text = proc.stdout.decode(errors="replace")
    runs = re.search(r"number_of_executed_units: (\d+)", text)
    print(f"fuzz: {name}: {runs[1] if runs else 'an unknown number of'} runs in {seconds} s"
          f"{'' if proc.returncode == 0 else ', found something'}", flush=True)
    return name, None if proc.returncode == 0 else "\n".join(text.splitlines()[-60:])


def run_fuzz(seconds, folder, programs):
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = dict(pool.map(lambda program: fuzz_one(seconds, folder, program), programs))
    for name, text in found.items():
        if text:
            print(f"{name}: the input is in {folder}/\n{text}")
    return 1 if any(found.values()) else 0


def cause(text):
    """The line of a failed test's output that says most."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    telling = [line for line in lines if re.search(r"\berror:|ERROR:|WARNING: Thread", line, re.I)]
    return (telling or lines)[0][:200]


def report(folder, broken):
    """Everything that is to be known at the end, the count last."""
    total = Counts()
    for path in sorted(Path(folder).glob("*.json")):
        counts = Counts()
        counts.load(path)
        total.add(counts)
        if counts.failed and path.stem in broken:
            broken.remove(path.stem)
    for part in broken:
        total.failed.append((part, "ended before its tests ran: see above"))
    for name, reason in total.skipped:
        print(f"skipped: {name}: {reason}")
    for name, text in total.failed:
        print(f"failed: {name}: {cause(text)}")
    print(total.line(), flush=True)
    return 1 if total.failed else 0


def main(arguments):
    started = time.monotonic()
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 64
    kind, result, rest = arguments[0], arguments[1], arguments[2:]
    if kind == "report":
        return report(result, rest)
    if kind == "fuzz":
        return run_fuzz(int(result), rest[0], rest[1:])
    if kind == "soak":
        return run_soak(float(result), rest)
    kinds = {"unit": lambda: run_each(run_unit, result, rest),
             "corpus": lambda: run_each(run_corpus, result, rest),
             "pytest": lambda: run_pytest(result, rest)}
    status = kinds[kind]()
    print(f"{Path(result).name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
