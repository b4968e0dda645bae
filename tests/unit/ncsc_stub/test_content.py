"""The headers that content comes under."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from soc.ncsc_stub.content import check_digest, idempotency_key
from soc.ncsc_stub.problem import Problem

# RFC 9530, appendix D: {"hello": "world"} and a newline.
BODY = b'{"hello": "world"}\n'
SHA_256 = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"


def headers(name: str, *values: str) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict([(name, value) for value in values]))


@pytest.mark.parametrize("values", [[SHA_256], ["sha-512=:AAAA:, " + SHA_256], ["md5=:AA==:", SHA_256]])
def test_the_digest_of_the_standards_own_example_fits(values: list[str]) -> None:
    hexadecimal = "44aff4ab2d7c3250525675a08f0cfa9591168cffe51791c5f5bbc417c15a6c38"
    assert check_digest(headers("Content-Digest", *values), BODY) == hexadecimal


@pytest.mark.parametrize(
    "value", ["", SHA_256.lower(), SHA_256[:-1], SHA_256.replace("RK", "RJ"), f"{SHA_256}, {SHA_256}"]
)
def test_another_digest_does_not(value: str) -> None:
    with pytest.raises(Problem, match="Content-Digest"):
        check_digest(headers("Content-Digest", value), BODY)


def test_no_digest_is_no_digest() -> None:
    with pytest.raises(Problem, match="Content-Digest"):
        check_digest(headers("Digest", SHA_256), BODY)


def test_a_key_is_a_quoted_string() -> None:
    assert idempotency_key(headers("idempotency-key", ' "8e03978e-40d5 !~" ')) == "8e03978e-40d5 !~"


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        ['""'],
        ["bare"],
        ['"a'],
        ['"a"b"'],
        ['"a\\"b"'],
        ['"é"'],
        ['"a"', '"a"'],
        ['"' + "a" * 129 + '"'],
    ],
)
def test_anything_else_is_no_key(values: list[str]) -> None:
    with pytest.raises(Problem, match="Idempotency-Key"):
        idempotency_key(headers("Idempotency-Key", *values))
