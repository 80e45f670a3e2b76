#include "providers/probe/settings.h"

#include <string.h>

#include "base/file.h"

/* 0, or -1 with *why. */
typedef int read_fn(struct arena *a, const json_t *value, struct probe_settings *out,
		    const char **why);

static int read_path(struct arena *a, const json_t *value, const struct probe_settings *s,
		     const char **to, const char **why)
{
	const char *path = json_string_value(value);

	*why = "it is a path; relative ones begin at the project's folder";
	if (!path || !*path)
		return -1;
	*to = path_join(a, s->project_dir, path_expand_home(a, path));
	return 0;
}

static int read_ca_file(struct arena *a, const json_t *value, struct probe_settings *out,
			const char **why)
{
	return read_path(a, value, out, &out->http.ca_file, why);
}

static int read_cert_file(struct arena *a, const json_t *value, struct probe_settings *out,
			  const char **why)
{
	return read_path(a, value, out, &out->http.cert_file, why);
}

static int read_key_file(struct arena *a, const json_t *value, struct probe_settings *out,
			 const char **why)
{
	return read_path(a, value, out, &out->http.key_file, why);
}

static int read_proxy(struct arena *a, const json_t *value, struct probe_settings *out,
		      const char **why)
{
	*why = "it is a URL such as http://proxy:3128, or '' for none";
	if (!json_is_string(value))
		return -1;
	out->http.proxy = arena_strdup(a, json_string_value(value));
	return 0;
}

static const struct {
	const char *name;
	read_fn *read; /* NULL: the engine's, read before */
} keys[] = {
	{"CaFile", read_ca_file},   {"CertFile", read_cert_file},
	{"KeyFile", read_key_file}, {"Proxy", read_proxy},
	{"Project", NULL},          {"ProjectDir", NULL},
	{"FilesDir", NULL},         {"Region", NULL},
	{"Account", NULL},          {"Hosts", NULL},
};

static int refuse_key(const char *key, struct fault *f)
{
	const char *names[ARRAY_LEN(keys)], *near;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (keys[i].read)
			names[count++] = keys[i].name;
	}
	near = text_nearest(text_of(key), names, count);
	fault_set(f, HD_FATAL, DIAG_PROBE_SETTING, "provider probe has no setting '%s'", key);
	if (near)
		fault_hint(f, "did you mean '%s'?", near);
	else
		fault_hint(f, "it has CaFile, CertFile, KeyFile and Proxy");
	return -1;
}

static int read_key(struct arena *a, const char *key, const json_t *value,
		    struct probe_settings *out, struct fault *f)
{
	const char *why;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(key, keys[i].name) != 0)
			continue;
		if (!keys[i].read || keys[i].read(a, value, out, &why) == 0)
			return 0;
		fault_set(f, HD_FATAL, DIAG_PROBE_SETTING,
			  "setting '%s' of provider probe cannot be used", key);
		fault_detail(f, "%s", why);
		return -1;
	}
	return refuse_key(key, f);
}

int probe_settings_read(struct arena *a, const json_t *config, struct probe_settings *out,
			struct fault *f)
{
	const char *key;
	json_t *value;

	*out = (struct probe_settings){
		.project = arena_strdup(a, json_str(config, "Project", "")),
		.project_dir = arena_strdup(a, json_str(config, "ProjectDir", ".")),
		.account = arena_strdup(a, json_str(config, "Account", "-")),
		.region = arena_strdup(a, json_str(config, "Region", "")),
		.hosts = "{}",
	};
	if (json_is_object(json_object_get(config, "Hosts")))
		out->hosts = json_text(a, json_object_get(config, "Hosts"));
	json_object_foreach((json_t *)config, key, value)
	{
		if (read_key(a, key, value, out, f) < 0)
			return -1;
	}
	return 0;
}
