#include "tests/unit/probe_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "providers/kit/span.h"
#include "providers/probe/probe_provider.h"

static const struct hd_provider *table = &hadeploy_provider_probe;

static void fresh(struct probe_fixture *f)
{
	provider_op_release(&f->op);
	memset(&f->op, 0, sizeof(f->op));
}

void probe_start(struct probe_fixture *f, const char *settings)
{
	json_t *config = json_parse(text_of(settings), NULL, NULL);

	memset(f, 0, sizeof(*f));
	f->arena = arena_new();
	snprintf(f->folder, sizeof(f->folder), "/tmp/hadeploy-probe.XXXXXX");
	if (!mkdtemp(f->folder) || !config)
		abort();
	json_object_set_new(config, "ProjectDir", json_string(f->folder));
	json_object_set_new(config, "Project", json_string("shop"));
	json_object_set_new(config, "Region", json_string("east"));
	json_object_set_new(config, "Account", json_string("prod"));
	f->status = table->open(provider_engine(), &f->op, span_of(json_text(f->arena, config)),
				&f->session);
	json_decref(config);
}

void probe_stop(struct probe_fixture *f)
{
	const char *command = arena_printf(f->arena, "rm -rf %s", f->folder);

	if (f->session)
		table->close(f->session);
	provider_op_release(&f->op);
	if (system(command) != 0)
		abort();
	arena_free(f->arena);
}

int probe_check(struct probe_fixture *f, const char *args, ...)
{
	struct str text = STR_INIT;
	va_list ap;

	va_start(ap, args);
	str_vprintf(&text, args, ap);
	va_end(ap);
	fresh(f);
	f->status = table->lookup(f->session, &f->op, span_of("check"), span_of_str(&text));
	str_release(&text);
	return f->status;
}

int probe_check_stopped(struct probe_fixture *f, const char *args)
{
	fresh(f);
	f->op.cancelled = 1;
	f->status = table->lookup(f->session, &f->op, span_of("check"), span_of(args));
	return f->status;
}

bool probe_healthy(struct probe_fixture *f)
{
	json_t *result = json_parse(str_text(&f->op.result), NULL, NULL);
	bool healthy = json_flag(result, "Healthy", false);

	json_decref(result);
	return healthy;
}

bool probe_asked(struct probe_fixture *f)
{
	json_t *result = json_parse(str_text(&f->op.result), NULL, NULL);
	bool asked = json_flag(result, "Asked", true);

	json_decref(result);
	return asked;
}

const char *probe_detail(struct probe_fixture *f)
{
	json_t *result = json_parse(str_text(&f->op.result), NULL, NULL);
	const char *from = json_str(result, "Detail", "");
	char *detail = arena_strdup(f->arena, from), *to = detail;

	for (; *from; from++) {
		size_t digits = strspn(from, "0123456789");

		if (digits && strncmp(from + digits, " ms", 3) == 0) {
			*to++ = '*';
			from += digits - 1;
			continue;
		}
		*to++ = *from;
	}
	*to = '\0';
	json_decref(result);
	return detail;
}

void probe_write(struct probe_fixture *f, const char *name, const char *content)
{
	const char *path = path_join(f->arena, f->folder, name);

	if (file_write_atomic(path, text_of(content)) != 0 || chmod(path, 0755) != 0)
		abort();
}
