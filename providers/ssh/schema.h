/*
 * schema.h - the resource types of the ssh provider as JSON, for the engine, `types`
 * and the reference.
 *
 * One text per type, joined by the members of struct ssh_schema: characters only, so
 * that its bytes are one JSON text (without NUL) of any length.
 */
#ifndef PROVIDERS_SSH_SCHEMA_H
#define PROVIDERS_SSH_SCHEMA_H

/* clang-format off */
#define JSON_TEXT(...) #__VA_ARGS__

#define SCHEMA_HOST \
	JSON_TEXT("Host": {"type": "string", "description": \
		"The host, by its name in the manifest's Hosts of the region"},)
#define SCHEMA_PLACE \
	JSON_TEXT("endpointProperty": "/properties/Host")

#define SCHEMA_FILE "{\"types\": {" JSON_TEXT("SSH::File": {"version": 1, \
	"description": "A file on a host. Written under a temporary name and renamed, so that \
it is always the old or the new one.", \
	"properties": {) SCHEMA_HOST JSON_TEXT( \
		"Path": {"type": "string", "pattern": "^/", "description": "Absolute path"}, \
		"Content": {"type": "string", "description": "What the file holds"}, \
		"Source": {"type": "string", "description": \
			"Instead of Content: a local file, relative to the project's folder"}, \
		"Mode": {"type": "string", "pattern": "^[0-7]{3,5}$", "default": "0644", \
			"description": "Permissions, octal"}, \
		"Owner": {"type": "string", "description": "User name or number"}, \
		"Group": {"type": "string", "description": "Group name or number"}, \
		"ContentSha256": {"type": "string", "description": \
			"SHA-256 of the content; salted when the content is a secret"}, \
		"Size": {"type": "integer", "description": "Bytes"}}, \
	"required": ["Host", "Path"], \
	"readOnlyProperties": ["/properties/ContentSha256", "/properties/Size"], \
	"createOnlyProperties": ["/properties/Host", "/properties/Path"], \
	"fileProperties": ["/properties/Source"], \
	"primaryIdentifier": ["/properties/Host", "/properties/Path"], \
	"ref": "/properties/Path",) SCHEMA_PLACE "},"

#define SCHEMA_DIRECTORY JSON_TEXT("SSH::Directory": {"version": 1, \
	"description": "A directory on a host; missing parents are made. It is removed only \
when it is empty and was not there before.", \
	"properties": {) SCHEMA_HOST JSON_TEXT( \
		"Path": {"type": "string", "pattern": "^/", "description": "Absolute path"}, \
		"Mode": {"type": "string", "pattern": "^[0-7]{3,5}$", "default": "0755", \
			"description": "Permissions, octal"}, \
		"Owner": {"type": "string", "description": "User name or number"}, \
		"Group": {"type": "string", "description": "Group name or number"}}, \
	"required": ["Host", "Path"], \
	"createOnlyProperties": ["/properties/Host", "/properties/Path"], \
	"primaryIdentifier": ["/properties/Host", "/properties/Path"], \
	"ref": "/properties/Path",) SCHEMA_PLACE "},"

#define SCHEMA_COMMAND JSON_TEXT("SSH::Command": {"version": 1, \
	"description": "A thing on a host that scripts make, look at, change and remove. They \
run on without hadeploy once started. Lines NAME=value written to $HADEPLOY_OUTPUT become \
attributes.", \
	"properties": {) SCHEMA_HOST JSON_TEXT( \
		"Create": {"type": "string", "description": "Script that makes it"}, \
		"Read": {"type": "string", "description": \
			"Script that ends with 0 when it is there and with 1 when it is not"}, \
		"Update": {"type": "string", "description": \
			"Script for a change of Create, Triggers, Environment or \
WorkingDirectory; without it such a change replaces"}, \
		"Delete": {"type": "string", "description": "Script that removes it"}, \
		"Triggers": {"description": "Any value; its change is a change of the thing"}, \
		"Timeout": {"type": "integer", "minimum": 1, "maximum": 86400, "default": 600, \
			"description": "Seconds that a script may take"}, \
		"Environment": {"type": "object", "additionalProperties": {"type": "string"}, \
			"description": "Variables for the scripts; never on a command line. Read \
and Delete do not see those that are secret"}, \
		"WorkingDirectory": {"type": "string", "pattern": "^/", "description": \
			"Where scripts run; the user's home when absent"}, \
		"Output": {"type": "string", "description": \
			"The end of what the last script wrote; absent when that may be secret"}}, \
	"required": ["Host", "Create"], \
	"readOnlyProperties": ["/properties/Output"], \
	"createOnlyProperties": ["/properties/Host"], \
	"openAttributes": true, \
	"replacementStrategy": "delete_then_create", \
	"timeouts": {"create": 90000, "update": 90000, "delete": 90000},) SCHEMA_PLACE "},"

