"""What there is after a run: records on one side, the cloud's own file on the other."""

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field

from scenario import RETAINED

STATE, CLOUD = ".hadeploy/state.db", ".hadeploy/sim.db"


@dataclass
class Record:
    address: str
    deposed: str
    type: str
    id: str
    inputs: dict
    tainted: bool


@dataclass
class Thing:
    """address: of the operation that made it."""
    address: str
    region: str
    type: str
    id: str
    properties: dict


@dataclass
class World:
    records: list = field(default_factory=list)
    things: list = field(default_factory=list)
    open_operations: list = field(default_factory=list)
    effects: Counter = field(default_factory=Counter)  # (action, address): how often it happened


def rows(path, sql):
    """In a connection of its own; both files may have a log that a killed process left."""
    if not path.exists():
        return []
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def load(folder):
    world = World()
    for stack, region, name, deposed, kind, ident, inputs, tainted in rows(
            folder / STATE, "SELECT stack, region, logical_id, deposed, type, id, inputs, tainted "
            "FROM record ORDER BY stack, region, logical_id, deposed"):
        world.records.append(Record(f"{stack}/{region}/{name}", deposed, kind, ident,
                                    json.loads(inputs), bool(tainted)))
    world.open_operations = rows(
        folder / STATE, "SELECT action, stack || '/' || region || '/' || logical_id "
        "FROM operation WHERE result = 'open'")
    made = {}
    for action, address, number in rows(
            folder / CLOUD, "SELECT action, address, resource FROM log "
            "WHERE effect IN ('done', 'partial') ORDER BY serial"):
        world.effects[action, address] += 1
        if action == "create":
            made[number] = address
    for number, region, kind, ident, properties in rows(
            folder / CLOUD, "SELECT serial, region, type, id, properties FROM resource "
            "ORDER BY serial"):
        world.things.append(Thing(made.get(number, "?"), region, kind, ident,
                                  json.loads(properties)))
    return world


def is_retained(address):
    return address.rsplit("/", 1)[-1].startswith(RETAINED)


def is_left(address):
    """To be retained from the beginning."""
    return address.rsplit("/", 1)[-1].startswith(RETAINED[0])


def without_ids(world):
    """{address: properties} of what is recorded, with the addresses of things for their ids."""
    names = {r.id: r.address for r in world.records}

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return names.get(value, value) if isinstance(value, str) else value

    things = {(t.region, t.type, t.id): t for t in world.things}
    found = {}
    for r in world.records:
        thing = things.get((r.address.split("/")[1], r.type, r.id))
        found[r.address] = plain(thing.properties) if thing else None
    return found


def twice(items):
    return [item for item, count in Counter(items).items() if count > 1]


def unsettled(world):
    """What must not be, whatever was wanted."""
    wrong = [f"an operation is open: {action} of {address}"
             for action, address in world.open_operations]
    wrong += [f"a replaced record is left: {r.address}" for r in world.records if r.deposed]
    wrong += [f"tainted: {r.address}" for r in world.records if r.tainted]
    there = {(t.region, t.type, t.id) for t in world.things}
    held = [(r.address.split("/")[1], r.type, r.id) for r in world.records]
    wrong += [f"recorded twice: {key}" for key in twice(held)]
    return wrong + [f"a record without a thing: {key}" for key in held if key not in there]


def unrecorded(world):
    """How many things there are without a record, by address."""
    held = {(r.address.split("/")[1], r.type, r.id) for r in world.records}
    return Counter(t.address for t in world.things if (t.region, t.type, t.id) not in held)


def count_effects(world, action):
    return Counter({key: n for key, n in world.effects.items() if key[0] == action})


def compare_effects(world, wanted):
    """Nothing is made twice, nor taken away twice."""
    for action in ("create", "delete"):
        found, due = count_effects(world, action), count_effects(wanted, action)
        for key in (found - due) + (due - found):
            yield f"{action} of {key[1]} happened {found[key]} times, not {due[key]}"


def compare_properties(world, wanted):
    shown, due = without_ids(world), without_ids(wanted)
    return [f"{address}: is {shown.get(address)}, should be {due.get(address)}"
            for address in sorted(shown.keys() | due.keys())
            if shown.get(address) != due.get(address)]


def compare(world, wanted):
    """Everything that is wrong with a world, in words; wanted is that of an undisturbed run."""
    wrong, found, kept = unsettled(world), unrecorded(world), unrecorded(wanted)
    wrong += [f"orphan: {address} is in the cloud {count} times without a record"
              for address, count in (found - kept).items()]
    wrong += [f"lost: what was {address} should have been left alone" for address in kept - found]
    wrong += compare_effects(world, wanted)
    return wrong + compare_properties(world, wanted)


def compare_mind(world, wanted):
    """After a run that was disturbed and another with something else in mind: how often what was
    made and kept, nobody can say."""
    wrong = unsettled(world) + compare_properties(world, wanted)
    return wrong + [f"orphan: {address} is in the cloud without a record"
                    for address in unrecorded(world) if not is_retained(address)]


def compare_rest(world, wanted):
    """After a run that was disturbed and another that takes all away: how far the first came, and
    so what was made and kept, nobody can say; but only that is left."""
    wrong = unsettled(world) + [f"recorded still: {r.address}" for r in world.records]
    wrong += [f"orphan: {address} is left in the cloud" for address in unrecorded(world)
              if not is_retained(address)]
    return wrong + [f"lost: what was {address} should have been left alone"
                    for address in unrecorded(wanted)
                    if is_left(address) and address not in unrecorded(world)]


def is_harm(text):
    """Something is lost or there twice, and not only late."""
    return text.startswith(("orphan", "lost", "create of", "delete of", "a record without"))
