"""A warning is good STIX, whatever it warns of."""

import json

import pytest
import stix2
from stix2validator import validate_string

from soc.ncsc_stub.problem import Problem
from soc.ncsc_stub.warning import Observable, ObservableType, warning_bundle

AT_MS, DUE_MS = 1_800_000_000_000, 1_800_086_400_000
GOOD = [
    Observable(ObservableType.IPV4, "203.0.113.7"),
    Observable(ObservableType.DOMAIN, "cap-nhat.example.vn"),
    Observable(ObservableType.URL, "https://cap-nhat.example.vn/tai?x='\\"),
]


def test_a_warning_passes_an_independent_validator() -> None:
    bundle = warning_bundle("Mật khẩu bị dò", GOOD, AT_MS, DUE_MS)
    results = validate_string(json.dumps(bundle))
    assert results.is_valid, [str(error) for result in results.object_results for error in result.errors]


def test_a_warning_is_read_back_by_an_independent_library() -> None:
    read = stix2.parse(warning_bundle("Mật khẩu bị dò", GOOD, AT_MS, DUE_MS))
    assert [item.type for item in read.objects] == [
        *("marking-definition", "identity", "indicator", "indicator", "indicator", "report")
    ]
    assert read.objects[-1].object_refs == [item.id for item in read.objects[2:5]]
    assert read.objects[2].pattern == "[ipv4-addr:value = '203.0.113.7']"
    assert read.objects[4].pattern == "[url:value = 'https://cap-nhat.example.vn/tai?x=\\'\\\\']"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ObservableType.IPV4, "203.0.113.256"),
        (ObservableType.IPV4, "2001:db8::1"),
        (ObservableType.IPV4, "203.0.113.7' OR 1"),
        (ObservableType.DOMAIN, "example"),
        (ObservableType.DOMAIN, "a..example"),
        (ObservableType.DOMAIN, "a" * 250 + ".vn"),
        (ObservableType.URL, "javascript:alert(1)"),
        (ObservableType.URL, "http://"),
        (ObservableType.URL, "http://[::1"),
        (ObservableType.URL, "http://a/\n"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: ObservableType, value: str) -> None:
    with pytest.raises(Problem, match=f"is no {kind}"):
        warning_bundle("w", [Observable(kind, value)], AT_MS, DUE_MS)
