/*
 * provider.h - the contract between hadeploy and a provider plugin.
 *
 * The whole contract is here; this file includes nothing of hadeploy.
 *
 * Ownership: nothing crosses the boundary owned.  Arguments are borrowed for
 * the duration of the call.  Results are handed over through struct hd_host,
 * whose functions copy before they return.
 *
 * Threads: open() and close() of a session never overlap any other call on it.
 * All other calls may come from any thread and overlap, but never two at once
 * for the same resource.  A struct hd_op belongs to one call.
 *
 * Secrets: the engine masks the values named in hd_resource.sensitive in whatever
 * diagnose() and progress() are given; a plugin writes to no file or stream.
 *
 * Time: no function here sleeps.  Work longer than one round trip returns
 * HD_PENDING with a token; the engine calls poll() when the wait is over, in
 * this process or, after a crash, in the next one.  open() makes no connection:
 * plans are made without network.
 *
 * What the engine does with an answer (status, effect):
 *
 *	OK            DONE, NONE       record what was handed over; free dependents
 *	PENDING       any              record the token, wait, poll()
 *	RETRY, THROTTLED, UNREACHABLE  NONE: the same call again after backoff
 *	CONFLICT      NONE             wait longer; uses up no attempt
 *	any of these, FATAL, CANCELLED with UNKNOWN: find() by key or read(), then decide
 *	NOTFOUND      NONE             remove: success; read: gone; update: fail; but see below
 *	EXISTS        NONE             create: adopt when find() by our key knows it; else fail
 *	FATAL         NONE             the operation failed; independent work goes on
 *	any error     PARTIAL          record what was handed over, marked tainted; then as above
 *
 * Where a new resource cannot be seen at once, NOTFOUND comes with set_retry_after(): how long
 * that may last.  Until the resource is so old its absence is not believed: the same call
 * comes again.
 *
 * Results: create(), update(), read() and a finished poll() hand over the id (create)
 * and the whole state of the resource, in the same form each time: the engine finds
 * drift by comparing one handed-over state with the next.  Pointers start at the
 * properties ("/Mode"), without the schema's "/properties".
 *
 * Looking: three questions are asked of what exists.
 *
 *	read() with an id and nothing recorded   import: the thing of this id, as it is
 *	find() with a key (idem)                 recovery: what this operation made
 *	find() with neither key nor id           adopt: what has the natural name that the
 *	                                         recorded properties give, whoever made it
 *
 * Each hands over id and state, or one item(), or answers NOTFOUND.  find() of several
 * candidates hands over one item() each and no id: nobody guesses.  NOTFOUND with UNKNOWN, of a
 * find() with a key: it has no way to tell, and another create() could make a second one.
 *
 * Schema: {"types": {NAME: {...}}} in CloudFormation's vocabulary, per type: version,
 * description, properties (type string|integer|number|boolean|array|object, enum,
 * pattern, minimum, maximum, default, items, properties, additionalProperties,
 * description), required, readOnlyProperties, writeOnlyProperties,
 * createOnlyProperties, primaryIdentifier ("/properties/X" each),
 * replacementStrategy (create_then_delete | delete_then_create).  Of our own:
 *
 *	ref               "/properties/Path": what Ref gives; the id when absent
 *	endpointProperty  "/properties/Host": the property that names the endpoint a call
 *	                  goes to, for breakers, fair order and messages
 *	openAttributes    true: attributes beyond the listed ones may appear (SSH::Command)
 *	deployable        false: the type is known, and nothing here can make one
 *	published         true: what somebody published about the type, so that what it refuses may
 *	                  be right; templates that break it are warned of
 *	timeouts          {"create": seconds, ...}: of a whole operation with its polls
 *	actions           ["snapshot", ...], or an object by name: what act() takes for a resource
 *	                  of this type.  "snapshot" keeps a copy of its data that outlives it,
 *	                  before DeletionPolicy or UpdateReplacePolicy Snapshot lets it go
 *	actionResults     {"promote": ["Status"], ...}: the names in what actions answer; of those
 *	                  that are not here nobody knows
 *
 * Also understood: minLength, maxLength (characters), minItems, maxItems, uniqueItems,
 * minProperties, maxProperties, format, definitions with {"$ref": "#/definitions/X"} (they may
 * refer to themselves), dependentRequired {"A": ["B"]} (A needs B), dependentExcluded
 * {"A": ["B"]} (A and B exclude each other), requiredXor [["A", "B"]] (exactly one),
 * requiredOr [["A", "B"]] (at least one), conditionalCreateOnlyProperties (replaces or not:
 * the provider knows), deprecated, "attributes" {"Endpoint.Port": {"type": "string"}} for what
 * GetAtt gives beyond the properties, "refOf" ["/properties/A", "/properties/B"] when
 * Ref joins several with '|' or with "refJoin", "refText" for what Ref gives in words,
 * "handlers" ["create", ...] and "tagProperty", enumCaseInsensitive (an enum whose case does
 * not matter), knownValues (today's; others may be right too), deprecatedProperties
 * (pointers) and
 *
 *	fileProperties      pointers: paths of local files, which start at "FilesDir" (else
 *	                    "ProjectDir") unless they are absolute
 *	shownProperties     pointers: what of writeOnlyProperties is no secret.  All others are
 *	                    neither shown nor recorded but for a digest
 *	unservedProperties  {"/properties/Mode": {"reason": text, "hint": text, "values":
 *	                    [scalar, ...]}}, each of the three optional: what the type has and
 *	                    this provider does not carry out, or only those values of it ("*" in a
 *	                    pointer is any item or member).  Who asks for it is refused when the
 *	                    plan is made.  Engines that do not know this leave it to the provider
 *
 * Config given to open(): the provider's entry of the manifest, defaults overlaid with
 * the region's and the account's, as JSON, and the engine's additions: "Project",
 * "ProjectDir" (absolute; relative paths start there), "Region", "Account" and "Hosts"
 * ({NAME: {Address, Port, Zone, Roles, ...}} as in the manifest).  "FilesDir", when the project is
 * read from a commit: where the files of fileProperties and the folder Definitions lie; keys,
 * secrets and what is written stay with ProjectDir.
 */
