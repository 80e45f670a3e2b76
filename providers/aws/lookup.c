#include "providers/aws/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "providers/aws/ask.h"

static const struct aws_service ssm = {
	.name = "ssm", .protocol = PROTOCOL_JSON_1_1, .target_prefix = "AmazonSSM"};
static const struct aws_service secretsmanager = {
	.name = "secretsmanager", .protocol = PROTOCOL_JSON_1_1, .target_prefix = "secretsmanager"};
static const struct aws_service ec2 = {
	.name = "ec2", .protocol = PROTOCOL_EC2, .api_version = "2016-11-15"};

struct lookup {
	struct asker w;
	const json_t *args;
};

/* Takes the parameters. */
static json_t *ask(const struct lookup *l, const struct aws_service *service, const char *action,
		   json_t *parameters)
{
	struct aws_question q = {.service = service, .action = action, .parameters = parameters};
	json_t *body = aws_ask(&l->w, &q);

	json_decref(parameters);
	return body;
}

/* The service knows no such thing: its name is what the user can mend.  What the service said stays
 * in the detail. */
static void name_absent(const struct lookup *l, const char *kind, const char *name)
{
	struct fault *f = l->w.f;
	char *detail;

	if (f->status != HD_NOTFOUND)
		return;
	detail = str_steal(&f->detail);
	fault_set(f, HD_NOTFOUND, DIAG_AWS_LOOKUP, "there is no %s", kind);
	fault_detail(f, "'%s' in region %s", name, l->w.s->aws_region);
	fault_detail(f, "%s", detail);
	fault_hint(f, "check its name, the region, and whose account the credentials are for");
	free(detail);
}

static int refuse(const struct lookup *l, const char *kind, const char *name, const char *hint)
{
	fault_set(l->w.f, HD_FATAL, DIAG_AWS_LOOKUP, "%s", kind);
	fault_detail(l->w.f, "'%s' in region %s", name, l->w.s->aws_region);
	fault_hint(l->w.f, "%s", hint);
	return -1;
}

/* --- Parameter Store ------------------------------------------------------------------ */

enum parameter_form { PARAMETER_PLAIN, PARAMETER_SECURE };

static json_t *ask_parameter(const struct lookup *l, const char *name, enum parameter_form form)
{
	const char *version = json_str(l->args, "Version", NULL);
	const char *selector = version ? arena_printf(l->w.a, "%s:%s", name, version) : name;
	json_t *body = ask(l, &ssm, "GetParameter",
			   json_pack("{s:s, s:b}", "Name", selector, "WithDecryption",
				     form == PARAMETER_SECURE));

	if (!body)
		name_absent(l, "such parameter in the Parameter Store", selector);
	return body;
}

static int take_parameter(const struct lookup *l, enum parameter_form form, json_t **out)
{
	const char *name = json_str(l->args, "Name", "");
	json_t *body = ask_parameter(l, name, form), *value;
	const json_t *found = json_object_get(body, "Parameter");
	bool secure = strcmp(json_str(found, "Type", ""), "SecureString") == 0;
	int rc = -1;

	value = json_object_get(found, "Value");
	if (!body)
		return -1;
	if (!json_is_string(value))
		refuse(l, "the Parameter Store gave no value", name,
		       "see that Endpoint is the address of AWS");
	else if (secure && form == PARAMETER_PLAIN)
		refuse(l, "the parameter is a SecureString", name,
		       "write {{resolve:ssm-secure:...}}, where the property takes it");
	else if (!secure && form == PARAMETER_SECURE)
		refuse(l, "the parameter is no SecureString", name, "write {{resolve:ssm:...}}");
	else
		rc = 0;
	if (rc == 0)
		*out = json_incref(value);
	json_decref(body);
	return rc;
}

static int look_up_plain(const struct lookup *l, json_t **out)
{
	return take_parameter(l, PARAMETER_PLAIN, out);
}

static int look_up_secure(const struct lookup *l, json_t **out)
{
	return take_parameter(l, PARAMETER_SECURE, out);
}

