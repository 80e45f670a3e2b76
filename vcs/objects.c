/* objects.c - the objects of a commit, brought to disk together. */
#include "vcs/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <git2/sys/odb_backend.h>
#include <zlib.h>

#include "base/file.h"
#include "base/vec.h"

/* Before the library's own, which have 1 and 2. */
#define PRIORITY 1000
/* Files that are open at once. */
#define BATCH 64
/* Beside the caller's own: the device has a queue, and the file system one journal. */
#define THREADS 3
#define HEX_LEN 40
#define FOLDER_COUNT 256 /* of loose objects: two digits of the id */

struct object {
	git_oid id;
	git_object_t type;
	char *bytes; /* malloc'd; NULL: it is there already */
	size_t len;
};

struct objects {
	git_odb_backend backend; /* must be first */
	bool holding;
	struct {
		VEC_OF(struct object)
	} items;
};

/* --- held --- */

static struct object *find(struct objects *o, const git_oid *id)
{
	for (size_t i = 0; i < o->items.count; i++) {
		if (o->items.items[i].bytes && git_oid_equal(&o->items.items[i].id, id))
			return &o->items.items[i];
	}
	return NULL;
}

static int held_read(void **out, size_t *len, git_object_t *type, git_odb_backend *b,
		     const git_oid *id)
{
	const struct object *found = find((struct objects *)b, id);

	if (!found)
		return GIT_ENOTFOUND;
	*out = git_odb_backend_data_alloc(b, found->len + 1);
	if (!*out)
		return -1;
	memcpy(*out, found->bytes, found->len);
	*len = found->len;
	*type = found->type;
	return 0;
}

static int held_header(size_t *len, git_object_t *type, git_odb_backend *b, const git_oid *id)
{
	const struct object *found = find((struct objects *)b, id);

	if (!found)
		return GIT_ENOTFOUND;
	*len = found->len;
	*type = found->type;
	return 0;
}

static int held_exists(git_odb_backend *b, const git_oid *id)
{
	return find((struct objects *)b, id) != NULL;
}

static bool is_noted_last(const struct objects *o, const git_oid *id)
{
	const struct object *last = o->items.count ? &o->items.items[o->items.count - 1] : NULL;

	return last && !last->bytes && git_oid_equal(&last->id, id);
}

/* Asked before each write, and once more when nobody has it.  What others have, may have come a
 * moment ago, by somebody who was killed before it was synced: it is noted without bytes, and
 * synced as well. */
static int held_freshen(git_odb_backend *b, const git_oid *id)
{
	struct objects *o = (struct objects *)b;

	if (find(o, id))
		return 0;
	if (o->holding && !is_noted_last(o, id))
		*vec_add(&o->items) = (struct object){.id = *id};
	return GIT_ENOTFOUND;
}

static int held_write(git_odb_backend *b, const git_oid *id, const void *bytes, size_t len,
		      git_object_t type)
{
	struct objects *o = (struct objects *)b;
	struct object *to;

	if (!o->holding)
		return GIT_PASSTHROUGH;
	to = is_noted_last(o, id) ? &o->items.items[o->items.count - 1] : vec_add(&o->items);
	*to = (struct object){*id, type, xcalloc(1, len + 1), len};
	if (len)
		memcpy(to->bytes, bytes, len);
	return 0;
}

static void forget(struct objects *o)
{
	for (size_t i = 0; i < o->items.count; i++)
		free(o->items.items[i].bytes);
	vec_release(&o->items);
	o->holding = false;
}

static void held_free(git_odb_backend *b)
{
	forget((struct objects *)b);
	free(b);
}

static struct objects *make(void)
{
	struct objects *o = xcalloc(1, sizeof(*o));

	git_odb_init_backend(&o->backend, GIT_ODB_BACKEND_VERSION);
	o->backend.read = held_read;
	o->backend.read_header = held_header;
	o->backend.exists = held_exists;
	o->backend.freshen = held_freshen;
	o->backend.write = held_write;
	o->backend.free = held_free;
	return o;
}

int objects_hold(struct vcs_repository *r)
{
	git_odb *odb = NULL;
	int code = 0;

	if (!r->objects) {
		struct objects *o = make();

		code = git_repository_odb(&odb, r->git);
		if (!code)
			code = git_odb_add_backend(odb, &o->backend, PRIORITY);
		git_odb_free(odb);
		if (code)
			held_free(&o->backend);
		else
			r->objects = o;
	}
	if (!code)
		r->objects->holding = true;
	return code;
}

void objects_drop(struct vcs_repository *r)
{
	if (r->objects)
		forget(r->objects);
}

/* --- files --- */

/* A file on its way to its name; of one that is there already, fd alone. */
struct file {
	int fd;
	char *temporary, *path;
};

struct storing {
	struct arena *a;
	const char *folder; /* of all objects */
	struct file files[BATCH];
	size_t count;
	bool dirty[FOLDER_COUNT]; /* folders with new names */
};

static int fail(const char *what, const char *path)
{
	struct str text = STR_INIT;

	str_printf(&text, "%s '%s': %s", what, path, strerror(errno));
	git_error_set_str(GIT_ERROR_OS, str_cstr(&text));
	str_release(&text);
	return -1;
}

