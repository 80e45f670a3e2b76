# Functions that every definition has, listed for people in docs/writing-types.md.  Each has a test
# in tests/unit/test_prelude.c.  Names that begin with _ are for the program itself.  A parameter $x
# is also a function x, so none has the name of a function that is used.

# Fill the holes of paths and other texts: program_holes.c.  @uri leaves some signs alone that
# signatures of AWS want encoded.
def _uri:
	@uri | if contains("!") then split("!") | join("%21") else . end
	| if contains("*") then split("*") | join("%2A") else . end
	| if contains("'") then split("'") | join("%27") else . end
	| if contains("(") then split("(") | join("%28") else . end
	| if contains(")") then split(")") | join("%29") else . end;
def _text:
	if . == null then error("there is no value for a hole in a text")
	elif type == "object" or type == "array" then error("a hole in a text has a \(type)")
	else tostring end;
def _text_or_null: if . == null then null else _text end;
def _path:
	_text | if . == "" or . == "." or . == ".." then error("a piece of the path is '\(.)'")
	else _uri end;
def _path_kept:
	_text | split("/") | map(if . == "." or . == ".." then _path else _uri end) | join("/");

# A list of what may be one thing, or none: XML tells no difference.
def list: if . == null or . == "" then [] elif type == "array" then . else [.] end;
# An object without its members that are null.
def compact:
	if type != "object" then . else . as $o | reduce keys_unsorted[] as $k ({};
		if $o[$k] == null then . else . + {($k): $o[$k]} end) end;
def drop_nulls: compact;
# Some members of an object: pick(["A", "B"]); the others: without(["A", "B"]).
def pick($names): . as $o | reduce $names[] as $n ({};
	if $o | has($n) then . + {($n): $o[$n]} else . end);
def without($names):
	if . == null then {} else with_entries(select(.key as $k | $names | index([$k]) | not)) end;

