/* fake_checks.c - see fake_checks.h. */
#include "tests/unit/fake_checks.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define SCRIPTS_MAX 32
#define ANSWERS_MAX 64
#define VALUES_MAX 256

struct script {
	char check[32], region[32], answers[ANSWERS_MAX], values[VALUES_MAX];
	size_t made;
};

static struct {
	pthread_mutex_t lock;
	struct script scripts[SCRIPTS_MAX];
	size_t count;
	void (*hook)(const char *check, const char *region);
} checks = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct hd_session {
	const struct hd_host *host;
	char region[32];
};

/* With the lock held. */
static struct script *script_of(const char *check, const char *region)
{
	struct script *s;

	for (size_t i = 0; i < checks.count; i++) {
		s = &checks.scripts[i];
		if (!strcmp(s->check, check) && !strcmp(s->region, region))
			return s;
	}
	if (checks.count == SCRIPTS_MAX)
		abort();
	s = &checks.scripts[checks.count++];
	memset(s, 0, sizeof(*s));
	snprintf(s->check, sizeof(s->check), "%s", check);
	snprintf(s->region, sizeof(s->region), "%s", region);
	snprintf(s->answers, sizeof(s->answers), "1");
	return s;
}

void checks_reset(void)
{
	checks.count = 0;
	checks.hook = NULL;
}

void checks_script(const char *check, const char *region, const char *answers)
{
	struct script *s;

	pthread_mutex_lock(&checks.lock);
	s = script_of(check, region);
	s->made = 0;
	snprintf(s->answers, sizeof(s->answers), "%s", answers);
	pthread_mutex_unlock(&checks.lock);
}

void checks_values(const char *check, const char *region, const char *values)
{
	struct script *s;

	pthread_mutex_lock(&checks.lock);
	s = script_of(check, region);
	snprintf(s->values, sizeof(s->values), "%s", values);
	pthread_mutex_unlock(&checks.lock);
}

size_t checks_made(const char *check, const char *region)
{
	size_t made = 0;

	for (size_t i = 0; i < checks.count; i++) {
		const struct script *s = &checks.scripts[i];

		if (!strcmp(s->check, check) && (!region || !strcmp(s->region, region)))
			made += s->made;
	}
	return made;
}

void checks_set_hook(void (*hook)(const char *check, const char *region))
{
	checks.hook = hook;
}

/* --- the provider ---------------------------------------------------------------------- */

static int fake_open(const struct hd_host *host, struct hd_op *op, struct hd_span config,
		     struct hd_session **out)
{
	json_t *j = json_parse((struct text){config.ptr, config.len}, NULL, NULL);
	struct hd_session *s = xcalloc(1, sizeof(*s));

	(void)op;
	s->host = host;
	snprintf(s->region, sizeof(s->region), "%s", json_str(j, "Region", ""));
	json_decref(j);
	*out = s;
	return HD_OK;
}

static void fake_close(struct hd_session *s)
{
	free(s);
}

static int fake_call(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	(void)s;
	(void)op;
	(void)r;
	return HD_FATAL;
}

static int fake_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		     struct hd_span token)
{
	(void)token;
	return fake_call(s, op, r);
}

static char next_answer(const char *check, const char *region, char values[VALUES_MAX])
{
	struct script *s;
	char answer;
	size_t last;

	pthread_mutex_lock(&checks.lock);
	s = script_of(check, region);
	last = strlen(s->answers) - 1;
	answer = s->answers[s->made < last ? s->made : last];
	memcpy(values, s->values, VALUES_MAX);
	s->made++;
	pthread_mutex_unlock(&checks.lock);
	return answer;
}

static int fake_lookup(struct hd_session *s, struct hd_op *op, struct hd_span what,
		       struct hd_span args)
{
	json_t *j = json_parse((struct text){args.ptr, args.len}, NULL, NULL);
	const char *name = json_str(j, "Name", "");
	char answer, values[VALUES_MAX], result[VALUES_MAX + 80];
	int len;

	if (what.len != 5 || memcmp(what.ptr, "check", 5) != 0)
		abort();
	if (checks.hook)
		checks.hook(name, s->region);
	answer = next_answer(name, s->region, values);
	json_decref(j);
	if (answer == '!')
		return HD_FATAL;
	if (answer == '-')
		*values = '\0';
	len = snprintf(result, sizeof(result),
		       "{\"Healthy\":%s,\"Detail\":\"%s\",\"Millis\":1%s%s%s}",
		       answer == '1' ? "true" : "false",
		       answer == '1'   ? "200"
		       : answer == '?' ? "exit 127"
				       : "503",
		       answer == '?'   ? ",\"Asked\":false"
		       : answer == 'n' ? ",\"SaidNo\":true"
				       : "",
		       *values ? ",\"Values\":" : "", values);
	s->host->set_result(op, (struct hd_span){result, (size_t)len});
	return HD_OK;
}

static const char no_types[] = "{\"types\":{}}";

const struct hd_provider fake_checks = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "probe",
	.version = "1",
	.schema = {no_types, sizeof(no_types) - 1},
	.open = fake_open,
	.close = fake_close,
	.read = fake_call,
	.create = fake_call,
	.update = fake_call,
	.remove = fake_call,
	.poll = fake_poll,
	.lookup = fake_lookup,
};
