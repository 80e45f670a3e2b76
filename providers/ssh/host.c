#include "providers/ssh/host.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/limits.h"
#include "providers/kit/span.h"
#include "providers/ssh/settings.h"

static const char *own_user_name(struct arena *a)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];

	if (getpwuid_r(geteuid(), &entry, buffer, sizeof(buffer), &found) == 0 && found)
		return arena_strdup(a, found->pw_name);
	return "root";
}

static void set_defaults(struct hd_session *s)
{
	s->defaults = (struct host_settings){
		.user = own_user_name(s->arena),
		.known_hosts = "~/.ssh/known_hosts",
		.become_user = "root",
		.state_dir = "~/.hadeploy",
		.port = 22,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
	};
}

static const char *local_path(struct hd_session *s, const char *path)
{
	if (!path)
		return NULL;
	return path_join(s->arena, s->project_dir, path_expand_home(s->arena, path));
}

static struct host *add_host(struct hd_session *s, const char *name,
			     const struct host_settings *settings)
{
	struct host *h = ARENA_NEW(s->arena, struct host);

	h->name = arena_strdup(s->arena, name);
	h->state_dir = settings->state_dir;
	h->target = (struct ssh_target){
		.address = settings->address ? settings->address : h->name,
		.port = (int)settings->port,
		.user = settings->user,
		.identity_file = local_path(s, settings->identity_file),
		.agent = settings->agent,
		.known_hosts = local_path(s, settings->known_hosts),
		.policy = settings->policy,
		.become = settings->become ? settings->become_user : NULL,
		.connect_timeout_ms = settings->connect_timeout_ms,
	};
	h->next = s->hosts;
	s->hosts = h;
	return h;
}

static int add_hosts(struct hd_session *s, const json_t *hosts, struct fault *f)
{
	const char *name;
	json_t *entry;

	json_object_foreach((json_t *)hosts, name, entry)
	{
		struct host_settings settings = s->defaults;

		if (settings_read(s->arena, entry, SETTINGS_HOST, &settings, f) < 0) {
			fault_detail(f, "host '%s'", name);
			return -1;
		}
		add_host(s, name, &settings);
	}
	return 0;
}

static int read_config(struct hd_session *s, const json_t *config, struct fault *f)
{
	s->project_dir = arena_strdup(s->arena, json_str(config, "ProjectDir", "."));
	s->files_dir = arena_strdup(s->arena, json_str(config, "FilesDir", s->project_dir));
	s->region = arena_strdup(s->arena, json_str(config, "Region", ""));
	set_defaults(s);
	if (settings_read(s->arena, config, SETTINGS_PROVIDER, &s->defaults, f) < 0)
		return -1;
	return add_hosts(s, json_object_get(config, "Hosts"), f);
}

int session_open(const struct hd_host *engine, struct hd_op *op, struct hd_span config,
		 struct hd_session **out)
{
	struct kit_call call = {engine, op, 0};
	struct hd_session *s = xcalloc(1, sizeof(*s));
	struct fault f = FAULT_INIT;
	json_t *json;
	int answer;

	s->host = engine;
	s->arena = arena_new();
	pthread_mutex_init(&s->lock, NULL);
	json = span_json(s->arena, config);
	if (json_is_object(json))
		answer = read_config(s, json, &f);
	else
		answer = fault_set(&f, HD_FATAL, DIAG_SSH_CONFIG,
				   "the settings of the ssh provider are no map");
	json_decref(json);
	if (answer < 0) {
		session_close(s);
		return fault_say(&call, &f);
	}
	*out = s;
	return HD_OK;
}

void session_close(struct hd_session *s)
{
	if (!s)
		return;
	for (struct host *h = s->hosts; h; h = h->next) {
		ssh_link_free(h->link);
		for (struct host_tunnel *t = h->tunnels; t; t = t->next)
			ssh_link_free(t->link);
	}
	pthread_mutex_destroy(&s->lock);
	arena_free(s->arena);
	free(s);
}

static struct host *find_locked(struct hd_session *s, const char *name)
{
	for (struct host *h = s->hosts; h; h = h->next) {
		if (strcmp(h->name, name) == 0)
			return h;
	}
	return NULL;
}

struct host *host_find(struct hd_session *s, const char *name)
{
	struct host *h;

	pthread_mutex_lock(&s->lock);
	h = find_locked(s, name);
	pthread_mutex_unlock(&s->lock);
	return h;
}

/* Hosts from records are kept under a name that no manifest can have. */
struct host *host_recall(struct hd_session *s, const char *name, const json_t *record)
{
	const char *address = json_str(record, "Address", NULL);
	const char *user = json_str(record, "User", NULL);
	struct host_settings settings = s->defaults;
	struct host *h;
	char *key;

	if (!address || !user)
		return NULL;
	pthread_mutex_lock(&s->lock);
	settings.address = arena_strdup(s->arena, address);
	settings.user = arena_strdup(s->arena, user);
	settings.port = json_int(record, "Port", 22);
	key = arena_printf(s->arena, "%s\n%s@%s:%lld", name, user, address,
			   (long long)settings.port);
	h = find_locked(s, key);
	if (!h)
		h = add_host(s, key, &settings);
	pthread_mutex_unlock(&s->lock);
	return h;
}

void host_remember(const struct host *h, json_t *record)
{
	json_object_set_new(record, "Address", json_string(h->target.address));
	json_object_set_new(record, "Port", json_integer(h->target.port));
	json_object_set_new(record, "User", json_string(h->target.user));
}

struct ssh_link *host_link(struct hd_session *s, struct host *h)
{
	struct ssh_link *link;

	pthread_mutex_lock(&s->lock);
	if (!h->link)
		h->link = ssh_link_new(&h->target);
	link = h->link;
	pthread_mutex_unlock(&s->lock);
	return link;
}

struct host_tunnel *host_tunnel_take(struct hd_session *s, struct host *h)
{
	struct host_tunnel *t;
	size_t count = 0;

	pthread_mutex_lock(&s->lock);
	for (t = h->tunnels; t && t->busy; t = t->next)
		count++;
	if (!t && count < HOST_TUNNELS_MAX) {
		t = ARENA_NEW(s->arena, struct host_tunnel);
		t->link = ssh_link_new(&h->target);
		t->next = h->tunnels;
		h->tunnels = t;
	}
	if (t)
		t->busy = true;
	pthread_mutex_unlock(&s->lock);
	return t;
}

void host_tunnel_give_back(struct hd_session *s, struct host_tunnel *t)
{
	pthread_mutex_lock(&s->lock);
	t->busy = false;
	pthread_mutex_unlock(&s->lock);
}

int host_unknown(struct hd_session *s, const char *name, struct fault *f)
{
	const char *nearest = NULL, **names;
	size_t count = 0, i = 0;

	fault_set(f, HD_FATAL, DIAG_SSH_HOST, "the host is not in the manifest");
	fault_detail(f, "'%s' is none of the Hosts of region '%s'", name, s->region);
	f->pointer = "/Host";
	pthread_mutex_lock(&s->lock);
	for (struct host *h = s->hosts; h; h = h->next)
		count++;
	names = xcalloc(count + 1, sizeof(*names));
	for (struct host *h = s->hosts; h; h = h->next) {
		if (!strchr(h->name, '\n'))
			names[i++] = h->name;
	}
	nearest = text_nearest(text_of(name), names, i);
	pthread_mutex_unlock(&s->lock);
	if (nearest)
		fault_hint(f, "did you mean '%s'?", nearest);
	else
		fault_hint(f, "Host names an entry of the region's Hosts in the manifest");
	free(names);
	return -1;
}
