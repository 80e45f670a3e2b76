/* lint_fixture.c - see lint_fixture.h. */
#include "tests/unit/lint_fixture.h"

#include <string.h>

#include "engine/lint/lint.h"

#define FIRST_RULE 2420

#define THING                                                                                  \
	"{\"definitions\": {\"Rule\": {\"type\": \"object\", \"properties\": {"                \
	"  \"Port\": {\"type\": \"integer\"}, \"Next\": {\"$ref\": \"#/definitions/Rule\"}},"  \
	"  \"required\": [\"Port\"]}},"                                                        \
	"\"properties\": {"                                                                    \
	"  \"Name\": {\"type\": \"string\", \"minLength\": 2, \"maxLength\": 8},"              \
	"  \"Lower\": {\"type\": \"string\", \"pattern\": \"^[a-z]+$\"},"                      \
	"  \"Mode\": {\"type\": \"string\", \"enum\": [\"Fast\", \"Slow\"]},"                  \
	"  \"Size\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 10},"                \
	"  \"On\": {\"type\": \"boolean\"},"                                                   \
	"  \"Names\": {\"type\": \"array\", \"items\": {\"type\": \"string\"},"                \
	"    \"uniqueItems\": true, \"minItems\": 1, \"maxItems\": 3},"                        \
	"  \"Rules\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/Rule\"}},"   \
	"  \"Free\": {\"type\": \"object\", \"additionalProperties\": true},"                  \
	"  \"Vpc\": {\"type\": \"string\", \"format\": \"AWS::EC2::VPC.Id\"},"                 \
	"  \"A\": {\"type\": \"string\"}, \"B\": {\"type\": \"string\"}, \"C\": {\"type\": "   \
	"\"string\"},"                                                                         \
	"  \"D\": {\"type\": \"string\"}, \"E\": {\"type\": \"string\"}, \"Arn\": {\"type\": " \
	"\"string\"}},"                                                                        \
	"\"required\": [\"Name\"], \"readOnlyProperties\": [\"/properties/Arn\"],"             \
	"\"dependentRequired\": {\"A\": [\"B\"]}, \"dependentExcluded\": {\"B\": [\"C\"]},"    \
	"\"requiredXor\": [[\"D\", \"E\"]],"                                                   \
	"\"primaryIdentifier\": [\"/properties/Name\"],"                                       \
	"\"attributes\": {\"Endpoint.Port\": {\"type\": \"string\"},"                          \
	"  \"All\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}}}"

#define REFERS(format)                                                                   \
	"{\"properties\": {\"Id\": {\"type\": \"string\", \"format\": \"" format "\"}}," \
	"\"readOnlyProperties\": [\"/properties/Id\"], \"ref\": \"/properties/Id\"}"

static const struct {
	const char *type, *schema;
} catalogue_types[] = {
	{"AWS::Test::Thing", THING},
	{"AWS::Test::Vpc", REFERS("AWS::EC2::VPC.Id")},
	{"AWS::Test::Subnet", REFERS("AWS::EC2::Subnet.Id")},
};

static struct hd_span span_of(const char *text)
{
	return (struct hd_span){text, strlen(text)};
}

static void type_names(void *context, void (*take)(void *context, struct hd_span name))
{
	for (size_t i = 0; i < ARRAY_LEN(catalogue_types); i++)
		take(context, span_of(catalogue_types[i].type));
}

static int type_schema(struct hd_span type, void *context,
		       void (*take)(void *context, struct hd_span schema))
{
	for (size_t i = 0; i < ARRAY_LEN(catalogue_types); i++) {
		if (!text_is((struct text){type.ptr, type.len}, catalogue_types[i].type))
			continue;
		take(context, span_of(catalogue_types[i].schema));
		return 1;
	}
	return 0;
}

static const struct hd_provider catalogue = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "aws",
	.version = "1",
	.type_names = type_names,
	.type_schema = type_schema,
};

static int open_session(const struct hd_host *host, struct hd_op *op, struct hd_span config,
			struct hd_session **out)
{
	(void)host;
	(void)op;
	(void)config;
	*out = NULL;
	return HD_OK;
}

static void close_session(struct hd_session *s)
{
	(void)s;
}

static int call(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	(void)s;
	(void)op;
	(void)r;
	return HD_OK;
}

static int poll_call(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		     struct hd_span token)
{
	(void)token;
	return call(s, op, r);
}

static const char deployed[] = "{\"types\": {\"Test::Thing\": " THING "}}";

static const struct hd_provider deployer = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "ssh",
	.version = "1",
	.schema = {deployed, sizeof(deployed) - 1},
	.open = open_session,
	.close = close_session,
	.read = call,
	.create = call,
	.update = call,
	.remove = call,
	.poll = poll_call,
};

static const struct hd_provider *const tables[] = {&deployer, &catalogue, NULL};

static const char *said(struct template_fixture *f)
{
	struct str out = STR_INIT;
	const char *text;

	diags_sort(&f->d);
	for (const struct diag *g = f->d.first; g; g = g->next) {
		if ((int)g->code >= FIRST_RULE && (int)g->code < 2500)
			continue;
		str_printf(&out, "%u:%u %s HD%d %s\n", g->where.start.line, g->where.start.column,
			   g->severity == DIAG_ERROR ? "error" : "warning", (int)g->code,
			   g->summary);
	}
	text = arena_text(f->a, str_text(&out));
	str_release(&out);
	diags_release(&f->d);
	return text;
}

int lint_loaded(struct template_fixture *f)
{
	struct registry *types = registry_open(manifest_none(f->a), tables, &f->d);
	int rc;

	if (!types)
		fail_msg("no registry: %s", fixture_said(f));
	rc = lint_template(f->tpl, types, &f->d);
	registry_close(types);
	return rc;
}

const char *lint_said(struct template_fixture *f, const char *text)
{
	if (!fixture_load(f, text))
		fail_msg("does not load: %s", fixture_said(f));
	lint_loaded(f);
	return said(f);
}

const char *lint_properties_said(struct template_fixture *f, const char *properties)
{
	static const char form[] =
		"Parameters: {Text: {Type: String, Default: Text}, List: {Type: "
		"CommaDelimitedList},\n"
		"  Secret: {Type: String, NoEcho: true, Default: hush}, Choice: {Type: String,\n"
		"  AllowedValues: [Fast, Medium]}, Vpc: {Type: AWS::EC2::VPC::Id},\n"
		"  Subnet: {Type: AWS::EC2::Subnet::Id}}\n"
		"Conditions: {Prod: !Equals [!Ref Text, prod], NotProd: !Not [!Condition Prod],\n"
		"  Other: !Equals [!Ref Choice, Fast]}\n"
		"Mappings: {Map: {east: {Mode: Fast, List: [a, b]}, west: {Mode: Lazy, List: "
		"[c]}}}\n"
		"Resources: {R: {Type: Test::Thing, Properties: {%s}},\n"
		"  Net: {Type: AWS::Test::Subnet}, Thing: {Type: Test::Thing,\n"
		"  Properties: {Name: thing, D: d}}}\n";

	return lint_said(f, arena_printf(f->a, form, properties));
}
