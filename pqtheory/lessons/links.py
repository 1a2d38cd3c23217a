"""Where a lesson opens in a browser, without anything installed: on Binder, and on Colab.

Both run what is in the repository that the project's metadata name, ``[project.urls] Repository`` in pyproject.toml: a
copy of the project changes that line alone. Binder makes the notebooks as ``.binder/`` says; Colab reads them from the
branch ``notebooks``, where a workflow puts them with a first cell that installs the library.
"""

import re
from importlib.metadata import metadata

from pqtheory._messages import brief
from pqtheory.lessons.texts import Lesson

#: what Binder builds, and where it has the notebooks
BRANCH, FOLDER = "main", "notebooks"
#: where Colab finds them
PUBLISHED = "notebooks"
#: what the lessons use beyond arrays
EXTRAS = "smt,symbolic,sdp,milp,plots"


def repository() -> str:
    """``owner/name`` on GitHub.

    Raises
    ------
    ValueError
        If the metadata name no repository there.
    """
    urls = metadata("pqtheory").get_all("Project-URL") or []
    for url in urls:
        found = re.fullmatch(r"Repository, *https://github\.com/([\w.-]+/[\w.-]+?)/?", url)
        if found is not None:
            return found[1]
    raise ValueError(
        f"repository: expected one on GitHub among the project's URLs, got {brief(urls)}"
    )


def binder(lesson: Lesson) -> str:
    """The lesson on Binder."""
    place = f"urlpath=lab/tree/{FOLDER}/{lesson.notebook}"
    return f"https://mybinder.org/v2/gh/{repository()}/{BRANCH}?{place}"


def colab(lesson: Lesson) -> str:
    """The lesson on Colab."""
    place = f"{repository()}/blob/{PUBLISHED}/{lesson.notebook}"
    return f"https://colab.research.google.com/github/{place}"


def install() -> str:
    """What pip must install for a lesson."""
    return f"pqtheory[{EXTRAS}] @ git+https://github.com/{repository()}"
