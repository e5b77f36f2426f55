"""Keys and the names behind them."""

from __future__ import annotations

import pytest

from bridge.web.callers import digest, read_key, read_keys


@pytest.mark.parametrize(
    ("written", "principal", "key"),
    [
        ("sk-1", digest("sk-1"), "sk-1"),
        ("ann=sk-1", "ann", "sk-1"),
        ("ann@example.com=sk-1", "ann@example.com", "sk-1"),
        ("ann=sk=1==", "ann", "sk=1=="),
        ("анна=ключ", "анна", "ключ"),
        ("anonymous=sk-1", "anonymous", "sk-1"),
        ("key-0123456789abcdef=sk-2", "key-0123456789abcdef", "sk-2"),
        ("c2VjcmV0", digest("c2VjcmV0"), "c2VjcmV0"),
        ("c2VjcmU=", digest("c2VjcmU="), "c2VjcmU="),
        ("c2VjcmV0cw==", digest("c2VjcmV0cw=="), "c2VjcmV0cw=="),
        ("=a=b", digest("a=b"), "a=b"),
        ("http://x=1", digest("http://x=1"), "http://x=1"),
    ],
)
def test_a_key_and_its_principal(written: str, principal: str, key: str) -> None:
    assert read_key(written) == (principal, key)


def test_one_principal_may_have_several_keys_and_a_key_one_principal() -> None:
    assert read_keys(["ann=1", "ann=2", "3", "3"]) == {"1": "ann", "2": "ann", "3": digest("3")}
    for wrong in (["ann=1", "bob=1"], ["1", "ann=1"], [""], [" "]):
        with pytest.raises(ValueError, match="API key") as raised:
            read_keys(wrong)
        assert "=1" not in str(raised.value)
