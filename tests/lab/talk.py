"""Single calls of a provider, as the engine makes them: `contract --talk` (tests/contract)."""

import json
import os
import subprocess
import time

from .run import ROOT
from .ssh import SYSTEM_PATH

CONTRACT = os.environ.get("CONTRACT", ROOT / "build/release/tests/contract/contract")


def talk(provider, *asked, config=None, folder="/", env=None):
    """Answers to calls: {"Lookup": what, "Args": {...}} or {"Act": action, "Args": {...}}."""
    lines = [{"Project": "shop", "ProjectDir": str(folder), "Region": "east", "Account": "-",
              **(config or {})}, *asked]
    done = subprocess.run(
        [CONTRACT, "--talk", provider], input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True, text=True, timeout=120, check=False, cwd=folder,
        env={"PATH": SYSTEM_PATH, **(env or {})})
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def settle(provider, asked, config=None):
    """What a call comes to, with all its polls."""
    [answer] = talk(provider, asked, config=config)
    while answer["Status"] == "HD_PENDING":
        time.sleep(answer["Wait"] / 1000)
        [answer] = talk(provider, {"Poll": answer["Token"], "Type": asked.get("Type", "")},
                        config=config)
    return answer


def check(**args):
    """What lookup says of a check, and nothing else: Healthy, Detail, Values."""
    [answer] = talk("probe", {"Lookup": "check", "Args": args})
    assert answer["Status"] == "HD_OK", answer
    return answer["Result"]


def act(action, config=None, folder="/", **args):
    """What an action of the provider probe came to."""
    more = {key: args.pop(key) for key in ("Key", "Type", "Timeout", "CancelAfter") if key in args}
    [answer] = talk("probe", {"Act": action, "Args": args, "Key": "key-1", **more},
                    config=config, folder=folder)
    return answer
