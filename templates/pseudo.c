/* pseudo.c - the parameters that nobody declares. */
#include "templates/eval.h"

#include <string.h>

#include "base/digest.h"

const char *const pseudo_names[] = {
	"AWS::Region",    "AWS::AccountId", "AWS::StackName",        "AWS::StackId",
	"AWS::Partition", "AWS::URLSuffix", "AWS::NotificationARNs", "AWS::NoValue",
	"HA::Project",    "HA::Region",     "HA::Account",           "HA::GitCommit",
};
const size_t pseudo_count = ARRAY_LEN(pseudo_names);

bool pseudo_known(struct text name)
{
	for (size_t i = 0; i < pseudo_count; i++) {
		if (text_is(name, pseudo_names[i]))
			return true;
	}
	return false;
}

static bool in_china(const struct eval_target *t)
{
	return strncmp(t->aws_region, "cn-", 3) == 0;
}

static const char *partition(const struct eval_target *t)
{
	if (in_china(t))
		return "aws-cn";
	return strncmp(t->aws_region, "us-gov-", 7) == 0 ? "aws-us-gov" : "aws";
}

/* Of CloudFormation's form, because templates cut it at '/' and '-' to make names unique; the
 * same for the same stack instance always. */
static const char *stack_id(struct eval *e)
{
	const struct eval_target *t = e->st->target;
	const char *seed =
		arena_printf(e->a, "%s/%s/%s/%s", t->project, t->stack, t->account, t->region);
	char hex[65];

	digest_sha256(text_of(seed), hex);
	return arena_printf(e->a, "arn:%s:cloudformation:%s:%s:stack/%s/%.8s-%.4s-%.4s-%.4s-%.12s",
			    partition(t), t->aws_region, t->account, t->stack, hex, hex + 8,
			    hex + 12, hex + 16, hex + 20);
}

static const char *pseudo_text(struct eval *e, struct text name)
{
	const struct eval_target *t = e->st->target;

	if (text_is(name, "AWS::Region"))
		return t->aws_region;
	if (text_is(name, "AWS::AccountId") && (t->account_id || t->asks_cloud))
		return t->account_id;
	if (text_is(name, "AWS::AccountId"))
		return strcmp(t->account, "-") == 0 ? NULL : t->account;
	if (text_is(name, "AWS::StackName"))
		return t->stack;
	if (text_is(name, "AWS::StackId"))
		return t->stack ? stack_id(e) : NULL;
	if (text_is(name, "AWS::Partition"))
		return partition(t);
	if (text_is(name, "AWS::URLSuffix"))
		return in_china(t) ? "amazonaws.com.cn" : "amazonaws.com";
	if (text_is(name, "HA::Project"))
		return t->project;
	if (text_is(name, "HA::Region"))
		return t->project ? t->region : NULL;
	if (text_is(name, "HA::Account"))
		return t->project ? t->account : NULL;
	return NULL;
}

static void report_unknown(struct eval *e, const struct node *at, struct text name)
{
	struct diag *g;

	g = diag_add(e->d, DIAG_PSEUDO_UNKNOWN, at->where, "'%.*s' has no value for this target",
		     TEXT_ARG(name));
	diag_detail(e->d, g, "in %s", eval_target_name(e));
	diag_hint(e->d, g, "give the target an account in the manifest");
}

/* git is asked only where a template wants to know. */
static const struct value *commit_value(struct eval *e, const struct node *at, bool *failed)
{
	const struct eval_target *t = e->st->target;
	const char *why = "there is no project", *commit = t->git_commit;
	struct diag *g;

	if (!commit && t->commit_of)
		commit = t->commit_of(t->commit_context, &why, e->d);
	if (commit)
		return eval_text(e, text_of(commit), at);
	if (e->st->partial)
		return eval_unknown(e, at, NULL, 0);
	g = diag_add(e->d, DIAG_GIT_COMMIT_NONE, at->where, "'HA::GitCommit' has no value: %s",
		     why);
	diag_hint(e->d, g,
		  "deploy from a git repository with a commit, or declare a parameter "
		  "with a Default");
	*failed = true;
	return NULL;
}

static const struct value *ask_account(struct eval *e, const struct node *at, bool *failed)
{
	struct outside_question q = {.kind = ASK_ACCOUNT, .where = at->where};
	const struct value *v = eval_ask(e, at, &q);

	*failed = !v;
	return v;
}

const struct value *pseudo_value(struct eval *e, const struct node *at, struct text name,
				 bool *failed)
{
	const char *text;

	*failed = false;
	if (!pseudo_known(name))
		return NULL;
	if (text_is(name, "AWS::NoValue"))
		return &value_absent;
	if (text_is(name, "AWS::NotificationARNs") && !e->st->partial)
		return eval_strings(e, NULL, 0, at);
	if (text_is(name, "HA::GitCommit"))
		return commit_value(e, at, failed);
	text = pseudo_text(e, name);
	if (!text && e->st->target->asks_cloud && text_is(name, "AWS::AccountId"))
		return ask_account(e, at, failed);
	if (!text && e->st->partial)
		return eval_unknown(e, at, NULL, 0);
	if (!text) {
		report_unknown(e, at, name);
		*failed = true;
		return NULL;
	}
	return eval_text(e, text_of(text), at);
}
