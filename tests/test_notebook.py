"""In a notebook objects show themselves, figures too, and bars obey; elsewhere their text is short."""

import importlib
import re
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
import torch

import pqtheory as pq
from pqtheory._notebook import HEIGHT, WIDTH, described, floats, listed, shown, sketch
from pqtheory.claims import Claim, Control, Part, between, forall, positive
from pqtheory.evidence.base import Evidence, Step
from pqtheory.plotting.parts import grid_of_axes
from pqtheory.regularizers import REGISTRY as REGULARIZERS
from pqtheory.sets import REGISTRY as SETS

from .docs.extension import extension

VOID = {"progress", "br", "path"}


class Checked(HTMLParser):
    """HTML whose elements all end, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.words = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.seen.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def holds(budget: Any) -> Evidence:
    return Evidence("proved", proof=(Step("by hand"),))


def fails(budget: Any) -> Evidence:
    return Evidence("refuted", counterexample={"x": 1})


CLAIM = Claim(
    name="a<b",
    source="here",
    statement="a & b" * 3000,
    formula="a",
    formula_latex=r"a < b",
    parts=(Part("one part", "it holds", holds),),
    controls=(Control("a control", "it does not", fails),),
)


@pytest.fixture(scope="module")
def report() -> pq.claims.results.Report:
    found = pq.claims.verification.check_claim(CLAIM, pq.claims.Budget())
    return pq.claims.results.Report((found,) * 40, "quick")


def trajectory(**options: Any) -> pq.Trajectory:
    problem = pq.problems.Quadratic.random(dim=6, seed=0)
    start = options.pop("start", np.zeros((30, 6)))
    return pq.simulate(pq.methods.BinaryConnect(0.1), problem, start, 50, **options)


def test_texts_are_short(report: Any) -> None:
    assert len(repr(report)) < 400
    assert "28 more" in repr(report)
    assert repr(report["a<b"]) == "<ClaimResult 'a<b': proved; 1 of 1 control refuted>"
    assert repr(CLAIM) == "<Claim 'a<b': 1 part, 1 control; here>"
    assert repr(CLAIM.parts[0]) == "<Part 'one part'>"
    assert repr(report["a<b"].controls[0]) == "<ItemResult 'a control': refuted>"
    assert repr(trajectory(fields=("latent",))) == (
        "<Trajectory of 51 records, steps 0 to 50; latent: (51, 30, 6) float64>"
    )


def sentence() -> Any:
    """A sentence that a solver refutes."""

    @forall(theta=positive, weight=between(0, 1))
    def goes_up(theta: Any, weight: Any) -> Any:
        return pq.regularizers.DistanceL1(pq.sets.Binary()).prox(theta, weight) >= theta

    return goes_up


def test_texts_of_what_is_found_are_short() -> None:
    sets, plane = pq.sets, pq.problems.Quadratic.random(dim=2, seed=0)
    texts = {
        repr(found)
        for found in (
            sentence(),
            sentence()(pq.claims.Budget()),
            pq.stability.basin_map(pq.methods.BinaryConnect(0.1), plane, -1, 1, 5, 9),
            pq.theory.BOOK,
            pq.lessons.EXERCISES["1.1"],
            sets.Codebook(range(256)),
            pq.regularizers.DistanceL1(sets.Codebook(range(256))),
            pq.evidence.worst_case.prox_gradient(x=0.5, steps=1, rule="smallest-step"),
        )
    }
    assert max(map(len, texts)) < 160
    assert "<ForAll goes_up, theta: positive, weight: [0, 1]>" in texts
    assert "<Exercise 1.1: the prox of 2/5 for w = 1/4>" in texts
    assert "Codebook(levels=(0, 1, ..., 255), 256 of them)" in texts
    assert any(re.match(r"<Evidence: refuted, .*with a counterexample>", text) for text in texts)
    assert any(re.match(r"<BasinMap of 5 x 5 starts: [\d.]+% settle", text) for text in texts)


def test_claims_and_reports_show_themselves(report: Any) -> None:
    page = Checked(report._repr_html_())
    assert page.seen.count("tr") == 41
    assert "1 of 1" in page.words
    result = Checked(report["a<b"]._repr_html_())
    assert "refuted, as it must be" in result.words
    claim = Checked(CLAIM._repr_html_())
    assert "$$a < b$$" in claim.words
    assert CLAIM._repr_latex_() == "$$a < b$$"
    assert "it does not" in claim.words


@pytest.mark.parametrize("name", SETS)
def test_sets_show_themselves(name: str) -> None:
    levels = SETS[name]()
    if isinstance(levels, pq.sets.FiniteSet):
        page = Checked(levels._repr_html_())
        assert "svg" in page.seen
        assert repr(levels) in page.words
        assert levels._repr_latex_().count("{") == levels._repr_latex_().count("}")


def test_levels_of_a_set_are_its_formula() -> None:
    assert pq.sets.Ternary()._repr_latex_() == r"$Q = \{-1, 0, 1\}^d$"
    assert pq.sets.UniformGrid(4)._repr_latex_() == r"$Q = \{-1, -0.8667, \dots, 1\}^d$"


@pytest.mark.parametrize("name", REGULARIZERS)
def test_regularizers_show_themselves(name: str) -> None:
    regularizer = REGULARIZERS[name]()
    page = Checked(regularizer._repr_html_())
    has_levels = isinstance(regularizer, pq.regularizers.LevelRegularizer) and isinstance(
        regularizer.set, pq.sets.FiniteSet
    )
    assert page.seen.count("svg") == (2 if has_levels else 0)
    if regularizer.latex:
        assert f"$${regularizer.latex}$$" in page.words


def test_a_curve_is_drawn_where_it_is() -> None:
    drawn = sketch(np.array([0.0, 1.0, 2.0]), [np.array([0.0, np.inf, 1.0])], "c")
    # from 40 to 290 across, from 98 up to 20; the infinite point parts the path
    assert 'd="M40.0 98.0M290.0 20.0"' in drawn
    drawn = sketch(np.array([0.0, 2.0]), [np.array([3.0, 3.0])], "c")
    assert 'd="M40.0 20.0L290.0 20.0"' in drawn


def test_the_html_of_an_object() -> None:
    assert shown("a < b") == "<div><code>a &lt; b</code></div>"
    whole = shown("a", "b < c", {"d & e": "f > g", "\x1b": [1, 2]}, ["<svg/>", "<b/>"])
    assert whole == (
        "<div><code>a</code><div>$$b &lt; c$$</div><table>"
        "<tr><th>d &amp; e</th><td>f &gt; g</td></tr><tr><th>\\x1b</th><td>[1, 2]</td></tr>"
        "</table><svg/><b/></div>"
    )
    assert listed(("a", "<b>"), [("c", 0.5), ("&", [])]) == (
        "<table><tr><th>a</th><th>&lt;b&gt;</th></tr>"
        "<tr><td>c</td><td>0.5</td></tr><tr><td>&amp;</td><td>[]</td></tr></table>"
    )
    assert listed((), []) == "<table><tr></tr></table>"


def drawn_paths(svg: str) -> list[str]:
    return re.findall(r'<path d="([^"]*)"', svg)


def test_curves_share_their_scale_and_say_what_it_is() -> None:
    x = np.array([1.0, 2.0, 4.0])
    curves = [np.array([-1.0, 0.0, 3.0]), np.array([np.nan, 3.0, -1.0]), np.zeros(3)]
    svg = sketch(x, curves, 'a "caption" & <more>')
    first, second, third = drawn_paths(svg)
    assert first == "M40.0 98.0L123.3 78.5L290.0 20.0"
    assert second == "M123.3 20.0L290.0 98.0"
    assert third == "M40.0 78.5L123.3 78.5L290.0 78.5"
    words = re.findall(r"<text [^>]*>([^<]*)</text>", svg)
    assert words == ["3", "-1", "1", "4", "a &quot;caption&quot; &amp; &lt;more&gt;"]
    assert 'aria-label="a &quot;caption&quot; &amp; &lt;more&gt;"' in svg
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert svg.endswith("</text></svg>")
    assert "XX" not in svg
    # all of it lies within the picture
    for at, down, anchor in re.findall(r'<text x="(\d+)" y="(\d+)" text-anchor="(\w+)"', svg):
        assert 0 <= int(at) <= WIDTH
        assert 0 <= int(down) <= HEIGHT
        assert anchor in ("start", "end")
    assert svg.count("<text x=") == 5


def test_curves_of_one_point_without_a_value_and_more_than_there_are_colours() -> None:
    one = sketch(np.array([2.0]), [np.array([5.0])], "c")
    assert drawn_paths(one) == ["M40.0 20.0"]
    none = sketch(np.array([0.0, 1.0]), [np.array([np.nan, np.inf])], "c")
    assert drawn_paths(none) == [""]
    assert re.findall(r"<text [^>]*>([^<]*)</text>", none) == ["1", "0", "0", "1", "c"]
    assert drawn_paths(sketch(np.array([0.0, 1.0]), [], "c")) == []
    many = sketch(np.array([0.0, 1.0]), [np.array([0.0, n]) for n in range(1, 9)], "c")
    assert len(drawn_paths(many)) == 6
    assert len(set(re.findall(r'stroke="(#\w+)"', many))) == 6
    # two points of six: the scale is that of the curves that are drawn
    assert re.findall(r"<text [^>]*>([^<]*)</text>", many)[:2] == ["6", "0"]
    with pytest.raises(ValueError, match="zip"):
        sketch(np.array([0.0, 1.0]), [np.zeros(3)], "c")


def test_arrays_of_all_kinds_as_floats() -> None:
    tensor = torch.tensor([[0.5, 1.5]], dtype=torch.bfloat16, requires_grad=True)
    fractions = np.array([[Fraction(1, 2), Fraction(10**400)]])
    for given, expected in (
        (tensor, [[0.5, 1.5]]),
        (fractions, [[0.5, np.inf]]),
        ([1, 2], [1.0, 2.0]),
        (np.float32(0.5), 0.5),
    ):
        found = floats(given)
        assert found.dtype == np.float64
        assert found.tolist() == expected
    assert described(np.zeros((2, 3), np.float32)) == "(2, 3) float32"
    assert described(torch.zeros(4, dtype=torch.bfloat16)) == "(4,) bfloat16"


@pytest.mark.parametrize(
    "problem",
    [
        pq.problems.TwoFunctionToy(),
        pq.problems.Quadratic([[Fraction(1, 2)]], [Fraction(1)]),
        pq.problems.Quadratic.random(dim=60),
    ],
)
def test_problems_show_themselves(problem: Any) -> None:
    page = Checked(problem._repr_html_())
    assert page.seen.count("svg") == (2 if problem.dim == 1 else 0)
    assert "convex" in page.words


@pytest.mark.parametrize(
    "start",
    [
        np.zeros((3, 6)),
        np.zeros(6, np.float16),
        torch.zeros(2, 2, 6, dtype=torch.bfloat16),
        np.full(6, Fraction(1, 3)),
    ],
)
def test_trajectories_show_themselves(start: Any) -> None:
    path = trajectory(start=start, fields=("latent", "values"))
    page = Checked(path._repr_html_())
    assert page.seen.count("svg") == 1
    assert page.seen.count("path") == 6
    assert "0 to 50" in page.words
    assert Checked(trajectory(fields=())._repr_html_()).seen.count("svg") == 0


def test_names_of_others_are_escaped() -> None:
    page = Checked(shown("<b>", facts={"<i>": "<u>\x1b"}))
    assert not {"b", "i", "u"} & set(page.seen)
    assert "\x1b" not in page.words


def test_completion_offers_what_there_is() -> None:
    """And nothing else: no helper, no name of another library, in any module that the reference has."""
    for name in extension("api_pages").MODULES:
        module = importlib.import_module(name)
        assert dir(module) == sorted(module.__all__), name
        assert all(hasattr(module, offered) for offered in dir(module)), name


def test_parts_are_at_hand_without_an_import_of_their_own() -> None:
    for name in dir(pq):
        assert getattr(pq, name) is not None
    for name in dir(pq.networks):
        assert getattr(pq.networks, name).__name__ == f"pqtheory.networks.{name}"
        assert re.search(rf"^{name} ", str(pq.networks.__doc__), re.MULTILINE)
    assert pq.verify is pq.theory.verify
    with pytest.raises(AttributeError, match=r"^module 'pqtheory' has no attribute 'verifi'$"):
        pq.verifi  # noqa: B018
    with pytest.raises(AttributeError, match="has no attribute 'optimizer'"):
        pq.networks.optimizer  # noqa: B018


def test_help_names_what_there_is_by_a_run_that_runs() -> None:
    text = str(pq.__doc__)
    for name in set(dir(pq)) - {"NonFiniteError", "__version__"}:
        assert re.search(rf"\b{name}\b", text), name
    code = "".join(line[4:] + "\n" for line in text.splitlines() if line.startswith("    "))
    # the proof is checked elsewhere
    code, proof = code.split("pq.verify")
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["path"].latent.shape == (501, 1, 6)
    assert proof == '("w-prox").show()\n'


def test_figures_show_themselves() -> None:
    figure, _ = grid_of_axes(1, 1, 2.0, 1.0)
    assert figure._repr_png_().startswith(b"\x89PNG")


SETTING = "import numpy as np, pqtheory as pq\n"
RUN = (
    "pq.simulate(pq.methods.BinaryConnect(0.1), pq.problems.Quadratic([[1.0]], [0.1]), "
    "np.zeros(1), 300, progress={})"
)


@pytest.fixture(scope="module")
def cells() -> list[Any]:
    """The outputs of a notebook's cells, run by a kernel."""
    nbclient = pytest.importorskip(
        "nbclient", reason="needs a kernel: pip install 'pqtheory[notebook]'"
    )
    nbformat = pytest.importorskip("nbformat", reason="needs nbclient")
    pytest.importorskip("ipykernel", reason="needs a kernel: pip install 'pqtheory[notebook]'")
    sources = [
        SETTING + "pq.plotting.regularizer()",
        RUN.format(True) + "\nNone",
        RUN.format(False),
        "pq.regularizers.DistanceL1(pq.sets.Binary())",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    nbclient.NotebookClient(notebook, timeout=300, startup_timeout=300).execute()
    return [cell["outputs"] for cell in notebook.cells]


@pytest.mark.filterwarnings("ignore")
def test_in_a_kernel_all_of_it_is_shown(cells: list[Any]) -> None:
    figure, bar, quiet, regularizer = cells
    assert "image/png" in figure[-1]["data"]
    (only,) = bar
    assert 'value="300" max="300"' in only["data"]["text/html"]
    (result,) = quiet
    assert result["output_type"] == "execute_result"
    assert "<svg" in result["data"]["text/html"]
    assert r"\min_{l \in Q}" in regularizer[-1]["data"]["text/latex"]
