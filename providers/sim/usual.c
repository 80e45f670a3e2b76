/*
 * usual.c - medians and tails as people see them, rounded; the first row that fits a type
 * holds.  A rehearsal that matters has recorded times to go by.
 */
#include "providers/sim/usual.h"

static const struct {
	const char *pattern, *create, *update, *delete_;
} rows[] = {
	{"AWS::RDS::DBCluster", "2m p95 6m", "1m p95 5m", "2m p95 6m"},
	{"AWS::RDS::DBInstance", "6m p95 14m", "4m p95 15m", "4m p95 10m"},
	{"AWS::RDS::*", "5s p95 20s", "5s p95 20s", "5s p95 20s"},
	{"AWS::ElastiCache::*Group", "8m p95 16m", "5m p95 15m", "5m p95 12m"},
	{"AWS::ElastiCache::*Cluster", "6m p95 12m", "5m p95 12m", "4m p95 10m"},
	{"AWS::OpenSearchService::Domain", "15m p95 35m", "15m p95 40m", "10m p95 25m"},
	{"AWS::Redshift::Cluster", "5m p95 15m", "5m p95 20m", "3m p95 10m"},
	{"AWS::MSK::Cluster", "25m p95 45m", "20m p95 45m", "8m p95 20m"},
	{"AWS::EKS::Cluster", "9m p95 15m", "8m p95 20m", "4m p95 10m"},
	{"AWS::EKS::Nodegroup", "2m p95 5m", "4m p95 15m", "5m p95 12m"},
	{"AWS::CloudFront::Distribution", "4m p95 10m", "4m p95 10m", "4m p95 10m"},
	{"AWS::ECS::Service", "2m p95 6m", "3m p95 10m", "1m p95 5m"},
	{"AWS::EC2::NatGateway", "2m p95 3m", "5s", "1m p95 2m"},
	{"AWS::EC2::Instance", "30s p95 90s", "20s p95 2m", "40s p95 2m"},
	{"AWS::EC2::VPCEndpoint", "1m p95 4m", "20s p95 1m", "2m p95 6m"},
	{"AWS::EC2::TransitGateway*", "1m p95 5m", "30s p95 2m", "1m p95 5m"},
	{"AWS::EC2::VPNConnection", "4m p95 9m", "1m p95 5m", "2m p95 6m"},
	{"AWS::EC2::InternetGateway", "15s p95 20s", "2s", "15s p95 20s"},
	{"AWS::EC2::*", "3s p95 15s", "3s p95 15s", "3s p95 20s"},
	{"AWS::AutoScaling::AutoScalingGroup", "1m p95 5m", "1m p95 8m", "2m p95 8m"},
	{"AWS::ElasticLoadBalancingV2::LoadBalancer", "2m p95 4m", "5s p95 30s", "15s p95 1m"},
	{"AWS::EFS::MountTarget", "80s p95 3m", "5s", "30s p95 90s"},
	{"AWS::IAM::InstanceProfile", "2m p95 3m", "5s", "2s"},
	{"AWS::IAM::*", "15s p95 20s", "3s p95 15s", "2s p95 10s"},
	{"AWS::CertificateManager::Certificate", "2m p95 10m", "5s", "5s"},
	{"AWS::Route53::*", "30s p95 60s", "30s p95 60s", "30s p95 60s"},
	{"AWS::DynamoDB::*", "15s p95 40s", "15s p95 60s", "10s p95 30s"},
	{"AWS::Lambda::Function", "5s p95 20s", "5s p95 20s", "3s p95 10s"},
	{"AWS::S3::Bucket", "20s p95 30s", "3s p95 20s", "3s p95 10s"},
	{"AWS::*", "3s p95 15s", "3s p95 15s", "3s p95 15s"},
	{"SSH::Package", "8s p95 40s", "8s p95 40s", "5s p95 20s"},
	{"SSH::Command", "2s p95 30s", "2s p95 30s", "500ms"},
	{"SSH::*", "100ms p95 400ms", "100ms p95 400ms", "100ms p95 400ms"},
	{"*", "1s p95 5s", "1s p95 5s", "1s p95 5s"},
};

bool usual_duration(struct text type, enum sim_op op, struct sim_duration *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *text = op == OP_CREATE   ? rows[i].create
				   : op == OP_UPDATE ? rows[i].update
				   : op == OP_DELETE ? rows[i].delete_
						     : NULL;

		if (!text)
			return false;
		if (text_glob(text_of(rows[i].pattern), type))
			return duration_parse(text_of(text), out);
	}
	return false;
}
