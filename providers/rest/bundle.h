/*
 * bundle.h - a provider's definitions as a part of the program.
 *
 * At file scope, once in a file: BUNDLE(powerdns, "providers/powerdns/types.bundle") defines
 *
 *	static struct text powerdns_bundle(void);
 *
 * for struct rest_kind.  tools/bundle.mk makes the file, and has a line for each object that needs
 * one.
 */
#ifndef PROVIDERS_REST_BUNDLE_H
#define PROVIDERS_REST_BUNDLE_H

#include <stdint.h>

#include "base/text.h"

#define BUNDLE(name, file)                                                        \
	__asm__(".pushsection .rodata\n"                                          \
		".global bundle_" #name "\n"                                      \
		".hidden bundle_" #name "\n"                                      \
		".global bundle_" #name "_len\n"                                  \
		".hidden bundle_" #name "_len\n"                                  \
		"bundle_" #name ":\n"                                             \
		".incbin \"" file "\"\n"                                          \
		"bundle_" #name "_end:\n"                                         \
		".byte 0\n"                                                       \
		".balign 8\n"                                                     \
		"bundle_" #name "_len:\n"                                         \
		".quad bundle_" #name "_end - bundle_" #name "\n"                 \
		".popsection\n");                                                 \
	extern const char bundle_##name[];                                        \
	extern const uint64_t bundle_##name##_len;                                \
	static struct text name##_bundle(void)                                    \
	{                                                                         \
		return (struct text){bundle_##name, (size_t)bundle_##name##_len}; \
	}                                                                         \
	extern const char bundle_##name[]

#endif
