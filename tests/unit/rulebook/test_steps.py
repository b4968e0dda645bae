"""Steps work one after the other, on filters and correlations too, and never make ever more of a rule."""

from support.pipelines import book_under, is_, pipeline_file, under
from support.rulings import correlation_text, loaded, rule_text

from soc.model.event import LogSource
from soc.rulebook.plan import Or, Text, Wild
from soc.rulebook.plan import Test as On

ANY = Wild.ANY


MAP = "{type: field_name_mapping, mapping: {a: x, b: [y, z], r: q}}"


RULE = rule_text("{s: {a: v}, condition: s}", logsource={"product": "windows"})
LISTS = {"u": ["ann", "b*"], "n": 5}


VALUES = "{type: value_placeholders}"


def test_a_step_that_refuses_a_rule_is_named_beside_the_rule() -> None:
    rule = "title: A rule\nid: r\nlogsource: {product: test}\ndetection: {s: {a: v}, condition: s}\n"
    whole = book_under(rule, "{type: rule_failure, message: no such events}")
    assert whole.errors == ("0.yml:1:1: no such events (step at pipelines/p.yml:2:3)",)
    item = book_under(rule, "{type: detection_item_failure, message: no such field}")
    assert item.errors == ("0.yml:4:17: no such field (step at pipelines/p.yml:2:3)",)
    assert whole.rules == item.rules == ()
    chained = {"type": "event_count", "rules": ["r"], "timespan": "1m", "condition": {"gte": 2}}
    both = loaded(
        rule, correlation_text(chained), pipelines=[pipeline_file("{type: rule_failure, message: n}")]
    )
    assert len(both.errors) == 2


def test_a_rule_of_which_nothing_is_left_is_refused() -> None:
    book = book_under(rule_text("{s: {a: v}, condition: s}"), "{type: drop_detection_item}")
    assert "pipelines leave nothing of it" in book.errors[0]
    assert book.rules == ()


def test_values_that_wait_are_not_changed_behind_their_placeholders() -> None:
    rule = rule_text("{s: {a|expand: '%u%'}, condition: s}")
    change = "{type: replace_string, regex: a, replacement: b}"
    assert "put value_placeholders before this step" in book_under(rule, change, vars=LISTS).errors[0]
    assert book_under(rule, VALUES, change, vars=LISTS).rules[0].condition == Or(
        (is_("a", "bnn"), On("a", Text(("b", ANY))))
    )


def test_steps_cannot_make_ever_more_of_a_rule() -> None:
    double = "{type: field_name_prefix_mapping, mapping: {'': [a, b]}}"
    steps = [double] * 40
    fields = rule_text("{s: {f: v}, condition: s}")
    assert "more than 20000 values" in book_under(fields, *steps).errors[0]
    texts = ["{type: map_string, mapping: {v: [v, v]}}"] * 40
    assert "more than 20000 values" in book_under(fields, *texts).errors[0]
    keywords = rule_text("{s: [v], condition: s}", custom={"group-by": ["f"]})
    assert "more than 100 names of 'f'" in book_under(keywords, *steps).errors[0]
    assert book_under(keywords, *steps).rules == ()


def test_a_nest_is_made_under_one_condition() -> None:
    nest = """
        type: nest
        rule_conditions: [{type: logsource, product: %s}]
        items:
        - {id: inner, type: field_name_prefix, prefix: p.}
        - type: field_name_suffix
          suffix: .s
          rule_conditions: [{type: processing_item_applied, processing_item_id: inner}]
    """
    after = """
        type: field_name_suffix
        suffix: .t
        rule_conditions: [{type: processing_item_applied, processing_item_id: inner}]
    """
    assert under("{f: v}", nest % "test", after) == is_("p.f.s.t", "v")
    assert under("{f: v}", nest % "other", after) == is_("f", "v")


def test_a_changed_log_source_is_what_the_rule_then_has() -> None:
    step = "{type: change_logsource, product: Linux, service: auditd}"
    after = loaded(RULE, pipelines=[pipeline_file(step)], known=lambda source: source.product == "linux")
    assert after.rules[0].logsource == LogSource(product="linux", service="auditd")
    assert after.rules[0].routed
    assert after.rules[0].version != loaded(RULE).rules[0].version


def test_correlations_group_by_the_new_names() -> None:
    correlation = correlation_text(
        {
            "type": "value_count",
            "rules": ["r"],
            "group-by": ["user", "alias"],
            "timespan": "1m",
            "aliases": {"alias": {"r": "src"}},
            "condition": {"gte": 2, "field": "dst"},
        }
    )
    rule = rule_text("{s: {a: v}, condition: s}", custom={"group-by": ["user"]})
    step = """
        type: field_name_mapping
        mapping: {user: user.name, src: source.ip, dst: destination.ip, alias: wrong}
        rule_conditions: [{type: logsource, product: test}]
    """
    book = loaded(rule, correlation, pipelines=[pipeline_file(step)])
    (plan,) = (plan for plan in book.correlations if plan.id == "c")
    assert plan.group_by == ("user.name", "alias")
    assert plan.aliases == (("alias", (("r", "source.ip"),)),)
    assert plan.fields == ("destination.ip",)
    assert book.rules[0].custom.group_by == ("user.name",)
    other = step.replace("product: test", "product: gone")
    untouched = loaded(rule, correlation, pipelines=[pipeline_file(other)])
    assert untouched.correlations == loaded(rule, correlation).correlations


def test_a_correlation_that_would_count_two_fields_is_refused() -> None:
    count = {"type": "value_count", "rules": "r", "timespan": "1m", "condition": {"gte": 2, "field": "b"}}
    rule = rule_text("{s: {a: v}, condition: s}")
    book = loaded(rule, correlation_text(count), pipelines=[pipeline_file(MAP)])
    assert "pipelines make y and z of 'b'" in book.errors[0]
