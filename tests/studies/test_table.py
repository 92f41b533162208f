"""Tables come back as they were written, and committed ones are found by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies import table


@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_floats_come_back_bit_for_bit(tmp_path_factory, values):
    """repr and its inverse: every finite float is read back as the same bits."""
    path = tmp_path_factory.mktemp("table") / "t.csv"
    path.write_bytes(table.encode(["k", "value"], list(enumerate(values))))
    back = table.read(path)
    assert back["k"].tolist() == list(range(len(values)))
    assert back["value"].astype(np.float64).tobytes() == np.array(values).tobytes()


def test_words_stay_words(tmp_path):
    """A column that is not all numbers is text; commas and quotes survive."""
    path = tmp_path / "t.csv"
    path.write_bytes(table.encode(["rule"], [["1"], ['per neuron, "99.9"']]))
    assert table.read(path)["rule"].tolist() == ["1", 'per neuron, "99.9"']


def test_a_committed_table_is_found_by_its_name(monkeypatch, tmp_path):
    """Wherever it lies below the studies; a name that no folder has is named."""
    assert table.committed("residual-digits").keys() >= {"arm", "seed", "T", "accuracy"}
    monkeypatch.setattr(table, "STUDIES", tmp_path)
    (tmp_path / "any" / "tables").mkdir(parents=True)
    (tmp_path / "any" / "tables" / "this-digits.csv").write_bytes(table.encode(["k"], [[1]]))
    assert table.committed("this-digits")["k"].tolist() == [1]
    with pytest.raises(FileNotFoundError, match="other-digits"):
        table.committed("other-digits")


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "not every line has as many values as the first"),
        (b"a,b\n1\n", "not every line has as many values as the first"),
        (b"a\n1\n\n2\n", "not every line has as many values as the first"),
        (b"a\n1\n2", "not every line has as many values as the first"),
        (b"a,a\n1,2\n", "its first line does not hold different names"),
        (b"\n", "its first line does not hold different names"),
        (b"\xff\xfe\n", "invalid start byte"),
        (b'a\n"1\n', "unexpected end of data"),
    ],
)
def test_a_damaged_table_gets_one_sentence(tmp_path, content, says):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(ValueError, match=f"t.csv' is not a whole table of refsnn: .*{says}"):
        table.read(tmp_path / "t.csv")


def test_a_whole_number_beyond_64_bits_is_a_float(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a\n99999999999999999999\n")
    assert table.read(tmp_path / "t.csv")["a"].tolist() == [1e20]
