/* test_xml.c - XML answers as JSON, and JSON as XML bodies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "providers/kit/xml.h"

static void reads_as(const char *xml, const char *json)
{
	struct arena *a = arena_new();
	const char *why = NULL;
	json_t *j = xml_read(text_of(xml), a, &why);

	if (!j)
		fail_msg("%s: %s", xml, why);
	assert_null(why);
	assert_string_equal(json_text(a, j), json);
	json_decref(j);
	arena_free(a);
}

static void is_refused(struct text xml, const char *because)
{
	struct arena *a = arena_new();
	const char *why = NULL;
	json_t *j = xml_read(xml, a, &why);

	assert_null(j);
	assert_non_null(why);
	if (!strstr(why, because))
		fail_msg("%s", why);
	arena_free(a);
}

static void leaves_are_texts(void **state)
{
	(void)state;
	reads_as("<A/>", "{\"A\":\"\"}");
	reads_as("<A>x</A>", "{\"A\":\"x\"}");
	reads_as("<A> </A>", "{\"A\":\" \"}");
	reads_as("<A>a &lt;&#x263a;&amp;<![CDATA[<b>]]> c</A>",
		 "{\"A\":\"a <\xe2\x98\xba&<b> c\"}");
	reads_as("<A t=\"a&amp;b&#38;&quot;\"/>", "{\"A\":{\"@t\":\"a&b&\\\"\"}}");
	reads_as("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<A>\xe4</A>",
		 "{\"A\":\"\xc3\xa4\"}");
}

static void elements_become_members_in_lists_when_several(void **state)
{
	(void)state;
	reads_as("<R>\n <A>1</A>\n <B>2</B><A>3</A>\n</R>",
		 "{\"R\":{\"A\":[\"1\",\"3\"],\"B\":\"2\"}}");
	reads_as("<R><A><B/></A><A/></R>", "{\"R\":{\"A\":[{\"B\":\"\"},\"\"]}}");
}

static void member_and_item_are_lists(void **state)
{
	(void)state;
	reads_as("<R><S><member>1</member></S></R>", "{\"R\":{\"S\":[\"1\"]}}");
	reads_as("<R><set><item><a>1</a></item><item><a>2</a></item></set></R>",
		 "{\"R\":{\"set\":[{\"a\":\"1\"},{\"a\":\"2\"}]}}");
	reads_as("<R><S><item>1</item><x/></S></R>", "{\"R\":{\"S\":{\"item\":\"1\",\"x\":\"\"}}}");
	reads_as("<R><S k='v'><item>1</item></S></R>",
		 "{\"R\":{\"S\":{\"@k\":\"v\",\"item\":\"1\"}}}");
	/* Two lists of one element each stay two. */
	reads_as("<R><S><item>1</item></S><S><item>2</item></S></R>",
		 "{\"R\":{\"S\":[[\"1\"],[\"2\"]]}}");
}

static void attributes_and_mixed_text_are_kept(void **state)
{
	(void)state;
	reads_as("<A b='1' c='&quot;'/>", "{\"A\":{\"@b\":\"1\",\"@c\":\"\\\"\"}}");
	reads_as("<A b='1'>x</A>", "{\"A\":{\"#text\":\"x\",\"@b\":\"1\"}}");
	reads_as("<A> one <B/> two </A>", "{\"A\":{\"#text\":\"one  two\",\"B\":\"\"}}");
}

static void namespaces_and_comments_are_dropped(void **state)
{
	(void)state;
	reads_as("<A xmlns='http://s3.amazonaws.com/doc/2006-03-01/' xmlns:x='http://x'><!-- c -->"
		 "<x:B x:type='T'>1</x:B><?php echo ?></A>",
		 "{\"A\":{\"B\":{\"#text\":\"1\",\"@type\":\"T\"}}}");
	reads_as("<A><p:B>1</p:B></A>", "{\"A\":{\"B\":\"1\"}}");
}

static void what_is_no_xml_is_refused_with_its_line(void **state)
{
	(void)state;
	is_refused(TEXT_LIT(""), "no XML");
	is_refused(TEXT_LIT("{}"), "no XML: line 1");
	is_refused(TEXT_LIT("<A>\n<B>\n</A>"), "no XML: line 3");
	is_refused(TEXT_LIT("<A/><B/>"), "no XML");
	is_refused(TEXT_LIT("<A>half"), "no XML");
	is_refused(TEXT_LIT("<A>\0</A>"), "no XML");
	is_refused(TEXT_LIT("<A>\xff</A>"), "no XML");
	is_refused(TEXT_LIT("<A>&secret;</A>"), "no XML");
}

static void a_reason_quotes_nothing(void **state)
{
	struct arena *a = arena_new();
	const char *why;

	(void)state;
	assert_null(xml_read(TEXT_LIT("<Password>hunter2<"), a, &why));
	assert_null(strstr(why, "hunter2"));
	arena_free(a);
}

