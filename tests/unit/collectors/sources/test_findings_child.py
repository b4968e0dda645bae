"""Reader of exports: what stands in them, in the scanner's own words."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from collectors.sources.export_text import text_of
from collectors.sources.findings_child import MAX_FILE_BYTES, main, rows
from soc.kernel.errors import RecordError

WORDS = "mức độ; nghiêm trọng"
SARIF = """{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Trivy","rules":[
{"id":"CVE-1","shortDescription":{"text":"bad"},"properties":{"security-severity":"9.8"},"help":{"text":"long"}},
{"id":"CVE-2"}]}},"results":[%s]}]}"""


def found(text: str, layout: str = "auto") -> list[dict[str, Any]]:
    return list(rows(text, layout))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_character_may_stand_between_cells(delimiter: str) -> None:
    text = delimiter.join(("a", "b", "c")) + "\n" + delimiter.join(("1", "2", "3"))
    assert found(text) == [{"a": "1", "b": "2", "c": "3"}]


def test_cells_may_hold_line_ends_quotes_and_delimiters() -> None:
    assert found('a,b\r\n"one\ntwo","say ""hi"", now"\r\n') == [{"a": "one\ntwo", "b": 'say "hi", now'}]


def test_titles_before_the_header_empty_lines_and_empty_cells_are_passed_over() -> None:
    assert found("Scan report\n\na,b\n\n1,\n,\n") == [{"a": "1"}]


def test_titles_of_several_cells_are_told_from_the_header() -> None:
    titles = '"Report","24/11/2026"\n"Company","x"\n\n'
    text = titles + '"IP","DNS","QID","Title","Severity"\n"10.1.1.5","","7","t","4"\n'
    assert found(text) == [{"IP": "10.1.1.5", "QID": "7", "Title": "t", "Severity": "4"}]


def test_columns_without_a_name_or_with_the_same_one_keep_their_cells() -> None:
    assert found("a,,a\n1,2,3,4\n") == [{"a": "1", "column_2": "2", "a_3": "3", "column_4": "4"}]


@pytest.mark.parametrize("text", ["", "one column\n1\n", "\n\n"])
def test_a_table_without_a_header_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match="header"):
        found(text)


def test_too_many_columns_and_too_long_cells_are_refused() -> None:
    with pytest.raises(RecordError, match="1001 columns"):
        found(",".join("x" * 1001) + "\n")
    with pytest.raises(RecordError, match="line 2: field larger"):
        found("a,b\n" + "x" * (2 << 20) + ",1\n")


@pytest.mark.parametrize(
    "text",
    ['[{"a":1},{"a":2}]', '{"a":1}\n\n{"a":2}\n', '{"findings":[{"a":1},{"a":2}]}', '{"a":1}\r\n{"a":2}'],
)
def test_an_array_lines_and_a_list_of_findings_are_the_same(text: str) -> None:
    assert found(text) == [{"a": 1}, {"a": 2}]


def test_what_stands_around_a_list_belongs_to_each_of_its_elements() -> None:
    text = """{"ArtifactName":"img","Meta":{"x":1},"Results":[
      {"Target":"lib","Vulnerabilities":[{"VulnerabilityID":"CVE-1"},{"VulnerabilityID":"CVE-2","Target":"own"}]},
      {"Target":"clean","Vulnerabilities":null}]}"""
    assert found(text) == [
        {"ArtifactName": "img", "Target": "lib", "VulnerabilityID": "CVE-1"},
        {"ArtifactName": "img", "Target": "own", "VulnerabilityID": "CVE-2"},
    ]


@pytest.mark.parametrize("text", ["[]", '{"findings":[]}', '{"Results":null}'])
def test_a_scan_that_found_nothing_gives_nothing(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", ["[1]", '["a"]', '[{"a":1},[2]]'])
def test_a_finding_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match="a finding is an object"):
        found(text)


def test_a_broken_line_is_named() -> None:
    with pytest.raises(RecordError, match="line 2: not JSON"):
        found('{"a":1}\n{"a":\n')


def test_lists_inside_each_other_without_end_are_findings_at_some_level() -> None:
    text = '{"items":[' * 100 + '{"a":1}' + "]}" * 100
    assert len(found(text)) == 1


def test_a_result_of_sarif_brings_its_rule_and_tool() -> None:
    (row,) = found(SARIF % '{"ruleId":"CVE-1","message":{"text":"m"}}')
    assert row == {
        "tool": "Trivy",
        "rule": {
            "id": "CVE-1",
            "shortDescription": {"text": "bad"},
            "properties": {"security-severity": "9.8"},
        },
        "result": {"ruleId": "CVE-1", "message": {"text": "m"}},
    }


@pytest.mark.parametrize(
    ("result", "rule"),
    [
        ('{"ruleIndex":1}', {"id": "CVE-2"}),
        ('{"rule":{"index":1}}', {"id": "CVE-2"}),
        ('{"rule":{"id":"CVE-2"}}', {"id": "CVE-2"}),
        ('{"ruleIndex":-1}', {}),
        ('{"ruleIndex":9,"ruleId":"?"}', {}),
        ('{"ruleIndex":true}', {}),
        ('{"ruleId":[1]}', {}),
        ("7", {}),
    ],
)
def test_a_rule_is_found_by_its_place_or_its_id_or_not_at_all(result: str, rule: dict[str, str]) -> None:
    (row,) = found(SARIF % result, "sarif")
    assert row["rule"] == rule


@pytest.mark.parametrize(
    "text", ["{}", "[]", '{"runs":{}}', '{"runs":[],"version":"1.0"}', "no", '{"runs":[]}']
)
def test_what_is_no_sarif_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match=r"SARIF|JSON"):
        found(text, "sarif")


@pytest.mark.parametrize(
    "runs", ["7", "{}", '{"tool":7}', '{"results":7}', '{"tool":{"driver":{"rules":[7]}}}']
)
def test_odd_runs_give_nothing(runs: str) -> None:
    text = '{"version":"2.1.0","runs":[RUN]}'
    assert found(text.replace("RUN", runs)) == []


def test_xml_is_refused_in_words() -> None:
    with pytest.raises(RecordError, match="accepted: CSV, JSON, SARIF"):
        found(" <?xml")


@pytest.mark.parametrize(
    "data",
    [
        *(WORDS.encode(encoding) for encoding in ("utf-8", "utf-8-sig", "utf-16")),
        b"m\xfd\xecc \xf0\xf4\xf2; nghi\xeam tro\xf2ng",
    ],
)
def test_vietnamese_is_read_in_every_encoding_it_is_saved_in(data: bytes) -> None:
    assert text_of(data) == WORDS


def test_a_file_that_is_too_large_or_missing_ends_with_a_remark(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)
    for path, words in ((large, b"MiB"), (tmp_path / "none.csv", b"No such file")):
        out = BytesIO()
        assert main([str(path), "auto"], out) == 1
        assert words in out.getvalue()


def test_a_document_too_deep_for_any_reader_ends_with_a_remark(tmp_path: Path) -> None:
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 100_000)
    out = BytesIO()
    assert main([str(deep), "auto"], out) == 1
    assert b"recursion" in out.getvalue()
