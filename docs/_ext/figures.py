"""The figures that a script of the gallery makes, for sphinx-gallery, which itself looks at pyplot alone."""

from collections.abc import Callable, Mapping
from textwrap import indent
from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

import pqtheory as pq

#: in the names of a script: which figures were saved
SEEN = "__figures_seen__"


def save_new(block: Any, block_vars: Mapping[str, Any], gallery_conf: Mapping[str, Any]) -> str:
    """Save the figures that a block has made, under any names, and show them with their descriptions."""
    names = block_vars["example_globals"]
    seen = names.setdefault(SEEN, [])
    files, titles = [], []
    for value in list(names.values()):
        if isinstance(value, Figure) and not any(value is other for other in seen):
            seen.append(value)
            file = next(block_vars["image_path_iterator"])
            pq.plotting.save(value, file)
            files.append(file)
            # what is seen in it, in words
            titles.append(str(value.get_label() or ""))
    made = figure_rst(files, gallery_conf["src_dir"], " ".join(filter(None, titles)))
    # a frame, in which wide pictures can be moved on a phone
    return f"\n.. container:: picture\n\n{indent(made, '    ')}\n" if files else made


def _get_sg_image_scraper() -> Callable[..., str]:
    """What sphinx-gallery calls."""
    return save_new
