/*
 * project_parts.h - what the files of project.c share.
 */
#ifndef ENGINE_PROJECT_PARTS_H
#define ENGINE_PROJECT_PARTS_H

#include "engine/project.h"

#define PARAM_VARIABLE_PREFIX "HADEPLOY_PARAM_"
#define PARAM_RUNBOOK_PREFIX "runbook " /* of origins */

/* Fills i->parameters from all places where a value can be given. */
void project_merge_parameters(struct project *p, struct instance *i, const struct selection *sel,
			      struct diags *d);
/* Overrides and environment variables that no selected template declares. */
void project_check_overrides(struct project *p, const struct selection *sel, struct diags *d);
/* Drops faults that are there already: the same template seen through several targets. */
void project_drop_doubles(struct diags *d);

/* project_version.c: nobody has asked for it yet. */
void project_start_version(struct project *p, const struct selection *sel);
/* What gives HA::GitCommit its value: struct eval_target.commit_of, with a struct instance. */
const char *project_commit_of(void *context, const char **why, struct diags *d);
/* Its value for an instance whose template's files name it; NULL for others, and where there is
 * none. */
const char *project_commit_named(struct project *p, const struct instance *i);

/* project_moves.c: ids of the section Moved that are still there, or are nowhere. */
void project_check_moves(const struct document *doc, struct diags *d);

#endif
