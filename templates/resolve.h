/*
 * resolve.h - dynamic references, "{{resolve:SERVICE:REFERENCE}}", in any text.
 *
 *	env:NAME                 a variable of the environment
 *	file:PATH                a file beside the manifest
 *	ssm:NAME[:VERSION]       a parameter of AWS Systems Manager
 *	ssm-secure:NAME[:VERSION]
 *	secretsmanager:SECRET[:SecretString[:JSON-KEY[:STAGE[:VERSION-ID]]]]
 *
 * Pure: nothing is looked up here.
 *
 *	struct resolve_scan s = resolve_start(text, RESOLVE_WHOLE);
 *	while (resolve_next(&s, &piece)) ...
 *
 * gives texts and references in turn; after RESOLVE_BAD it goes on behind the bad part.
 */
#ifndef TEMPLATES_RESOLVE_H
#define TEMPLATES_RESOLVE_H

#include "base/diag.h"
#include "base/text.h"

#define RESOLVE_OPEN "{{resolve:"
#define RESOLVE_CLOSE "}}"

enum resolve_service {
	SERVICE_ENV,
	SERVICE_FILE,
	SERVICE_SSM,
	SERVICE_SSM_SECURE,
	SERVICE_SECRETSMANAGER
};

/* Fields that are not given are empty. */
struct resolve_reference {
	enum resolve_service service;
	struct text body;              /* between "{{resolve:" and "}}" */
	struct text name;              /* variable, path, parameter, secret or its ARN */
	struct text version;           /* ssm, ssm-secure: a number */
	struct text key;               /* secretsmanager: of the JSON object in the secret */
	struct text stage, version_id; /* secretsmanager */
};

enum resolve_kind { RESOLVE_TEXT, RESOLVE_REFERENCE, RESOLVE_BAD };

struct resolve_piece {
	enum resolve_kind kind;
	struct text text; /* of the whole piece */
	size_t offset;    /* in the scanned text */
	struct resolve_reference ref;
	/* RESOLVE_BAD: what is wrong with which part of it. */
	struct text culprit;
	const char *problem, *hint;
	enum diag_code code;
};

/* What a text is. */
enum resolve_written {
	RESOLVE_WHOLE, /* everything is there */
	/* The template's text of Fn::Sub, Fn::Join and the like: "${Name}" may stand for
	 * anything, and the end of a reference may come from elsewhere. */
	RESOLVE_PART
};

struct resolve_scan {
	struct text all;
	size_t offset;
	enum resolve_written written;
};

/* Whether there is anything to resolve. */
bool resolve_occurs(struct text t);
struct resolve_scan resolve_start(struct text t, enum resolve_written written);
bool resolve_next(struct resolve_scan *s, struct resolve_piece *piece);
/* "ssm-secure" */
const char *resolve_service_name(enum resolve_service s);
/* Asks a provider, and its value never shows up: ssm-secure, secretsmanager. */
bool resolve_is_secure(enum resolve_service s);
/* Asks nobody outside of this machine: env, file. */
bool resolve_is_local(enum resolve_service s);
/* The properties that take ssm-secure: "/LoginProfile/Password" of "AWS::IAM::User". */
bool resolve_secure_allowed(struct text type, struct text pointer);
/* Of RESOLVE_BAD.  sensitive: nothing of the text is shown. */
enum resolve_shown { RESOLVE_SHOWN, RESOLVE_HIDDEN };
void resolve_report(struct range where, const struct resolve_piece *piece, enum resolve_shown shown,
		    struct diags *d);

#endif
