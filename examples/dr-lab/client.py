#!/usr/bin/python3
"""client DNS-ADDRESS:PORT NAME:PORT FILE: what a customer of the shop does, and what he sees.

Every 20 ms it sends a row, wherever the name leads by then: it asks the name server itself and
keeps an answer for its TTL, no longer.  FILE gets a line for every row that was sent, as JSON:
Seq, Sent, Done (times), Status (201: acknowledged; 0: no answer), Region.  Ends with SIGTERM or
SIGINT and prints how it went.
"""

import http.client
import json
import os
import queue
import random
import signal
import socket
import struct
import sys
import threading
import time

EVERY_S = 0.02
WORKERS = 24
TIMEOUT_S = 1.0


class NoAnswer(Exception):
    """The name leads nowhere now."""


def question(number, name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.strip(".").split("."))
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)


def behind_name(data, at):
    while data[at]:
        if data[at] >= 0xC0:
            return at + 2
        at += data[at] + 1
    return at + 1


def parse(data, number):
    """[(address, TTL)] of the A records in an answer."""
    their, flags, asked, answers = struct.unpack(">4H", data[:8])
    if their != number or flags & 0x800F != 0x8000:
        raise NoAnswer(f"response code {flags & 15}")
    at, found = 12, []
    for _ in range(asked):
        at = behind_name(data, at) + 4
    for _ in range(answers):
        at = behind_name(data, at)
        kind, _, ttl, length = struct.unpack(">2HIH", data[at:at + 10])
        if kind == 1:
            found.append((socket.inet_ntoa(data[at + 10:at + 14]), ttl))
        at += 10 + length
    return found


class Resolver:
    """One name; an answer is kept for its TTL, and nothing is kept without one."""

    def __init__(self, server, name):
        host, port = server.rsplit(":", 1)
        self.server, self.name = (host, int(port)), name
        self.lock, self.addresses, self.until = threading.Lock(), [], 0.0

    def ask(self):
        number = random.randrange(1 << 16)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.5)
            s.connect(self.server)
            s.send(question(number, self.name))
            try:
                return parse(s.recv(4096), number)
            except (OSError, struct.error, IndexError) as why:
                raise NoAnswer(str(why)) from None

    def address(self):
        with self.lock:
            if time.monotonic() >= self.until:
                asked = time.monotonic()
                found = self.ask()
                if not found:
                    raise NoAnswer("no address")
                self.addresses = [address for address, _ in found]
                self.until = asked + min(ttl for _, ttl in found)
            return random.choice(self.addresses)


class Worker(threading.Thread):
    """One connection at a time, to where the name leads."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.conn, self.address = client, None, None

    def drop(self):
        if self.conn:
            self.conn.close()
        self.conn = self.address = None

    def post(self, seq, sent):
        """(status, region)"""
        address = self.client.resolver.address()
        if address != self.address:
            self.drop()
            self.conn = http.client.HTTPConnection(address, self.client.port, timeout=TIMEOUT_S)
            self.address = address
        body = json.dumps({"Client": self.client.name, "Seq": seq, "Sent": sent})
        self.conn.request("POST", "/rows", body, {"Content-Type": "application/json"})
        answer = self.conn.getresponse()
        text = answer.read()
        if answer.will_close:
            self.drop()
        return answer.status, json.loads(text)["Region"] if answer.status == 201 else ""

    def run(self):
        while True:
            seq = self.client.todo.get()
            sent = time.time()
            try:
                status, region = self.post(seq, sent)
            except (OSError, http.client.HTTPException, NoAnswer, ValueError, KeyError):
                self.drop()
                status, region = 0, ""
            self.client.keep(seq, sent, time.time(), status, region)


class Client:
    def __init__(self, server, target, path):
        name, port = target.rsplit(":", 1)
        self.resolver, self.port = Resolver(server, name), int(port)
        self.name = f"{socket.gethostname()}-{os.getpid()}-{int(time.time())}"
        self.todo, self.lock = queue.Queue(WORKERS), threading.Lock()
        self.file = open(path, "a", encoding="utf-8", buffering=1)
        self.ended = threading.Event()
        self.acknowledged, self.gap, self.last = 0, 0.0, None

    def keep(self, seq, sent, done, status, region):
        with self.lock:
            self.file.write(json.dumps({"Client": self.name, "Seq": seq, "Sent": sent, "Done": done,
                                        "Status": status, "Region": region}) + "\n")
            if status == 201:
                self.acknowledged += 1
                self.gap = max(self.gap, done - (self.last or done))
                self.last = done

    def run(self):
        workers = [Worker(self) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        began, seq = time.monotonic(), 0
        while not self.ended.wait(max(0.0, began + seq * EVERY_S - time.monotonic())):
            seq += 1
            try:
                self.todo.put_nowait(seq)
            except queue.Full:
                pass  # all workers wait for answers: a customer who does not get through
        with self.lock:
            print(f"{self.acknowledged} rows acknowledged in {time.monotonic() - began:.1f} s, "
                  f"longest gap {self.gap:.2f} s", flush=True)
            self.file.close()
            os._exit(0)


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 64
    client = Client(*sys.argv[1:])
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: client.ended.set())
    client.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
