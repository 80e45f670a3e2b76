/* protocol_meaning.c - what codes and statuses mean, unless a definition knows better. */
#include <string.h>

#include "providers/rest/protocol.h"

struct meaning {
	enum error_kind kind;
	const char *code; /* glob */
};

/*
 * AWS.  Where a service uses a code in another sense, or one means several things, its definition
 * says so.  LimitExceededException is not here though SDKs take it for throttling: most services
 * mean a quota, which waiting does not mend.
 */
static const struct meaning codes[] = {
	/* SDKs' standard retry mode: throttling (docs.aws.amazon.com/sdkref, "Retry behavior"; the
	 * list is botocore's retries/standard.py). */
	{ERROR_THROTTLED, "Throttl*"},
	{ERROR_THROTTLED, "RequestThrottled*"},
	{ERROR_THROTTLED, "TooManyRequests*"},
	{ERROR_THROTTLED, "ProvisionedThroughputExceeded*"},
	{ERROR_THROTTLED, "RequestLimitExceeded"},
	{ERROR_THROTTLED, "BandwidthLimitExceeded"},
	{ERROR_THROTTLED, "SlowDown"},
	{ERROR_THROTTLED, "EC2ThrottledException"},
	/* Route 53: another change of the same zone is under way (SDKs repeat it too). */
	{ERROR_CONFLICT, "PriorRequestNotComplete"},
	/* DynamoDB, in SDKs' list of throttling: another transaction on the same item. */
	{ERROR_CONFLICT, "TransactionInProgressException"},

	/* SDKs' standard retry mode: transient; and the common errors of query services (docs:
	 * "Common Error Types"), of EC2 ("Error codes", server errors) and of S3 ("List of error
	 * codes"). */
	{ERROR_RETRY, "RequestTimeout*"},
	{ERROR_RETRY, "InternalFailure*"},
	{ERROR_RETRY, "InternalError"},
	{ERROR_RETRY, "InternalErrorException"},
	{ERROR_RETRY, "InternalServerError*"},
	{ERROR_RETRY, "InternalServerException"},
	{ERROR_RETRY, "InternalServiceError*"},
	{ERROR_RETRY, "InternalServiceException"},
	{ERROR_RETRY, "ServiceUnavailable*"},
	{ERROR_RETRY, "Unavailable"},
	{ERROR_RETRY, "ServiceException"}, /* Lambda */

	/* EC2, "Error codes": Invalid*.NotFound; query and JSON services: *NotFound,
	 * *NotFoundFault, *NotFoundException; S3, IAM, Route 53: NoSuch*; SQS: QueueDoesNotExist,
	 * NonExistentQueue. */
	{ERROR_NOT_FOUND, "*NotFound*"},
	{ERROR_NOT_FOUND, "NoSuch*"},
	{ERROR_NOT_FOUND, "*DoesNotExist*"},
	{ERROR_NOT_FOUND, "*NonExistent*"},
	{ERROR_NOT_FOUND, "Gateway.NotAttached"}, /* EC2, DetachInternetGateway */

	/* EC2: *.Duplicate, RouteAlreadyExists, Resource.AlreadyAssociated; S3:
	 * BucketAlreadyExists, BucketAlreadyOwnedByYou; ELBv2: Duplicate*; Secrets Manager:
	 * ResourceExistsException; SQS: QueueNameExists; IAM: EntityAlreadyExists. */
	{ERROR_EXISTS, "*AlreadyExist*"},
	{ERROR_EXISTS, "*.Duplicate"},
	{ERROR_EXISTS, "Duplicate*"},
	{ERROR_EXISTS, "*AlreadyOwnedByYou"},
	{ERROR_EXISTS, "ResourceExistsException"},
	{ERROR_EXISTS, "QueueNameExists"},
	{ERROR_EXISTS, "*.AlreadyAssociated"},

	/* EC2, "Error codes": what still uses it is on its way out, or the state is in between. */
	{ERROR_CONFLICT, "DependencyViolation"},
	{ERROR_CONFLICT, "*.InUse"},
	{ERROR_CONFLICT, "VolumeInUse"},
	{ERROR_CONFLICT, "IncorrectState"},
	{ERROR_CONFLICT, "IncorrectInstanceState"},
	{ERROR_CONFLICT, "ConcurrentTagAccess"},
	/* S3: "A conflicting conditional operation is currently in progress against this
	 * resource". */
	{ERROR_CONFLICT, "OperationAborted"},
	/* IAM, Route 53, Auto Scaling, SNS: another change is going on. */
	{ERROR_CONFLICT, "ConcurrentModification*"},
	{ERROR_CONFLICT, "ConcurrentAccess*"},
	{ERROR_CONFLICT, "DeleteConflict*"},
	{ERROR_CONFLICT, "EntityTemporarilyUnmodifiable"},
	{ERROR_CONFLICT, "ResourceContention"},
	{ERROR_CONFLICT, "ScalingActivityInProgress"},
	/* ELBv2, Auto Scaling, DynamoDB, Lambda, Cloud Control, and the REST services' 409. */
	{ERROR_CONFLICT, "ResourceInUse*"},
	{ERROR_CONFLICT, "ResourceConflictException"},
	{ERROR_CONFLICT, "ConflictException"},
	{ERROR_CONFLICT, "OperationAbortedException"}, /* CloudWatch Logs */
	{ERROR_CONFLICT, "ConcurrentOperationException"},
	{ERROR_CONFLICT, "ResourceNotReadyException"}, /* Lambda */
	/* RDS: the instance, cluster or group is not available at the moment. */
	{ERROR_CONFLICT, "InvalidDB*State*"},
	{ERROR_CONFLICT, "InvalidGlobalClusterStateFault"},
	/* SQS: a queue of this name was deleted less than 60 s ago. */
	{ERROR_CONFLICT, "*QueueDeletedRecently"},
};

