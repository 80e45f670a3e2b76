/*
 * actions.h - Action and Apply steps of all runbooks against the templates of the project.
 *
 * After project_evaluate, for runbooks that runbook_check_all (runbook.h) finds right.
 */
#ifndef ENGINE_RUNBOOK_ACTIONS_H
#define ENGINE_RUNBOOK_ACTIONS_H

#include "engine/project.h"

/* Errors for resources that no template has, actions that their types do not have, results that
 * these do not have, and parameters that stacks do not declare or that are secrets.  Places of what
 * is said are in the arena.  0 or -1. */
int runbook_check_actions(struct arena *a, const struct project *p, struct diags *d);

#endif
