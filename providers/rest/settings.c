/* settings.c - what an entry of the manifest says of a provider whose types are definitions. */
#include <string.h>

#include "base/file.h"
#include "providers/rest/session.h"

#define TIMEOUT_MS_MAX 300000
#define CONNECT_MS_MAX 60000

/* 0, or -1 with *why. */
typedef int read_fn(struct arena *a, const json_t *value, struct rest_settings *out,
		    const char **why);

static const char *text_value(struct arena *a, const json_t *value)
{
	const char *text = json_string_value(value);

	return text && *text ? arena_strdup(a, text) : NULL;
}

static const char *path_value(struct arena *a, const json_t *value, const struct rest_settings *s)
{
	const char *text = text_value(a, value);

	return text ? path_join(a, s->project_dir, path_expand_home(a, text)) : NULL;
}

static int read_path(struct arena *a, const json_t *value, const struct rest_settings *s,
		     const char **to, const char **why)
{
	*why = "it is a path; relative ones begin at the project's folder";
	*to = path_value(a, value, s);
	return *to ? 0 : -1;
}

static int read_definitions(struct arena *a, const json_t *value, struct rest_settings *out,
			    const char **why)
{
	return read_path(a, value, out, &out->definitions, why);
}

static int read_ca_file(struct arena *a, const json_t *value, struct rest_settings *out,
			const char **why)
{
	return read_path(a, value, out, &out->http.ca_file, why);
}

static int read_cert_file(struct arena *a, const json_t *value, struct rest_settings *out,
			  const char **why)
{
	return read_path(a, value, out, &out->http.cert_file, why);
}

static int read_key_file(struct arena *a, const json_t *value, struct rest_settings *out,
			 const char **why)
{
	return read_path(a, value, out, &out->http.key_file, why);
}

static bool is_url(const char *text)
{
	return text && (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0) &&
	       !strpbrk(text, " \t\r\n");
}

static int read_endpoint(struct arena *a, const json_t *value, struct rest_settings *out,
			 const char **why)
{
	*why = "it is a URL that begins with http:// or https://";
	out->endpoint = text_value(a, value);
	return is_url(out->endpoint) ? 0 : -1;
}

static int read_endpoints(struct arena *a, const json_t *value, struct rest_settings *out,
			  const char **why)
{
	const char *name;
	json_t *url;

	(void)a;
	*why = "it maps names of services to URLs that begin with http:// or https://";
	if (!json_is_object(value))
		return -1;
	json_object_foreach((json_t *)value, name, url)
	{
		if (!is_url(json_string_value(url)))
			return -1;
	}
	out->endpoints = value;
	return 0;
}

static int read_headers(struct arena *a, const json_t *value, struct rest_settings *out,
			const char **why)
{
	const char *name;
	json_t *text;

	(void)a;
	*why = "it maps names of headers to texts of one line";
	if (!json_is_object(value))
		return -1;
	json_object_foreach((json_t *)value, name, text)
	{
		if (!json_is_string(text) || strpbrk(json_string_value(text), "\r\n") ||
		    strpbrk(name, " :\r\n"))
			return -1;
	}
	out->headers = value;
	return 0;
}

static int read_own_settings(struct arena *a, const json_t *value, struct rest_settings *out,
			     const char **why)
{
	(void)a;
	*why = "it is a map";
	out->settings = value;
	return json_is_object(value) ? 0 : -1;
}

static int read_proxy(struct arena *a, const json_t *value, struct rest_settings *out,
		      const char **why)
{
	*why = "it is a URL such as http://proxy:3128, or '' for none";
	if (!json_is_string(value))
		return -1;
	out->http.proxy = arena_strdup(a, json_string_value(value));
	return 0;
}

static int read_time(const json_t *value, int64_t max_ms, int64_t *out)
{
	const char *text = json_string_value(value);

	if (json_is_integer(value))
		*out = json_integer_value(value) > max_ms ? -1 : json_integer_value(value) * 1000;
	else if (!text || !text_to_duration_ms(text_of(text), out))
		return -1;
	return *out > 0 && *out <= max_ms ? 0 : -1;
}