/* --- Secrets Manager ------------------------------------------------------------------- */

static int look_up_secret(const struct lookup *l, json_t **out)
{
	static const char *const optional[] = {"VersionStage", "VersionId"};
	const char *name = json_str(l->args, "Name", "");
	json_t *parameters = json_pack("{s:s}", "SecretId", name), *body, *value;
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(optional); i++) {
		if (json_object_get(l->args, optional[i]))
			json_object_set(parameters, optional[i],
					json_object_get(l->args, optional[i]));
	}
	body = ask(l, &secretsmanager, "GetSecretValue", parameters);
	if (!body) {
		name_absent(l, "such secret in Secrets Manager", name);
		return -1;
	}
	value = json_object_get(body, "SecretString");
	if (json_is_string(value))
		*out = json_incref(value);
	else
		rc = refuse(l, "the secret is binary", name,
			    "store it as a text: templates know nothing else");
	json_decref(body);
	return rc;
}

/* --- zones ----------------------------------------------------------------------------- */

static bool is_usable_zone(const json_t *zone)
{
	return strcmp(json_str(zone, "zoneState", "available"), "available") == 0 &&
	       strcmp(json_str(zone, "zoneType", "availability-zone"), "availability-zone") == 0 &&
	       json_str(zone, "zoneName", NULL);
}

static int compare_names(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static json_t *sorted_names(struct arena *a, const json_t *zones)
{
	const char **names = ARENA_ARRAY(a, json_array_size(zones), const char *);
	json_t *list = json_array();
	size_t count = 0, i;
	const json_t *zone;

	json_array_foreach(zones, i, zone)
	{
		if (is_usable_zone(zone))
			names[count++] = json_str(zone, "zoneName", NULL);
	}
	if (count)
		qsort(names, count, sizeof(*names), compare_names);
	for (i = 0; i < count; i++)
		json_array_append_new(list, json_string(names[i]));
	return list;
}

static int look_up_zones(const struct lookup *l, json_t **out)
{
	struct rest_session there = *l->w.s;
	struct lookup with = *l;
	json_t *body;

	there.aws_region = json_str(l->args, "Region", l->w.s->aws_region);
	with.w.s = &there;
	body = ask(&with, &ec2, "DescribeAvailabilityZones",
		   json_pack("{s:[{s:s, s:[s]}, {s:s, s:[s]}]}", "Filter", "Name", "zone-type",
			     "Value", "availability-zone", "Name", "state", "Value", "available"));
	if (!body)
		return -1;
	*out = sorted_names(l->w.a, json_object_get(body, "availabilityZoneInfo"));
	json_decref(body);
	if (json_array_size(*out))
		return 0;
	json_decref(*out);
	*out = NULL;
	return refuse(&with, "the region has no availability zone", there.aws_region,
		      "enable the region for this account, or write its Zones in the manifest");
}

/* --- all of them ----------------------------------------------------------------------- */

static const struct {
	const char *what;
	int (*look_up)(const struct lookup *l, json_t **out);
} lookups[] = {
	{"ssm", look_up_plain},
	{"ssm-secure", look_up_secure},
	{"secretsmanager", look_up_secret},
	{"availability-zones", look_up_zones},
};

json_t *aws_lookup(const struct rest_session *s, const struct kit_call *c, struct text what,
		   const json_t *args, struct fault *f)
{
	struct lookup l = {{s, c, arena_new(), f}, args};
	json_t *out = NULL;
	size_t i = 0;

	while (i < ARRAY_LEN(lookups) && !text_is(what, lookups[i].what))
		i++;
	if (i < ARRAY_LEN(lookups)) {
		lookups[i].look_up(&l, &out);
	} else {
		fault_set(f, HD_FATAL, DIAG_AWS_LOOKUP, "AWS looks up no '%.*s'", TEXT_ARG(what));
		fault_hint(f, "docs/dynamic-references.md has what can be looked up");
	}
	arena_free(l.w.a);
	return out;
}
