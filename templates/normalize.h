/*
 * normalize.h - a template in one form: what differs only in how it was written comes out
 * byte for byte equal.
 *
 *	calls       their long form: !Sub x is {"Fn::Sub": x}, !Rain::Embed x {"Rain::Embed": x}
 *	Fn::GetAtt  always a list, "A.B.C" split at its first dot: ["A", "B.C"]
 *	scalars     strings as they were written (10, true, 2012-10-17); null stays null, but
 *	            behind a function (!GetAZs, {"Fn::GetAZs": null}) it is the empty string
 *	keys        sorted by their bytes
 *	aliases     and merge keys are what they stand for
 *
 * JSON is indented by two blanks.  YAML quotes whatever another reader might take for
 * something else than a string, and reads back to the same form.  Both end with a newline.
 */
#ifndef TEMPLATES_NORMALIZE_H
#define TEMPLATES_NORMALIZE_H

#include "templates/node.h"

enum normal_form { NORMAL_JSON, NORMAL_YAML };

/* Appends.  False: longer than LIMIT_NORMAL_LEN (indentation can grow a hostile template a
 * hundredfold), and what was written is cut off; everything else has this form. */
bool node_normalize(const struct node *root, enum normal_form form, struct str *out);

#endif