struct status_meaning {
	int status;
	enum error_kind kind;
};

/* RFC 9110 and 6585; 500 to 504 are repeated by SDKs' standard mode and by most clients.  509 is no
 * standard, and always means too much. */
static const struct status_meaning statuses[] = {
	{404, ERROR_NOT_FOUND}, {410, ERROR_NOT_FOUND}, {408, ERROR_RETRY},
	{423, ERROR_CONFLICT},  {425, ERROR_RETRY},     {429, ERROR_THROTTLED},
	{500, ERROR_RETRY},     {502, ERROR_RETRY},     {503, ERROR_RETRY},
	{504, ERROR_RETRY},     {509, ERROR_THROTTLED},
};

/* Codes say more than statuses, so all codes of a level are asked first. */
static bool by_rules(const struct error_rules *rules, int status, const char *code,
		     enum error_kind *out)
{
	for (size_t i = 0; code[0] && i < rules->count; i++) {
		const struct error_rule *r = &rules->items[i];

		if (r->code && text_glob(text_of(r->code), text_of(code))) {
			*out = r->kind;
			return true;
		}
	}
	for (size_t i = 0; i < rules->count; i++) {
		const struct error_rule *r = &rules->items[i];

		if (!r->code && r->status == status) {
			*out = r->kind;
			return true;
		}
	}
	return false;
}

static bool by_code(const char *code, enum error_kind *out)
{
	for (size_t i = 0; code[0] && i < ARRAY_LEN(codes); i++) {
		if (text_glob(text_of(codes[i].code), text_of(code))) {
			*out = codes[i].kind;
			return true;
		}
	}
	return false;
}

/* What is made finds its name taken; what is changed or removed finds somebody at it.  AWS's
 * actions have codes, and one that is not known says nothing. */
static enum error_kind by_conflict(const struct step *step)
{
	const char *method = step && step->method ? step->method : "GET";

	if (!step || step->action)
		return ERROR_OTHER;
	return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ? ERROR_EXISTS
									 : ERROR_CONFLICT;
}

static enum error_kind by_status(const struct step *step, int status)
{
	if (status == 409)
		return by_conflict(step);
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		if (statuses[i].status == status)
			return statuses[i].kind;
	}
	return ERROR_OTHER;
}

static bool by_definition(const struct definition *t, const struct step *step, int status,
			  const char *code, enum error_kind *out)
{
	return (step && by_rules(&step->errors, status, code, out)) ||
	       by_rules(&t->errors, status, code, out) ||
	       by_rules(&t->service.errors, status, code, out);
}

bool protocol_told(const struct definition *t, const struct step *step, int status,
		   const char *code, const char *unread)
{
	enum error_kind kind;

	if (*code)
		return true;
	if (t->service.protocol == PROTOCOL_JSON)
		return !unread || by_definition(t, step, status, "", &kind);
	return !unread && by_definition(t, step, status, "", &kind);
}

enum error_kind protocol_meaning(const struct definition *t, const struct step *step, int status,
				 const char *code)
{
	enum error_kind kind;

	code = code ? code : "";
	if (by_definition(t, step, status, code, &kind))
		return kind;
	if (t->service.protocol != PROTOCOL_JSON && by_code(code, &kind))
		return kind;
	return by_status(step, status);
}
