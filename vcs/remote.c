/* remote.c - fetching and pushing. */
#include "vcs/remote.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vcs/remote_parts.h"

/* --- what holds for the whole process --- */

static int authorities_failed; /* written once, below */

/* The first of the variables that is set. */
static const char *first_set(const char *one, const char *other)
{
	const char *value = getenv(one);

	if (!value || !*value)
		value = getenv(other);
	return value && *value ? value : NULL;
}

/* Its connections and authorities are the process's. */
static void install(void)
{
	const char *file = first_set("GIT_SSL_CAINFO", "SSL_CERT_FILE");
	const char *folder = first_set("GIT_SSL_CAPATH", "SSL_CERT_DIR");

	vcs_begin();
	vcs_line_install();
	if (file || folder)
		authorities_failed =
			git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, folder) < 0;
}

static int check_authorities(struct vcs_talk *t)
{
	const char *file = first_set("GIT_SSL_CAINFO", "SSL_CERT_FILE");
	struct diag *g;

	if (!authorities_failed || t->url.scheme != VCS_HTTPS)
		return 0;
	g = diag_add(t->d, DIAG_VCS_CERTIFICATE, RANGE_NONE,
		     "the authorities' certificates in %s cannot be read",
		     file ? file : first_set("GIT_SSL_CAPATH", "SSL_CERT_DIR"));
	diag_hint(t->d, g, "GIT_SSL_CAINFO names a readable file with certificates in PEM form");
	return -1;
}

/* --- access --- */

static const char *text_setting(struct arena *a, const char *name)
{
	const char *value = getenv(name);

	return value && *value ? arena_strdup(a, value) : NULL;
}

int vcs_access_from_environment(struct arena *a, struct vcs_access *out, struct diags *d)
{
	const char *silence = text_setting(a, "HADEPLOY_GIT_TIMEOUT");
	struct diag *g;

	*out = (struct vcs_access){
		.key_file = text_setting(a, "HADEPLOY_GIT_KEY"),
		.passphrase = text_setting(a, "HADEPLOY_GIT_PASSPHRASE"),
		.known_hosts = text_setting(a, "HADEPLOY_GIT_KNOWN_HOSTS"),
		.ask = true,
	};
	if (!silence)
		return 0;
	if (text_to_duration_ms(text_of(silence), &out->silence_ms) && out->silence_ms > 0)
		return 0;
	g = diag_add(d, DIAG_VCS_URL, RANGE_NONE, "HADEPLOY_GIT_TIMEOUT='%s' is no duration",
		     silence);
	diag_hint(d, g, "write it as 20s or 2m");
	return -1;
}

/* --- one conversation --- */

static void stay_awake(struct vcs_talk *t)
{
	__atomic_store_n(&t->busy_ms, vcs_now_ms(), __ATOMIC_RELAXED);
}

static int say_url(struct vcs_talk *t, const char *url, const char *why)
{
	diag_add(t->d, DIAG_VCS_URL, RANGE_NONE, "the URL '%s' %s", vcs_public_url(t->arena, url),
		 why);
	return -1;
}

/* As the library takes it: a path could be mistaken for "host:path". */
static const char *for_library(struct vcs_talk *t)
{
	struct str text = STR_INIT;
	const char *kept;

	if (t->url.text[0] != '/')
		return t->url.text;
	str_add(&text, "file://");
	for (const char *p = t->url.text; *p; p++) {
		if (*p == '%')
			str_add(&text, "%25");
		else
			str_add_char(&text, *p);
	}
	kept = arena_strdup(t->arena, str_cstr(&text));
	str_release(&text);
	return kept;
}

/* "url.BASE.insteadOf" of the settings: the longest value that begins the URL gives its place to
 * BASE.  The library does this as well, and keeps memory for ever. */
struct rewriting {
	struct vcs_talk *t;
	const char *url, *suffix, *found;
	size_t len;
};

static void look_at_setting(struct rewriting *w, const git_config_entry *e)
{
	const size_t name = strlen(e->name), suffix = strlen(w->suffix), len = strlen(e->value);

	if (strncmp(e->name, "url.", 4) != 0 || name <= 4 + suffix || len <= w->len ||
	    strcmp(e->name + name - suffix, w->suffix) != 0 || strncmp(w->url, e->value, len) != 0)
		return;
	w->len = len;
	w->found = arena_printf(w->t->arena, "%.*s%s", (int)(name - 4 - suffix), e->name + 4,
				w->url + len);
}

/* NULL: no setting applies. */
static const char *rewritten(struct vcs_talk *t, const char *url, const char *suffix)
{
	struct rewriting w = {.t = t, .url = url, .suffix = suffix};
	git_config_iterator *all = NULL;
	git_config *config = NULL;
	git_config_entry *entry;

	if (git_repository_config_snapshot(&config, t->r->git) == 0 &&
	    git_config_iterator_new(&all, config) == 0) {
		while (git_config_next(&entry, all) == 0) {
			if (entry->value)
				look_at_setting(&w, entry);
		}
	}
	git_config_iterator_free(all);
	git_config_free(config);
	return w.found;
}

