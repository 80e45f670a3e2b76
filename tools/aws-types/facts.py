"""One type's facts from both sources, as the object that stands at its name in a schema."""

import re

from schema import Reader, add_required, names_of, one_or_list

POINTER_LISTS = ("readOnlyProperties", "writeOnlyProperties", "createOnlyProperties",
                 "conditionalCreateOnlyProperties", "deprecatedProperties", "primaryIdentifier")
HANDLERS = ("create", "read", "update", "delete", "list")
ATTRIBUTE_DEPTH = 5
DESCRIPTION_LEN = 160
# Attributes that nobody can list: outputs of other templates, what a function answers.
OPEN_ATTRIBUTES = {"AWS::CloudFormation::Stack", "AWS::CloudFormation::CustomResource",
                   "AWS::ServiceCatalog::CloudFormationProvisionedProduct"}


class Type:
    """The facts of one type while they are put together."""

    def __init__(self, name):
        self.name = name
        self.facts = {"type": "object", "properties": {}}
        self.definitions = {}
        self.attributes = {}

    def resolve(self, node):
        for _ in range(16):
            if "$ref" not in node:
                return node
            node = self.definitions.get(node["$ref"].split("/")[-1], {})
        return {}

    def at(self, pointer):
        """(pointer with * for items, node), or None when it leads nowhere."""
        node, way = self.facts, []
        for step in pointer.split("/")[2:]:
            node = self.resolve(node)
            if step != "*" and step not in node.get("properties", {}) and "items" in node:
                way.append("*")
                node = self.resolve(node["items"])
            if step in node.get("properties", {}):
                node = node["properties"][step]
            elif step == "*" and "items" in node:
                node = node["items"]
            elif step == "*" and isinstance(node.get("additionalProperties"), dict):
                node = node["additionalProperties"]
            else:
                return None
            way.append(step)
        return ("/properties/" + "/".join(way), node) if way else None

    def take_registry(self, raw):
        reader = Reader(raw)
        root = reader.node({k: v for k, v in raw.items() if k != "definitions"})
        self.definitions = reader.definitions()
        root.pop("additionalProperties", None)
        self.facts.update(root)
        if raw.get("additionalProperties", True) is not False or "patternProperties" in raw:
            self.facts["additionalProperties"] = True
        for key in POINTER_LISTS:
            self.add_pointers(key, raw.get(key, []))
        if raw.get("replacementStrategy") == "delete_then_create":
            self.facts["replacementStrategy"] = "delete_then_create"
        known = raw.get("handlers", {})
        self.facts["handlers"] = [name for name in HANDLERS if name in known]
        tagging = raw.get("tagging", {"taggable": raw.get("taggable", True)})
        if tagging.get("taggable", True):
            self.set_tags(tagging.get("tagProperty", "/properties/Tags"))

    def add_pointers(self, key, pointers):
        found = [self.at(pointer) for pointer in pointers]
        kept = [place[0] for place in found if place]
        if kept:
            known = self.facts.setdefault(key, [])
            known += [pointer for pointer in dict.fromkeys(kept) if pointer not in known]
            if key != "primaryIdentifier":
                known.sort()

    def set_tags(self, pointer):
        if "tagProperty" not in self.facts and self.at(pointer):
            self.facts["tagProperty"] = pointer

    def set_known_values(self, words, values):
        """The values of a property named in lower case, or of one of its definition."""
        tables = {name.lower(): self.resolve(node)
                  for name, node in {**self.definitions, **self.facts["properties"]}.items()}
        owner = self.facts if len(words) == 1 else tables.get(words[0], {})
        members = owner.get("properties", {})
        for name, node in members.items():
            if name.lower() == words[-1] and node.get("type") == "string" and "enum" not in node:
                members[name] = {**node, "knownValues": values}

    def add_attribute(self, dotted, node, depth=0):
        """An attribute, and the members of one that is an object."""
        self.attributes.setdefault(dotted, node)
        whole = self.resolve(node)
        if depth < ATTRIBUTE_DEPTH:
            for name, member in whole.get("properties", {}).items():
                self.add_attribute(f"{dotted}.{name}", member, depth + 1)

    def take_attributes(self, more, every_property):
        for pointer in self.facts.get("readOnlyProperties", []):
            if "*" not in pointer:
                self.add_attribute(".".join(pointer.split("/")[2:]), self.at(pointer)[1])
        for name in more:
            if name in self.facts["properties"]:
                self.add_attribute(name, self.facts["properties"][name])
        if every_property:
            hidden = self.facts.get("writeOnlyProperties", [])
            for name, node in self.facts["properties"].items():
                if f"/properties/{name}" not in hidden:
                    self.add_attribute(name, node)

    def result(self):
        out = dict(self.facts)
        del out["type"]
        if self.attributes:
            out["attributes"] = self.attributes
        if self.name in OPEN_ATTRIBUTES:
            out["openAttributes"] = True
        used = self.used_definitions(out)
        if used:
            out["definitions"] = used
        return out

    def used_definitions(self, root):
        found, ahead = {}, [root]
        while ahead:
            node = ahead.pop()
            if isinstance(node, list):
                ahead.extend(node)
            elif isinstance(node, dict):
                reference = node.get("$ref")
                if isinstance(reference, str):
                    name = reference.split("/")[-1]
                    if name not in found:
                        found[name] = self.definitions[name]
                        ahead.append(found[name])
                else:
                    ahead.extend(node.values())
        return found


