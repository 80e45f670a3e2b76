/* view_rollback.h - text about rollbacks, for the views of plans and results. */
#ifndef CLI_VIEW_ROLLBACK_H
#define CLI_VIEW_ROLLBACK_H

#include "cli/view.h"

/* What stays as it is: secrets, and what was skipped.  Nothing when there is nothing; p may be
 * NULL. */
void view_not_restored(struct str *out, const struct plan *p, const struct style *st);
/* How the rollback behind a failure ended; nothing when there was none. */
void view_rolled_back(struct str *out, const struct run_result *r, const struct style *st);
/* The exact next command after a run that did not end well. */
void view_next_step(struct str *out, const struct run_result *r, enum run_mode mode);

#endif