static int read_timeout(struct arena *a, const json_t *value, struct rest_settings *out,
			const char **why)
{
	(void)a;
	*why = "it is a time such as 30s, at most five minutes";
	return read_time(value, TIMEOUT_MS_MAX, &out->timeout_ms);
}

static int read_connect_timeout(struct arena *a, const json_t *value, struct rest_settings *out,
				const char **why)
{
	(void)a;
	*why = "it is a time such as 5s, at most a minute";
	return read_time(value, CONNECT_MS_MAX, &out->http.connect_ms);
}

static const struct {
	const char *name;
	read_fn *read; /* NULL: somebody else's, or read before */
} keys[] = {
	{"Definitions", read_definitions},
	{"Endpoint", read_endpoint},
	{"Endpoints", read_endpoints},
	{"Auth", NULL},
	{"Headers", read_headers},
	{"Settings", read_own_settings},
	{"CaFile", read_ca_file},
	{"CertFile", read_cert_file},
	{"KeyFile", read_key_file},
	{"Proxy", read_proxy},
	{"Timeout", read_timeout},
	{"ConnectTimeout", read_connect_timeout},
	{"Use", NULL},
	{"Types", NULL},
	{"Project", NULL},
	{"ProjectDir", NULL},
	{"FilesDir", NULL},
	{"Region", NULL},
	{"Account", NULL},
	{"Hosts", NULL},
};

#define NAMES_MAX (ARRAY_LEN(keys) + 40)

/* Names of all settings; the count. */
static size_t all_names(const struct rest_kind *kind, const char *names[NAMES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		names[count++] = keys[i].name;
	for (size_t i = 0; kind->keys && kind->keys[i] && count < NAMES_MAX; i++)
		names[count++] = kind->keys[i];
	return count;
}

static int unknown_key(const struct rest_kind *kind, const char *key, struct fault *f)
{
	const char *names[NAMES_MAX], *near;
	size_t count = all_names(kind, names);

	for (size_t i = ARRAY_LEN(keys); i < count; i++) {
		if (strcmp(names[i], key) == 0)
			return 0;
	}
	near = text_nearest(text_of(key), names, count);
	fault_set(f, HD_FATAL, DIAG_REST_CONFIG, "provider %s has no setting '%s'", kind->name,
		  key);
	fault_hint(f, near ? "did you mean '%s'?" : "docs/rest.md has all of them%s",
		   near ? near : "");
	return -1;
}

/* 0, -1, or 1: the key is none of these. */
static int read_key(struct arena *a, const char *key, const json_t *value,
		    struct rest_settings *out, struct fault *f)
{
	const char *why = "";

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(key, keys[i].name) != 0)
			continue;
		if (!keys[i].read || keys[i].read(a, value, out, &why) == 0)
			return 0;
		return fault_set(f, HD_FATAL, DIAG_REST_CONFIG, "'%s' cannot be this: %s", key,
				 why);
	}
	return 1;
}

int rest_settings_keys(const struct rest_kind *kind, const json_t *config, struct fault *f)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)config, key, value)
	{
		size_t i = 0;

		while (i < ARRAY_LEN(keys) && strcmp(keys[i].name, key) != 0)
			i++;
		if (i == ARRAY_LEN(keys) && unknown_key(kind, key, f) < 0)
			return -1;
	}
	return 0;
}

int rest_settings_read(struct arena *a, const struct rest_kind *kind, const json_t *config,
		       struct rest_settings *out, struct fault *f)
{
	const char *key;
	json_t *value;

	*out = (struct rest_settings){
		.project = arena_strdup(a, json_str(config, "Project", "")),
		.project_dir = arena_strdup(a, json_str(config, "ProjectDir", ".")),
		.region = arena_strdup(a, json_str(config, "Region", "")),
		.account = arena_strdup(a, json_str(config, "Account", "-")),
		.http = {.user_agent = "hadeploy/" HADEPLOY_VERSION},
		.timeout_ms = HTTP_TIMEOUT_MS,
	};
	if (!json_is_object(config))
		return fault_set(f, HD_FATAL, DIAG_REST_CONFIG, "the settings are no map");
	json_object_foreach((json_t *)config, key, value)
	{
		int rc = read_key(a, key, value, out, f);

		if (rc < 0 || (rc > 0 && unknown_key(kind, key, f) < 0))
			return -1;
	}
	return 0;
}