/* As git stores a loose object. */
static unsigned char *deflated(const struct object *o, size_t *len)
{
	char head[64];
	int head_len =
		snprintf(head, sizeof(head), "%s %zu", git_object_type2string(o->type), o->len) + 1;
	z_stream z = {.next_in = (unsigned char *)head, .avail_in = (uInt)head_len};
	unsigned char *out = NULL;
	bool whole = false;

	if (o->len > UINT32_MAX / 2 || deflateInit(&z, Z_BEST_SPEED) != Z_OK)
		return NULL;
	*len = deflateBound(&z, (uLong)(o->len + (size_t)head_len));
	out = xcalloc(1, *len);
	z.next_out = out;
	z.avail_out = (uInt)*len;
	if (deflate(&z, Z_NO_FLUSH) == Z_OK) {
		z.next_in = (unsigned char *)o->bytes;
		z.avail_in = (uInt)o->len;
		whole = deflate(&z, Z_FINISH) == Z_STREAM_END;
	}
	*len = z.total_out;
	deflateEnd(&z);
	if (!whole) {
		free(out);
		out = NULL;
	}
	return out;
}

static int write_all(int fd, const unsigned char *bytes, size_t len)
{
	while (len) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

static int put_file(struct file *f, const struct object *o)
{
	size_t len = 0;
	unsigned char *bytes = deflated(o, &len);
	int rc = -1;

	if (!bytes) {
		errno = ENOMEM;
		return fail("cannot compress", f->path);
	}
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	if (f->fd >= 0)
		rc = write_all(f->fd, bytes, len) == 0 && fchmod(f->fd, 0444) == 0 ? 0 : -1;
	free(bytes);
	/* The device can begin with it while the next one is written. */
	if (rc == 0)
		sync_file_range(f->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return rc ? fail("cannot write", f->temporary) : 0;
}

static int add_file(struct storing *s, const struct object *o)
{
	struct file *f = &s->files[s->count];
	char hex[HEX_LEN + 1];

	git_oid_tostr(hex, sizeof(hex), &o->id);
	*f = (struct file){.fd = -1};
	f->path = arena_printf(s->a, "%s/%.2s/%s", s->folder, hex, hex + 2);
	s->dirty[o->id.id[0]] = true;
	if (!o->bytes) {
		f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
		s->count += f->fd >= 0; /* else it is in a pack, and those are synced */
		return 0;
	}
	s->count++;
	/* `git prune` takes away what has such a name. */
	f->temporary = arena_printf(s->a, "%s/tmp_obj_XXXXXX", s->folder);
	return put_file(f, o);
}

/* --- syncs, side by side --- */

struct syncing {
	const int *fds;
	size_t count, next;
	int error;
};

static void *sync_some(void *context)
{
	struct syncing *s = context;
	size_t i;

	while ((i = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED)) < s->count) {
		if (fsync(s->fds[i]) != 0)
			__atomic_store_n(&s->error, errno, __ATOMIC_RELAXED);
	}
	return NULL;
}

static int sync_all(const int *fds, size_t count)
{
	struct syncing s = {fds, count, 0, 0};
	pthread_t threads[THREADS];
	size_t running = 0;

	while (running + 1 < count && running < THREADS &&
	       pthread_create(&threads[running], NULL, sync_some, &s) == 0)
		running++;
	sync_some(&s);
	while (running)
		pthread_join(threads[--running], NULL);
	errno = s.error;
	return s.error ? -1 : 0;
}

static int sync_files(struct storing *s)
{
	int fds[BATCH];

	for (size_t i = 0; i < s->count; i++)
		fds[i] = s->files[i].fd;
	return sync_all(fds, s->count) ? fail("cannot sync files in", s->folder) : 0;
}

/* Also the one above: it may have a new folder, of ours or of somebody who was killed. */
static int sync_folders(struct storing *s)
{
	int fds[FOLDER_COUNT + 1], rc = 0;
	size_t count = 0;

	for (size_t i = 0; i <= FOLDER_COUNT; i++) {
		if (i < FOLDER_COUNT && !s->dirty[i])
			continue;
		fds[count] = open(i < FOLDER_COUNT ? arena_printf(s->a, "%s/%02zx", s->folder, i)
						   : s->folder,
				  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fds[count] >= 0)
			count++;
		else if (errno != ENOENT) /* what was there was in a pack alone */
			rc = -1;
	}
	rc = sync_all(fds, count) || rc ? fail("cannot sync folders in", s->folder) : 0;
	while (count)
		close(fds[--count]);
	return rc;
}

/* --- names --- */

/* Another one may have stored the same meanwhile: its bytes are as good, and ours are synced. */
static int name_file(struct storing *s, const struct file *f)
{
	const char *folder = path_dir(s->a, f->path);

	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return fail("cannot make", folder);
	return rename(f->temporary, f->path) ? fail("cannot name", f->path) : 0;
}

/* Also takes away what got no name. */
static int end_batch(struct storing *s, int rc)
{
	if (rc == 0)
		rc = sync_files(s);
	for (size_t i = 0; i < s->count; i++) {
		const struct file *f = &s->files[i];

		if (f->fd >= 0)
			close(f->fd);
		if (rc == 0 && f->temporary)
			rc = name_file(s, f);
		if (rc != 0 && f->temporary)
			unlink(f->temporary);
	}
	s->count = 0;
	return rc;
}

int objects_store(struct vcs_repository *r)
{
	struct objects *o = r->objects;
	struct storing s = {.a = arena_new(), .folder = NULL};
	int rc = 0;

	s.folder = path_join(s.a, git_repository_commondir(r->git), "objects");
	for (size_t i = 0; rc == 0 && i < o->items.count; i++) {
		rc = add_file(&s, &o->items.items[i]);
		if (rc == 0 && s.count == BATCH)
			rc = end_batch(&s, rc);
	}
	rc = end_batch(&s, rc);
	if (rc == 0)
		rc = sync_folders(&s);
	arena_free(s.a);
	forget(o);
	return rc;
}
