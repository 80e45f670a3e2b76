/*
 * jq_runs.c - what a run of a definition's program costs: through the pool, and in this process.
 *
 *	jq_runs RUNS THREADS
 *
 * Prints lines "WHAT WALL CPU", in microseconds per compilation or run.  CPU counts the processes
 * of the pool; its runs include its start and one compilation in each process.
 */
#include <jq.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "providers/rest/program.h"

#define THREADS_MAX 256

/* About 1 KiB in, 300 bytes out: a request of usual size. */
static const char request[] =
	"{\"path\": \"/vpcs/\\($id | _path)\", \"query\": {\"Action\": \"CreateTags\"},"
	" \"body\": ({CidrBlock, EnableDnsSupport, Tags: (.Tags | tags_list)} | compact)}";
static const char variables[] =
	"\"in\":{\"CidrBlock\":\"10.0.0.0/16\",\"EnableDnsSupport\":true,\"Tags\":["
	"{\"Key\":\"Name\",\"Value\":\"front\"},{\"Key\":\"Owner\",\"Value\":\"shop\"}]},"
	"\"v\":{\"id\":\"vpc-0123456789abcdef0\",\"type\":\"AWS::EC2::VPC\",\"properties\":"
	"{\"CidrBlock\":\"10.0.0.0/16\",\"EnableDnsSupport\":true,\"Tags\":["
	"{\"Key\":\"Name\",\"Value\":\"front\"},{\"Key\":\"Owner\",\"Value\":\"shop\"}]},"
	"\"prior\":{},\"changed\":[],\"steps\":{},\"kept\":{},\"key\":\"0123456789abcdef\","
	"\"name\":{\"stack\":\"shop-web\",\"logical\":\"Vpc\",\"random\":\"1A2B3C4D5E6F\"},"
	"\"tags\":{\"hadeploy:project\":\"shop\",\"hadeploy:address\":\"web/east/Vpc\"},"
	"\"region\":\"us-east-1\",\"account\":\"123456789012\",\"partition\":\"aws\","
	"\"suffix\":\"amazonaws.com\",\"settings\":{},\"args\":null,\"status\":null,"
	"\"headers\":null,\"schema\":{\"required\":[],\"primaryIdentifier\":[\"/VpcId\"],"
	"\"readOnly\":[\"/VpcId\",\"/CidrBlockAssociations\"],\"createOnly\":[\"/CidrBlock\"],"
	"\"writeOnly\":[]}}}";

struct job {
	pthread_t thread;
	struct jq_pool *pool;
	const struct jq_program *program;
	struct text input;
	long runs;
};

static double us(struct timeval t)
{
	return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

/* Time on the clock, and of the processors: of this process, and of children that have ended. */
struct moment {
	double wall, own, children;
};

static struct moment now(void)
{
	struct timespec wall;
	struct rusage own, children;

	clock_gettime(CLOCK_MONOTONIC, &wall);
	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	return (struct moment){(double)wall.tv_sec * 1e6 + (double)wall.tv_nsec / 1e3,
			       us(own.ru_utime) + us(own.ru_stime),
			       us(children.ru_utime) + us(children.ru_stime)};
}

static void print(const char *what, struct moment from, long runs)
{
	struct moment to = now();

	printf("%s %.1f %.1f\n", what, (to.wall - from.wall) / (double)runs,
	       (to.own - from.own + to.children - from.children) / (double)runs);
}

static void *run_pool(void *context)
{
	struct job *j = context;

	for (long i = 0; i < j->runs; i++) {
		struct arena *a = arena_new();
		struct jq_answer answer;

		jq_run(j->pool, a, j->program, j->input, &answer);
		if (answer.result != JQ_VALUE) {
			fprintf(stderr, "%s\n", answer.text.ptr);
			exit(1);
		}
		arena_free(a);
	}
	return NULL;
}

static void run_direct(jq_state *jq, struct text input, long runs)
{
	for (long i = 0; i < runs; i++) {
		jq_start(jq, jv_parse_sized(input.ptr, (int)input.len), 0);
		jv_free(jv_dump_string(jq_next(jq), 0));
	}
}

static void run_threads(const struct job *job, long threads)
{
	static struct job jobs[THREADS_MAX];

	for (long i = 0; i < threads; i++) {
		jobs[i] = *job;
		if (pthread_create(&jobs[i].thread, NULL, run_pool, &jobs[i]))
			exit(1);
	}
	for (long i = 0; i < threads; i++)
		pthread_join(jobs[i].thread, NULL);
}

static void measure_direct(const struct job *job, long runs)
{
	struct moment start = now();
	jq_state *jq = jq_init();

	if (!jq || !jq_compile(jq, job->program->source.ptr))
		exit(1);
	print("compile-direct", start, 1);
	start = now();
	run_direct(jq, job->input, runs);
	print("run-direct", start, runs);
	jq_teardown(&jq);
}

/* A child's time counts when it has ended, so each has a pool of its own. */
static void measure_pool(struct job *job, const char *what, long runs, long threads)
{
	struct moment start = now();

	job->pool = jq_pool_hold();
	job->runs = runs / threads;
	run_threads(job, threads);
	jq_pool_release(job->pool);
	print(what, start, job->runs * threads);
}

int main(int argc, char **argv)
{
	int64_t runs, threads;
	struct arena *a = arena_new();
	struct step step = {.request = {TEXT_LIT(request), RANGE_NONE, 0}};
	struct definition t = {.operations[OPERATION_CREATE] = {.steps = &step, .step_count = 1}};
	struct job job = {.program = &t.program};

	if (argc != 3 || !text_to_int64(text_of(argv[1]), 1, 100000000, &runs) ||
	    !text_to_int64(text_of(argv[2]), 1, THREADS_MAX, &threads)) {
		fprintf(stderr, "usage: jq_runs RUNS THREADS\n");
		return 64;
	}
	program_build(a, &t);
	job.input = text_of(arena_printf(a, "{\"fn\":%u,%s", step.request_function, variables));
	measure_direct(&job, runs);
	measure_pool(&job, "start-pool", 1, 1);
	measure_pool(&job, "run-pool", runs, 1);
	measure_pool(&job, "run-pool-threads", runs, threads);
	arena_free(a);
	return 0;
}
