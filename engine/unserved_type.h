/*
 * unserved_type.h - types of CloudFormation that no provider here can have, and what is used
 * instead of them.
 *
 * Wait conditions, custom resources and what sets up CloudFormation itself need a service that
 * takes signals, calls functions or keeps a registry.  They are refused only where they are
 * used: a template in which a condition leaves them out is as good as any.
 */
#ifndef ENGINE_UNSERVED_TYPE_H
#define ENGINE_UNSERVED_TYPE_H

#include "base/diag.h"

/* Adds the error at the type's place; false, and nothing said, for any other type. */
bool unserved_type_refuse(const char *type, struct range where, struct diags *d);
/* Whether the type is one of these: a cloud that could make one does not make it one of use. */
bool unserved_type(const char *type);

#endif