# Whether an update touches what is at the pointer: something in it, or all around it.
def changed($pointer):
	any(($changed // [])[]; . == $pointer or startswith($pointer + "/")
		or (. as $c | $pointer | startswith($c + "/")));

# Texts that mean something else; null stays null, and what is right already stays as it is.
def to_bool:
	if type != "string" then . else ascii_downcase as $t
	| if $t == "true" then true elif $t == "false" then false
		else error("a text is neither true nor false") end end;
# Numbers of more than fifteen digits stay texts: they would be rounded.
def to_int: if type == "string" and length < 16 then tonumber else . end;
def to_text: if . == null then null else tostring end;
def json_of: if . == null or type == "string" then . else tojson end;
# (In jq 1.6 a `?` outside of a list would also catch what is raised behind it.)
def from_json_text:
	if type == "string" then . as $t | [fromjson?] | if length == 1 then .[0] else $t end
	else . end;
def base64: if . == null then null else tostring | @base64 end;
def from_base64: if . == null then null else @base64d end;
# Percent-encoded text, as IAM gives policies.
def _hex:
	reduce (ascii_downcase | explode)[] as $c
		(0; . * 16 + $c - (if $c > 96 then 87 else 48 end));
def from_uri:
	split("%") | reduce .[1:][] as $piece ({out: (.[0] | explode), need: 0, code: 0};
		($piece[0:2] | _hex) as $b
		| if .need > 0 then .code = .code * 64 + $b - 128 | .need -= 1
			| if .need == 0 then .out += [.code] else . end
		elif $b < 128 then .out += [$b]
		elif $b < 224 then .need = 1 | .code = $b - 192
		elif $b < 240 then .need = 2 | .code = $b - 224
		else .need = 3 | .code = $b - 240 end
		| .out += ($piece[2:] | explode))
	| .out | implode;

# Tags, written as [{"Key", "Value"}] or as a map, in either form; `$tags` are ours.
def tag_list:
	if . == null then [] elif type == "array" then .
	else [keys_unsorted[] as $k | {Key: $k, Value: .[$k]}] end;
def tag_map:
	if . == null then {} elif type == "object" then .
	else reduce .[] as $t ({}; . + {($t.Key // $t.key): ($t.Value // $t.value // "")}) end;
def with_ours:
	if type == "object" then . + ($tags // {}) else tag_map + ($tags // {}) | tag_list end;
def _not_ours: (startswith("hadeploy:") or startswith("aws:")) | not;
def without_ours:
	if type == "object" then with_entries(select(.key | _not_ours))
	elif type == "array" then map(select(.Key // .key | _not_ours)) else . end;
def user_tags: without_ours;
def tags_list: with_ours | tag_list;
def tags_map: tag_map | with_ours;

# A name for what the user gave none, as CloudFormation makes it: stack-logical-random, at most
# $most long, the same for every attempt.  $chars: what may be in it, as in a class of a regex.
def generated($most; $chars):
	($name.random | gsub("[^\($chars)]"; "") | .[0:$most]) as $random
	| ($name.logical | gsub("[^\($chars)]"; "")) as $logical
	| ($name.stack | gsub("[^\($chars)]"; "")) as $stack
	| ($most - ($random | length) - 2) as $room
	| if $room < 2 then $random else
		([$room - ($logical | length), ($room / 2 | floor)] | max) as $left
		| ($stack[0:$left] | sub("-+$"; "")) as $first
		| ($logical[0:$room - ($first | length)] | sub("-+$"; "")) as $second
		| [$first, $second, $random] | map(select(. != "")) | join("-")
	end;
def generated($most): generated($most; "A-Za-z0-9-");
def generated_lower($most): generated($most) | ascii_downcase;

# The update as RFC 6902 wants it: the least that leads from $prior to $properties at $changed.
# Lists are replaced as a whole, and what services never show again (writeOnly) is added, which
# replaces too.
def _tokens: split("/")[1:] | map(split("~1") | join("/") | split("~0") | join("~"));
def _pointer: map("/" + (split("~") | join("~0") | split("/") | join("~1"))) | join("");
def _lifted($wanted; $was; $i):
	if $i == length or ($wanted | type) != "object" or ($was | type) != "object" then .[0:$i]
	else .[$i] as $t | _lifted($wanted[$t]; $was[$t]; $i + 1) end;
def _there($doc): . as $path | $doc | reduce $path[] as $t ({there: true, value: .};
	if .there and (.value | type) == "object" and (.value | has($t)) then .value = .value[$t]
	else {there: false} end);
def patch:
	[($schema.writeOnly // [])[] | ltrimstr("/properties")] as $hidden
	| [($changed // [])[] | _tokens | _lifted($properties; $prior; 0)] | unique
	| map(. as $path | _pointer as $p
		| _there($properties) as $new | ($path | _there($prior).there) as $old
		| if $new.there then
			{op: (if $old and ($hidden | index([$p]) | not) then "replace"
				else "add" end), path: $p, value: $new.value}
		elif $old then {op: "remove", path: $p} else empty end);

def now_iso: now | floor | todate;
# What an ARN ends with; and the ARN of something here.
def arn_name: split(":") | last | split("/") | last;
def arn($service; $resource): "arn:\($partition):\($service):\($region):\($account):\($resource)";

# What AWS definitions share.  Tags of what is made: the user's, ours, and the operation's key, by which
# FindByKey knows what this operation has made.
def made_tags: (.Tags | tag_map) + $tags + {"hadeploy:key": $key} | tag_list;
def given: . != null and . != "" and . != [] and . != {};
def made_by_key: if given then tag_map["hadeploy:key"] == $key else false end;
# What was asked for, in the Read that follows Create and Update too.
def asked: ($prior // {}) + ($properties // {});
def shown: if given then . else null end;
# In the order in which it was asked for, when it is the same but for the order; else sorted.
def as_asked($asked): if ($asked | type) == "array" and sort == ($asked | sort) then $asked else sort end;
def shown_tags: list | map({Key, Value}) | user_tags | as_asked(asked.Tags) | shown;
def removed_tags: [($prior.Tags | tag_list)[].Key] - [(.Tags | tag_list)[].Key];
# Policies as services compare them: one is a list of one, and the order of a list has no meaning.
def _canonical:
	if type == "object" then with_entries(.value |= _canonical)
	elif type == "array" then map(_canonical) | sort | if length == 1 then .[0] else . end
	else . end;
# A policy as it was asked for, when it is the same.
def policy($asked):
	(if type == "string" and startswith("%") then from_uri else . end | from_json_text) as $is
	| if ($asked | from_json_text | _canonical) == ($is | _canonical) then $asked else $is end;
# What a definition does not carry out is refused, not left out in silence.
def refuse($names):
	. as $p | [$names[] | select($p[.] | given)]
	| if length > 0 then error("\($type): '\(join("', '"))' is not served: leave it out") else $p end;
