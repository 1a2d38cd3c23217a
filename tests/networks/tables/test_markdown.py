"""Tables as Markdown: whatever a name is, a cell is a cell and a row a line."""

from pqtheory.networks.tables.markdown import markdown


def test_nothing_in_a_cell_ends_it_or_its_line():
    text = markdown(("runs", "a|b"), [("a\nb\r\nc", "\x1b[31m1 | 2")])
    assert text == "| runs | a/b |\n| --- | ---: |\n| a b c | \\x1b[31m1 / 2 |\n"
