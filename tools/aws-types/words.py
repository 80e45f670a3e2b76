"""A dictionary of pieces that occur in many strings, and strings written with it.

A byte below 0x80 stands for itself; one from 0x80 and the byte behind it are the number of a
piece.  So pieces are ASCII, and a string that is not ASCII is not written this way.
"""

import re
from collections import Counter

PIECES_MAX = 1 << 15
CODE_LEN = 2     # bytes that a piece takes in a string
ENTRY_LEN = 4    # bytes that a piece takes beside its letters
RUN_MAX = 6      # words in one piece
ROUNDS = 4
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^A-Za-z0-9]")


def runs(words):
    for first in range(len(words)):
        piece = ""
        for last in range(first, min(first + RUN_MAX, len(words))):
            piece += words[last]
            if len(piece) > CODE_LEN:
                yield first, last + 1, piece


def shortest(words, pieces):
    """The string cut where it becomes shortest: words and pieces."""
    best = [(0, None)] + [None] * len(words)
    ahead = {}
    for first, last, piece in runs(words):
        if piece in pieces:
            ahead.setdefault(first, []).append((last, piece))
    for at, word in enumerate(words):
        cost = best[at][0]
        for last, piece, price in [(at + 1, word, len(word)),
                                   *((e, p, CODE_LEN) for e, p in ahead.get(at, ()))]:
            if best[last] is None or cost + price < best[last][0]:
                best[last] = (cost + price, (at, piece))
    cut, at = [], len(words)
    while at:
        at, piece = best[at][1]
        cut.append(piece)
    return cut[::-1]


def worth(piece, count):
    return count * (len(piece) - CODE_LEN) - len(piece) - ENTRY_LEN


def most_worth(counts):
    kept = [piece for piece, count in counts.items() if worth(piece, count) > 0]
    kept.sort(key=lambda piece: (-worth(piece, counts[piece]), piece))
    return kept[:PIECES_MAX]


class Words:
    def __init__(self, strings):
        cut = [WORD.findall(s) for s in strings if s.isascii()]
        pieces = most_worth(Counter(p for words in cut for _, _, p in runs(words)))
        for _ in range(ROUNDS):
            known = set(pieces)
            used = Counter(p for words in cut for p in shortest(words, known) if p in known)
            pieces = most_worth(used)
        self.pieces = sorted(pieces)
        self.numbers = {piece: number for number, piece in enumerate(self.pieces)}

    def code(self, string):
        """The bytes of an ASCII string."""
        out = bytearray()
        for piece in shortest(WORD.findall(string), self.numbers):
            number = self.numbers.get(piece)
            if number is None:
                out += piece.encode()
            else:
                out += bytes([0x80 | number >> 8, number & 0xFF])
        return bytes(out)