/* Where it goes, after the user's settings; what they make of a URL has to obey the same rules. */
static int resolve(struct vcs_talk *t, const char *url, git_direction direction)
{
	const char *other = NULL, *why;

	if (!vcs_url_parse(t->arena, url, &t->url, &why))
		return say_url(t, url, why);
	if (direction == GIT_DIRECTION_PUSH)
		other = rewritten(t, url, ".pushinsteadof");
	if (!other)
		other = rewritten(t, url, ".insteadof");
	if (other && !vcs_url_parse(t->arena, other, &t->url, &why))
		return say_url(t, other, why);
	return check_authorities(t);
}

/* The remote, for git_remote_free; NULL after an error was added. */
static git_remote *begin(struct vcs_talk *t, const char *url, git_direction direction)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	git_remote_create_options options;
	git_remote *remote = NULL;

	pthread_once(&once, install);
	t->arena = arena_new();
	if (resolve(t, url, direction))
		return NULL;
	git_remote_create_options_init(&options, GIT_REMOTE_CREATE_OPTIONS_VERSION);
	options.repository = t->r->git;
	options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF;
	if (git_remote_create_with_opts(&remote, for_library(t), &options)) {
		say_url(t, url, vcs_reason());
		return NULL;
	}
	vcs_line_current(t);
	return remote;
}

static void end(struct vcs_talk *t, git_remote *remote)
{
	git_remote_free(remote);
	vcs_line_current(NULL);
	str_release(&t->tried);
	arena_free(t->arena);
}

static int note_transfer(const git_indexer_progress *stats, void *talk)
{
	struct vcs_talk *t = talk;

	(void)stats;
	stay_awake(t);
	return t->access->stop && __atomic_load_n(t->access->stop, __ATOMIC_RELAXED) > 0 ? -1 : 0;
}

static int note_packing(int stage, uint32_t now, uint32_t total, void *talk)
{
	(void)stage;
	(void)now;
	(void)total;
	stay_awake(talk);
	return 0;
}

static void fill_callbacks(git_remote_callbacks *out, struct vcs_talk *t)
{
	git_remote_init_callbacks(out, GIT_REMOTE_CALLBACKS_VERSION);
	out->credentials = vcs_log_in;
	out->certificate_check = vcs_check_peer;
	out->transfer_progress = note_transfer;
	out->pack_progress = note_packing;
	out->payload = t;
}

/* --- fetching --- */

struct wanted {
	git_refspec **specs;
	size_t count;
};

static void drop_specs(struct wanted *w)
{
	for (size_t i = 0; i < w->count; i++)
		git_refspec_free(w->specs[i]);
	free(w->specs);
}

static int parse_specs(struct vcs_talk *t, const char *const *texts, size_t count,
		       struct wanted *out)
{
	*out = (struct wanted){.specs = xcalloc(count + 1, sizeof(*out->specs))};
	for (; out->count < count; out->count++) {
		if (git_refspec_parse(&out->specs[out->count], texts[out->count], 1)) {
			diag_add(t->d, DIAG_VCS_REMOTE, RANGE_NONE, "'%s' is no refspec: %s",
				 texts[out->count], vcs_reason());
			return -1;
		}
	}
	return 0;
}

static const git_refspec *spec_for(const struct wanted *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++) {
		if (git_refspec_src_matches(w->specs[i], name))
			return w->specs[i];
	}
	return NULL;
}

static bool has_any(git_remote *remote, const struct wanted *w)
{
	const git_remote_head **heads;
	size_t count;

	if (git_remote_ls(&heads, &count, remote))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (spec_for(w, heads[i]->name))
			return true;
	}
	return false;
}

static int set_reference(struct vcs_talk *t, const git_refspec *spec, const git_remote_head *head)
{
	git_buf name = {0};
	git_oid old;
	int code = git_refspec_transform(&name, spec, head->name);

	if (!code && !git_refspec_force(spec) &&
	    git_reference_name_to_id(&old, t->r->git, name.ptr) == 0 &&
	    !git_oid_equal(&old, &head->oid) &&
	    git_graph_descendant_of(t->r->git, &head->oid, &old) != 1)
		code = GIT_ENONFASTFORWARD;
	if (!code)
		code = git_reference_create(NULL, t->r->git, name.ptr, &head->oid, 1,
					    "hadeploy: fetch");
	git_buf_dispose(&name);
	return code;
}

/* The library's own way would empty the user's FETCH_HEAD. */
static int set_references(struct vcs_talk *t, git_remote *remote, const struct wanted *w)
{
	const git_remote_head **heads;
	size_t count;
	int code = git_remote_ls(&heads, &count, remote);

	for (size_t i = 0; i < count && !code; i++) {
		const git_refspec *spec = spec_for(w, heads[i]->name);

		if (spec)
			code = set_reference(t, spec, heads[i]);
	}
	return code;
}

