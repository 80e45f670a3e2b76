/* mirror_parts.h - what the files behind mirror.h share. */
#ifndef ENGINE_MIRROR_PARTS_H
#define ENGINE_MIRROR_PARTS_H

#include "base/map.h"
#include "base/vec.h"
#include "engine/mirror.h"
#include "engine/mirror_restore.h"
#include "engine/state_rows.h"
#include "vcs/vcs.h"

#define MIRROR_FILE_MAX ((size_t)256 << 20)
#define MIRROR_TRIES 16

/* --- mirror_path.c --- */

/* In the arena. */
const char *mirror_path(struct arena *a, const struct rows_key *key);
/* False when no file of a mirror has such a name. */
bool mirror_parse_path(struct arena *a, const char *path, struct rows_key *out);

/* --- the repository --- */

/* That which the project is in, or one beside the state, made when `make` says so.  NULL: there is
 * none, or with an error. */
struct vcs_repository *mirror_repository(const struct mirror_options *o, bool make,
					 struct diags *d);

/* --- mirror_status.c: what is known of the remotes, kept in a file beside the state --- */

struct mirror_remote_status {
	const char *name;   /* as in the manifest; without what may be secret */
	const char *pushed; /* the commit that it has; "" */
	const char *why;    /* it fails; "" */
	int64_t pushed_ms, failing_since_ms, tried_ms;
};
/* What another machine has recorded and this state does not have. */
struct mirror_behind {
	char what[256]; /* the first such stack instance, cut off if need be; "": nothing */
	int64_t at_ms;  /* of the commit */
};
struct mirror_status {
	struct mirror_behind behind;
	const char *base; /* the commit that this state was last written to; "" */
	struct mirror_remote_status *remotes;
	size_t count;
};
/* Empty when there is no file, or it is of no use: nothing depends on it. */
void mirror_load_status(struct arena *a, const char *state_path, struct mirror_status *out);
void mirror_save_status(const char *state_path, const struct mirror_status *status);
/* The remote's; a new one when there is none. */
struct mirror_remote_status *mirror_remote_of(struct arena *a, struct mirror_status *status,
					      const char *name);

/* --- mirror_commit.c --- */

/* What is written next. */
struct mirror_batch {
	bool all;               /* everything is looked at */
	bool wide;              /* also runs, and what belongs to no instance */
	struct rows_key *items; /* instances that changed */
	size_t count;
	const char *run;    /* whose intentions are known here; NULL */
	json_t *intentions; /* JSON array; NULL */
};

struct mirror_writer {
	struct vcs_repository *repository;
	struct state *db;
	const char *ref, *lineage;
	const char *project; /* its name */
	const char *other;   /* another name that the mirror may have it under; NULL */
	const char *command, *user, *host;
	struct diags *notes; /* warnings */
	bool anew;           /* the reference was lost: everything is written next */
	struct arena *arena; /* of `tip` and `known` */
	const char *tip;     /* the commit that `known` is about; NULL: none */
	struct map known;    /* path to id of the file */
	struct map marks;    /* executions, as they were when they were written */
	const char *base;    /* the commit that this state was last written to; NULL */
};
/* Brings the reference up to what is recorded.  0: writer->tip has all of the batch; -1. */
int mirror_write(struct mirror_writer *w, const struct mirror_batch *b, struct diags *d);
void mirror_writer_release(struct mirror_writer *w);

/* --- mirror_owner.c --- */

/* Both: "" when the commit has none. */
const char *mirror_lineage_of(struct vcs_repository *r, const char *commit, struct arena *a);
const char *mirror_project_of(struct vcs_repository *r, const char *commit, struct arena *a);
/* Is it ours, or `other` (NULL: none), which the user has named? */
bool mirror_is_project(const char *theirs, const char *ours, const char *other);

/* --- mirror_source.c --- */

struct mirror_source {
	const struct restore_wish *w;
	const struct mirror_settings *settings;
	struct vcs_repository *repository;
	struct arena *a;
	struct diags *d;
};
/* The commit, a mirror of this project (or of that which is wished for); NULL with an error. */
const char *mirror_find_source(const struct mirror_source *s);

/* --- mirror_merge.c --- */

/* Makes the reference contain `theirs`, file by file the later one.  0 or -1. */
int mirror_merge(struct vcs_repository *r, const char *ref, const char *theirs, struct diags *d);
/* Has `theirs` changes of stack instances that are not from `ours`? */
void mirror_find_behind(struct vcs_repository *r, const char *ours, const char *theirs,
			struct mirror_behind *out);
/* Which of two files to keep: by what they tell of; equal: the first. */
bool mirror_is_later(struct vcs_repository *r, const char *id, const char *than);

/* --- mirror_push.c --- */

struct mirror_push {
	struct vcs_repository *repository;
	const char *ref;
	const char *remote;          /* as in the manifest */
	const char *project, *other; /* as in mirror_writer */
	const char *pushed;          /* the commit that it was known to have; "" */
	const int *stop;
	struct mirror_behind *behind; /* set when the remote has such changes */
};
enum vcs_push mirror_push_to(const struct mirror_push *p, struct diags *d);
/* A reference for what the remote has; each remote has its own. */
const char *mirror_their_ref(struct arena *a, const char *remote);
/* As it may be shown. */
const char *mirror_remote_shown(struct arena *a, const char *remote);
/* The URL of a remote; NULL with an error. */
const char *mirror_remote_url(struct vcs_repository *r, const char *remote, struct arena *a,
			      struct diags *d);

/* JSON of operations that a run intends, and back; NULL: it is none. */
json_t *mirror_intentions_json(const struct operation *items, size_t count);
bool mirror_take_intention(const json_t *j, const char *run, struct arena *a,
			   struct operation *out);

#endif
