/*
 * retention.h - the words of DeletionPolicy and UpdateReplacePolicy.
 *
 * Private to templates/.
 */
#ifndef TEMPLATES_RETENTION_H
#define TEMPLATES_RETENTION_H

#include "templates/node.h"
#include "templates/template.h"

/* attribute: "DeletionPolicy" or "UpdateReplacePolicy", which lacks one of the words. */
bool retention_find(const char *attribute, struct text word, enum deletion_policy *out);
void retention_report(const char *attribute, struct range where, struct text word, struct diags *d);

#endif
