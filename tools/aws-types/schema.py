"""The registry's JSON Schemas, brought to the vocabulary of providers/api/provider.h.

What a schema says in oneOf, anyOf and allOf becomes types, properties, required,
requiredXor and requiredOr where these can say it, and is left out where they cannot: a
check that is not made is better than one that refuses what the service takes.
"""

import re

SCALARS = ("pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum",
           "format", "minProperties", "maxProperties")
LISTS = ("enum", "enumCaseInsensitive")
# What is said of values of one kind means nothing for others.  Numbers may be written as text.
KIND_OF = {"pattern": ("string",), "minLength": ("string",), "maxLength": ("string",),
           "minItems": ("array",), "maxItems": ("array",), "items": ("array",),
           "uniqueItems": ("array",), "minProperties": ("object",), "maxProperties": ("object",),
           "properties": ("object",), "minimum": ("integer", "number", "string"),
           "maximum": ("integer", "number", "string")}
GROUPS = ("required", "dependentRequired", "dependentExcluded", "requiredXor", "requiredOr")


def names_of(value):
    """A type, or a list of types, as a list."""
    return [value] if isinstance(value, str) else list(value or [])


def one_or_list(values):
    values = sorted(set(values))
    return values[0] if len(values) == 1 else values


def in_order(values):
    """Each value once: numbers by size, words by letter."""
    return sorted(set(values), key=lambda v: (isinstance(v, str), v))


def follow(root, node, limit=16):
    """The node that a chain of references leads to; {} when it leads nowhere."""
    while isinstance(node, dict) and "$ref" in node and limit:
        at = root
        for step in node["$ref"].split("/")[1:]:
            at = at.get(step) if isinstance(at, dict) else None
        node, limit = at, limit - 1
    return node if isinstance(node, dict) and "$ref" not in node else {}


