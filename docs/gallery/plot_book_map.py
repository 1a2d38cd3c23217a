"""
The map of the book
===================

The theorems by chapter, with arrows to what each uses. :doc:`/theorems/index` has the same map with a link in each box;
on the command line: ``pqtheory plot map``.
"""

from pqtheory.plotting.book_layout import Entry
from pqtheory.plotting.book_map import book_map
from pqtheory.theory import BOOK

claims = [BOOK.load(name) for name in BOOK.names]
figure = book_map([Entry(c.name, c.chapter.replace("_", " "), c.uses) for c in claims])
