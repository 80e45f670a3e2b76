/*
 * schema.h - resource types as providers declare them, and what follows from that:
 * checking properties, which paths replace, what Ref gives.
 *
 * schema_set_parse reads a provider's schema text once (providers/api/provider.h
 * describes it); a struct schema is immutable and lives in the arena.
 */
#ifndef ENGINE_SCHEMA_H
#define ENGINE_SCHEMA_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/json.h"
#include "base/map.h"
#include "templates/template.h"

enum replacement_order { CREATE_THEN_DELETE, DELETE_THEN_CREATE };

enum schema_timeout { TIMEOUT_READ, TIMEOUT_CREATE, TIMEOUT_UPDATE, TIMEOUT_DELETE };

struct schema; /* one resource type */

/* Adds every type of the text to `types` (name to struct schema).  -1 with errors that
 * name the provider when the text breaks the contract.  Keywords that are not in the
 * contract are ignored; a pattern that is no POSIX expression (\d, \w and \s are) is left to
 * the provider to check. */
int schema_set_parse(struct arena *a, const char *provider, struct text json, struct map *types,
		     struct diags *d);
/* The schema of one type, from the object that would stand at its name.  NULL after errors. */
struct schema *schema_parse(struct arena *a, const char *provider, const char *type,
			    struct text json, struct diags *d);
/* The same for another provider than the one that gave it: what that one does not serve is said of
 * itself.  Lives no longer than `s`. */
const struct schema *schema_lent(struct arena *a, const struct schema *s);
/* Frees the compiled patterns of one that no set holds. */
void schema_release(struct schema *s);
/* Frees the map and the compiled patterns, before the arena goes. */
void schema_set_release(struct map *types);

const char *schema_type(const struct schema *s);
const char *schema_description(const struct schema *s);
uint32_t schema_version(const struct schema *s);
enum replacement_order schema_replacement_order(const struct schema *s);
int64_t schema_timeout_ms(const struct schema *s, enum schema_timeout t);
/* "/Host", or NULL. */
const char *schema_endpoint_pointer(const struct schema *s);
/* "/Path", or NULL when Ref gives the id. */
const char *schema_ref_pointer(const struct schema *s);
/* Pointers of the primary identifier, "/Name" style. */
const char *const *schema_identifier(const struct schema *s, size_t *count);
/* Pointers of properties that name local files. */
const char *const *schema_files(const struct schema *s, size_t *count);
/* The pointer or one of its parents is create-only / read-only / write-only. */
bool schema_is_create_only(const struct schema *s, struct text pointer);
/* May replace, which only the provider knows. */
bool schema_is_maybe_create_only(const struct schema *s, struct text pointer);
bool schema_is_read_only(const struct schema *s, struct text pointer);
bool schema_is_write_only(const struct schema *s, struct text pointer);
/* Write-only, and nobody says that it is no secret. */
bool schema_is_secret(const struct schema *s, struct text pointer);
/* Something in it is said to be no secret. */
bool schema_has_shown(const struct schema *s, struct text pointer);
/* The provider's act() takes this one for a resource of the type: "snapshot". */
bool schema_has_action(const struct schema *s, const char *name);
const char *const *schema_actions(const struct schema *s, size_t *count);
/* Names in what it answers; NULL: nobody says. */
const char *const *schema_action_results(const struct schema *s, const char *action, size_t *count);
/* False: its provider knows the type and has no way to make one. */
bool schema_is_deployable(const struct schema *s);
/* It is no resource, and has actions: an entry of the manifest's Routes is acted on. */
bool schema_only_acts(const struct schema *s);
/* What somebody published about the type: what it refuses may be right. */
bool schema_is_published(const struct schema *s);
/* The schema lists everything on the way: no key of a map that takes any. */
bool schema_is_declared(const struct schema *s, struct text pointer);
/* GetAtt of this name can have an answer: read-only values, and what may be set. */
bool schema_has_attribute(const struct schema *s, struct text name);
/* Their names, "Endpoint.Address" style, for "did you mean". */
const char *const *schema_attributes(const struct schema *s, size_t *count);
/* Names of properties that may be set, for "did you mean" and `types`. */
const char *const *schema_settable(const struct schema *s, size_t *count);

/*
 * Checks the properties of one resource: unknown and missing ones, types, enums,
 * patterns, read-only ones that are set, what the provider does not serve.  Unknown values pass
 * but there, where it is the property that is refused.  Errors point at the
 * property's place; `r` gives the resource's.  0 or -1.
 */
int schema_check(const struct schema *s, const struct doc_resource *r, const char *address,
		 struct diags *d);
/*
 * Desired properties as the provider wants them: scalars brought to the declared type
 * ("8080" to 8080 for an integer, 1 to "1" for a string), defaults filled in.  New
 * reference.
 */
json_t *schema_desired(const struct schema *s, const struct value *properties);

#endif
