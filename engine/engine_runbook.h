/*
 * engine_runbook.h - the other half of engine.h's face: runbooks and their executions.
 *
 * Apart from it because whoever carries out changes knows steps of another kind (walk.h).
 */
#ifndef ENGINE_ENGINE_RUNBOOK_H
#define ENGINE_ENGINE_RUNBOOK_H

#include "engine/engine.h"
#include "engine/restore.h"
#include "engine/runbook/conduct.h"
#include "engine/runbook/readiness.h"
#include "engine/runbook/report.h"

#endif