#ifndef HADEPLOY_PROVIDER_H
#define HADEPLOY_PROVIDER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes only when an older plugin could misbehave; additions append. */
#define HD_ABI 1u

/* Borrowed bytes.  Text is UTF-8 and need not end in NUL. */
struct hd_span {
	const char *ptr;
	size_t len;
};

/*
 * What the engine must do next.  A value exists only where the engine acts
 * differently; whatever else a person wants to know goes in a diagnostic.
 */
enum hd_status {
	HD_OK = 0,         /* finished; results were handed over */
	HD_PENDING = 1,    /* accepted; a token was handed over; poll() later */
	HD_RETRY = 2,      /* passing fault: same call again, after backoff */
	HD_THROTTLED = 3,  /* as HD_RETRY, and slow this whole session down */
	HD_CONFLICT = 4,   /* something else holds the resource: wait, then retry */
	HD_NOTFOUND = 5,   /* there is no such resource */
	HD_EXISTS = 6,     /* create() found it already there */
	HD_CANCELLED = 7,  /* stopped because cancelled() said so */
	HD_FATAL = 8,      /* asking again cannot help */
	HD_UNREACHABLE = 9 /* the endpoint did not answer in time: as HD_RETRY, and counts
			      against the endpoint's breaker; effect is HD_EFFECT_NONE
			      when nothing had been sent */
};

/* What the call did to the world, whatever status it returned. */
enum hd_effect {
	HD_EFFECT_NONE = 0,    /* nothing changed */
	HD_EFFECT_DONE = 1,    /* all that was asked for changed */
	HD_EFFECT_PARTIAL = 2, /* some changed; the state handed over is the truth */
	HD_EFFECT_UNKNOWN = 3  /* sent, answer lost; the engine will read() */
};

enum hd_severity { HD_ERROR = 0, HD_WARNING = 1, HD_NOTE = 2 };

struct hd_op;      /* one call in progress: the engine's */
struct hd_session; /* one configured endpoint: the plugin's */
struct hd_types;   /* the types of one entry of the manifest: the plugin's */

/* One resource as the engine knows it.  Documents are JSON text. */
struct hd_resource {
	uint32_t size;            /* of this struct, in the engine's build */
	uint32_t schema_version;  /* of the recorded state; see upgrade() */
	struct hd_span address;   /* for messages: "shop/eu-west-1/Database" */
	struct hd_span type;      /* "AWS::RDS::DBInstance" */
	struct hd_span id;        /* empty before create() */
	struct hd_span desired;   /* inputs; empty for read(), remove(), poll(), find():
	                            secrets are not recorded, so nothing that may
	                            run after a crash can count on them */
	struct hd_span recorded;  /* recorded inputs overlaid with the state last handed over;
	                            secrets are absent; empty for create() */
	struct hd_span changed;   /* update(): JSON array of JSON pointers */
	struct hd_span unknown;   /* plan(): pointers into desired not known yet */
	struct hd_span priv;      /* bytes the plugin gave to set_private() */
	struct hd_span sensitive; /* JSON array of pointers: never show these values */
	struct hd_span idem;      /* same for every attempt at one operation */
	int64_t deadline_ms;      /* on the clock of now_ms() */
	/* read() of an import, not in every engine: what a template says of the thing.  What means
	 * the same in other words may be handed over in these; what is read is said by the id. */
	struct hd_span words;
};