class SpecTypes:
    """Adds to a Type what the service specification knows beyond the registry."""

    KINDS = {"string": "string", "date-time": "string", "integer": "integer",
             "number": "number", "boolean": "boolean", "array": "array", "map": "object",
             "ref": "object", "tag": "object"}
    TAG = {"type": "object", "required": ["Key", "Value"],
           "properties": {"Key": {"type": "string"}, "Value": {"type": "string"}}}

    def __init__(self, definitions):
        self.spec = definitions

    def add(self, target, resource):
        self.target, self.names, self.merged = target, {}, set()
        fresh = not target.facts["properties"]
        self.members(target.facts, resource["properties"], fresh)
        for dotted, attribute in resource["attributes"].items():
            if dotted not in target.attributes:
                target.add_attribute(dotted, self.shape(attribute["type"]))
        self.read_only(target, resource)
        if not target.facts.get("handlers"):
            self.replacement(target, resource["properties"], "/properties", ())
        if "primaryIdentifier" not in target.facts:
            target.add_pointers("primaryIdentifier", [f"/properties/{p}" for p in
                                                      resource.get("primaryIdentifier", [])])
        tags = resource.get("tagInformation", {}).get("tagPropertyName")
        if tags:
            target.set_tags(f"/properties/{tags}")
        target.facts.setdefault("handlers", [])

    @staticmethod
    def read_only(target, resource):
        """Attributes are read-only properties; what may be set is none, whatever is said."""
        listed = [p for p in target.facts.get("readOnlyProperties", [])
                  if p.removeprefix("/properties/") not in resource["properties"]]
        target.facts["readOnlyProperties"] = listed
        for dotted in resource["attributes"]:
            if not target.at("/properties/" + dotted.split(".")[0]):
                continue
            if dotted.split(".")[0] not in resource["properties"]:
                target.add_pointers("readOnlyProperties",
                                    ["/properties/" + dotted.replace(".", "/")])
        if not target.facts["readOnlyProperties"]:
            del target.facts["readOnlyProperties"]

    def members(self, node, properties, fresh=False):
        """Adds the properties that the node lacks and widens those that it has."""
        known = node.setdefault("properties", {})
        for name, prop in properties.items():
            if name in known:
                known[name] = self.widen(known[name], prop["type"])
            else:
                known[name] = self.shape(prop["type"])
            if fresh and prop.get("required"):
                add_required(node, [name])

    def shape(self, kind):
        word = kind["type"]
        if word == "ref":
            return {"$ref": f"#/definitions/{self.define(kind['reference']['$ref'])}"}
        if word == "union":
            return self.union([self.shape(t) for t in kind["types"]])
        if word == "tag":
            return self.TAG
        if word not in self.KINDS:
            return {}
        out = {"type": self.KINDS[word]}
        if word == "array":
            out["items"] = self.shape(kind["element"])
        elif word == "map":
            out["additionalProperties"] = self.shape(kind["element"])
        return {key: value for key, value in out.items() if value != {}}

    def union(self, shapes):
        kinds = [k for s in map(self.target.resolve, shapes) for k in names_of(s.get("type"))]
        if not all("type" in self.target.resolve(s) for s in shapes):
            return {}
        return {"type": one_or_list(kinds)}

    def define(self, identity):
        """The name of a definition of the specification, made on first use."""
        if identity not in self.names:
            base = name = self.spec[identity]["name"]
            count = 2
            while name in self.target.definitions:
                name, count = f"{base}{count}", count + 1
            self.names[identity] = name
            node = self.target.definitions[name] = {"type": "object"}
            self.members(node, self.spec[identity]["properties"], True)
        return self.names[identity]

    def widen(self, node, kind):
        """The node, taking also what the specification's kind takes."""
        whole = self.target.resolve(node)
        kinds = names_of(whole.get("type"))
        if not kinds:
            return node
        wanted = {self.KINDS.get(t["type"]) for t in kind.get("types", [kind])} - {None}
        if "number" in kinds:
            wanted.discard("integer")
        if not wanted.issubset(kinds):
            return {**{k: v for k, v in whole.items() if k != "enum"},
                    "type": one_or_list([*kinds, *wanted])}
        self.widen_inside(whole, kind)
        return node

    def widen_inside(self, whole, kind):
        word = kind["type"]
        if word == "ref" and "properties" in whole:
            identity = kind["reference"]["$ref"]
            if (id(whole), identity) not in self.merged:
                self.merged.add((id(whole), identity))
                self.members(whole, self.spec[identity]["properties"])
        elif word == "array" and "items" in whole:
            whole["items"] = self.widen(whole["items"], kind["element"])
        elif word == "map" and isinstance(whole.get("additionalProperties"), dict):
            whole["additionalProperties"] = self.widen(whole["additionalProperties"],
                                                       kind["element"])

    def replacement(self, target, properties, pointer, above):
        """What replaces, as far as the specification says, also inside of properties."""
        for name, prop in properties.items():
            place, word = f"{pointer}/{name}", prop.get("causesReplacement")
            if word == "yes":
                target.add_pointers("createOnlyProperties", [place])
                continue
            if word == "maybe":
                target.add_pointers("conditionalCreateOnlyProperties", [place])
            kind = prop["type"]
            if kind["type"] == "array":
                kind, place = kind["element"], f"{place}/*"
            inner = kind.get("reference", {}).get("$ref")
            if inner and inner not in above:
                self.replacement(target, self.spec[inner]["properties"], place, (*above, inner))