class Reader:
    """Reads the nodes of one schema."""

    def __init__(self, root):
        self.root = root
        self.pointers = {}  # names of definitions that were referred to, and where they stand

    def definitions(self):
        """Every definition that was referred to, and what these refer to."""
        found = {}
        while len(found) < len(self.pointers):
            for name, pointer in list(self.pointers.items()):
                if name not in found:
                    found[name] = self.node(follow(self.root, {"$ref": pointer}))
        return found

    def reference(self, pointer):
        """Definitions stand in one flat table; a property that serves as one is one too."""
        steps = pointer.split("/")[1:]
        name = steps[1] if steps[0] == "definitions" and len(steps) == 2 else ".".join(steps)
        self.pointers[name] = pointer
        return f"#/definitions/{name}"

    def node(self, raw):
        if not isinstance(raw, dict):
            return {}
        if "$ref" in raw:
            return {"$ref": self.reference(raw["$ref"])}
        whole = [part for part in raw.get("allOf", []) if "$ref" in part]
        if len(whole) == 1 and "type" not in raw and "properties" not in raw:
            return self.node(whole[0])
        out = self.plain(raw)
        for part in [raw, *raw.get("allOf", [])]:
            add_required(out, part.get("required", []))
            for key in ("oneOf", "anyOf"):
                options = [follow(self.root, o) for o in part.get(key, [])]
                if options:
                    self.choice(out, key, options)
        self.extent(out, raw)
        for key, kinds in KIND_OF.items():
            if "type" in out and not set(kinds).intersection(names_of(out["type"])):
                out.pop(key, None)
        keep_known(out)
        return out

    def plain(self, raw):
        out = {key: raw[key] for key in SCALARS if key in raw}
        if "\0" in out.get("pattern", ""):
            del out["pattern"]  # NUL stands in no string of the program
        if not re.fullmatch(r"[\w:.-]+", out.get("format", "-")):
            del out["format"]
        for key in LISTS:
            if raw.get(key):
                out[key] = in_order(raw[key])
        if "const" in raw and "enum" not in raw:
            out["enum"] = [raw["const"]]
        kinds = [k for k in names_of(raw.get("type")) if k != "null"]
        if kinds:
            out["type"] = one_or_list(kinds)
        if raw.get("uniqueItems"):
            out["uniqueItems"] = True
        if isinstance(raw.get("items"), dict):
            out["items"] = self.node(raw["items"])
        if isinstance(raw.get("properties"), dict):
            out["properties"] = {k: self.node(v) for k, v in raw["properties"].items()}
        self.groups(out, raw)
        return out

    @staticmethod
    def groups(out, raw):
        needs = {name: others for name, others in raw.get("dependencies", {}).items()
                 if isinstance(others, list)}
        needs.update(raw.get("dependentRequired", {}))
        for key, table in (("dependentRequired", needs),
                           ("dependentExcluded", raw.get("dependentExcluded", {}))):
            if table:
                out[key] = {name: sorted(others) for name, others in table.items()}
        for key in ("requiredXor", "requiredOr"):
            if raw.get(key):
                lists = raw[key] if isinstance(raw[key][0], list) else [raw[key]]
                out[key] = [sorted(names) for names in lists]

    def choice(self, out, key, options):
        shapes = [self.node(option) for option in options]
        if "type" not in out and all("type" in s for s in shapes):
            out["type"] = one_or_list(k for s in shapes for k in names_of(s["type"]))
        for shape in shapes:
            for name, member in shape.get("properties", {}).items():
                known = out.setdefault("properties", {})
                known[name] = wider(known[name], member) if name in known else member
            if "items" in shape:
                out.setdefault("items", shape["items"])
        if all("enum" in s for s in shapes) and "enum" not in out:
            out["enum"] = in_order(v for s in shapes for v in s["enum"])
        # The names as written: an option may name properties that stand outside of it.
        self.needs(out, key, [set(o.get("required", [])) for o in options])

    @staticmethod
    def needs(out, key, required):
        """Names of which one must be there, when every option names some."""
        if not all(required):
            return
        common = set.intersection(*required)
        add_required(out, common)
        rest = [sorted(names - common) for names in required]
        if len(rest) < 2 or not all(rest):
            return
        single = all(len(names) == 1 for names in rest)
        names = sorted({names[0] for names in rest})
        if key == "oneOf" and single and len(names) == len(rest):
            out.setdefault("requiredXor", []).append(names)
        elif len(names) > 1:
            out.setdefault("requiredOr", []).append(names)

    def extent(self, out, raw):
        """additionalProperties: a shape or true; false is said by having properties."""
        if "properties" in out:
            out.setdefault("type", "object")
        if "object" not in names_of(out.get("type")):
            return
        others = list(raw.get("patternProperties", {}).values())
        if isinstance(raw.get("additionalProperties"), dict):
            others.append(raw["additionalProperties"])
        if others:
            out["additionalProperties"] = self.node(others[0]) if len(others) == 1 else True
        elif self.closed(raw) != bool(out.get("properties")):
            out["additionalProperties"] = not self.closed(raw)
        if out.get("additionalProperties") is True and not out.get("properties"):
            del out["additionalProperties"]

    def closed(self, raw):
        """False is said, or said by all options of a choice."""
        if raw.get("additionalProperties") is False:
            return True
        return any(all(follow(self.root, o).get("additionalProperties") is False for o in raw[key])
                   for key in ("oneOf", "anyOf") if raw.get(key))


def add_required(out, names):
    if names:
        out["required"] = sorted({*out.get("required", []), *names})


def keep_known(out):
    """Drops names that are no properties from the groups of a node."""
    known = set(out.get("properties", {}))
    for key in ("dependentRequired", "dependentExcluded"):
        table = {name: [n for n in others if n in known]
                 for name, others in out.get(key, {}).items() if name in known}
        out[key] = {name: others for name, others in table.items() if others}
    for key in ("requiredXor", "requiredOr"):
        out[key] = [names for names in out.get(key, []) if known.issuperset(names) and names[1:]]
    out["required"] = [name for name in out.get("required", []) if name in known]
    for key in GROUPS:
        if not out[key]:
            del out[key]


def wider(one, other):
    """What takes the values of both shapes."""
    if one == other:
        return one
    if "type" not in one or "type" not in other:
        return {}
    out = {key: one[key] for key in one if other.get(key) == one[key]}
    out["type"] = one_or_list([*names_of(one["type"]), *names_of(other["type"])])
    if "enum" in one and "enum" in other:
        out["enum"] = in_order([*one["enum"], *other["enum"]])
    if "properties" in one and "properties" in other:
        out["properties"] = {**one["properties"], **other["properties"]}
    keep_known(out)
    return out
