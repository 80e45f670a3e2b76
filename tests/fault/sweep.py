#!/usr/bin/python3
"""Disturbs the program at every moment that can be counted, and sees that the next run mends it.

    sweep.py                    the short form: every so many points, the same each time
    sweep.py --all [--seed N]   every point; random moments beside them
    sweep.py --all --most N     of each sweep at most so many, evenly
    sweep.py --only WORD        those sweeps whose name has the word
    sweep.py --point CASE STEP...   one point again, such as `apply 'apply kill@call:17'`
    sweep.py --list             the sweeps

Prints TAP; a sweep that fails says which point did first, how to repeat it, and which folder
has what was left (the said file: all that was printed).
"""

import argparse
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

sys.dont_write_bytecode = True

import case as cases  # noqa: E402
from sweeps import CASES, SWEEPS, spread  # noqa: E402
from world import is_harm  # noqa: E402

AT_ONCE, AT_ONCE_WAITING = 2, 6


@dataclass
class Found:
    points: int
    wrong: list  # (steps, what is wrong, folder), in order


def sweep(ready, points, name):
    """Each point is a list of steps."""
    def one(numbered):
        number, steps = numbered
        return steps, *cases.try_point(ready, steps, f"{name}-{number}")
    with ThreadPoolExecutor(AT_ONCE_WAITING if ready.case.speed > 1 else AT_ONCE) as pool:
        ends = list(pool.map(one, enumerate(points)))
    return Found(len(points), [end for end in ends if end[1]])


def repetition(ready, steps):
    words = " ".join(f"'{step}'" for step in steps)
    return f"tests/fault/sweep.py --point {ready.case.name} {words}"


def tell(number, spec, ready, found):
    """One line of TAP, and what went wrong first."""
    if spec.must_fail:
        harmed = [end for end in found.wrong if any(map(is_harm, end[1]))]
        good = bool(harmed)
        counted = f"{found.points} points, {len(harmed)} harmed"
    else:
        good = not found.wrong
        counted = f"{found.points} points, {found.points - len(found.wrong)} converged"
    print(f"{'ok' if good else 'not ok'} {number} - {spec.name}: {counted}", flush=True)
    for steps, wrong, folder in found.wrong[:0 if good else 3]:
        print(f"# {repetition(ready, steps)}\n# left in {folder}")
        print("".join(f"#   {line}\n" for line in wrong[:12]), end="", flush=True)
    return good


def prepared(case, made, base):
    """Cases that differ in what disturbs them alone begin and end alike."""
    key = case.beginning()
    if key not in made:
        made[key] = cases.ready(case, base)
    return replace(made[key], case=case)


def points_of(spec, ready, args):
    points = spec.points(ready, args.all, args.seed)
    return [points[n - 1] for n in spread(len(points), args.most)]


def run_sweeps(specs, args, base):
    made, failed = {}, 0
    print(f"1..{len(specs)}\n# seed {args.seed}", flush=True)
    for number, spec in enumerate(specs, 1):
        started = time.monotonic()
        try:
            ready = prepared(CASES[spec.case], made, base)
        except AssertionError as e:
            print(f"not ok {number} - {spec.name}: the undisturbed run fails\n{e}", flush=True)
            failed += 1
            continue
        found = sweep(ready, points_of(spec, ready, args), f"sweep{number}")
        failed += not tell(number, spec, ready, found)
        if spec.must_fail and found.wrong:
            for _, _, folder in found.wrong:
                shutil.rmtree(folder)
        for end in found.wrong[3:]:
            shutil.rmtree(end[2], ignore_errors=True)
        if args.all:
            print(f"# {time.monotonic() - started:.0f} s", flush=True)
    return failed


def run_point(name, steps, base):
    ready = cases.ready(CASES[name], base)
    wrong, folder = cases.try_point(ready, [cases.parse_step(step) for step in steps], "point")
    if wrong:
        print((folder / "said").read_text())
    print("\n".join(wrong) or "converged")
    return bool(wrong)


def read_arguments():
    parser = argparse.ArgumentParser(add_help=False, usage=__doc__)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--only", default="")
    parser.add_argument("--point", nargs="+")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def main():
    args = read_arguments()
    specs = [spec for spec in SWEEPS if args.only in f"{spec.name} {spec.case}"]
    if args.list:
        print("\n".join(f"{spec.case:20} {spec.name}" for spec in specs))
        return 0
    base = cases.scratch()
    if args.point:
        failed = run_point(args.point[0], args.point[1:], base)
    else:
        specs = [spec for spec in specs if args.all or spec.short]
        failed = run_sweeps(specs, args, base)
    if not failed:
        shutil.rmtree(base)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
