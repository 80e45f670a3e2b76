/*
 * bundle.h - a provider's definitions as a part of the program.
 *
 * At file scope, once per file: BUNDLE(powerdns, "providers/powerdns/types.bundle") defines
 *
 *	static struct text powerdns_bundle(void);
 *
 * for struct rest_kind.  tools/bundle.mk makes the file and says which object needs it.
 */
#ifndef PROVIDERS_REST_BUNDLE_H
#define PROVIDERS_REST_BUNDLE_H

#include <stdint.h>

#include "base/text.h"

#define BUNDLE(name, file)                                                        \
	__asm__(".pushsection .rodata\n"                                          \
		".global bundle_of_" #name "\n"                                   \
		".hidden bundle_of_" #name "\n"                                   \
		".global bundle_of_" #name "_len\n"                               \
		".hidden bundle_of_" #name "_len\n"                               \
		"bundle_of_" #name ":\n"                                          \
		".incbin \"" file "\"\n"                                          \
		"bundle_of_" #name "_end:\n"                                      \
		".byte 0\n"                                                       \
		".balign 8\n"                                                     \
		"bundle_of_" #name "_len:\n"                                      \
		".quad bundle_of_" #name "_end - bundle_of_" #name "\n"           \
		".popsection\n");                                                 \
	extern const char bundle_of_##name[];                                     \
	extern const uint64_t bundle_of_##name##_len;                             \
	static struct text name##_bundle(void)                                    \
	{                                                                         \
		return (struct text){bundle_of_##name, (size_t)bundle_of_##name##_len}; \
	}                                                                         \
	static struct text name##_bundle(void)

#endif