static int connect_remote(struct vcs_talk *t, git_remote *remote)
{
	git_remote_connect_options options;

	git_remote_connect_options_init(&options, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
	fill_callbacks(&options.callbacks, t);
	options.proxy_opts.type = GIT_PROXY_AUTO;
	options.follow_redirects = GIT_REMOTE_REDIRECT_INITIAL;
	return git_remote_connect_ext(remote, GIT_DIRECTION_FETCH, &options);
}

static int download(struct vcs_talk *t, git_remote *remote, const char *const *refspecs,
		    size_t count)
{
	const git_strarray specs = {(char **)refspecs, count};
	git_fetch_options options;

	git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
	fill_callbacks(&options.callbacks, t);
	options.proxy_opts.type = GIT_PROXY_AUTO;
	options.follow_redirects = GIT_REMOTE_REDIRECT_INITIAL;
	options.update_fetchhead = 0;
	options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	return git_remote_download(remote, &specs, &options);
}

static enum vcs_fetch fetch(struct vcs_talk *t, git_remote *remote, const char *const *refspecs,
			    size_t count)
{
	struct wanted wanted;
	enum vcs_fetch result = VCS_FETCHED;
	int code = 0;

	if (parse_specs(t, refspecs, count, &wanted)) {
		drop_specs(&wanted);
		return VCS_FETCH_FAILED;
	}
	code = connect_remote(t, remote);
	if (!code && !has_any(remote, &wanted))
		result = VCS_FETCH_NONE;
	if (!code && result == VCS_FETCHED)
		code = download(t, remote, refspecs, count);
	if (!code && result == VCS_FETCHED)
		code = set_references(t, remote, &wanted);
	drop_specs(&wanted);
	if (!code)
		return result;
	return vcs_talk_failed(t, code, "fetching from") ? VCS_FETCH_UNREACHABLE : VCS_FETCH_FAILED;
}

enum vcs_fetch vcs_fetch(struct vcs_repository *r, const char *url, const char *const *refspecs,
			 const struct vcs_access *access, struct diags *d)
{
	struct vcs_talk t = {.r = r, .access = access, .d = d};
	git_remote *remote = begin(&t, url, GIT_DIRECTION_FETCH);
	enum vcs_fetch result = VCS_FETCH_FAILED;
	size_t count = 0;

	while (refspecs[count])
		count++;
	if (remote)
		result = fetch(&t, remote, refspecs, count);
	end(&t, remote);
	return result;
}

/* --- pushing --- */

struct pushing {
	struct vcs_talk talk; /* first: callbacks get it */
	bool raced;
	const char *declined; /* the arena's */
};

/* What servers say when another push came in between. */
static bool is_race(const char *status)
{
	static const char *const words[] = {
		"non-fast-forward", "fetch first", "failed to update", "failed to lock",
		"stale info",       "cannot lock", "already exists",   "incorrect old value"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcasestr(status, words[i]))
			return true;
	}
	return false;
}

static int note_answer(const char *name, const char *status, void *talk)
{
	struct pushing *p = container_of((struct vcs_talk *)talk, struct pushing, talk);

	(void)name;
	if (status && is_race(status))
		p->raced = true;
	else if (status)
		p->declined = arena_strdup(p->talk.arena, status);
	return 0;
}

static int push(struct pushing *p, git_remote *remote, const char *refspec)
{
	char *spec = (char *)refspec;
	const git_strarray specs = {&spec, 1};
	git_push_options options;

	git_push_options_init(&options, GIT_PUSH_OPTIONS_VERSION);
	fill_callbacks(&options.callbacks, &p->talk);
	options.callbacks.push_update_reference = note_answer;
	options.proxy_opts.type = GIT_PROXY_AUTO;
	options.follow_redirects = GIT_REMOTE_REDIRECT_INITIAL;
	return git_remote_push(remote, &specs, &options);
}

static enum vcs_push push_result(struct pushing *p, int code)
{
	struct vcs_talk *t = &p->talk;
	struct diag *g;

	if (code == GIT_ENONFASTFORWARD || p->raced)
		return VCS_PUSH_REJECTED;
	if (p->declined) {
		g = diag_add(t->d, DIAG_VCS_REMOTE, RANGE_NONE, "%s declines what was pushed",
			     t->url.shown);
		diag_detail(t->d, g, "%s", p->declined);
		diag_hint(t->d, g, "a rule or a hook there forbids it: its owner knows which");
		return VCS_PUSH_FAILED;
	}
	if (!code)
		return VCS_PUSHED;
	return vcs_talk_failed(t, code, "pushing to") ? VCS_PUSH_UNREACHABLE : VCS_PUSH_FAILED;
}

enum vcs_push vcs_push(struct vcs_repository *r, const char *url, const char *refspec,
		       const struct vcs_access *access, struct diags *d)
{
	struct pushing p = {.talk = {.r = r, .access = access, .d = d}};
	git_remote *remote = begin(&p.talk, url, GIT_DIRECTION_PUSH);
	enum vcs_push result = VCS_PUSH_FAILED;

	if (remote)
		result = push_result(&p, push(&p, remote, refspec));
	end(&p.talk, remote);
	return result;
}
