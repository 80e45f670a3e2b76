#include "tests/unit/reply_fixture.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/vec.h"

#define REQUEST_MAX 65536

struct reply_fixture {
	int listener, port;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	struct {
		VEC_OF(struct fixture_reply)
	} replies;
	size_t next;
	struct str log;
};

/* The whole request, with its body; its length. */
static size_t read_request(int fd, char *buffer)
{
	size_t len = 0, want = 0;

	while (len < REQUEST_MAX - 1 && (!want || len < want)) {
		ssize_t got = read(fd, buffer + len, REQUEST_MAX - 1 - len);
		const char *end, *field;

		if (got <= 0)
			break;
		len += (size_t)got;
		buffer[len] = '\0';
		end = strstr(buffer, "\r\n\r\n");
		if (!end)
			continue;
		field = strcasestr(buffer, "\r\nContent-Length:");
		want = (size_t)(end + 4 - buffer);
		if (field && field < end)
			want += strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
	}
	buffer[len] = '\0';
	return len;
}

static struct fixture_reply take(struct reply_fixture *s, const char *request)
{
	const char *version = strstr(request, " HTTP/"), *body = strstr(request, "\r\n\r\n");
	struct fixture_reply reply = {.status = 599, .body = "{}"};

	pthread_mutex_lock(&s->lock);
	str_printf(&s->log, "%.*s%s%s\n", version ? (int)(version - request) : 0, request,
		   body && body[4] ? " " : "", body ? body + 4 : "");
	if (s->next < s->replies.count)
		reply = s->replies.items[s->next++];
	pthread_mutex_unlock(&s->lock);
	return reply;
}

static void answer(int fd, const struct fixture_reply *r)
{
	struct str out = STR_INIT;
	const char *body = r->body ? r->body : "";
	size_t len = strlen(body);
	ssize_t sent;

	str_printf(&out, "HTTP/1.1 %d Told\r\nContent-Length: %zu\r\nConnection: close\r\n",
		   r->status, len);
	str_printf(&out, "Content-Type: %s\r\n%s%s\r\n",
		   *body == '<' ? "text/html" : "application/json", r->header ? r->header : "",
		   r->header ? "\r\n" : "");
	str_add_len(&out, body, r->deed == REPLY_FIXTURE_CUT ? len / 2 : len);
	sent = send(fd, str_cstr(&out), out.len, MSG_NOSIGNAL);
	(void)sent;
	str_release(&out);
}

static void *serve(void *context)
{
	struct reply_fixture *s = context;
	char *buffer = xcalloc(1, REQUEST_MAX);
	int fd;

	while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
		if (read_request(fd, buffer) > 0) {
			struct fixture_reply reply = take(s, buffer);

			if (reply.deed != REPLY_FIXTURE_LOSE)
				answer(fd, &reply);
		}
		shutdown(fd, SHUT_RDWR);
		close(fd);
	}
	free(buffer);
	return NULL;
}

struct reply_fixture *reply_fixture_start(void)
{
	struct reply_fixture *s = xcalloc(1, sizeof(*s));
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);

	pthread_mutex_init(&s->lock, NULL);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(s->listener, 16) || getsockname(s->listener, (struct sockaddr *)&at, &len))
		fail_fast("no socket on loopback");
	s->port = ntohs(at.sin_port);
	if (pthread_create(&s->thread, NULL, serve, s))
		fail_fast("no thread");
	return s;
}

void reply_fixture_stop(struct reply_fixture *s)
{
	shutdown(s->listener, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->listener);
	vec_release(&s->replies);
	str_release(&s->log);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int reply_fixture_port(const struct reply_fixture *s)
{
	return s->port;
}

void reply_fixture_reply(struct reply_fixture *s, const struct fixture_reply *r)
{
	pthread_mutex_lock(&s->lock);
	*vec_add(&s->replies) = *r;
	pthread_mutex_unlock(&s->lock);
}

char *reply_fixture_log(struct reply_fixture *s)
{
	char *log;

	pthread_mutex_lock(&s->lock);
	log = xstrdup(str_cstr(&s->log));
	str_clear(&s->log);
	pthread_mutex_unlock(&s->lock);
	return log;
}

size_t reply_fixture_left(struct reply_fixture *s)
{
	size_t left;

	pthread_mutex_lock(&s->lock);
	left = s->replies.count - s->next;
	s->next = s->replies.count;
	pthread_mutex_unlock(&s->lock);
	return left;
}
