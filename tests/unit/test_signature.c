/* test_signature.c - commits and tags signed by git with ssh-keygen and gpg, judged by us. */
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

/* One repository and its keys for all tests: keys take time to make. */
struct shop {
	char dir[64];
	struct arena *a;
	struct vcs_repository *r;
	struct str signers, keyring, revoked;
};

static int sh(const struct shop *t, const char *script)
{
	return system(arena_printf(
		t->a,
		"cd '%s' && export HOME='%s' GNUPGHOME='%s/gpg' GIT_CONFIG_NOSYSTEM=1 "
		"GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@shop.test GIT_COMMITTER_NAME=Ann "
		"GIT_COMMITTER_EMAIL=ann@shop.test && "
		"ssh_sign() { key=$1; shift; git -c gpg.format=ssh -c user.signingkey=$key "
		"commit -q --allow-empty -S -m signed \"$@\"; } && "
		"gpg_sign() { key=$1; shift; git -c user.signingkey=$key commit -q --allow-empty "
		"-S -m signed \"$@\"; } && { %s\n} >log 2>&1 || { cat log; exit 1; }",
		t->dir, t->dir, t->dir, script));
}

static void read_file(struct shop *t, const char *name, struct str *out)
{
	str_clear(out);
	assert_int_equal(file_read(arena_printf(t->a, "%s/%s", t->dir, name), 1 << 20, out), 0);
}

static const char make_keys[] =
	"for k in ann bob old; do ssh-keygen -q -t ed25519 -N '' -C '' -f $k || exit 1; done\n"
	"{ echo \"ann@shop.test,*@ops.test namespaces=\\\"git\\\" $(cat ann.pub)\";\n"
	"  echo \"old@shop.test valid-before=\\\"20200101\\\" $(cat old.pub)\"; } >signers\n"
	"mkdir -m 700 gpg && echo batch >gpg/gpg.conf\n"
	"gpg -q --batch --passphrase '' --quick-gen-key 'Ann <ann@shop.test>' ed25519 sign never\n"
	"gpg -q --batch --passphrase '' --faked-system-time 20200101T000000 "
	"--quick-gen-key 'Old <old@shop.test>' ed25519 sign 2020-06-01\n"
	"gpg -q --batch --passphrase '' --quick-gen-key 'Eve <eve@away.test>' ed25519 sign never\n"
	"gpg -q --export ann@shop.test old@shop.test >keyring\n";