def first_sentence(text):
    """A description in one line without markup; "" when the text says nothing."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text or "")
    text = re.sub(r"<[^>]*>|[`*]|^[#>-]+ ", "", " ".join(text.split()))
    if re.match(r"Resource (Type|schema) (definition )?for|No description|Definition of AWS", text,
                re.I):
        return ""
    sentence = re.match(r".*?[.](?= |$)", text)
    text = (sentence[0] if sentence else text).strip(" .")
    if len(text) > DESCRIPTION_LEN:
        text = text[:DESCRIPTION_LEN].rsplit(" ", 1)[0].rstrip(",;:") + " ..."
    return text


def ref_facts(target, row, resource):
    """What Ref returns: from the documentation's row, else the primary identifier."""
    if row and row.startswith('"'):
        return {"refText": row.strip('"')}
    if row:
        join = "/" if "/" in row else "|"
        names = row.split(join)
    else:
        join, names = "|", resource.get("cfnRefIdentifier")
    pointers = ([f"/properties/{name}" for name in names] if names
                else target.facts.get("primaryIdentifier", []))
    if not pointers or not all(target.at(pointer) for pointer in pointers):
        if row:
            raise SystemExit(f"ref.txt: {target.name}: '{row}' names no property")
        return {"refText": "the id of the resource"}
    if len(pointers) == 1:
        return {"ref": pointers[0]}
    return {"refOf": list(pointers), **({"refJoin": join} if join != "|" else {})}


def types_of(spec, registry, refs):
    """Every type's facts by name."""
    folders = {name.lower().replace("::", "_"): name for name in registry.schemas}
    lists = {}
    for (folder, stem), values in sorted(registry.value_lists.items()):
        lists.setdefault(folders.get(folder), []).append((stem.split("_"), values))
    names = {*registry.schemas, *spec.resources}
    adder, found = SpecTypes(spec.definitions), {}
    for name in sorted(n for n in names if not n.startswith("AWS::Serverless::")):
        target, resource = Type(name), spec.resources.get(name, {})
        raw = registry.schemas.get(name, {})
        if raw:
            target.take_registry(raw)
            for words, values in lists.get(name, []):
                target.set_known_values(words, values)
        target.take_attributes(registry.more_attributes.get(name, []),
                               name in registry.all_properties)
        if resource:
            adder.add(target, resource)
        target.facts.update(ref_facts(target, refs.get(name), resource))
        about = first_sentence(resource.get("documentation")) or first_sentence(
            raw.get("description"))
        if about:
            target.facts["description"] = about
        found[name] = target.result()
    unknown = sorted(set(refs) - set(found))
    if unknown:
        raise SystemExit(f"ref.txt: no such type: {' '.join(unknown)}")
    return found
