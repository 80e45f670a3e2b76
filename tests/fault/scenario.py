"""A project of 200 resources on the simulated cloud, and what becomes of it.

Two stacks in two regions, fifty resources in each instance; the second stack waits for the first
and takes an output of it.  From state 1 to state 2 every kind of change happens, most of it to
resources that refer to each other.
"""

import json

REGIONS = ("east", "west")
STACKS = ("base", "app")
PER_INSTANCE = 50
NODE, SWAP, YIELD = "Sim::Node", "Fault::Swap", "Fault::Yield"
RETAINED = ("Left", "Kept")  # what these names were stays in the cloud


def ref(name):
    return {"Ref": name}


def resource(kind, after=None, **properties):
    body = {"Type": kind, "Properties": properties}
    if after:
        body["Properties"]["Uses"] = ref(after)
    return body


def numbered(name, count, make):
    return {f"{name}{i}": make(i) for i in range(count)}


def constant():
    """What stays as it is."""
    return numbered("Same", 4, lambda i: resource(NODE, f"Same{i - 1}" if i else None, Size=i))


def edited(state):
    """Changed in place; every second one uses another."""
    return numbered("Edit", 8, lambda i: resource(
        NODE, f"Edit{i - 1}" if i % 2 else None, Size=i, Text=f"text {state}"))


def replaced(name, kind, state, count):
    """Create-only property; each has a user whose reference changes with it."""
    things = numbered(name, count, lambda i: resource(
        kind, f"Edit{i}" if i % 2 else None, Kind=f"kind {state}"))
    return things | numbered(f"{name}User", count, lambda i: resource(NODE, f"{name}{i}"))


def stacked():
    """Replaced because what they stand on is, in both orders of replacement."""
    return {"OnSwap": resource(SWAP, On=ref("Swap0")), "OnYield": resource(YIELD, On=ref("Yield0")),
            "SwapOnYield": resource(SWAP, On=ref("Yield1")),
            "YieldOnSwap": resource(YIELD, "SwapOnYield", On=ref("Swap1"))}


def gone():
    """Deleted in state 2: a chain, so that order counts."""
    return numbered("Gone", 8, lambda i: resource(NODE, f"Gone{i - 1}" if i % 4 else "Same0"))


def left():
    """Not in state 2 any more, and not to be deleted."""
    return numbered("Left", 3, lambda i: {**resource(NODE, Size=i), "DeletionPolicy": "Retain"})


def kept(state):
    """Replaced, and the old one stays."""
    return numbered("Kept", 2, lambda i: {
        **resource(SWAP, Kind=f"kept {state}"), "UpdateReplacePolicy": "Retain"})


MOVED = [{"From": f"Was{i}", "To": f"Now{i}"} for i in range(3)]


def moved(state):
    """Given other logical ids: as it is, changed in place too, and replaced too."""
    name = "Was" if state == 1 else "Now"
    return {f"{name}0": resource(NODE, Size=0), f"{name}1": resource(NODE, Text=f"text {state}"),
            f"{name}2": resource(SWAP, f"{name}0", Kind=f"moved {state}"),
            "WasUser": resource(NODE, f"{name}1")}


def secret(state):
    return {"Secret": resource(NODE, Word={"Ref": "Word"}, Text=f"text {state}")}


def new():
    """Made in state 2, upon what was there, what is replaced and each other."""
    things = numbered("New", 6, lambda i: resource(
        NODE, f"New{i - 1}" if i % 2 else f"Swap{i % 4}"))
    return things | numbered("Fresh", 5, lambda i: resource(SWAP, "Edit1", Kind="fresh"))


def instance(state):
    things = constant() | edited(state) | replaced("Swap", SWAP, state, 4) \
        | replaced("Yield", YIELD, state, 3) | kept(state) | secret(state) | stacked() \
        | moved(state)
    return things | (gone() | left() if state == 1 else new())


def template(stack, state):
    things = instance(state)
    filler = PER_INSTANCE - len(instance(1)) if state == 1 else PER_INSTANCE - len(instance(2))
    things |= numbered("More", filler, lambda i: resource(NODE, "Same1" if i % 2 else None, Size=i))
    text = {"Parameters": {"Word": {"Type": "String", "NoEcho": True}}, "Resources": things}
    if state == 2:
        text["Moved"] = MOVED
    if stack == "base":
        text["Outputs"] = {"First": {"Value": ref("Swap0")}}
    else:
        things["Same0"]["Properties"]["Base"] = {"Fn::GetStackOutput": {
            "StackName": "base", "OutputName": "First"}}
    return text


def manifest(provider):
    return {"Project": "fault", "Providers": {"sim": provider},
            "Regions": {region: {} for region in REGIONS},
            "Stacks": {stack: {
                "Template": f"{stack}.yaml", "Targets": list(REGIONS),
                **({"DependsOn": ["base"]} if stack == "app" else {})} for stack in STACKS}}


def write(folder, state, provider=None):
    """The project in a state; recorded state and cloud stay as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"hadeploy.yaml": manifest(provider or {}), "words.yaml": {"Word": f"rosebud-{state}"}}
    files |= {f"{stack}.yaml": template(stack, state) for stack in STACKS}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=1))