static void document_types_are_refused(void **state)
{
	(void)state;
	is_refused(TEXT_LIT("<!DOCTYPE html><html></html>"), "document type");
	is_refused(TEXT_LIT("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"),
		   "document type");
	is_refused(TEXT_LIT("<!DOCTYPE a [<!ENTITY b 'bbbbbbbb'><!ENTITY c "
			    "'&b;&b;&b;&b;'>]><a>&c;</a>"),
		   "document type");
}

static void nested(struct str *out, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		str_add(out, "<a>");
	for (size_t i = 0; i < depth; i++)
		str_add(out, "</a>");
}

static void depth_and_count_and_length_are_bounded(void **state)
{
	struct str s = STR_INIT;
	struct arena *a = arena_new();
	json_t *j;

	(void)state;
	nested(&s, 63);
	j = xml_read(str_text(&s), a, NULL);
	assert_non_null(j);
	json_decref(j);
	str_clear(&s);
	nested(&s, 64);
	is_refused(str_text(&s), "deep");
	str_clear(&s);
	str_add(&s, "<a>");
	for (size_t i = 0; i < LIMIT_XML_NODES; i++)
		str_add(&s, "<b/>");
	str_add(&s, "</a>");
	is_refused(str_text(&s), "too many");
	str_clear(&s);
	str_repeat(&s, ' ', LIMIT_XML_LEN + 1);
	is_refused(str_text(&s), "too long");
	str_release(&s);
	arena_free(a);
}

static json_t *json_of(struct arena *a, const char *text)
{
	const char *why;
	json_t *j = json_parse(text_of(text), a, &why);

	assert_non_null(j);
	return j;
}

static void writes_as(const char *json, const char *xml)
{
	struct arena *a = arena_new();
	struct str out = STR_INIT;
	json_t *j = json_of(a, json);

	if (xml) {
		assert_int_equal(xml_write(j, &out), 0);
		assert_string_equal(str_cstr(&out), xml);
	} else {
		assert_int_equal(xml_write(j, &out), -1);
		assert_int_equal(out.len, 0);
	}
	json_decref(j);
	str_release(&out);
	arena_free(a);
}

static void objects_are_written_in_their_order(void **state)
{
	(void)state;
	writes_as("{\"A\": {\"@xmlns\": \"http://x/\", \"B\": [\"1\", \"2\"]}}",
		  "<A xmlns=\"http://x/\"><B>1</B><B>2</B></A>");
	writes_as("{\"A\": {\"z\": true, \"a\": 12, \"m\": null, \"n\": 1.5, \"e\": \"\", \"l\": "
		  "[]}}",
		  "<A><z>true</z><a>12</a><n>1.5</n><e></e></A>");
	writes_as("{\"G\": {\"@xsi:type\": \"User\", \"#text\": \"x\", \"i\": 1, \"@none\": null}}",
		  "<G xsi:type=\"User\">x<i>1</i></G>");
	writes_as("{\"A\": \"x\"}", "<A>x</A>");
}

static void texts_are_escaped_and_read_back(void **state)
{
	(void)state;
	writes_as("{\"A\": {\"@q\": \"\\\"<\\n\", \"B\": \"<&>\\r\\t\"}}",
		  "<A q=\"&quot;&lt;&#10;\"><B>&lt;&amp;&gt;&#13;&#9;</B></A>");
	reads_as("<A q=\"&quot;&lt;&#10;\"><B>&lt;&amp;&gt;&#13;&#9;</B></A>",
		 "{\"A\":{\"@q\":\"\\\"<\\n\",\"B\":\"<&>\\r\\t\"}}");
}

static void what_xml_cannot_say_is_refused(void **state)
{
	(void)state;
	writes_as("[]", NULL);
	writes_as("{}", NULL);
	writes_as("{\"A\": 1, \"B\": 2}", NULL);
	writes_as("{\"A\": [1, 2]}", NULL);
	writes_as("{\"A\": null}", NULL);
	writes_as("{\"A\": {\"B\": [[1]]}}", NULL);
	writes_as("{\"A\": {\"b c\": 1}}", NULL);
	writes_as("{\"A\": {\"\": 1}}", NULL);
	writes_as("{\"A\": {\"@b c\": 1}}", NULL);
	writes_as("{\"A\": {\"@b\": {}}}", NULL);
	writes_as("{\"A\": {\"#text\": []}}", NULL);
	writes_as("{\"A\": \"\\u0001\"}", NULL);
	writes_as("{\"A\": \"\\ufffe\"}", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_are_texts),
		cmocka_unit_test(elements_become_members_in_lists_when_several),
		cmocka_unit_test(member_and_item_are_lists),
		cmocka_unit_test(attributes_and_mixed_text_are_kept),
		cmocka_unit_test(namespaces_and_comments_are_dropped),
		cmocka_unit_test(what_is_no_xml_is_refused_with_its_line),
		cmocka_unit_test(a_reason_quotes_nothing),
		cmocka_unit_test(document_types_are_refused),
		cmocka_unit_test(depth_and_count_and_length_are_bounded),
		cmocka_unit_test(objects_are_written_in_their_order),
		cmocka_unit_test(texts_are_escaped_and_read_back),
		cmocka_unit_test(what_xml_cannot_say_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
