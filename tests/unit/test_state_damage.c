/* Recorded state that cannot be used: refused, named, and left as it is. */
#include "tests/unit/state_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define NOBODY 65534

/* One record, one open operation, one instance, one duration; closed. */
static void make_state(struct fixture *f)
{
	static const int64_t ms[] = {700};
	struct duration took = {"SSH::File", "create", "", ms, 1};
	struct duration_list durations = {&took, 1};
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct operation op = state_fixture_operation("op1", &page);
	struct instance_record east = {.id = state_fixture_east, .status = "CURRENT"};
	struct state_edit edits[] = {{.kind = EDIT_PUT_RECORD, .record = &page},
				     {.kind = EDIT_BEGIN, .op = &op},
				     {.kind = EDIT_PUT_INSTANCE, .instance = &east}};
	struct state *s = state_fixture_open_locked(f);

	assert_int_equal(state_commit(s, edits, ARRAY_LEN(edits), &f->d), 0);
	assert_int_equal(state_put_durations(s, &durations, &f->d), 0);
	state_close(s);
}

static void write_file(struct fixture *f, struct text bytes)
{
	assert_int_equal(file_make_dirs(path_dir(f->a, f->path)), 0);
	assert_int_equal(file_write_atomic(f->path, bytes), 0);
}

/* Refused in both modes, and not a byte changed by that. */
static void assert_refused_untouched(struct fixture *f, enum diag_code code)
{
	struct text before = state_fixture_bytes(f, f->path);

	state_fixture_refused(f, STATE_WRITE, code);
	state_fixture_refused(f, STATE_READ, code);
	assert_true(text_eq(state_fixture_bytes(f, f->path), before));
}

static void another_kind_of_file_is_refused(void **state)
{
	struct fixture *f = *state;

	write_file(f, TEXT_LIT("this is a shopping list and not a database\n"));
	assert_null(state_open(f->path, STATE_READ, &f->clock.base, &f->d));
	assert_string_equal(f->d.first->summary,
			    arena_printf(f->a, "'%s' is not recorded state of hadeploy", f->path));
	assert_non_null(strstr(f->d.first->detail, "does not begin as a SQLite database"));
	state_fixture_expect(f, DIAG_STATE_FOREIGN);
	assert_refused_untouched(f, DIAG_STATE_FOREIGN);
}

static void another_programs_database_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_make_dirs(path_dir(f->a, f->path)), 0);
	state_fixture_sql(f, "CREATE TABLE songs (name); PRAGMA journal_mode = WAL");
	assert_refused_untouched(f, DIAG_STATE_FOREIGN);
	state_fixture_sql(f, "PRAGMA application_id = 77; INSERT INTO songs VALUES ('x')");
	assert_refused_untouched(f, DIAG_STATE_FOREIGN);
}

static void an_empty_file_is_damage_and_not_a_new_state(void **state)
{
	struct fixture *f = *state;

	write_file(f, TEXT_LIT(""));
	assert_refused_untouched(f, DIAG_STATE_CORRUPT);
}

static void a_newer_schema_is_refused_with_both_versions(void **state)
{
	struct fixture *f = *state;

	make_state(f);
	state_fixture_sql(f, "PRAGMA user_version = 7");
	assert_null(state_open(f->path, STATE_WRITE, &f->clock.base, &f->d));
	assert_string_equal(f->d.first->detail,
			    "it has schema version 7; this hadeploy knows versions up to 4");
	assert_non_null(strstr(f->d.first->hint, "at least as new"));
	state_fixture_expect(f, DIAG_STATE_NEWER);
	assert_refused_untouched(f, DIAG_STATE_NEWER);
}

static void a_log_without_its_file_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_make_dirs(path_dir(f->a, f->path)), 0);
	assert_int_equal(file_write_atomic(state_fixture_beside(f, "-wal"), TEXT_LIT("pages")), 0);
	state_fixture_refused(f, STATE_READ, DIAG_STATE_CORRUPT);
	state_fixture_refused(f, STATE_WRITE, DIAG_STATE_CORRUPT);
	assert_false(file_exists(f->path));
	assert_true(file_exists(state_fixture_beside(f, "-wal")));
}

static void what_is_no_file_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_make_dirs(f->path), 0);
	state_fixture_refused(f, STATE_WRITE, DIAG_STATE_OPEN);
	state_fixture_refused(f, STATE_READ, DIAG_STATE_OPEN);
}

