/* test_version.c - what a run is made from, in repositories made by git. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "engine/version.h"

struct repo {
	char dir[64];
	struct arena *a;
	struct diags d;
};

static void sh(const struct repo *t, const char *script)
{
	const char *whole = arena_printf(
		t->a,
		"cd '%s' && export HOME='%s' GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=Ann "
		"GIT_AUTHOR_EMAIL=ann@shop.test GIT_COMMITTER_NAME=Bob "
		"GIT_COMMITTER_EMAIL=bob@shop.test GIT_AUTHOR_DATE='1700000000 +0000' "
		"GIT_COMMITTER_DATE='1700000100 +0000' && { %s\n} >/dev/null 2>&1",
		t->dir, t->dir, script);

	assert_int_equal(system(whole), 0);
}

static int set_up(void **state)
{
	struct repo *t = xcalloc(1, sizeof(*t));

	snprintf(t->dir, sizeof(t->dir), "/tmp/hadeploy-version-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	t->a = arena_new();
	*state = t;
	return 0;
}

static int set_up_commit(void **state)
{
	set_up(state);
	sh(*state, "git init -q -b main . && mkdir shop && echo one > shop/web.yaml && "
		   "echo two > shop/db.yaml && git add -A && git commit -qm 'First: a shop'");
	return 0;
}

static int tear_down(void **state)
{
	struct repo *t = *state;

	diags_release(&t->d);
	assert_int_equal(system(arena_printf(t->a, "rm -rf '%s'", t->dir)), 0);
	arena_free(t->a);
	free(t);
	return 0;
}

static const char *at(const struct repo *t, const char *below)
{
	return arena_printf(t->a, "%s/%s", t->dir, below);
}

static struct versions *asking(struct repo *t, const char *below)
{
	const struct version_place place = {.dir = at(t, below)};

	return versions_new(t->a, &place);
}

static const struct version *look(struct repo *t, const char *below)
{
	return versions_commit(asking(t, below), &t->d);
}

static void a_commit_is_told_whole(void **state)
{
	struct repo *t = *state;
	const struct version *v;

	sh(t, "git tag v1 && git remote add origin "
	      "'https://ann:secret@git.shop.test/shop.git?token=secret'");
	v = look(t, "shop");
	assert_int_equal(strlen(v->commit), 40);
	assert_string_equal(v->branch, "main");
	assert_string_equal(v->tag, "v1");
	assert_null(strstr(v->remote, "secret"));
	assert_string_equal(v->author_name, "Ann");
	assert_string_equal(v->subject, "First: a shop");
	assert_true(v->author_ms == 1700000000000);
	assert_false(v->dirty);
	assert_null(v->nowhere);
	assert_null(t->d.first);
	assert_string_equal(version_text(t->a, v), arena_printf(t->a, "%.10s (main)", v->commit));
	sh(t, "git checkout -q --detach");
	v = look(t, "shop");
	assert_null(v->branch);
	assert_string_equal(version_text(t->a, v), arena_printf(t->a, "%.10s (tag v1)", v->commit));
}

static void what_there_is_no_commit_of_says_why(void **state)
{
	struct repo *t = *state;

	assert_string_equal(look(t, "")->nowhere, "not in a git repository");
	assert_null(look(t, "")->commit);
	sh(t, "git init -q -b main .");
	assert_string_equal(look(t, "")->nowhere, "no commit yet");
	assert_string_equal(version_text(t->a, look(t, "")), "no commit yet");
	assert_null(t->d.first);
}

static void a_broken_repository_is_a_warning(void **state)
{
	struct repo *t = *state;
	struct versions *v;

	sh(t, "rm -rf .git/objects && mkdir .git/objects");
	v = asking(t, "shop");
	assert_string_equal(versions_commit(v, &t->d)->nowhere, "the repository cannot be read");
	assert_int_equal(t->d.warning_count, 1);
	assert_int_equal(t->d.error_count, 0);
	assert_int_equal(t->d.first->code, DIAG_VERSION_UNREAD);
	versions_commit(v, &t->d);
	assert_int_equal(t->d.warning_count, 1);
}

static void files_that_differ_are_named(void **state)
{
	struct repo *t = *state;
	struct versions *v;
	const struct version *found;
	const struct version_used used[] = {
		{at(t, "shop/web.yaml"), TEXT_LIT("three\n"), false},
		{at(t, "shop/db.yaml"), TEXT_LIT("two\n"), false},
		{at(t, "shop/../shop/web.yaml"), TEXT_LIT("three\n"), false},
		{at(t, "shop/secret.yaml"), {NULL, 0}, false},
		{at(t, "shop/new.yaml"), TEXT_LIT("new\n"), false},
	};

	sh(t, "cd shop; echo three > web.yaml; echo x > secret.yaml; echo new > new.yaml");
	v = asking(t, "shop");
	found = versions_with(v, used, ARRAY_LEN(used), &t->d);
	assert_true(found->dirty);
	assert_int_equal(found->file_count, 3);
	assert_string_equal(found->files[0].path, "shop/new.yaml");
	assert_true(found->files[0].added);
	assert_string_equal(found->files[1].path, "shop/secret.yaml");
	assert_null(found->files[1].digest);
	assert_string_equal(found->files[2].path, "shop/web.yaml");
	assert_false(found->files[2].added);
	assert_int_equal(strlen(found->files[2].digest), 64);
	assert_int_equal(versions_commit(v, &t->d)->file_count, 0);
	assert_ptr_equal(versions_with(v, &used[1], 1, &t->d), versions_commit(v, &t->d));
	assert_non_null(strstr(version_text(t->a, found), ", 3 used files differ"));
}

/* Another run reads what was recorded. */
static void it_is_read_back_as_it_was_written(void **state)
{
	struct repo *t = *state;
	const struct version_used used = {at(t, "shop/web.yaml"), TEXT_LIT("x\n"), false};
	const struct version *back;
	const char *text;
	json_t *j;

	sh(t, "echo x > shop/web.yaml");
	j = version_json(versions_with(asking(t, "shop"), &used, 1, &t->d));
	text = json_text(t->a, j);
	json_decref(j);
	back = version_parse(t->a, text);
	j = version_json(back);
	assert_string_equal(json_text(t->a, j), text);
	json_decref(j);
	assert_null(version_parse(t->a, ""));
	assert_null(version_parse(t->a, "{}"));
	assert_null(version_parse(t->a, "nonsense"));
	assert_string_equal(version_parse(t->a, "{\"nowhere\": \"no commit yet\"}")->nowhere,
			    "no commit yet");
}

