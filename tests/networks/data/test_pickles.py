"""Pickles of arrays: what is read, and that whatever is damaged is refused in one way."""

import pickle

import numpy as np
import pytest

from pqtheory.networks.data.pickles import read_arrays


@pytest.mark.parametrize("protocol", range(5))
def test_plain_arrays_of_older_protocols_are_read(tmp_path, protocol):
    file = tmp_path / "a"
    file.write_bytes(pickle.dumps({"a": np.arange(6.0).reshape(2, 3)}, protocol=protocol))
    np.testing.assert_array_equal(next(iter(read_arrays(file).values())), [[0, 1, 2], [3, 4, 5]])


def test_what_python_2_wrote_is_read(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04"
        b"K\x00\x85U\x01b\x87Rq\x05(K\x01K\x03K\x04\x86cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87Rq\x07"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x0cabcdefghijkltb"
        b"U\x06labelsq\x08]q\x09(K\x01K\x02K\x03eu."
    )
    found = read_arrays(file)
    assert found[b"labels"] == [1, 2, 3]
    assert found[b"data"].dtype == np.uint8
    np.testing.assert_array_equal(found[b"data"], np.arange(97, 109).reshape(3, 4))


@pytest.mark.parametrize("protocol", range(5))
def test_damaged_pickles_are_refused_in_one_way(tmp_path, protocol):
    content = {
        b"data": np.arange(12, dtype=np.uint8).reshape(3, 4),
        b"labels": [1, 2, 300],
        b"names": ["a", "b", 1.5, True, None],
    }
    whole = pickle.dumps(content, protocol=protocol)
    rng = np.random.default_rng(protocol)
    file = tmp_path / "batch"
    refused = []
    for _ in range(1000):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), rng.integers(1, 4)):
            damaged[place] = rng.integers(0, 256)
        file.write_bytes(damaged)
        try:
            read_arrays(file)
        except ValueError as error:
            refused.append(str(error))
    assert len(refused) > 500
    said = f"{file}: refused, not a pickle of plain arrays: "
    assert all(why.startswith(said) and why != said for why in refused)


class Made:
    """Pickles as a call of ``function`` with ``arguments``, and then perhaps a state."""

    def __init__(self, function, *arguments, state=None):
        self.made = function, arguments, state

    def __reduce__(self):
        return self.made


def array_of(shape, kind, data):
    reconstruct = np.zeros(1).__reduce__()[0]
    return Made(reconstruct, np.ndarray, (0,), b"b", state=(1, shape, kind, False, data))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (array_of((9,), Made(np.dtype, "O8"), b"x" * 72), "numbers of type '=O8'"),
        (array_of((9,), np.dtype("u1"), b"x" * 8), "has not so many bytes"),
        (array_of((-3, -3), np.dtype("u1"), b"x" * 9), "an array of shape"),
        (array_of((2**40, 2**40), np.dtype("u1"), b"x"), "has not so many bytes"),
    ],
)
def test_what_a_pickle_says_of_an_array_is_checked_first(tmp_path, content, why):
    file = tmp_path / "a"
    file.write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(ValueError, match=why):
        read_arrays(file)


@pytest.mark.parametrize("memo", [b"r\xff\xff\xff\x7f", b"p2147483647\n"])
def test_a_pickle_that_asks_for_more_places_than_it_has_bytes_is_refused(tmp_path, memo):
    file = tmp_path / "a"
    file.write_bytes(b"\x80\x02}" + memo + b".")
    with pytest.raises(ValueError, match="asks for 2147483647 places"):
        read_arrays(file)
