/* Rules about address ranges, subnets and security groups. */
#include "tests/unit/rule_fixture.h"

static void ranges_of_addresses(void **state)
{
	assert_rules(
		*state,
		"Resources:\n"
		"  A: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/33}}\n"
		"  B: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/8}}\n"
		"  C: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref A}}\n"
		"  D: {Type: AWS::EC2::Route, Properties: {DestinationIpv6CidrBlock: '::/0'}}\n"
		"  E: {Type: AWS::EC2::Route, Properties: {DestinationIpv6CidrBlock: 0/0}}\n",
		"2:52 HD2455 '10.0.0.0/33' is no IPv4 address range\n"
		"3:52 warning HD2455 '10.0.0.0/8' is too large for a network\n"
		"6:69 HD2455 '0/0' is no IPv6 address range\n");
}

#define SUBNET(id, range) \
	"  " id ": {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref V, CidrBlock: " range "}}\n"

static void subnets_share_their_network(void **state)
{
	assert_rules(*state,
		     "Mappings: {M: {N: {C: 10.0.1.0/24}}}\n"
		     "Resources:\n"
		     "  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n" SUBNET(
			     "A", "10.0.0.0/24") SUBNET("B", "!FindInMap [M, N, C]")
			     SUBNET("C", "10.0.1.128/25") SUBNET("D", "10.1.0.0/24"),
		     "6:70 warning HD2456 the ranges of subnets 'B' and 'C' overlap\n"
		     "7:70 warning HD2456 subnet 'D' is not within the range of its network 'V'\n");
}

#define ASSOCIATION(id, subnet)                                                                  \
	"  " id ": {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: " subnet \
	"}}\n"

static void a_subnet_has_one_route_table(void **state)
{
	assert_rules(*state,
		     "Parameters: {S: {Type: String}, T: {Type: String}}\n"
		     "Conditions: {Q: !Equals [!Ref T, x]}\n"
		     "Resources:\n" ASSOCIATION("A", "!If [Q, !Ref S, !Ref T]")
			     ASSOCIATION("B", "!If [Q, !Ref T, !Ref S]") ASSOCIATION("C", "!Ref S"),
		     "6:75 warning HD2457 'B' and 'C' give one subnet two route tables\n");
}

#define GROUP(rule)                                                                \
	"Resources:\n"                                                             \
	"  G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: g,\n" \
	"    SecurityGroupIngress: [" rule "]}}\n"

static void rules_of_security_groups(void **state)
{
	assert_rules(*state,
		     GROUP("{IpProtocol: tcp, FromPort: 22, ToPort: !Ref P, CidrIp: 10.0.0.0/8}"),
		     "");
	assert_rules(*state, GROUP("{IpProtocol: tcp, FromPort: 443, ToPort: 80, CidrIp: !Ref C}"),
		     "3:56 HD2458 'FromPort' is above 'ToPort'\n");
	assert_rules(*state, GROUP("{IpProtocol: udp, FromPort: 70000, CidrIpv6: '::/0'}"),
		     "3:29 HD2458 a rule for TCP or UDP needs 'FromPort' and 'ToPort'\n"
		     "3:56 HD2458 ports are numbers up to 65535\n");
	assert_rules(*state, GROUP("{IpProtocol: -1, FromPort: 22, ToPort: 22, CidrIp: !Ref C}"),
		     "3:45 warning HD2458 the ports have no effect: protocol -1 is all traffic\n");
	assert_rules(*state, GROUP("{IpProtocol: http, CidrIp: !Ref C}"),
		     "3:41 warning HD2458 there is no protocol 'http'\n");
	assert_rules(
		*state,
		"Resources: {G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: "
		"g, VpcId: v,\n"
		"  SecurityGroupIngress: [{IpProtocol: -1, SourceSecurityGroupName: n}]}}}\n",
		"2:43 warning HD2459 a group in a VPC refers to other groups by id\n");
	assert_rules(*state,
		     "Resources: {G: {Type: AWS::EC2::SecurityGroup, Properties: "
		     "{GroupDescription: 'a^b'}}}\n",
		     "1:79 warning HD2460 EC2 does not take this description of a group\n");
}

static void properties_that_fit_each_other(void **state)
{
	assert_rules(
		*state,
		"Resources:\n"
		"  A: {Type: AWS::EC2::Volume, Properties: {VolumeType: io1}}\n"
		"  B: {Type: AWS::EC2::Volume, Properties: {VolumeType: gp2, Iops: 100}}\n"
		"  C: {Type: AWS::EC2::Volume, Properties: {VolumeType: io1, Iops: 50}}\n"
		"  D: {Type: AWS::EC2::Volume, Properties: {VolumeType: !Ref X, Iops: 1}}\n"
		"  E: {Type: AWS::EC2::Volume, Properties: {VolumeType: io1, Iops: !If [Q, 1, !Ref "
		"AWS::NoValue]}}\n"
		"  F: {Type: AWS::ApiGateway::RestApi, Properties: {Description: x}}\n"
		"  G: {Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {TargetType: "
		"lambda, Port: 80}}\n"
		"  H: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: a, S3Key: b}, "
		"Handler: a.b, Runtime: python3.13}}\n"
		"  I: {Type: AWS::EC2::EIPAssociation, Properties: {}}\n"
		"  J: {Type: AWS::ApiGateway::Method, Properties: {HttpMethod: FETCH}}\n",
		"2:44 HD2465 'Iops' is needed when 'VolumeType' is 'io1'\n"
		"3:61 warning HD2465 'Iops' does not belong here when 'VolumeType' is 'gp2'\n"
		"4:67 warning HD2465 'Iops' is at least 100 when 'VolumeType' is 'io1', and this "
		"is "
		"50\n"
		"7:3 HD2465 one of 'Body' or 'BodyS3Location' is needed without 'Name'\n"
		"8:88 HD2465 'Port' does not belong here when 'TargetType' is 'lambda'\n"
		"9:68 warning HD2465 'S3Key' does not belong here with 'ZipFile'\n"
		"10:3 warning HD2465 one of 'AllocationId' or 'EIP' is needed here\n"
		"11:63 warning HD2465 'HttpMethod' is 'ANY', 'DELETE', 'GET', 'HEAD', 'OPTIONS', "
		"'PATCH', 'POST' or 'PUT' here, and this is 'FETCH'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(ranges_of_addresses),
		RULE_TEST(subnets_share_their_network),
		RULE_TEST(a_subnet_has_one_route_table),
		RULE_TEST(rules_of_security_groups),
		RULE_TEST(properties_that_fit_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