/* Bytes of another encoding, and what would move a cursor. */
static void careless_names_are_cleaned(void **state)
{
	struct repo *t = *state;
	const struct version *v;
	json_t *j;

	sh(t,
	   "git -c i18n.commitEncoding=latin1 commit -q --allow-empty "
	   "--author \"$(printf 'J\\366rg \\033[2J') <x@y>\" -m \"$(printf 'a\\033]0;b\\007')\"");
	v = look(t, "");
	assert_null(strchr(v->subject, '\033'));
	assert_null(strchr(v->author_name, '\033'));
	assert_true(text_utf8_valid(text_of(v->author_name), NULL));
	j = version_json(v);
	assert_non_null(json_str(json_object_get(j, "author"), "name", NULL));
	json_decref(j);
}

static void kinds_of_repositories(void **state)
{
	struct repo *t = *state;
	const char *id = look(t, "")->commit;

	sh(t, "git worktree add -q ../$(basename \"$PWD\")/tree -b side");
	assert_string_equal(look(t, "tree/shop")->branch, "side");
	assert_string_equal(look(t, "tree/shop")->commit, id);
	sh(t, "git commit -q --allow-empty -m two && "
	      "git clone -q --depth 1 \"file://$PWD\" shallow");
	assert_string_equal(look(t, "shallow/shop")->subject, "two");
	sh(t, "git -c protocol.file.allow=always submodule add -q \"file://$PWD/shallow\" part && "
	      "git commit -qm three");
	assert_string_equal(look(t, "part/shop")->subject, "two");
	assert_string_equal(look(t, "shop")->subject, "three");
	sh(t, "git checkout -q -b other HEAD~1 && git commit -q --allow-empty -m four && "
	      "git checkout -q main && git merge -q --no-ff -m merged other");
	assert_string_equal(look(t, "shop")->subject, "merged");
	assert_null(t->d.first);
}

/* As `plan --ref` and a bare repository have it. */
static void a_named_commit_has_no_work_tree(void **state)
{
	struct repo *t = *state;
	const char *id = look(t, "")->commit;
	struct version_place place = {.dir = t->dir, .ref = "main~1", .commit = id};
	const struct version *v;

	sh(t, "git commit -q --allow-empty -m two && echo x > shop/web.yaml && "
	      "git clone -q --bare . bare.git");
	v = versions_commit(versions_new(t->a, &place), &t->d);
	assert_string_equal(v->commit, id);
	assert_string_equal(v->ref, "main~1");
	assert_false(v->dirty);
	assert_non_null(strstr(version_text(t->a, v), " (main~1)"));
	place.dir = at(t, "bare.git");
	assert_string_equal(versions_commit(versions_new(t->a, &place), &t->d)->commit, id);
	assert_null(t->d.first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_commit_is_told_whole, set_up_commit, tear_down),
		cmocka_unit_test_setup_teardown(what_there_is_no_commit_of_says_why, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_broken_repository_is_a_warning, set_up_commit,
						tear_down),
		cmocka_unit_test_setup_teardown(files_that_differ_are_named, set_up_commit,
						tear_down),
		cmocka_unit_test_setup_teardown(it_is_read_back_as_it_was_written, set_up_commit,
						tear_down),
		cmocka_unit_test_setup_teardown(careless_names_are_cleaned, set_up_commit,
						tear_down),
		cmocka_unit_test_setup_teardown(kinds_of_repositories, set_up_commit, tear_down),
		cmocka_unit_test_setup_teardown(a_named_commit_has_no_work_tree, set_up_commit,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
