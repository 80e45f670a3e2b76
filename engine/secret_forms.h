/*
 * secret_forms.h - a secret as programs print it: in base64, percent-encoded, in hexadecimal
 * digits, escaped in JSON.
 *
 * Base64 also in the middle of a longer text that was encoded, such as "user:password" of HTTP:
 * the letters that stand for the secret alone, of which there are three kinds.
 */
#ifndef ENGINE_SECRET_FORMS_H
#define ENGINE_SECRET_FORMS_H

#include "base/arena.h"
#include "base/text.h"

/* Shorter values are not looked for in other forms. */
#define SECRET_FORMS_MIN_LEN 8

/* Calls `add` for each form that differs from the secret itself; texts are in the arena. */
void secret_forms(struct arena *a, struct text secret, void (*add)(void *context, struct text form),
		  void *context);

#endif
