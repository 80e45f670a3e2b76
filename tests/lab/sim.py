"""The simulated cloud's own log: what it did, whatever hadeploy says of itself."""

import contextlib
import sqlite3


def sim_rows(folder, query, *values):
    """Rows of a project's cloud; none while it has no table yet."""
    file = folder / ".hadeploy" / "sim.db"
    if not file.exists():
        return []
    with contextlib.closing(sqlite3.connect(file)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'fault'").fetchone():
            return []
        return db.execute(query, values).fetchall()


def sim_log(folder, action):
    """The addresses of all to which this was done ("create", "delete"), in order."""
    return [address for address, in sim_rows(
        folder, "SELECT address FROM log WHERE action = ? ORDER BY rowid", action)]