static void a_file_in_the_way_of_the_folder_is_named(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(file_write_atomic(path_dir(f->a, f->path), TEXT_LIT("x")), 0);
	assert_null(state_open(f->path, STATE_WRITE, &f->clock.base, &f->d));
	assert_string_equal(f->d.first->summary,
			    arena_printf(f->a,
					 "recorded state '%s' cannot be opened: Not a directory",
					 f->path));
	state_fixture_expect(f, DIAG_STATE_OPEN);
}

/* SQLite reads what is missing of the last page as zeros: an empty page has nothing to lose. */
static bool loses_nothing(struct text whole, size_t len)
{
	while (len < whole.len && !whole.ptr[len])
		len++;
	return len == whole.len;
}

static void a_file_cut_short_is_never_used(void **state)
{
	struct fixture *f = *state;
	struct text whole;

	make_state(f);
	whole = state_fixture_bytes(f, f->path);
	for (size_t len = 16; len < whole.len; len += len < 4096 ? 511 : 4096) {
		struct state *s;
		struct record_list list;

		if (loses_nothing(whole, len))
			continue;
		write_file(f, (struct text){whole.ptr, len});
		s = state_open(f->path, STATE_WRITE, &f->clock.base, &f->d);
		if (s)
			assert_int_equal(state_check(s, &f->d), -1);
		if (s)
			assert_int_equal(state_load_records(s, NULL, f->a, &list, &f->d), -1);
		assert_true(f->d.error_count > 0);
		diags_release(&f->d);
		state_close(s);
		assert_int_equal(state_fixture_bytes(f, f->path).len, len);
	}
}

static void assert_load_fails(struct fixture *f, struct state *s, const char *detail)
{
	struct record_list list;

	assert_int_equal(state_load_records(s, NULL, f->a, &list, &f->d), -1);
	assert_string_equal(f->d.first->summary,
			    arena_printf(f->a, "recorded state '%s' is damaged", f->path));
	assert_non_null(strstr(f->d.first->detail, detail));
	assert_non_null(strstr(f->d.first->hint, "backup copy"));
	state_fixture_expect(f, DIAG_STATE_CORRUPT);
}

static void every_column_of_a_record_is_under_its_checksum(void **state)
{
	static const char *const changes[] = {
		"stack = 'other'",
		"account = 'x'",
		"region = 'north'",
		"logical_id = 'Pag'",
		"deposed = 'op9'",
		"type = 'SSH::Directory'",
		"provider = 'aws'",
		"schema_version = 4",
		"id = 'web-e2:/srv/page'",
		"inputs = '{}'",
		"outputs = '{}'",
		"private = x'00ff02'",
		"sensitive = '[]'",
		"depends_on = '[]'",
		"endpoint = ''",
		"deletion_policy = ''",
		"tainted = 1",
		"version = 2",
		"created_ms = 1",
		"updated_ms = 1",
		"checksum = x''",
		"born = 1",
		"born = -1",
	};
	struct fixture *f = *state;
	struct text whole;

	make_state(f);
	whole = state_fixture_bytes(f, f->path);
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct state *s;

		write_file(f, whole);
		state_fixture_sql(f, arena_printf(f->a, "UPDATE record SET %s", changes[i]));
		s = state_fixture_open(f, STATE_WRITE);
		assert_load_fails(f, s, "does not fit its checksum");
		state_close(s);
	}
}

static void every_column_of_an_operation_is_under_its_checksums(void **state)
{
	static const char *const changes[] = {
		"operation = 'op2'",   "action = 'delete'",
		"desired_digest = ''", "begun_ms = 0",
		"inputs = '{}'",       "token = 'x'",
		"poll_at_ms = 5",      "message = 'x'",
		"attempts = 9",        "action = 'eat'",
		"logical_id = 'Pag'",  "begin_checksum = x'00'",
		"ended_ms = 4",        "progress_checksum = x'00'",
		"run = 'other'",
	};
	struct fixture *f = *state;
	struct operation_list list;
	struct text whole;

	make_state(f);
	whole = state_fixture_bytes(f, f->path);
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct state *s;

		write_file(f, whole);
		state_fixture_sql(f, arena_printf(f->a, "UPDATE operation SET %s", changes[i]));
		s = state_fixture_open(f, STATE_WRITE);
		assert_int_equal(state_load_open_operations(s, NULL, f->a, &list, &f->d), -1);
		state_fixture_expect(f, DIAG_STATE_CORRUPT);
		state_close(s);
	}
}

