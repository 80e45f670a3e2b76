/*
 * definition.h - a resource type as data: what a YAML definition says, read and checked.
 *
 * The language (docs/writing-types.md has it for people).  A file has one type, or is
 * `service.yaml`: what all types of its folder, or those that name it, share.
 *
 *	Type: PowerDNS::Zone            'AWS::*': a wildcard, for what no other definition is for
 *	Service: pdns                   the folder's service.yaml when absent
 *	Schema: {...}                   as in provider.h (properties, required, ...); absent: the
 *	                                provider's own table (AWS)
 *	Unserved: {PATH: ROW}           properties that are refused when a plan is made: Mode,
 *	                                Outer/Inner, "*" for any item; ROW is null, what to do
 *	                                instead, or {Reason: text, Hint: text, Values: [SCALAR]},
 *	                                which are then refused alone
 *	Shown: [PATH]                   what of writeOnlyProperties is no secret
 *	Library: |                      jq functions of this type; the service's come first
 *	Protocol, Endpoint, Auth, Errors, ...   as in a service; the type's win
 *	Create, Read, Update, Delete: OPERATION
 *	FindByKey, FindByName, List: OPERATION whose Items gives what was found
 *	Actions: {promote: OPERATION}
 *
 * Service:
 *
 *	Protocol: json | rest-json | rest-xml | json-1.0 | json-1.1 | query | ec2
 *	Endpoint: 'https://ec2.{$region}.{$suffix}'   the entry's Endpoint wins
 *	Auth: none | basic | bearer | header | sigv4     may be narrowed by the entry
 *	SigningName, SigningRegion, TargetPrefix, ApiVersion      of AWS's protocols
 *	Headers: {NAME: HOLES}          with every request
 *	ErrorCode, ErrorMessage: JQ     of an answer's body; the protocol's when absent
 *	Errors: {NotFound: [404, 'Invalid*.NotFound'], Exists: [...], Conflict: [...],
 *	         Throttled: [...], Retry: [...], Done: [...]}     by HTTP status or code (glob);
 *	                                first the step's, then the type's, the service's, the
 *	                                protocol's
 *	Lists: flat | member            how query bodies number lists
 *
 * A service.yaml is for the types of its folder.  Its name is the folder's, or what its key Service
 * says; types elsewhere name it with theirs.
 *
 * OPERATION: a list of STEPs, or {Steps: [STEP], State: JQ, Items: JQ, Result: JQ}.
 *
 *	State   of Read: the whole state, `.` is the last answer; null: there is no such thing.  Of
 *	        Create and Update optional: without it Read follows.
 *	Items   of finds and List: a list of {Id, State}, or of ids
 *	Result  of an action: what it tells
 *
 * Create, Read and Delete there must be; Update and Delete may be [], when there is nothing to do.
 * A type with Actions and none of the others is no resource ("deployable": false): runbooks act on
 * it, and what it is about is in their arguments (Routes of the manifest).
 *
 * STEP:
 *
 *	Name: make            the answer is $steps.make for what follows; 1, 2, 3 without
 *	When: JQ              false or null: left out
 *	ForEach: JQ           a list: once per item, $item; $steps has the last answer's
 *	Method: POST          json, rest-*: default GET
 *	Path: '/zones/{$id}'  HOLES: text with {JQ} in it, percent-encoded; {+JQ}: "/" is kept
 *	Query: {NAME: JQ}     null is left out
 *	Headers: {NAME: HOLES}
 *	Action: CreateVpc     AWS's protocols: instead of Method and Path
 *	Body: JQ              null: none
 *	Send: json | form | text | xml | none     of the body; the protocol's when absent
 *	Reads: true           changes nothing (GET, HEAD, Describe*, Get*, List* do without saying)
 *	Id: JQ                from here on the thing exists under this id
 *	Keep: JQ              an object, merged into $kept, which survives waiting and crashes
 *	Until: JQ             asked again, Every (duration; 5s) so long, until it is true
 *	Failed: JQ            a text: it went wrong for good, and this is why; null: it did not
 *	Pages: {Next: JQ, Items: JQ}   Next: an object merged into Query (or Body) of the next
 *	                      request, null at the end; Items: a list; the answer becomes
 *	                      {"items": all of them}
 *	Errors: {...}         as of a service; Done: counts as success, the answer is null
 *	Effect: none          an answer that this step failed means that nothing has changed
 *
 * JQ programs of requests (When, ForEach, Path, Query, Headers, Body) have the wanted properties as
 * `.` (Delete, Read, finds, lists: the recorded ones); those of answers (Id, Keep, Until, Failed,
 * Next, Items, State, Result, ErrorCode, ErrorMessage) have the decoded body.  All have the
 * variables of enum definition_variable, and the functions of providers/rest/prelude.jq.
 *
 * All texts and nodes live in the arena of the struct definitions; immutable once read.
 */
