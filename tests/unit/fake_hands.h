/*
 * fake_hands.h - providers "ssh", "probe" and "rest" for tests of runbooks, whose acts answer as
 * scripted: commands on hosts, requests, messages, and the weights of routes.
 *
 * hands_reset, then scripts, then let the engine work, then look.  What no script is for goes
 * well.  Type: Fake::Route with {Weights: {east: 100, west: 0}} to begin with.
 */
#ifndef TESTS_UNIT_FAKE_HANDS_H
#define TESTS_UNIT_FAKE_HANDS_H

#include <stddef.h>

#include "providers/api/provider.h"

extern const struct hd_provider *const hands_builtins[];

void hands_reset(void);
/*
 * Answers of an action on a host or route ("" when it has none), one after the other, the last
 * one for ever: '.' well, 'F' fatal, 'U' not reached, 'L' done but the answer is lost, 'P' pending
 * for one poll.
 */
void hands_script(const char *action, const char *what, const char *answers);
/* How often the action was carried out on it: the same key counts once. */
size_t hands_done(const char *action, const char *what);
/* How often it was asked for. */
size_t hands_asked(const char *action, const char *what);
/* All that was done, in order: "command web-e1|set-weights shop {...}|". */
const char *hands_log(void);
/* JSON of a route's weights; set by hands_set_weights. */
const char *hands_weights(const char *route);
void hands_set_weights(const char *route, const char *json);
/* The arguments of the last act. */
const char *hands_args(void);

#endif