#define SCHEMA_PACKAGE JSON_TEXT("SSH::Package": {"version": 1, \
	"description": "A package of apt or dnf. One that was installed before stays when the \
resource is removed.", \
	"properties": {) SCHEMA_HOST JSON_TEXT( \
		"Name": {"type": "string"}, \
		"Version": {"type": "string", "description": \
			"Exact version; any when absent"}, \
		"Manager": {"type": "string", "enum": ["auto", "apt", "dnf"], \
			"default": "auto"}, \
		"File": {"type": "string", "pattern": "^/", "description": \
			"A .deb or .rpm on the host to install from"}, \
		"InstalledVersion": {"type": "string"}}, \
	"required": ["Host", "Name"], \
	"readOnlyProperties": ["/properties/InstalledVersion"], \
	"createOnlyProperties": ["/properties/Host", "/properties/Name"], \
	"primaryIdentifier": ["/properties/Host", "/properties/Name"], \
	"ref": "/properties/Name", \
	"timeouts": {"create": 7200, "update": 7200, "delete": 7200},) SCHEMA_PLACE "},"

#define SCHEMA_SERVICE JSON_TEXT("SSH::Service": {"version": 1, \
	"description": "Whether a systemd unit runs and starts at boot. When the resource is \
removed, the unit is put back to what it was.", \
	"properties": {) SCHEMA_HOST JSON_TEXT( \
		"Name": {"type": "string", "description": "The unit"}, \
		"Enabled": {"type": "boolean", "description": "Starts at boot"}, \
		"State": {"type": "string", "enum": ["running", "stopped"]}, \
		"RestartOn": {"description": \
			"Any value, say a file's ContentSha256: its change restarts the unit"}}, \
	"required": ["Host", "Name"], \
	"createOnlyProperties": ["/properties/Host", "/properties/Name"], \
	"primaryIdentifier": ["/properties/Host", "/properties/Name"], \
	"ref": "/properties/Name", \
	"timeouts": {"create": 1800, "update": 1800, "delete": 1800},) SCHEMA_PLACE "},"

#define SCHEMA_USER JSON_TEXT("SSH::User": {"version": 1, \
	"description": "An account on a host. Passwords are never touched; homes are kept.", \
	"properties": {) SCHEMA_HOST JSON_TEXT( \
		"Name": {"type": "string"}, \
		"Uid": {"type": "integer", "minimum": 0, "maximum": 4294967294}, \
		"Group": {"type": "string", "description": "Primary group"}, \
		"Groups": {"type": "array", "items": {"type": "string"}, "description": \
			"All other groups"}, \
		"Home": {"type": "string", "pattern": "^/"}, \
		"Shell": {"type": "string", "pattern": "^/"}, \
		"System": {"type": "boolean", "description": "A system account, without home"}, \
		"UserId": {"type": "integer"}, \
		"HomeDirectory": {"type": "string"}}, \
	"required": ["Host", "Name"], \
	"readOnlyProperties": ["/properties/UserId", "/properties/HomeDirectory"], \
	"createOnlyProperties": ["/properties/Host", "/properties/Name", "/properties/System"], \
	"primaryIdentifier": ["/properties/Host", "/properties/Name"], \
	"ref": "/properties/Name",) SCHEMA_PLACE "}}}"
/* clang-format on */

struct ssh_schema {
	char file[sizeof(SCHEMA_FILE) - 1];
	char directory[sizeof(SCHEMA_DIRECTORY) - 1];
	char command[sizeof(SCHEMA_COMMAND) - 1];
	char package[sizeof(SCHEMA_PACKAGE) - 1];
	char service[sizeof(SCHEMA_SERVICE) - 1];
	char user[sizeof(SCHEMA_USER) - 1];
};

extern const struct ssh_schema ssh_schema;

#endif
