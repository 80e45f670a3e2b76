/* test_vcs.c - repositories made by git, read by us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "vcs/vcs.h"

struct repo {
	char dir[64];
	struct arena *a;
	struct diags d;
	struct vcs_repository *r;
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

	snprintf(t->dir, sizeof(t->dir), "/tmp/hadeploy-vcs-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	t->a = arena_new();
	*state = t;
	sh(t, "git init -q -b main . && mkdir -p services/shop && "
	      "echo one > services/shop/web.yaml && git add -A && git commit -qm 'First: a shop'");
	return 0;
}

static int tear_down(void **state)
{
	struct repo *t = *state;

	vcs_close(t->r);
	diags_release(&t->d);
	assert_int_equal(system(arena_printf(t->a, "rm -rf '%s'", t->dir)), 0);
	arena_free(t->a);
	free(t);
	return 0;
}

static struct vcs_repository *open_at(struct repo *t, const char *below)
{
	vcs_close(t->r);
	t->r = NULL;
	assert_int_equal(vcs_open(arena_printf(t->a, "%s/%s", t->dir, below), &t->r, &t->d),
			 VCS_FOUND);
	return t->r;
}

static const char *find(struct repo *t, const char *rev)
{
	struct vcs_commit c;

	assert_int_equal(vcs_find(t->r, rev, t->a, &c, &t->d), 0);
	return c.id;
}

static enum vcs_read read_at(struct repo *t, const char *rev, const char *path, const char **text)
{
	struct vcs_tree *tree = vcs_tree_open(t->r, find(t, rev));
	struct str bytes = STR_INIT;
	enum vcs_read result = vcs_tree_read(tree, path, 1000, &bytes);

	*text = arena_text(t->a, str_text(&bytes));
	str_release(&bytes);
	vcs_tree_close(tree);
	return result;
}

static void a_commit_tells_who_and_what(void **state)
{
	struct repo *t = *state;
	struct vcs_commit c;
	struct vcs_head h;

	open_at(t, "services/shop");
	assert_string_equal(vcs_prefix(t->r), "services/shop/");
	assert_int_equal(vcs_find(t->r, "main", t->a, &c, &t->d), 0);
	assert_int_equal(strlen(c.id), VCS_ID_LEN);
	assert_string_equal(c.subject, "First: a shop");
	assert_string_equal(c.author_name, "Ann");
	assert_string_equal(c.author_email, "ann@shop.test");
	assert_true(c.author_ms == 1700000000000 && c.commit_ms == 1700000100000);
	assert_int_equal(vcs_head(t->r, t->a, &h, &t->d), 0);
	assert_string_equal(h.branch, "main");
	assert_string_equal(h.commit->id, c.id);
	assert_null(h.upstream);
	assert_null(vcs_tag_of(t->r, c.id, t->a));
	sh(t, "git tag v1 && git tag -am two v2 && git checkout -q --detach");
	assert_string_equal(vcs_tag_of(t->r, c.id, t->a), "v2");
	assert_int_equal(vcs_head(t->r, t->a, &h, &t->d), 0);
	assert_null(h.branch);
	assert_string_equal(find(t, "v2"), c.id);
}

static void what_is_not_there_is_said(void **state)
{
	struct repo *t = *state;
	struct vcs_repository *none = NULL;
	struct vcs_commit c;

	open_at(t, ".");
	assert_int_equal(vcs_find(t->r, "nowhere", t->a, &c, &t->d), -1);
	assert_int_equal(t->d.last->code, DIAG_VCS_REV);
	assert_int_equal(vcs_find(t->r, "", t->a, &c, &t->d), -1);
	assert_int_equal(vcs_find(t->r, "main:services", t->a, &c, &t->d), -1);
	assert_false(vcs_has_commit(t->r, "0123456789012345678901234567890123456789"));
	assert_null(vcs_tree_open(t->r, "junk"));
	assert_int_equal(vcs_open("/proc", &none, &t->d), VCS_NOWHERE);
}

static void links_stay_in_the_repository(void **state)
{
	struct repo *t = *state;
	const char *text;

	sh(t, "ln -s ../../shared services/shop/up && mkdir shared && echo s > shared/s.yaml && "
	      "ln -s s.yaml shared/t.yaml && ln -s /etc/passwd out && ln -s ../../x away && "
	      "ln -s loop loop && git add -A && git commit -qm links");
	open_at(t, ".");
	assert_int_equal(read_at(t, "main", "services/shop/up/t.yaml", &text), VCS_READ_DONE);
	assert_string_equal(text, "s\n");
	assert_int_equal(read_at(t, "main", "services/./shop/../../shared/s.yaml", &text),
			 VCS_READ_DONE);
	assert_int_equal(read_at(t, "main", "out", &text), VCS_READ_LEAVES);
	assert_int_equal(read_at(t, "main", "away", &text), VCS_READ_LEAVES);
	assert_int_equal(read_at(t, "main", "../x", &text), VCS_READ_LEAVES);
	assert_int_equal(read_at(t, "main", "/etc/passwd", &text), VCS_READ_LEAVES);
	assert_int_equal(read_at(t, "main", "loop", &text), VCS_READ_LOOP);
	assert_int_equal(read_at(t, "main", "shared/s.yaml/x", &text), VCS_READ_ABSENT);
	assert_int_equal(read_at(t, "main", "shared/none", &text), VCS_READ_ABSENT);
	assert_int_equal(read_at(t, "main", "services", &text), VCS_READ_FOLDER);
	assert_int_equal(read_at(t, "main", "services/shop/..", &text), VCS_READ_FOLDER);
	assert_int_equal(read_at(t, "main~1", "shared/s.yaml", &text), VCS_READ_ABSENT);
}

static void files_are_as_a_checkout_has_them(void **state)
{
	struct repo *t = *state;
	const char *text;

	sh(t, "printf '*.bat eol=crlf\\n' > .gitattributes && printf 'a\\r\\nb\\r\\n' > x.bat && "
	      "printf 'a\\r\\n' > raw.txt && : > empty && "
	      "echo 'version https://git-lfs.github.com/spec/v1' > big.bin && "
	      "head -c 1001 /dev/zero > large && mkdir 'gr\xc3\xbc\xc3\x9f e' && "
	      "echo ok > 'gr\xc3\xbc\xc3\x9f e/a' && git add -A && git commit -qm files");
	open_at(t, ".");
	assert_int_equal(read_at(t, "main", "x.bat", &text), VCS_READ_DONE);
	assert_string_equal(text, "a\r\nb\r\n");
	assert_int_equal(read_at(t, "main", "raw.txt", &text), VCS_READ_DONE);
	assert_string_equal(text, "a\r\n");
	assert_int_equal(read_at(t, "main", "empty", &text), VCS_READ_DONE);
	assert_string_equal(text, "");
	assert_int_equal(read_at(t, "main", "gr\xc3\xbc\xc3\x9f e/a", &text), VCS_READ_DONE);
	assert_int_equal(read_at(t, "main", "big.bin", &text), VCS_READ_LFS);
	assert_int_equal(read_at(t, "main", "large", &text), VCS_READ_LARGE);
}

static bool dirty(struct repo *t, const char *prefix)
{
	bool result;

	assert_int_equal(vcs_is_dirty(t->r, prefix, &result, &t->d), 0);
	return result;
}

static void a_submodule_is_read_when_it_is_here(void **state)
{
	struct repo *t = *state;
	const char *text;

	sh(t, "git init -q -b main ../$(basename $PWD)-m && cd ../$(basename $PWD)-m && "
	      "echo m > m.yaml && git add -A && git commit -qm m");
	sh(t, "git -c protocol.file.allow=always submodule --quiet add $PWD-m parts/m && "
	      "git commit -qm module");
	open_at(t, ".");
	assert_int_equal(read_at(t, "main", "parts/m/m.yaml", &text), VCS_READ_DONE);
	assert_string_equal(text, "m\n");
	assert_int_equal(read_at(t, "main", "parts/m/none", &text), VCS_READ_ABSENT);
	assert_int_equal(vcs_compare_file(t->r, find(t, "main"), "parts/m/m.yaml"), VCS_SAME);
	sh(t, "echo x > parts/m/new.yaml");
	assert_false(dirty(t, ""));
	assert_int_equal(vcs_compare_file(t->r, find(t, "main"), "parts/m/new.yaml"), VCS_ADDED);
	sh(t, "rm parts/m/new.yaml && echo x >> parts/m/m.yaml");
	assert_true(dirty(t, ""));
	assert_int_equal(vcs_compare_file(t->r, find(t, "main"), "parts/m/m.yaml"), VCS_CHANGED);
	open_at(t, "parts/m");
	assert_string_equal(vcs_prefix(t->r), "");
	assert_int_equal(read_at(t, "main", "m.yaml", &text), VCS_READ_DONE);
	sh(t, "git submodule --quiet deinit -f parts/m && rm -rf .git/modules $PWD-m");
	open_at(t, ".");
	assert_int_equal(read_at(t, "main", "parts/m/m.yaml", &text), VCS_READ_SUBMODULE);
}

static void a_folder_is_listed(void **state)
{
	struct repo *t = *state;
	struct vcs_entry *entries;
	struct vcs_tree *tree;
	size_t count;

	sh(t, "echo b > services/a.b && git add -A && git commit -qm more");
	open_at(t, ".");
	tree = vcs_tree_open(t->r, find(t, "main"));
	assert_int_equal(vcs_tree_list(tree, "services", t->a, &entries, &count), VCS_READ_DONE);
	assert_int_equal(count, 2);
	assert_string_equal(entries[0].name, "a.b");
	assert_false(entries[0].is_folder);
	assert_true(entries[1].is_folder);
	assert_int_equal(vcs_tree_list(tree, "", t->a, &entries, &count), VCS_READ_DONE);
	assert_int_equal(count, 1);
	assert_int_equal(vcs_tree_list(tree, "none", t->a, &entries, &count), VCS_READ_ABSENT);
	vcs_tree_close(tree);
}

static void changes_of_the_work_tree_show(void **state)
{
	struct repo *t = *state;
	const char *id;

	sh(t, "printf '*.bat eol=crlf\\n' > .gitattributes && printf 'a\\r\\n' > x.bat && "
	      "git add -A && git commit -qm attributes");
	open_at(t, ".");
	id = find(t, "main");
	assert_false(dirty(t, ""));
	assert_int_equal(vcs_compare_file(t->r, id, "x.bat"), VCS_SAME);
	sh(t, "echo new > untracked.yaml");
	assert_false(dirty(t, ""));
	assert_int_equal(vcs_compare_file(t->r, id, "untracked.yaml"), VCS_ADDED);
	sh(t, "echo two > services/shop/web.yaml");
	assert_true(dirty(t, ""));
	assert_true(dirty(t, "services/"));
	assert_false(dirty(t, "shared/"));
	assert_int_equal(vcs_compare_file(t->r, id, "services/shop/web.yaml"), VCS_CHANGED);
	sh(t, "git add -A");
	assert_true(dirty(t, ""));
	assert_int_equal(vcs_compare_file(t->r, id, "services/shop/web.yaml"), VCS_CHANGED);
	assert_int_equal(vcs_compare_file(t->r, id, "/etc/passwd"), VCS_ADDED);
}

static void worktrees_bare_and_shallow_clones_work(void **state)
{
	struct repo *t = *state;
	struct vcs_head h;
	const char *first, *text;
	struct vcs_commit c;

	open_at(t, ".");
	first = find(t, "main");
	sh(t, "git worktree add -q w -b side && git clone -q --bare . bare.git && "
	      "git commit -q --allow-empty -m second && "
	      "git clone -q --depth 1 file://$PWD shallow");
	open_at(t, "w/services");
	assert_string_equal(vcs_prefix(t->r), "services/");
	assert_int_equal(vcs_head(t->r, t->a, &h, &t->d), 0);
	assert_string_equal(h.branch, "side");
	open_at(t, "bare.git");
	assert_true(vcs_is_bare(t->r));
	assert_false(dirty(t, ""));
	assert_int_equal(read_at(t, "main", "services/shop/web.yaml", &text), VCS_READ_DONE);
	open_at(t, "shallow");
	assert_true(vcs_is_shallow(t->r));
	assert_false(vcs_has_commit(t->r, first));
	assert_int_equal(vcs_find(t->r, "HEAD~1", t->a, &c, &t->d), -1);
	assert_non_null(strstr(t->d.last->hint, "--unshallow"));
}

static void history_is_known(void **state)
{
	struct repo *t = *state;
	const char *first;

	open_at(t, ".");
	first = find(t, "main");
	sh(t,
	   "git checkout -qb side && git commit -q --allow-empty -m s && git checkout -q main && "
	   "git commit -q --allow-empty -m m && git merge -q --no-ff -m both side");
	assert_true(vcs_contains(t->r, find(t, "main"), first));
	assert_true(vcs_contains(t->r, find(t, "main"), find(t, "side")));
	assert_true(vcs_contains(t->r, first, first));
	assert_false(vcs_contains(t->r, find(t, "side"), find(t, "main")));
	assert_false(
		vcs_contains(t->r, find(t, "side"), "0000000000000000000000000000000000000001"));
}

static void no_url_shows_who_may(void **state)
{
	struct repo *t = *state;

	open_at(t, ".");
	assert_null(vcs_remote_url(t->r, "main", t->a));
	sh(t, "git remote add up https://ann:hunter2@git.shop.test/shop.git?token=x");
	assert_string_equal(vcs_remote_url(t->r, "main", t->a), "https://git.shop.test/shop.git");
	sh(t, "git remote add origin ssh://git@git.shop.test:2222/shop.git && "
	      "git remote add third git@git.shop.test:shop.git");
	assert_string_equal(vcs_remote_url(t->r, NULL, t->a), "ssh://git.shop.test:2222/shop.git");
	sh(t, "git config branch.main.remote third");
	assert_string_equal(vcs_remote_url(t->r, "main", t->a), "git@git.shop.test:shop.git");
}

static void a_damaged_repository_is_an_error(void **state)
{
	struct repo *t = *state;
	const char *text;

	open_at(t, ".");
	sh(t, "rm -f .git/objects/$(git rev-parse main:services/shop/web.yaml | "
	      "sed 's,^..,&/,')");
	assert_int_equal(read_at(t, "main", "services/shop/web.yaml", &text), VCS_READ_BROKEN);
	sh(t, "rm .git/HEAD");
	vcs_close(t->r);
	t->r = NULL;
	assert_int_equal(vcs_open(t->dir, &t->r, &t->d), VCS_NOWHERE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_commit_tells_who_and_what, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_there_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(links_stay_in_the_repository, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_are_as_a_checkout_has_them, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_submodule_is_read_when_it_is_here, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_folder_is_listed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(changes_of_the_work_tree_show, set_up, tear_down),
		cmocka_unit_test_setup_teardown(worktrees_bare_and_shallow_clones_work, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(history_is_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_url_shows_who_may, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_repository_is_an_error, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