static void damage_in_another_instance_does_not_stop_this_one(void **state)
{
	struct fixture *f = *state;
	struct record_list list;
	struct state *s;

	make_state(f);
	state_fixture_sql(
		f, "INSERT INTO record SELECT stack, account, 'west', logical_id, deposed, "
		   "type, provider, schema_version, id, inputs, outputs, private, sensitive, "
		   "depends_on, endpoint, deletion_policy, tainted, version, created_ms, "
		   "updated_ms, checksum, born FROM record");
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_load_records(s, &state_fixture_east, f->a, &list, &f->d), 0);
	assert_int_equal(state_load_records(s, &state_fixture_west, f->a, &list, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_CORRUPT);
	state_close(s);
}

static void after_damage_was_found_nothing_is_read_or_written(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct state_edit put = {.kind = EDIT_PUT_RECORD, .record = &page};
	struct instance_list instances;
	struct text before;
	struct state *s;

	make_state(f);
	state_fixture_sql(f, "UPDATE record SET inputs = '{}'");
	s = state_fixture_open_locked(f);
	before = state_fixture_bytes(f, f->path);
	assert_load_fails(f, s, "the record of 'web/east/Page' does not fit its checksum");
	assert_int_equal(state_commit(s, &put, 1, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_CORRUPT);
	assert_int_equal(state_load_instances(s, f->a, &instances, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_CORRUPT);
	assert_int_equal(state_renew_locks(s, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_CORRUPT);
	state_close(s);
	assert_true(text_eq(state_fixture_bytes(f, f->path), before));
	assert_true(file_exists(state_fixture_beside(f, "-wal")));
}

static void a_table_that_is_missing_is_damage(void **state)
{
	struct fixture *f = *state;

	make_state(f);
	state_fixture_sql(f, "DROP TABLE operation");
	assert_refused_untouched(f, DIAG_STATE_CORRUPT);
}

static void a_column_that_is_missing_is_damage(void **state)
{
	struct fixture *f = *state;
	struct state *s;

	make_state(f);
	state_fixture_sql(f, "ALTER TABLE record DROP COLUMN endpoint");
	s = state_fixture_open(f, STATE_WRITE);
	assert_load_fails(f, s, "no such column");
	state_close(s);
}

static void a_changed_salt_is_damage(void **state)
{
	struct fixture *f = *state;

	make_state(f);
	state_fixture_sql(f, "UPDATE meta SET value = randomblob(32) WHERE name = 'salt'");
	assert_refused_untouched(f, DIAG_STATE_CORRUPT);
	state_fixture_sql(f, "DELETE FROM meta WHERE name = 'salt'");
	assert_refused_untouched(f, DIAG_STATE_CORRUPT);
}

/* What opening does not look for. */
static void the_check_finds_a_missing_index_and_ended_operations(void **state)
{
	static const char *const changes[] = {
		"DROP INDEX operation_open",
		"DROP INDEX operation_open; CREATE INDEX operation_open ON operation (stack)",
		"UPDATE operation SET result = 'failed'",
		"UPDATE instance SET status = 'FAILED'",
	};
	struct fixture *f = *state;
	struct text whole;
	struct state *s;

	make_state(f);
	whole = state_fixture_bytes(f, f->path);
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		write_file(f, whole);
		state_fixture_sql(f, changes[i]);
		s = state_fixture_open(f, STATE_READ);
		assert_int_equal(state_check(s, &f->d), -1);
		state_fixture_expect(f, DIAG_STATE_CORRUPT);
		state_close(s);
	}
}

static void the_check_names_operations_without_an_end(void **state)
{
	struct fixture *f = *state;
	struct state *s;

	make_state(f);
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_check(s, &f->d), 0);
	assert_int_equal(f->d.first->code, DIAG_STATE_UNFINISHED);
	assert_int_equal(f->d.first->severity, DIAG_NOTE);
	assert_string_equal(f->d.first->summary,
			    "create of 'web/east/Page' was begun at 2025-11-24T16:00:00Z and has "
			    "no end");
	state_close(s);
}

/* Each byte of the file in turn: used only where it does not matter. */
static void a_flipped_byte_is_found_or_harmless(void **state)
{
	struct fixture *f = *state;
	struct record_list list;
	struct text whole;
	size_t found = 0;

	make_state(f);
	whole = state_fixture_bytes(f, f->path);
	for (size_t at = 0; at < whole.len; at += 61) {
		char *bytes = arena_text(f->a, whole);
		struct state *s;

		bytes[at] = (char)(bytes[at] ^ 0x55);
		write_file(f, (struct text){bytes, whole.len});
		s = state_open(f->path, STATE_READ, &f->clock.base, &f->d);
		if (s && state_load_records(s, NULL, f->a, &list, &f->d) == 0) {
			assert_int_equal(list.count, 1);
			assert_string_equal(list.items[0].id, "web-e1:/srv/page");
		} else {
			assert_true(f->d.error_count > 0);
			found++;
		}
		state_close(s);
		diags_release(&f->d);
	}
	assert_true(found > 0);
}

static void a_full_disk_is_said_and_what_was_there_is_kept(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page"), large = page;
	struct state_edit put = {.kind = EDIT_PUT_RECORD, .record = &large};
	struct state *s = state_fixture_open_locked(f);
	char *inputs = arena_alloc(f->a, 1 << 20);

	memset(inputs, 'x', (1 << 20) - 1);
	large.inputs = inputs;
	large.addr.logical_id = "Large";
	state_fixture_put(f, s, &page);
	assert_int_equal(sqlite3_exec(s->db, "PRAGMA max_page_count = 20", NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(state_commit(s, &put, 1, &f->d), -1);
	assert_string_equal(f->d.first->summary,
			    arena_printf(f->a, "no space left for recorded state '%s'", f->path));
	state_fixture_expect(f, DIAG_STATE_DISK_FULL);
	assert_int_equal(state_fixture_count_records(f, s), 1);
	assert_int_equal(sqlite3_exec(s->db, "PRAGMA max_page_count = 10000", NULL, NULL, NULL),
			 SQLITE_OK);
	large.inputs = "{}";
	state_fixture_put(f, s, &large);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
}

static void nothing_is_recorded_in_a_file_without_a_name(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct state_edit put = {.kind = EDIT_PUT_RECORD, .record = &page};
	struct state *s = state_fixture_open_locked(f);
	const char *aside = arena_printf(f->a, "%s.aside", f->path);

	assert_int_equal(rename(f->path, aside), 0);
	assert_int_equal(state_commit(s, &put, 1, &f->d), -1);
	assert_non_null(strstr(f->d.first->summary, "was removed or replaced while it was in use"));
	state_fixture_expect(f, DIAG_STATE_IO);
	assert_int_equal(state_renew_locks(s, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_IO);
	assert_int_equal(rename(aside, f->path), 0);
	state_fixture_put(f, s, &page);
	state_close(s);
}

static void a_database_that_stays_busy_is_said(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct state_edit put = {.kind = EDIT_PUT_RECORD, .record = &page};
	struct state *s = state_fixture_open_locked(f);
	sqlite3 *other;

	assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_busy_timeout(s->db, 1);
	assert_int_equal(state_commit(s, &put, 1, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_BUSY);
	sqlite3_close(other);
	state_fixture_put(f, s, &page);
	state_close(s);
}

/* Permissions do not stop root, so a child becomes somebody else. */
static void become_nobody(void)
{
	if (geteuid() == 0 &&
	    (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0))
		_exit(99);
}

static int code_of_opening(struct fixture *f, enum state_open_mode mode)
{
	struct state *s = state_open(f->path, mode, &f->clock.base, &f->d);

	return s ? 0 : (int)f->d.first->code - 3000;
}

/* The exit status is the diagnostic's number above 3000, or 0. */
static void open_as_child(struct fixture *f, void *context)
{
	_exit(code_of_opening(f, *(enum state_open_mode *)context));
}

static void open_as_nobody(struct fixture *f, void *context)
{
	become_nobody();
	open_as_child(f, context);
}

/* Reads everything there is; the exit status counts the records. */
static void count_as_nobody(struct fixture *f, void *context)
{
	struct record_list list;
	struct state *s;

	(void)context;
	become_nobody();
	s = state_open(f->path, STATE_READ, &f->clock.base, &f->d);
	if (!s || state_load_records(s, NULL, f->a, &list, &f->d) != 0)
		_exit(98);
	_exit((int)list.count);
}

static void open_to_others(struct fixture *f, mode_t file, mode_t folder)
{
	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(chmod(path_dir(f->a, f->path), folder), 0);
	assert_int_equal(chmod(f->path, file), 0);
}

static void another_users_state_is_a_matter_of_permission(void **state)
{
	struct fixture *f = *state;
	enum state_open_mode mode = STATE_READ;

	make_state(f);
	open_to_others(f, 0000, 0755);
	assert_int_equal(state_fixture_child(f, open_as_nobody, &mode),
			 DIAG_STATE_PERMISSION - 3000);
	mode = STATE_WRITE;
	assert_int_equal(state_fixture_child(f, open_as_nobody, &mode),
			 DIAG_STATE_PERMISSION - 3000);
	open_to_others(f, 0444, 0555);
	assert_int_equal(state_fixture_child(f, open_as_nobody, &mode),
			 DIAG_STATE_PERMISSION - 3000);
	open_to_others(f, 0600, 0700);
}

static void a_medium_that_cannot_be_written_can_be_read(void **state)
{
	struct fixture *f = *state;

	make_state(f);
	open_to_others(f, 0444, 0555);
	assert_int_equal(state_fixture_child(f, count_as_nobody, NULL), 1);
	assert_false(file_exists(state_fixture_beside(f, "-wal")));
	assert_false(file_exists(state_fixture_beside(f, "-shm")));
	open_to_others(f, 0600, 0700);
}

static void a_folder_that_cannot_be_made_is_a_matter_of_permission(void **state)
{
	struct fixture *f = *state;
	enum state_open_mode mode = STATE_WRITE;

	assert_int_equal(chmod(f->dir, 0555), 0);
	assert_int_equal(state_fixture_child(f, open_as_nobody, &mode),
			 DIAG_STATE_PERMISSION - 3000);
	mode = STATE_READ;
	assert_int_equal(state_fixture_child(f, open_as_nobody, &mode), 0);
	assert_int_equal(chmod(f->dir, 0755), 0);
}

static void network_file_systems_are_known(void **state)
{
	(void)state;
	assert_string_equal(state_network_kind(0x6969, NULL), "nfs");
	assert_string_equal(state_network_kind(0xff534d42, "cifs"), "cifs");
	assert_string_equal(state_network_kind(0x65735546, "fuse.sshfs"), "fuse.sshfs");
	assert_null(state_network_kind(0x65735546, "fuse.fuse-overlayfs"));
	assert_null(state_network_kind(0x65735546, NULL));
	assert_null(state_network_kind(0xef53, "ext4"));
	assert_null(state_network_kind(0x01021994, "tmpfs"));
}

/* A file system of SQLite's own kind, but without shared memory, as on some mounts. */
static int open_without_memory(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
			       int *out)
{
	static sqlite3_io_methods methods;
	int code = ((sqlite3_vfs *)vfs->pAppData)->xOpen(vfs->pAppData, name, file, flags, out);

	if (code == SQLITE_OK) {
		methods = *file->pMethods;
		methods.iVersion = 1;
		file->pMethods = &methods;
	}
	return code;
}

static void open_on_such(struct fixture *f, void *context)
{
	sqlite3_vfs *real = sqlite3_vfs_find(NULL), without = *real;

	without.pNext = NULL;
	without.zName = "without shared memory";
	without.pAppData = real;
	without.xOpen = open_without_memory;
	if (sqlite3_vfs_register(&without, 1) != SQLITE_OK)
		_exit(99);
	open_as_child(f, context);
}

static void a_file_system_without_shared_memory_is_refused(void **state)
{
	struct fixture *f = *state;
	enum state_open_mode mode = STATE_WRITE;

	assert_int_equal(state_fixture_child(f, open_on_such, &mode), DIAG_STATE_NETWORK - 3000);
	assert_int_equal(state_fixture_child(f, open_on_such, &mode), DIAG_STATE_NETWORK - 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(another_kind_of_file_is_refused),
		STATE_TEST(another_programs_database_is_refused),
		STATE_TEST(an_empty_file_is_damage_and_not_a_new_state),
		STATE_TEST(a_newer_schema_is_refused_with_both_versions),
		STATE_TEST(a_log_without_its_file_is_refused),
		STATE_TEST(what_is_no_file_is_refused),
		STATE_TEST(a_file_in_the_way_of_the_folder_is_named),
		STATE_TEST(a_file_cut_short_is_never_used),
		STATE_TEST(every_column_of_a_record_is_under_its_checksum),
		STATE_TEST(every_column_of_an_operation_is_under_its_checksums),
		STATE_TEST(damage_in_another_instance_does_not_stop_this_one),
		STATE_TEST(after_damage_was_found_nothing_is_read_or_written),
		STATE_TEST(a_table_that_is_missing_is_damage),
		STATE_TEST(a_column_that_is_missing_is_damage),
		STATE_TEST(a_changed_salt_is_damage),
		STATE_TEST(the_check_finds_a_missing_index_and_ended_operations),
		STATE_TEST(the_check_names_operations_without_an_end),
		STATE_TEST(a_flipped_byte_is_found_or_harmless),
		STATE_TEST(a_full_disk_is_said_and_what_was_there_is_kept),
		STATE_TEST(nothing_is_recorded_in_a_file_without_a_name),
		STATE_TEST(a_database_that_stays_busy_is_said),
		STATE_TEST(another_users_state_is_a_matter_of_permission),
		STATE_TEST(a_medium_that_cannot_be_written_can_be_read),
		STATE_TEST(a_folder_that_cannot_be_made_is_a_matter_of_permission),
		STATE_TEST(network_file_systems_are_known),
		STATE_TEST(a_file_system_without_shared_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
