"""``pq.verify`` shows a bar where it is asked for."""

import pqtheory as pq


def test_a_bar_where_it_is_wanted_and_none_else(capsys):
    pq.verify("two-function-toy", progress=True)
    assert "verifying" in capsys.readouterr().err
    pq.verify("two-function-toy", progress=False)
    pq.verify("two-function-toy")
    assert capsys.readouterr().err == ""
