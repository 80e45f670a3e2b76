#include "providers/ssh/schema.h"

const struct ssh_schema ssh_schema = {
	SCHEMA_FILE, SCHEMA_DIRECTORY, SCHEMA_COMMAND, SCHEMA_PACKAGE, SCHEMA_SERVICE, SCHEMA_USER,
};
