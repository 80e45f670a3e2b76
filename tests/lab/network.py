"""A network of one thread's own, where a fixed address of a cloud is this machine's.

    in_own_network("169.254.170.2", work)     # what work returns or raises; NoNetwork: not allowed

What work opens and starts - servers, processes - lives in it, and nobody else sees it.  It ends
with them, so nothing is left to be taken back.
"""

import ctypes
import fcntl
import os
import socket
import struct
import threading

CLONE_NEWNET, SIOCSIFADDR, SIOCSIFFLAGS = 0x40000000, 0x8916, 0x8914
IFF_UP_RUNNING = 0x41


class NoNetwork(Exception):
    """It cannot be had here; the message is the reason."""


def _enter(address):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise NoNetwork(f"unshare: {os.strerror(ctypes.get_errno())}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP_RUNNING))
        fcntl.ioctl(s, SIOCSIFADDR, struct.pack("16sHH4s16x", b"lo:1", socket.AF_INET, 0,
                                                socket.inet_aton(address)))


def in_own_network(address, work):
    """Runs work in a thread whose loopback has the address."""
    outcome = {}

    def run():
        try:
            _enter(address)
            outcome["value"] = work()
        except BaseException as e:  # pylint: disable=broad-exception-caught
            outcome["problem"] = e

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if "problem" in outcome:
        raise outcome["problem"]
    return outcome["value"]
