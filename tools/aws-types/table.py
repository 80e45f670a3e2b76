"""The data file that providers/aws/aws_types.c reads; that file draws the format.

Every value (string, number, word, list, object) is stored once and referred to by its
offset.  The most used values come first, where offsets are short.
"""

import json
import struct

from words import Words

MAGIC = b"hdtypes1"
TEXT, RAW, NUMBER, WORD, LIST, OBJECT = range(6)
SHORT_MAX = 30  # a count up to this stands in the first byte


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def head(kind, count):
    if count <= SHORT_MAX:
        return bytes([count << 3 | kind])
    return bytes([(SHORT_MAX + 1) << 3 | kind]) + varint(count)


class Table:
    """Values by number; a list or an object holds the numbers of its parts."""

    def __init__(self):
        self.numbers, self.values, self.uses = {}, [], []

    def add(self, value):
        """The number of a value, made on first use."""
        if isinstance(value, dict):
            return self.intern(OBJECT, tuple(self.add(x) for key in sorted(value)
                                             for x in (key, value[key])))
        if isinstance(value, list):
            return self.intern(LIST, tuple(self.add(item) for item in value))
        if isinstance(value, str):
            return self.intern(TEXT if value.isascii() else RAW, value)
        if isinstance(value, bool):
            return self.intern(WORD, value)
        return self.intern(NUMBER, json.dumps(value))

    def intern(self, kind, content):
        key = (kind, content)
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.values)
            self.values.append(key)
            self.uses.append(0)
            for part in content if kind in (LIST, OBJECT) else ():
                self.uses[part] += 1
        return number

    def encoded(self, words):
        """Bytes of what has no parts, by number; None for what has."""
        out = []
        for kind, content in self.values:
            if kind == TEXT:
                content = words.code(content)
            elif kind == WORD:
                content = b"\1" if content else b"\0"
            elif kind in (RAW, NUMBER):
                content = content.encode()
            else:
                out.append(None)
                continue
            out.append(head(kind, len(content)) + content)
        return out

    def compound(self, number, offsets):
        kind, parts = self.values[number]
        count = len(parts) // 2 if kind == OBJECT else len(parts)
        return head(kind, count) + b"".join(varint(offsets[part]) for part in parts)

    def layout(self, words):
        """The bytes of all values, and their offsets: sizes depend on offsets, so repeat."""
        plain = self.encoded(words)
        order = sorted(range(len(self.values)), key=lambda n: (-self.uses[n], n))
        offsets = [0] * len(order)
        while True:
            pieces, at, moved = [], 0, False
            for number in order:
                piece = plain[number] or self.compound(number, offsets)
                moved = moved or offsets[number] != at
                offsets[number] = at
                pieces.append(piece)
                at += len(piece)
            if not moved:
                return b"".join(pieces), offsets


def encode(types):
    """types: name to facts.  Same facts, same bytes."""
    table = Table()
    rows = [(table.add(name), table.add(types[name]))
            for name in sorted(types, key=lambda n: n.encode())]
    words = Words([content for kind, content in table.values if kind == TEXT])
    values, offsets = table.layout(words)
    letters = "".join(words.pieces).encode()
    ends, end = [], 0
    for piece in words.pieces:
        end += len(piece)
        ends.append(end)
    counts = (len(rows), len(ends), len(letters), len(values))
    return b"".join([MAGIC, struct.pack("<4I", *counts),
                     *(struct.pack("<II", offsets[name], offsets[facts]) for name, facts in rows),
                     *(struct.pack("<I", end) for end in ends), letters, values])