/* One thing to say to a person; empty spans where there is nothing to say. */
struct hd_message {
	uint32_t size;          /* of this struct */
	int severity;           /* enum hd_severity */
	struct hd_span pointer; /* JSON pointer into desired: the engine shows its place */
	struct hd_span code;    /* "HD5001"; a plugin's own otherwise */
	struct hd_span summary; /* one line: what is wrong; no full stop */
	struct hd_span detail;  /* why, with the values; may have several lines */
	struct hd_span hint;    /* what to do now */
	/* Where, when it is a file that the user wrote (a type definition); line and column from
	 * 1, 0: not known.  Wins over the pointer. */
	struct hd_span file;
	uint32_t line, column;
};

/* What the engine offers, valid from open() until close() returns. */
struct hd_host {
	uint32_t abi;
	uint32_t size;

	int64_t (*now_ms)(struct hd_op *op);
	int (*cancelled)(struct hd_op *op);

	void (*set_id)(struct hd_op *op, struct hd_span id);
	void (*set_state)(struct hd_op *op, struct hd_span json);
	void (*set_private)(struct hd_op *op, struct hd_span bytes);
	void (*set_result)(struct hd_op *op, struct hd_span json); /* act, lookup */
	void (*item)(struct hd_op *op, struct hd_span id, struct hd_span json);
	/* list, find */
	void (*set_effect)(struct hd_op *op, int effect);
	void (*set_pending)(struct hd_op *op, struct hd_span token, int64_t wait_ms);
	void (*set_retry_after)(struct hd_op *op, int64_t wait_ms);
	void (*progress)(struct hd_op *op, struct hd_span text);
	/*
	 * Something for a person.  Whatever differs from host to host (address, port,
	 * names) belongs in `detail`, so that the same cause on many hosts is shown once.
	 */
	void (*diagnose)(struct hd_op *op, const struct hd_message *m);

	/*
	 * Only inside plan(): what the declared schema cannot say.  A create-only
	 * property cannot be called the same; but of the endpoint's property it means
	 * that the endpoint only has another name: no replacement, update() records it.
	 */
	void (*plan_same)(struct hd_op *op, struct hd_span pointer);
	void (*plan_replace)(struct hd_op *op, struct hd_span pointer);
	void (*plan_computed)(struct hd_op *op, struct hd_span pointer, struct hd_span json);

	/*
	 * The schema of a type as some provider of the project has it: 1, and `take` is called
	 * with it; 0: nobody knows the type.  From any thread.
	 */
	int (*type_schema)(struct hd_op *op, struct hd_span type, void *context,
			   void (*take)(void *context, struct hd_span schema));
	/* Milliseconds since 1970-01-01 UTC: for what a later process is to understand. */
	int64_t (*wall_ms)(struct hd_op *op);
};

typedef int hd_call_fn(struct hd_session *s, struct hd_op *op, const struct hd_resource *r);

struct hd_provider {
	uint32_t abi;
	uint32_t size;
	const char *name;      /* "aws" */
	const char *version;   /* of the plugin */
	struct hd_span schema; /* every resource type, as JSON */

	int (*open)(const struct hd_host *host, struct hd_op *op, struct hd_span config,
		    struct hd_session **out);
	void (*close)(struct hd_session *s);

	hd_call_fn *read;
	hd_call_fn *create;
	hd_call_fn *update;
	hd_call_fn *remove;
	int (*poll)(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		    struct hd_span token);

