/* test_file.c - whole files and paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"

struct fixture {
	struct arena *arena;
	char folder[32];
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->arena = arena_new();
	memcpy(f->folder, "/tmp/test_file.XXXXXX", sizeof("/tmp/test_file.XXXXXX"));
	*state = f;
	return mkdtemp(f->folder) ? 0 : -1;
}

static void remove_tree(struct arena *a, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_tree(a, path_join(a, path, entry->d_name));
	}
	if (dir)
		closedir(dir);
	if (unlink(path) != 0)
		rmdir(path);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	remove_tree(f->arena, f->folder);
	arena_free(f->arena);
	free(f);
	return 0;
}

static const char *in_folder(struct fixture *f, const char *name)
{
	return path_join(f->arena, f->folder, name);
}

static size_t count_entries(const char *path)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static const char *content(struct fixture *f, const char *path)
{
	struct str s = STR_INIT;
	const char *copy;

	assert_int_equal(file_read(path, 1000, &s), 0);
	copy = arena_text(f->arena, str_text(&s));
	str_release(&s);
	return copy;
}

static void what_was_written_is_read(void **state)
{
	const char *path = in_folder(*state, "state.json");
	struct str s = STR_INIT;
	struct stat st;

	assert_int_equal(file_write_atomic(path, TEXT_LIT("a\0b")), 0);
	str_add(&s, "before ");
	assert_int_equal(file_read(path, 3, &s), 0);
	assert_int_equal(s.len, 10);
	assert_memory_equal(s.ptr, "before a\0b", 11);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	str_release(&s);
}

static void writing_replaces_and_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	const char *path = in_folder(f, "x");

	assert_int_equal(file_write_atomic(path, TEXT_LIT("a longer first")), 0);
	assert_int_equal(file_write_atomic(path, TEXT_LIT("second")), 0);
	assert_string_equal(content(f, path), "second");
	assert_int_equal(file_write_atomic(path, text_of(NULL)), 0);
	assert_string_equal(content(f, path), "");
	assert_int_equal(count_entries(f->folder), 1);
}

static void a_write_that_cannot_end_leaves_no_temporary_file(void **state)
{
	struct fixture *f = *state;
	const char *folder = in_folder(f, "folder");

	assert_int_equal(file_make_dirs(folder), 0);
	assert_int_equal(file_write_atomic(folder, TEXT_LIT("x")), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(count_entries(f->folder), 1);
	assert_int_equal(file_write_atomic(in_folder(f, "missing/x"), TEXT_LIT("x")), -1);
	assert_int_equal(errno, ENOENT);
}

static void a_file_in_the_current_folder_needs_no_slash(void **state)
{
	struct fixture *f = *state;
	char *here = getcwd(NULL, 0);

	assert_int_equal(chdir(f->folder), 0);
	assert_int_equal(file_write_atomic("plain", TEXT_LIT("x")), 0);
	assert_int_equal(chdir(here), 0);
	free(here);
	assert_string_equal(content(f, in_folder(f, "plain")), "x");
}

static void too_much_is_refused_and_leaves_the_buffer_as_it_was(void **state)
{
	const char *path = in_folder(*state, "x");
	struct str s = STR_INIT;

	assert_int_equal(file_write_atomic(path, TEXT_LIT("12345")), 0);
	str_add(&s, "ab");
	assert_int_equal(file_read(path, 4, &s), -1);
	assert_int_equal(errno, EFBIG);
	assert_string_equal(str_cstr(&s), "ab");
	assert_int_equal(file_read("/dev/zero", 1000, &s), -1);
	assert_int_equal(errno, EFBIG);
	str_release(&s);
}

static void reading_says_why_it_cannot(void **state)
{
	struct fixture *f = *state;
	struct str s = STR_INIT;

	assert_int_equal(file_read(in_folder(f, "missing"), 10, &s), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(file_read(f->folder, 10, &s), -1);
	assert_int_equal(errno, EISDIR);
	str_release(&s);
}

static void folders_are_made_on_the_way(void **state)
{
	struct fixture *f = *state;
	const char *deep = in_folder(f, "a//b/c/");
	struct stat st;

	assert_int_equal(file_make_dirs(deep), 0);
	assert_int_equal(file_make_dirs(deep), 0);
	assert_int_equal(file_make_dirs("/"), 0);
	assert_int_equal(stat(in_folder(f, "a/b/c"), &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void a_file_in_the_way_of_folders_is_an_error(void **state)
{
	struct fixture *f = *state;
	const char *path = in_folder(f, "x");

	assert_int_equal(file_write_atomic(path, TEXT_LIT("x")), 0);
	assert_int_equal(file_make_dirs(path), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(file_make_dirs(in_folder(f, "x/y")), -1);
	assert_int_equal(errno, ENOTDIR);
}

static void existence_is_told(void **state)
{
	struct fixture *f = *state;

	assert_true(file_exists(f->folder));
	assert_false(file_exists(in_folder(f, "missing")));
}

static void paths_are_joined_and_taken_apart(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(path_join(f->arena, "a", "b"), "a/b");
	assert_string_equal(path_join(f->arena, "a/", "b"), "a/b");
	assert_string_equal(path_join(f->arena, "a", "/b"), "/b");
	assert_string_equal(path_join(f->arena, "/", "b"), "/b");
	assert_string_equal(path_join(f->arena, ".", "b"), "b");
	assert_string_equal(path_join(f->arena, "", "b"), "b");
	assert_string_equal(path_dir(f->arena, "a/b/c"), "a/b");
	assert_string_equal(path_dir(f->arena, "a//c"), "a");
	assert_string_equal(path_dir(f->arena, "/c"), "/");
	assert_string_equal(path_dir(f->arena, "//c"), "/");
	assert_string_equal(path_dir(f->arena, "c"), ".");
	assert_string_equal(path_dir(f->arena, ""), ".");
}

static void a_tilde_is_the_home_folder_only_in_front(void **state)
{
	struct fixture *f = *state;
	const char *home = getenv("HOME");
	char *kept = home ? xstrdup(home) : NULL;

	setenv("HOME", "/home/me/", 1);
	assert_string_equal(path_expand_home(f->arena, "~/.ssh/id"), "/home/me/.ssh/id");
	assert_string_equal(path_expand_home(f->arena, "a/~/b"), "a/~/b");
	assert_string_equal(path_expand_home(f->arena, "~other/b"), "~other/b");
	unsetenv("HOME");
	assert_string_equal(path_expand_home(f->arena, "~/x"), "~/x");
	if (kept)
		setenv("HOME", kept, 1);
	free(kept);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_written_is_read),
		TEST(writing_replaces_and_leaves_nothing_behind),
		TEST(a_write_that_cannot_end_leaves_no_temporary_file),
		TEST(a_file_in_the_current_folder_needs_no_slash),
		TEST(too_much_is_refused_and_leaves_the_buffer_as_it_was),
		TEST(reading_says_why_it_cannot),
		TEST(folders_are_made_on_the_way),
		TEST(a_file_in_the_way_of_folders_is_an_error),
		TEST(existence_is_told),
		TEST(paths_are_joined_and_taken_apart),
		TEST(a_tilde_is_the_home_folder_only_in_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
