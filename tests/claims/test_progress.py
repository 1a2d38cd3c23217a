"""``pq.verify`` shows a bar where it is asked for."""

import pqtheory as pq


def test_a_bar_where_it_is_wanted_and_none_else(capsys):
    pq.verify("pm1-lstm-saturates", progress=True)
    assert "verifying" in capsys.readouterr().err
    pq.verify("pm1-lstm-saturates", progress=False)
    pq.verify("pm1-lstm-saturates")
    assert capsys.readouterr().err == ""
