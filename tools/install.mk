# Where the program, its manual page and its completions go; part of the Makefile.
share := $(DESTDIR)$(PREFIX)/share
installed := $(DESTDIR)$(PREFIX)/bin/hadeploy $(share)/man/man1/hadeploy.1 \
	$(share)/bash-completion/completions/hadeploy $(share)/zsh/site-functions/_hadeploy \
	$(share)/fish/vendor_completions.d/hadeploy.fish

install: $(PROGRAM)                 ## program, man page, completions to DESTDIR and PREFIX
	install -d $(dir $(installed))
	install -m 0755 $(PROGRAM) $(word 1,$(installed))
	$(PROGRAM) help --man >$(word 2,$(installed))
	$(PROGRAM) completion bash >$(word 3,$(installed))
	$(PROGRAM) completion zsh >$(word 4,$(installed))
	$(PROGRAM) completion fish >$(word 5,$(installed))
	chmod 0644 $(wordlist 2,5,$(installed))

uninstall:                          ## remove what install put there
	rm -f $(installed)
