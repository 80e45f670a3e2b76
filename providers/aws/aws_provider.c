#include "providers/aws/aws_provider.h"

#include "providers/aws/aws_types.h"
#include "providers/kit/span.h"

static void type_names(void *context, void (*take)(void *context, struct hd_span name))
{
	struct str name = STR_INIT;
	struct aws_types types;

	aws_types_open(&types, aws_types_data());
	for (size_t i = 0; i < types.count; i++) {
		str_clear(&name);
		if (aws_types_name(&types, i, &name))
			take(context, span_of_str(&name));
	}
	str_release(&name);
}

static int type_schema(struct hd_span type, void *context,
		       void (*take)(void *context, struct hd_span schema))
{
	struct str schema = STR_INIT;
	struct aws_types types;
	bool known;

	aws_types_open(&types, aws_types_data());
	known = aws_types_schema(&types, span_text(type), &schema);
	if (known)
		take(context, span_of_str(&schema));
	str_release(&schema);
	return known;
}

const struct hd_provider hadeploy_provider_aws = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "aws",
	.version = "1",
	.type_names = type_names,
	.type_schema = type_schema,
};
