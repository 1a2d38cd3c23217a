"""How the site is built: ``make docs``. Nothing is loaded from a network, neither here nor by the reader's browser."""

import shutil
import sys
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_ext"))

import pqtheory  # noqa: E402

project = "pqtheory"
author = "The pqtheory developers"
copyright = "The pqtheory developers, BSD-3-Clause"
version = release = pqtheory.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "api_pages",
    "katex_math",
    "theorem_pages",
]
exclude_patterns = [
    "_ext",
    "conf.py",
    "lab/**",
    "gallery/**",
    "pictures/*.py",
    "pictures/*.ipynb",
    "pictures/*.json",
    "pictures/sg_execution_times.rst",
    "sg_execution_times.rst",
]

# pages: Markdown with formulas; a broken link is a warning, and each warning an error
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
# formulas on lines of their own inside a paragraph, as notebooks have them
myst_dmath_double_inline = True
nitpicky = True
# what is not ours: there is no network to look it up
nitpick_ignore_regex = [(r"py:.*", r"(?!pqtheory\.).*")]
# bases of public classes that have no name of their own for users
nitpick_ignore = [
    ("py:class", "pqtheory.quantizers._ternary.TernaryQuantizer"),
    ("py:class", "pqtheory.methods.base.MappedMethod"),
    ("py:class", "pqtheory.networks.optim.around.Around"),
    ("py:class", "pqtheory.networks.optim.stepping.Stepping"),
    ("py:class", "pqtheory.claims.claim.Item"),
    ("py:class", "pqtheory.evidence.terms.Term"),
]
# attributes that two classes call alike, in lists that numpydoc makes
suppress_warnings = ["ref.python"]

# formulas: docs/_ext/katex_math.py
html_math_renderer = "katex"

# the reference: docs/_ext/api_pages.py
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

# the lessons are Python with cells
nb_custom_formats = {".py": ["jupytext.reads", {"fmt": "py:percent"}]}
nb_execution_mode = "cache"
nb_execution_cache_path = str(DOCS.parent / "out" / "notebooks")
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True

html_theme = "furo"
html_title = "pqtheory"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
html_theme_options = {
    "source_repository": "https://github.com/pqtheory/pqtheory/",
    "source_branch": "main",
    "source_directory": "docs/",
    "top_of_page_buttons": [],
}
# buttons would be pictures in code
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "pictures",
    "image_scrapers": ("figures",),
    "capture_repr": (),
    "remove_config_comments": True,
    "download_all_examples": False,
    "show_signature": False,
    "min_reported_time": 1e9,
    "abort_on_example_error": True,
    "within_subsection_order": "FileNameSortKey",
    "nested_sections": False,
}


def copy_lab(app: Sphinx, error: Exception | None) -> None:
    """The lab is a page of its own, beside the others."""
    if error is None and app.builder.format == "html":
        shutil.copytree(DOCS / "lab", Path(app.outdir) / "lab", dirs_exist_ok=True)


def list_further_pages(app: Sphinx, docname: str, source: list[str]) -> None:
    """A page beside the landing page that its contents do not name is there too."""
    if docname == "index":
        named = set(source[0].split("\n"))
        pages = sorted({file.stem for file in DOCS.glob("*.md")} - named - {"index"})
        source[0] = source[0].replace("FURTHER-PAGES\n", "".join(f"{page}\n" for page in pages))


def setup(app: Sphinx) -> None:
    """What Sphinx calls."""
    app.connect("source-read", list_further_pages)
    app.connect("build-finished", copy_lab)
