"""moto's server with what it has otherwise than AWS put right; run by the venv's interpreter.

RDS: a replica that is promoted goes on naming its source, and what is no replica can be promoted.
"""

import sys

del sys.path[0]  # this folder has a moto.py of its own
# pylint: disable=wrong-import-position,import-error
from moto.rds.exceptions import InvalidDBInstanceStateFault
from moto.rds.models import RDSBackend
from moto.server import main

_promote = RDSBackend.promote_read_replica


def promote_read_replica(self, db_kwargs):
    database = self.databases[db_kwargs["db_instance_identifier"]]
    if not database.is_replica:
        raise InvalidDBInstanceStateFault("DB instance is not a read replica.")
    _promote(self, db_kwargs)
    database.source_db_instance_identifier = None
    return database


RDSBackend.promote_read_replica = promote_read_replica
main(sys.argv[1:])
