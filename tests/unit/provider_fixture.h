/*
 * provider_fixture.h - an engine for tests of a provider: it keeps what was handed over.
 */
#ifndef TESTS_UNIT_PROVIDER_FIXTURE_H
#define TESTS_UNIT_PROVIDER_FIXTURE_H

#include "base/str.h"
#include "providers/builtin.h"

/* One call.  Texts that may come several times are each followed by a blank. */
struct hd_op {
	struct str code, summary, detail, hint, pointer, same, replace, computed;
	struct str place; /* of messages about files: "thing.yaml:3:5 " */
	struct str id, state, priv, token, result;
	int cancelled;
	int effect; /* -1: not said */
	int64_t wait_ms, retry_after_ms;
};

const struct hd_host *provider_engine(void);
const struct hd_provider *provider_ssh(void);
void provider_op_release(struct hd_op *op);

#endif