#ifndef PROVIDERS_REST_DEFINITION_H
#define PROVIDERS_REST_DEFINITION_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/json.h"
#include "providers/rest/jq.h"

enum protocol {
	PROTOCOL_JSON,
	PROTOCOL_REST_JSON,
	PROTOCOL_REST_XML,
	PROTOCOL_JSON_1_0,
	PROTOCOL_JSON_1_1,
	PROTOCOL_QUERY,
	PROTOCOL_EC2
};
#define PROTOCOL_COUNT (PROTOCOL_EC2 + 1)

enum auth_scheme { AUTH_NONE, AUTH_BASIC, AUTH_BEARER, AUTH_HEADER, AUTH_SIGV4 };
enum send_form { SEND_BY_PROTOCOL, SEND_JSON, SEND_FORM, SEND_TEXT, SEND_XML, SEND_NONE };

/* What an error is, as the engine takes it; rows of Errors. */
enum error_kind {
	ERROR_NOT_FOUND,
	ERROR_EXISTS,
	ERROR_CONFLICT,
	ERROR_THROTTLED,
	ERROR_RETRY,
	ERROR_DONE,
	ERROR_OTHER
};
#define ERROR_KIND_COUNT (ERROR_OTHER + 1)

struct error_rule {
	enum error_kind kind;
	int status;       /* HTTP status; 0: by code */
	const char *code; /* glob; NULL: by status */
};
struct error_rules {
	const struct error_rule *items;
	size_t count;
};

/* One jq expression of the file.  `function` is its number in the type's program. */
struct expression {
	struct text source; /* as written */
	struct range where;
	unsigned line; /* of the program where it begins, from 1; 0: not there */
};

struct page_rule {
	struct expression next, items;
	bool given;
};

/* Expressions that are absent have source.ptr NULL. */
struct step {
	const char *name;
	const char *method, *action;
	const char *path; /* HOLES as written, for messages; NULL */
	bool reads, effect_none;
	enum send_form send;
	int64_t every_ms;
	struct expression when, for_each;
	/* An object {"path": text, "query": {...}, "headers": {...}, "body": any} as one jq
	 * expression, made of Path, Query, Headers and Body. */
	struct expression request;
	struct expression id, keep, until, failed;
	struct page_rule pages;
	struct error_rules errors;
	struct range where;
	/* Numbers of this step's functions in the program: the request, the answer. */
	unsigned request_function, answer_function;
};

struct operation {
	const struct step *steps;
	size_t step_count;
	struct expression state, items, result;
	unsigned end_function; /* state, items or result; 0: none */
	bool given;
	struct range where;
};

enum operation_kind {
	OPERATION_CREATE,
	OPERATION_READ,
	OPERATION_UPDATE,
	OPERATION_DELETE,
	OPERATION_FIND_BY_KEY,
	OPERATION_FIND_BY_NAME,
	OPERATION_LIST
};
#define OPERATION_KIND_COUNT (OPERATION_LIST + 1)

struct action {
	const char *name;
	struct operation operation;
};

struct service {
	const char *name; /* of its folder or file; "" when the type says all itself */
	enum protocol protocol;
	enum auth_scheme auth;
	bool auth_given;
	const char *endpoint; /* HOLES as written; NULL */
	struct range endpoint_where;
	const char *signing_name, *signing_region, *target_prefix, *api_version;
	bool lists_member;
	struct expression error_code, error_message;
	unsigned error_function; /* 0: by protocol */
	struct error_rules errors;
	struct expression headers; /* one jq expression: an object */
	struct text functions;
	struct range functions_where;
};