	/* Optional from here on; NULL means "not offered". */
	hd_call_fn *plan;    /* refine the engine's diff; must change nothing */
	hd_call_fn *upgrade; /* rewrite recorded state to the current schema */
	hd_call_fn *find;    /* find by idempotency key or natural name: recover,
	                        adopt */
	int (*list)(struct hd_session *s, struct hd_op *op, struct hd_span type,
		    struct hd_span cursor); /* existing resources, page by page: item()
					       each, and set_result(the next cursor as a
					       JSON string) while there are more */
	/*
	 * Runbook actions named in the schema; one that gives the resource another id hands that
	 * over.  r->idem is the same for every attempt, also of a later process: what was begun
	 * with it is gone on with.  poll() and set_result() as elsewhere.  Without a resource (id
	 * and type empty, or type as told) engines ask for
	 *
	 *	command      of the provider that reaches hosts.  {"Host": name, "Command": text or
	 *	             list, "Environment": {}, "Timeout": ms}: run once, to its end, on
	 *	             that host.  Result {"ExitCode", "Stdout", "Stderr"} (their ends,
	 *	             bounded); an exit code other than 0 is HD_FATAL with a diagnostic
	 *	http         {"Url", "Method", "Headers", "Body", "Status", "Contains", "CaFile",
	 *	             "Timeout"}: one request.  Result {"Status", "Body" (bounded), "Json"};
	 *	             a status that is not wanted is HD_FATAL
	 *	notify       {"Url" or "Command", "Message", "Event": {}}: somebody is told
	 *	weights      type "PowerDNS::Route" or the like, {"Route": the manifest's entry of
	 *	             Routes}: result {"Weights": {"east": 100, "west": 0}}, in percent
	 *	set-weights  the same with "Weights": sets them all at once
	 *
	 * A type that only has such actions is one of the schema with "deployable": false and
	 * "actions".
	 */
	int (*act)(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		   struct hd_span action, struct hd_span args);
	/*
	 * Values that templates refer to and somebody else stores.  The entry `aws` is asked
	 * for what = "ssm", "ssm-secure" ({"Name", "Version"}) and "secretsmanager" ({"Name"
	 * (or ARN), "VersionStage", "VersionId"}); what is not given is absent, "Region" always
	 * there.  set_result hands over the whole value as a JSON string: the engine takes a
	 * key out of a JSON secret by itself, and keeps the value secret.  Facts of a place, which
	 * are no secrets and are recorded: what = "availability-zones" ({"Region"}) gives the list
	 * of the names of a region's zones, "account-id" the number of the session's account.
	 *
	 * A health check: what = "check", args = {"Name": the check's in the manifest, "Type":
	 * "HTTP", "Timeout": milliseconds, and the other keys of the manifest's HealthChecks
	 * entry}; those that are the engine's (Interval, HealthyThreshold, UnhealthyThreshold,
	 * Roles, Provider) mean nothing here.  It is carried out once, within the timeout:
	 * set_result({"Healthy": true or false, "Detail": "503 in 12 ms", "Millis": 12}) and HD_OK,
	 * whatever the outcome; another status only when it could not be carried out.
	 * "SaidNo": true in the result of an unhealthy one: whoever was asked answered so (HTTP
	 * 503, exit code 1, a standby); without it nobody did, as far as is known.
	 * "Asked": false in the result of an unhealthy one: for a reason that says nothing of what
	 * was to be asked about - the command is not there, the certificate is not trusted, the
	 * password is wrong.  Fences prove nothing by either (docs/health.md).  "Values" in
	 * the result, an object of scalars, is what was measured: of POSTGRES "Role" ("primary" or
	 * "standby"), "Writable", "LagSeconds", "LagBytes", "Lsn", "LastCommit" (RFC 3339).
	 * "From": {"Host": name} in args: it is asked from that host, by the provider that
	 * reaches hosts.
	 */
	int (*lookup)(struct hd_session *s, struct hd_op *op, struct hd_span what,
		      struct hd_span args);

	/*
	 * For more types than `schema` should list: hands over the names of all; the schema
	 * of one type, the object that would stand at its name in `schema`.  1: known, 0: not.
	 * Both need no session.  A table with these and no open() is a catalogue: its types are
	 * checked, and none can be deployed.
	 */
	void (*type_names)(void *context, void (*take)(void *context, struct hd_span name));
	int (*type_schema)(struct hd_span type, void *context,
			   void (*take)(void *context, struct hd_span schema));

	/*
	 * Nonzero: serves also what it does not list, the types that the Types of its entry
	 * claim and that another provider of the project knows; see hd_host.type_schema.
	 */
	int any_type;

	/*
	 * For a provider whose types depend on its entry of the manifest: they are opened with what
	 * open() would get, but for secrets ({{resolve:...}} is not resolved) and without a region,
	 * account or hosts; asked; and closed at the end.  From one thread at a time but for
	 * types_schema, which any thread may ask.  No network.  types_open() answers HD_OK, or says
	 * what is wrong.  They win over type_names and type_schema above.
	 */
	int (*types_open)(const struct hd_host *host, struct hd_op *op, struct hd_span config,
			  struct hd_types **out);
	void (*types_close)(struct hd_types *t);
	void (*types_names)(struct hd_types *t, void *context,
			    void (*take)(void *context, struct hd_span name));
	int (*types_schema)(struct hd_types *t, struct hd_span type, void *context,
			    void (*take)(void *context, struct hd_span schema));
};

/* True when the other side's table is new enough to have the member. */
#define HD_KNOWS(type, table, member) \
	((table)->size >= offsetof(type, member) + sizeof((table)->member))

#if defined(__GNUC__)
#define HD_EXPORT __attribute__((visibility("default")))
#else
#define HD_EXPORT
#endif

/* The one symbol a plugin exports.  The table lives as long as the plugin. */
HD_EXPORT const struct hd_provider *hadeploy_provider(void);

#ifdef __cplusplus
}
#endif
#endif
