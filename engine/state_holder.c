/*
 * state_holder.c - does the process that took a lock still run on this machine?
 *
 * A pid means the same process only within one boot and one pid namespace, and may be used
 * again: so both, and the time the process started, are kept with the lock.  In doubt the
 * holder lives, and its lease decides.
 */
#include "engine/state_sqlite.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define PROC_FILE_LEN_MAX 4096

/* Fields of /proc/PID/stat, counted from the state behind the name; see man 5 proc. */
#define FIELD_STATE 0
#define FIELD_THREADS 17
#define FIELD_STARTED 19

struct running {
	char status; /* 'Z', 'R', ...; 0 when it cannot be read */
	int64_t threads;
	char started[24];
};

void holder_mark_set(char *out, size_t out_len, struct text value)
{
	if (value.len >= out_len)
		value.len = 0;
	memcpy(out, value.ptr, value.len);
	out[value.len] = '\0';
}

static void take_field(struct running *r, int number, struct text field)
{
	if (number == FIELD_STATE && field.len == 1)
		r->status = field.ptr[0];
	else if (number == FIELD_THREADS)
		text_to_int64(field, 0, INT64_MAX, &r->threads);
	else if (number == FIELD_STARTED)
		holder_mark_set(r->started, sizeof(r->started), field);
}

/* The name stands in brackets and may itself hold blanks and brackets. */
static void read_running(int64_t pid, struct running *r)
{
	struct str path = STR_INIT, content = STR_INIT;
	struct text_split fields;
	struct text field;
	const char *end;

	*r = (struct running){0, 0, ""};
	str_printf(&path, "/proc/%lld/stat", (long long)pid);
	if (file_read(str_cstr(&path), PROC_FILE_LEN_MAX, &content) == 0) {
		end = strrchr(str_cstr(&content), ')');
		fields = text_split_start(text_of(end && end[1] ? end + 2 : ""));
		for (int i = 0; text_next(&fields, ' ', &field); i++)
			take_field(r, i, field);
	}
	str_release(&path);
	str_release(&content);
}

/* "" unless both parts are known. */
static void read_machine(char *out, size_t out_len)
{
	struct str boot = STR_INIT;
	struct text id;
	char space[64];
	ssize_t len = readlink("/proc/self/ns/pid", space, sizeof(space) - 1);

	out[0] = '\0';
	if (len > 0 &&
	    file_read("/proc/sys/kernel/random/boot_id", PROC_FILE_LEN_MAX, &boot) == 0) {
		space[len] = '\0';
		id = text_trim(str_text(&boot));
		str_truncate(&boot, id.len);
		str_printf(&boot, " %s", space);
		holder_mark_set(out, out_len, str_text(&boot));
	}
	str_release(&boot);
}

void holder_mark(int64_t pid, struct holder_mark *out)
{
	struct running r;

	read_machine(out->machine, sizeof(out->machine));
	read_running(pid, &r);
	holder_mark_set(out->started, sizeof(out->started), text_of(r.started));
}

/* A zombie is dead, unless other threads of it still run. */
static bool ended(const struct running *r)
{
	return r->status == 'X' || (r->status == 'Z' && r->threads <= 1);
}

bool holder_gone(int64_t pid, const struct holder_mark *then)
{
	char machine[sizeof(then->machine)];
	struct running now;

	read_machine(machine, sizeof(machine));
	if (!machine[0] || strcmp(machine, then->machine) != 0)
		return false;
	if (pid <= 0 || pid > INT32_MAX)
		return false;
	if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
		return true;
	read_running(pid, &now);
	if (ended(&now))
		return true;
	return now.started[0] && then->started[0] && strcmp(now.started, then->started) != 0;
}
