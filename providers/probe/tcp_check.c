/* tcp_check.c - a connection that is made and closed again; nothing is sent. */
#include <string.h>

#include "providers/probe/check.h"

/* "http://host:port": nothing of HTTP is said. */
static int read_endpoint(struct check *c, const char **url)
{
	const char *host = NULL;
	int64_t port = 0;
	bool bare;

	if (check_text(c, "Address", &host) < 0 || check_text(c, "Host", &host) < 0 ||
	    check_number(c, "Port", 1, 65535, &port) < 0)
		return -1;
	if (!host || !net_is_host(host))
		return check_refuse(c, "Host", "it is the name or the address of a host");
	if (!port)
		return check_refuse(c, "Port", "it is a number from 1 to 65535");
	bare = strchr(host, ':') && host[0] != '[';
	*url = arena_printf(c->arena, bare ? "http://[%s]:%d" : "http://%s:%d", host, (int)port);
	return 0;
}

int check_tcp(struct check *c)
{
	struct http_request r = {.method = "GET", .stop = check_stop, .context = c};
	struct http_answer a;

	if (read_endpoint(c, &r.url) < 0)
		return -1;
	r.timeout_ms = check_left_ms(c) > 0 ? check_left_ms(c) : 1;
	http_touch(c->session->direct, c->arena, &r, &a);
	if (a.result == HTTP_STOPPED)
		return check_stopped(c);
	if (a.result != HTTP_ANSWERED)
		return check_say_silence(c, http_host_of(c->arena, r.url), &a);
	return check_say(c, true, "connected to %s in %lld ms", a.address,
			 (long long)check_passed_ms(c));
}
