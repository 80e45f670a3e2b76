/*
 * limits.h - every limit in one place, with its unit and its reason.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define LIMIT_SOURCE_LEN (64u << 20) /* bytes of one manifest or template; CloudFormation: 1 MB */
#define LIMIT_STR_LEN (1u << 30)     /* bytes of one growable string; above it: a bug */
#define LIMIT_NODE_DEPTH 100         /* nesting of a document; recursion stays bounded */
#define LIMIT_NODE_COUNT 8000000     /* nodes of one document, aliases expanded */
#define LIMIT_ALIAS_NODES 1000000    /* of them, what aliases and merge keys may repeat */
#define LIMIT_NORMAL_LEN (1u << 27)  /* bytes of a template brought to its normal form */
#define LIMIT_EVAL_DEPTH 1000        /* values in values, through conditions; bounds recursion */
#define LIMIT_EVAL_LEN (256u << 20)  /* bytes that the values of one evaluation may take */
#define LIMIT_FOREACH_ITEMS 100000   /* expansions of one template */
#define LIMIT_TEMPLATE_FILES 1000    /* files that a template and what it nests may name */
#define LIMIT_NESTED_DEPTH 20        /* nested stacks in nested stacks, snippets in snippets */
#define LIMIT_NESTED_STACKS 10000    /* nested stacks of one stack, at all depths */
#define LIMIT_DIAGS 1000             /* errors reported of one file before reading it stops */
#define LIMIT_SUGGESTIONS 50         /* errors whose words are compared with every name ... */
#define LIMIT_SUGGEST_NAMES 500      /* ... when there are more names than these */
#define LIMIT_JSON_DEPTH 128         /* nesting of JSON that a provider hands over */
#define LIMIT_XML_LEN (16u << 20)    /* bytes of one XML answer; AWS's pages stay below 2 MB */
#define LIMIT_XML_NODES 1000000      /* elements and attributes of one XML answer */
#define LIMIT_PROVIDER_DOC_LEN (8u << 20) /* bytes of one document from a provider */
#define LIMIT_JSON_LEN (256u << 20)  /* bytes of one JSON text; a saved plan of 100000 resources */
#define LIMIT_SECRET_LEN (64u << 10) /* bytes of one file that {{resolve:file:...}} names */
#define LIMIT_KEYS_LEN (4u << 20)    /* bytes of one file of keys that may sign commits */
#define LIMIT_NAME_LEN 128           /* bytes of a name in the manifest: part of addresses */
#define LIMIT_TARGET_PLACES 20000000 /* regions x accounts that a manifest's targets look at */
#define LIMIT_TARGETS 1000000        /* stack instances that a manifest may name */
#define LIMIT_PARALLELISM 1024       /* worker threads */
#define DEFAULT_PARALLELISM 64
#define CONNECT_TIMEOUT_MS 5000       /* DESIGN.md section 4: what connecting may take */
#define CALL_DEADLINE_MS 60000        /* one provider call */
#define OPERATION_DEADLINE_MS 3600000 /* one operation with all its polls, unless the type says */
#define LOCK_LEASE_MS 30000           /* a lock is stale this long after its last renewal */
#define LOCK_RENEW_MS 10000           /* a third of the lease */

#endif