struct definition {
	const char *type;       /* or the wildcard */
	const char *file;       /* for messages */
	struct service service; /* overlaid with what the type says */
	const json_t *schema;   /* NULL: the provider's own */
	const json_t *unserved; /* unservedProperties of provider.h; NULL: none.  In schema, too */
	const json_t *shown;    /* shownProperties; NULL: none.  In schema, too */
	const struct node *unserved_node, *shown_node; /* where they stand */
	struct operation operations[OPERATION_KIND_COUNT];
	const struct action *actions;
	size_t action_count;
	struct error_rules errors;
	struct text functions;
	struct range functions_where;
	struct range where;
	struct jq_program program;         /* of all its expressions: program.h */
	const struct program_lines *lines; /* program.h: where its lines came from */
};

/* Variables of every expression, in the order in which program.c binds them. */
#define DEFINITION_VARIABLES                                                             \
	X(id) /* "" before there is one */                                               \
	X(type)                                                                          \
	X(properties) /* wanted; null where none are: Read, Delete, finds */             \
	X(prior)      /* recorded properties and attributes; {} in Create */             \
	X(changed)    /* Update: list of JSON pointers */                                \
	X(steps)      /* answers by name */                                              \
	X(kept)                                                                          \
	X(item)                                                                          \
	X(key)  /* the same for every attempt at one operation, up to 64 of a-z 0-9 - */ \
	X(name) /* {stack, logical, random}: for names that the user did not give */     \
	X(tags) /* {"hadeploy:project": ..., "hadeploy:address": ...} */                 \
	X(region)                                                                        \
	X(account)   /* number of an AWS account, once it is known; else "" */           \
	X(partition) /* "aws" */                                                         \
	X(suffix)    /* "amazonaws.com" */                                               \
	X(settings)  /* the entry's Settings: a map for definitions, never secret */     \
	X(args)      /* of an action */                                                  \
	X(status)    /* of the answer */                                                 \
	X(headers)   /* of the answer, names in lower case */                            \
	X(schema)    /* {"required", "primaryIdentifier", "readOnly", "createOnly", "writeOnly"} */

struct definitions;
struct node;

/* Where definitions come from: a bundle that is part of the program ("=== FILE\n" before each
 * file), or a folder.  Either may be absent. */
struct definition_source {
	struct text bundle;
	const char *bundle_name; /* "aws": files are shown as aws:ec2/vpc.yaml */
	const char *folder;      /* absolute; NULL */
	struct jq_pool *pool;    /* that says whether the folder's programs compile; NULL: later */
};
/* Indexes files by their Type lines; reads none of the bundle's as a whole.  A folder's files are
 * all read and checked; they stand before the bundle's.  NULL on failure. */
struct definitions *definitions_open(const struct definition_source *s, struct diags *d);
void definitions_close(struct definitions *s);
/* The definition for a type: its own, else the wildcard's with the longest literal part.  Read and
 * checked when first asked for.  NULL without errors: there is none.  From any thread. */
const struct definition *definitions_find(struct definitions *s, const char *type, struct diags *d);
/* Every type with a definition of its own, sorted. */
const char *const *definitions_types(struct definitions *s, size_t *count);
const struct action *definition_action(const struct definition *t, struct text name);
/* Reads and checks all of them, the bundle's too, with what jq says of their programs.  0, or -1
 * with errors. */
int definitions_check(struct definitions *s, struct jq_pool *pool, struct diags *d);
/* Calls take for each that was read from the folder, wildcards too. */
void definitions_visit(struct definitions *s, void *context,
		       void (*take)(void *context, const struct definition *t));

/* definition_check.c: what the shape alone does not tell; jq is asked whether the program compiles
 * when pool is not NULL.  0, or -1 with errors at their places. */
int definition_check(const struct definition *t, struct jq_pool *pool, struct diags *d);
/* definition_properties.c: an error for each property in Unserved and Shown that the schema has
 * not. */
void definition_check_properties(const struct definition *t, const json_t *schema, struct diags *d);
/* What these say becomes part of the schema. */
void definition_add_properties(const struct definition *t, json_t *schema);

#endif