static int make_shop(void **state)
{
	struct shop *t = xcalloc(1, sizeof(*t));
	struct diags d = DIAGS_INIT;

	snprintf(t->dir, sizeof(t->dir), "/tmp/hadeploy-signed-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	t->a = arena_new();
	*state = t;
	assert_int_equal(sh(t, make_keys), 0);
	assert_int_equal(sh(t, "git init -q -b main . && git commit -q --allow-empty -m first"), 0);
	read_file(t, "signers", &t->signers);
	read_file(t, "keyring", &t->keyring);
	read_file(t, "ann.pub", &t->revoked);
	assert_int_equal(vcs_open(t->dir, &t->r, &d), VCS_FOUND);
	return 0;
}

static int drop_shop(void **state)
{
	struct shop *t = *state;

	vcs_close(t->r);
	assert_int_equal(sh(t, "gpgconf --kill all"), 0);
	assert_int_equal(system(arena_printf(t->a, "rm -rf '%s'", t->dir)), 0);
	str_release(&t->signers);
	str_release(&t->keyring);
	str_release(&t->revoked);
	arena_free(t->a);
	free(t);
	return 0;
}

static struct vcs_trust all_of(const struct shop *t)
{
	return (struct vcs_trust){.signers = str_text(&t->signers),
				  .keyring = str_text(&t->keyring)};
}

/* The commit that the script leaves at HEAD. */
static struct vcs_signature judge(struct shop *t, const char *script, const struct vcs_trust *trust)
{
	struct diags d = DIAGS_INIT;
	struct vcs_signature s;
	struct vcs_commit c;

	assert_int_equal(sh(t, script), 0);
	assert_int_equal(vcs_find(t->r, "HEAD", t->a, &c, &d), 0);
	vcs_check_signature(t->r, c.id, trust, t->a, &s);
	diags_release(&d);
	return s;
}

#define assert_verdict(s, wanted) assert_int_equal((s).verdict, wanted)

static void a_good_signature_names_its_key(void **state)
{
	struct shop *t = *state;
	const struct vcs_trust trust = all_of(t);
	struct vcs_signature s = judge(t, "ssh_sign $PWD/ann", &trust);

	assert_verdict(s, VCS_SIGNED);
	assert_int_equal(s.kind, VCS_SIGNATURE_SSH);
	assert_string_equal(s.signer, "ann@shop.test");
	assert_string_equal(s.email, "ann@shop.test");
	assert_int_equal(strncmp(s.key, "SHA256:", 7), 0);
	s = judge(t, "gpg_sign ann@shop.test", &trust);
	assert_verdict(s, VCS_SIGNED);
	assert_int_equal(s.kind, VCS_SIGNATURE_GPG);
	assert_string_equal(s.signer, "Ann <ann@shop.test>");
	assert_int_equal(strlen(s.key), 40);
	s = judge(t,
		  "git checkout -q -B side HEAD~1 && git commit -q --allow-empty -m side && "
		  "git checkout -q main && git -c gpg.format=ssh -c user.signingkey=$PWD/ann "
		  "merge -q -S --no-ff -m both side",
		  &trust);
	assert_verdict(s, VCS_SIGNED);
}

static void without_one_it_is_unsigned(void **state)
{
	struct shop *t = *state;
	const struct vcs_trust trust = all_of(t);
	struct vcs_signature s = judge(t, "git commit -q --allow-empty -m plain", &trust);

	assert_verdict(s, VCS_UNSIGNED);
	assert_int_equal(s.kind, VCS_SIGNATURE_NONE);
}

static void a_key_that_is_not_named_is_not_trusted(void **state)
{
	struct shop *t = *state;
	const struct vcs_trust trust = all_of(t);
	const struct vcs_trust ssh_alone = {.signers = trust.signers};
	const struct vcs_trust gpg_alone = {.keyring = trust.keyring};
	struct vcs_signature s = judge(t, "ssh_sign $PWD/bob", &trust);

	assert_verdict(s, VCS_SIGNED_UNKNOWN);
	assert_int_equal(strncmp(s.key, "SHA256:", 7), 0);
	assert_null(s.signer);
	assert_verdict(judge(t, ":", &gpg_alone), VCS_SIGNED_UNTRUSTED);
	s = judge(t, "gpg_sign eve@away.test", &trust);
	assert_verdict(s, VCS_SIGNED_UNKNOWN);
	assert_int_equal(strlen(s.key), 40);
	assert_verdict(judge(t, ":", &ssh_alone), VCS_SIGNED_UNTRUSTED);
}

/* The same commit with another subject. */
#define TAMPER                                                            \
	" && git cat-file commit HEAD | sed 's/^signed$/other/' >raw && " \
	"git reset -q --hard $(git hash-object -t commit -w --stdin <raw)"

static void what_was_changed_since_is_bad(void **state)
{
	struct shop *t = *state;
	const struct vcs_trust trust = all_of(t);

	assert_verdict(judge(t, "ssh_sign $PWD/ann" TAMPER, &trust), VCS_SIGNED_BAD);
	assert_verdict(judge(t, "gpg_sign ann@shop.test" TAMPER, &trust), VCS_SIGNED_BAD);
	assert_verdict(judge(t,
			     "ssh_sign $PWD/ann && git cat-file commit HEAD | "
			     "sed 's/^ U1NIU0lH/ AAAAAAAA/' >raw && git reset -q --hard "
			     "$(git hash-object -t commit -w --stdin <raw)",
			     &trust),
		       VCS_SIGNED_UNCHECKED);
}

static void time_matters(void **state)
{
	struct shop *t = *state;
	const struct vcs_trust trust = all_of(t);
	struct vcs_signature s = judge(t, "ssh_sign $PWD/old", &trust);

	assert_verdict(s, VCS_SIGNED_EXPIRED);
	assert_non_null(strstr(s.reason, "valid-before"));
	s = judge(t, "GIT_COMMITTER_DATE='1546300800 +0000' ssh_sign $PWD/old", &trust);
	assert_verdict(s, VCS_SIGNED);
	s = judge(
		t,
		"printf '#!/bin/sh\\nexec gpg --faked-system-time 20200301T000000 \"$@\"\\n' >then "
		"&& chmod +x then && git -c gpg.program=$PWD/then -c user.signingkey=old@shop.test "
		"commit -q --allow-empty -S -m signed",
		&trust);
	assert_verdict(s, VCS_SIGNED_EXPIRED);
	assert_string_equal(s.signer, "Old <old@shop.test>");
	assert_string_equal(s.reason, "the key expired on 2020-06-01T12:00:00Z");
}

static void a_revoked_key_is_told_apart(void **state)
{
	struct shop *t = *state;
	struct vcs_trust trust = all_of(t);
	struct vcs_signature s;
	struct str revoked = STR_INIT;

	trust.revoked = str_text(&t->revoked);
	assert_verdict(judge(t, "ssh_sign $PWD/ann", &trust), VCS_SIGNED_REVOKED);
	assert_int_equal(sh(t, "f=$(gpg --list-keys --with-colons ann@shop.test | "
			       "awk -F: '/^fpr/{print $10; exit}') && "
			       "sed 's/^:---/---/' gpg/openpgp-revocs.d/$f.rev >rev && "
			       "mkdir -m 700 other && gpg -q --homedir other --import keyring && "
			       "gpg -q --homedir other --import rev && "
			       "gpg -q --homedir other --export >revoked && "
			       "gpgconf --homedir other --kill all"),
			 0);
	read_file(t, "revoked", &revoked);
	trust.keyring = str_text(&revoked);
	s = judge(t, "gpg_sign ann@shop.test", &trust);
	assert_verdict(s, VCS_SIGNED_REVOKED);
	assert_string_equal(s.signer, "Ann <ann@shop.test>");
	str_release(&revoked);
}

/* What signs files, or may sign them alone, does not sign commits. */
static void another_namespace_does_not_do(void **state)
{
	struct shop *t = *state;
	struct vcs_trust trust = all_of(t);
	struct str files = STR_INIT;

	assert_verdict(
		judge(t,
		      "printf '#!/bin/sh\\nfor a; do shift; [ \"$a\" = git ] && a=file; "
		      "set -- \"$@\" \"$a\"; done; exec ssh-keygen \"$@\"\\n' >files && "
		      "chmod +x files && git -c gpg.format=ssh -c gpg.ssh.program=$PWD/files "
		      "-c user.signingkey=$PWD/ann commit -q --allow-empty -S -m signed",
		      &trust),
		VCS_SIGNED_OTHERWISE);
	assert_int_equal(sh(t, "sed 's/\"git\"/\"file\"/' signers >signers.file"), 0);
	read_file(t, "signers.file", &files);
	trust.signers = str_text(&files);
	assert_verdict(judge(t, "ssh_sign $PWD/ann", &trust), VCS_SIGNED_OTHERWISE);
	str_release(&files);
}

static void the_committer_can_be_asked_for(void **state)
{
	struct shop *t = *state;
	struct vcs_trust trust = all_of(t);
	struct vcs_signature s;

	trust.same_committer = true;
	assert_verdict(judge(t, "ssh_sign $PWD/ann", &trust), VCS_SIGNED);
	s = judge(t, "GIT_COMMITTER_EMAIL=bob@ops.test ssh_sign $PWD/ann", &trust);
	assert_verdict(s, VCS_SIGNED);
	assert_string_equal(s.signer, "bob@ops.test");
	s = judge(t, "GIT_COMMITTER_EMAIL=bob@shop.test ssh_sign $PWD/ann", &trust);
	assert_verdict(s, VCS_SIGNED_FOR_OTHER);
	assert_string_equal(s.signer, "ann@shop.test");
	assert_string_equal(s.email, "bob@shop.test");
	assert_verdict(judge(t, "gpg_sign ann@shop.test", &trust), VCS_SIGNED);
	assert_verdict(judge(t, "GIT_COMMITTER_EMAIL=bob@shop.test gpg_sign ann@shop.test", &trust),
		       VCS_SIGNED_FOR_OTHER);
	trust.same_committer = false;
	assert_verdict(judge(t, ":", &trust), VCS_SIGNED);
}

static void a_signed_tag_counts_when_it_may(void **state)
{
	struct shop *t = *state;
	struct vcs_trust trust = all_of(t);
	struct vcs_signature s;

	assert_verdict(judge(t,
			     "git commit -q --allow-empty -m plain && git tag light && "
			     "git tag -am two annotated && git -c gpg.format=ssh -c "
			     "user.signingkey=$PWD/ann tag -s -m three v1",
			     &trust),
		       VCS_UNSIGNED);
	trust.tags = true;
	s = judge(t, ":", &trust);
	assert_verdict(s, VCS_SIGNED);
	assert_string_equal(s.tag, "v1");
	s = judge(t, "git tag -d v1 && git -c user.signingkey=eve@away.test tag -s -m four v2",
		  &trust);
	assert_verdict(s, VCS_SIGNED_UNKNOWN);
	assert_string_equal(s.tag, "v2");
	s = judge(t, "git -c user.signingkey=ann@shop.test tag -s -m five v3", &trust);
	assert_verdict(s, VCS_SIGNED);
	assert_string_equal(s.tag, "v3");
	/* Of another commit, under a name that leads here. */
	assert_verdict(judge(t, "git commit -q --allow-empty -m next", &trust), VCS_UNSIGNED);
}

static void what_cannot_be_checked_is_not_accepted(void **state)
{
	struct shop *t = *state;
	struct vcs_trust trust = all_of(t);
	const char *path = getenv("PATH");
	struct vcs_signature s;

	assert_int_equal(sh(t, "ssh_sign $PWD/ann"), 0);
	setenv("PATH", "/nowhere", 1);
	vcs_check_signature(t->r, "0000000000000000000000000000000000000001", &trust, t->a, &s);
	assert_verdict(s, VCS_SIGNED_UNCHECKED);
	setenv("PATH", arena_printf(t->a, "%s:/usr/bin:/bin", t->dir), 1);
	assert_verdict(judge(t, ":", &trust), VCS_SIGNED);
	setenv("PATH", path, 1);
	trust.keyring = TEXT_LIT("-----BEGIN PGP PUBLIC KEY BLOCK-----\n");
	s = judge(t, "gpg_sign ann@shop.test", &trust);
	assert_verdict(s, VCS_SIGNED_UNCHECKED);
	assert_non_null(strstr(s.reason, "--dearmor"));
	trust.keyring = TEXT_LIT("junk");
	assert_int_not_equal(judge(t, ":", &trust).verdict, VCS_SIGNED);
	trust.signers = TEXT_LIT("junk\n");
	assert_verdict(judge(t, "ssh_sign $PWD/ann", &trust), VCS_SIGNED_UNKNOWN);
}

static void without_its_program_it_says_so(void **state)
{
	struct shop *t = *state;
	const struct vcs_trust trust = all_of(t);
	const char *path = arena_strdup(t->a, getenv("PATH"));
	struct diags d = DIAGS_INIT;
	struct vcs_signature s;
	struct vcs_commit c;

	assert_int_equal(sh(t, "ssh_sign $PWD/ann"), 0);
	assert_int_equal(vcs_find(t->r, "HEAD", t->a, &c, &d), 0);
	setenv("PATH", "/nowhere", 1);
	vcs_check_signature(t->r, c.id, &trust, t->a, &s);
	setenv("PATH", path, 1);
	assert_verdict(s, VCS_SIGNED_NO_PROGRAM);
	assert_string_equal(s.program, "ssh-keygen");
}

/* Whatever the verdicts were. */
static void nothing_stays_behind(void **state)
{
	struct shop *t = *state;

	assert_int_equal(sh(t, "! ls -d tmp/hadeploy-sig-*"), 0);
}

static int in_own_tmp(void **state)
{
	struct shop *t = *state;

	assert_int_equal(sh(t, "mkdir -p tmp"), 0);
	return setenv("TMPDIR", arena_printf(t->a, "%s/tmp", t->dir), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_good_signature_names_its_key, in_own_tmp),
		cmocka_unit_test(without_one_it_is_unsigned),
		cmocka_unit_test(a_key_that_is_not_named_is_not_trusted),
		cmocka_unit_test(what_was_changed_since_is_bad),
		cmocka_unit_test(time_matters),
		cmocka_unit_test(a_revoked_key_is_told_apart),
		cmocka_unit_test(another_namespace_does_not_do),
		cmocka_unit_test(the_committer_can_be_asked_for),
		cmocka_unit_test(a_signed_tag_counts_when_it_may),
		cmocka_unit_test(what_cannot_be_checked_is_not_accepted),
		cmocka_unit_test(without_its_program_it_says_so),
		cmocka_unit_test(nothing_stays_behind),
	};

	return cmocka_run_group_tests(tests, make_shop, drop_shop);
}
