"""The report: parsed, self-contained, with every claim and every number."""

import base64
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser

import numpy as np
import pytest

from pqtheory import plotting
from pqtheory.claims import Claim, Control, Part, Report, forall, real
from pqtheory.claims.results import Rechecked
from pqtheory.digits import DigitsSettings, run_digits
from pqtheory.evidence import Evidence, Step, judge
from pqtheory.report import Picture, digits_setting, digits_table, headline, render, show
from pqtheory.report.formula import formula, text_with_formulas
from pqtheory.theory import BOOK, verify

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Text, tags and attributes; complains about tags that do not match."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.rows, self.text = [], [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.text += data
        if "td" in self.open:
            self.rows[-1][-1] += data

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def claim(name, margin=0.25, control_margin=-1.5):
    def check(value):
        return lambda budget: judge(
            "enumerated",
            np.array([value]),
            {"case": np.array([0.125])},
            measured={"constant <C>": 1 / 3},
            predicted={"constant <C>": Fraction(1, 3)},
        )

    return Claim(
        name=name,
        source="a paper & a theorem",
        statement="if <x> then z",
        formula="<x> & z",
        parts=(Part("the part", "it <holds>", check(margin)),),
        controls=(Control("the control", "it never holds", check(control_margin)),),
        headline="constant <C>",
    )


@pytest.fixture(scope="module")
def digits():
    return run_digits(DigitsSettings(hidden=4, warm_epochs=1, epochs=1, seeds=2, batch_size=400))


PICTURES = (
    Picture("one", b"\x89PNG first", "What to <see>."),
    Picture("two", b"second", "And here."),
)


def test_it_holds_every_claim_and_number(digits):
    report = verify(claim("first-claim"), claim("second-claim"))
    page = Page(render(report, digits, PICTURES, {"command": "a <command>", "seed": 7}))
    for i, name in enumerate(("first-claim", "second-claim")):
        row = [r for r in page.rows if r and r[0] == name]
        assert row == [
            [
                name,
                "if <x> then za paper & a theorem",
                "enumerated",
                "constant <C>",
                "0.3333",
                "1/3",
                "1/1",
                f"{report[name].seconds:.2f}",
            ]
        ], i
        assert {"href": f"#{name}"} in page.all("a")
        assert name in [d.get("id") for d in page.all("details")]
    for text in (
        "if <x> then z",
        "<x> & z",
        "it <holds>",
        "1 case, least margin 0.25",
        "it never holds refuted",
        "Counterexample: case = 0.125, margin = -1.5",
        "What to <see>.",
        "a <command>",
        "Claims checked: 2, none refuted. Negative controls: 2, all refuted.",
    ):
        assert text in page.text
    head, rows = digits_table(digits)
    assert head[0] == "method"
    for row in rows:
        assert row in page.rows
    mean, std = digits.summary()["BinaryConnect"]["quantized_error"]
    assert f"{100 * mean:.2f} ± {100 * std:.2f} %" in rows[1]


def test_a_claim_in_full_rests_on_others_and_says_what_it_states():
    @forall(x=real)
    def square(x):
        return x * x >= 0

    first = claim("first")
    second = replace(
        first,
        name="second",
        uses=("first", "elsewhere"),
        operators=("pqtheory.sets.Binary.project",),
        parts=(Part("s", "t", square, prose=("left to <the reader>",)),),
        headline="",
        formula_latex=r"x^2 \ge 0",
        derivation_latex=r"A square: $x \cdot x \ge 0$, \emph{always}; 100\% of it.",
    )
    pytest.importorskip("z3")
    report = verify(first, second)
    result = report["second"]
    checked = Report(
        (report["first"], replace(result, rechecked=Rechecked(3, 2, ("s: unsat by z3 alone",)))),
        "quick",
    )
    page = Page(render(checked))
    for text in (
        "proved, 1 step of prose",
        "in words alone: left to <the reader>",
        "Uses first, elsewhere.",
        "About pqtheory.sets.Binary.project.",
        "for all x real:",
        "return x * x >= 0",
        "two solvers agree on 2 of 3 questions",
        "Only one decides: s: unsat by z3 alone",
        "A square: ",
        "always; 100% of it.",
    ):
        assert text in page.text, text
    (row,) = [r for r in page.rows if r and r[0] == "second"]
    assert row[1:7] == ["if <x> then za paper & a theorem", "proved, 1 step of prose"] + [
        "–"
    ] * 3 + ["1/1"]
    assert row[7] == "2/3"
    # once in the table, once in the text, once on the map
    assert [a["href"] for a in page.all("a")].count("#first") == 3
    assert {a["href"][1:] for a in page.all("a")} <= {a.get("id") for _, a in page.tags}
    assert "Map of the book" in page.text
    assert "Map of the book" not in Page(render(verify(first))).text


def test_it_is_self_contained(digits):
    text = render(verify(claim("c")), digits, PICTURES, {"seed": 1})
    page = Page(text)
    images = page.all("img")
    assert [base64.b64decode(i["src"].removeprefix("data:image/png;base64,")) for i in images] == [
        p.png for p in PICTURES
    ]
    assert all(i["alt"] for i in images)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "iframe", "object", "base"}
    for tag, attrs in page.tags:
        for name in ("src", "href"):
            value = attrs.get(name) or ""
            assert value.startswith(("data:", "#")) or not value, (tag, attrs)
    ids = {a["id"] for _, a in page.tags if "id" in a}
    assert all(a["href"][1:] in ids for a in page.all("a"))
    assert "://" not in text
    assert "url(" not in text
    assert "@import" not in text


def test_a_refuted_claim_and_a_surviving_control_stand_out():
    report = verify(claim("wrong", margin=-0.5), claim("loose", control_margin=0.0))
    page = Page(render(report))
    assert "Refuted: wrong; controls that survive: loose: the control." in page.text
    assert [a.get("class") for a in page.all("tr")].count("bad") == 2
    assert all("open" in d for d in page.all("details"))
    assert "survives" in page.text
    assert "Handwritten digits" not in page.text
    assert page.all("img") == []


def test_figures_without_a_prediction_show_a_dash():
    def check(budget):
        return Evidence("proved", measured={"n": 3}, proof=(Step("shown"),))

    def refuted(budget):
        return Evidence("refuted", counterexample={"x": 1})

    bare = Claim(
        "bare", "s", "t", "f", (Part("p", "q", check),), (Control("c", "d", refuted),), "n"
    )
    assert headline(verify(bare)["bare"]) == ("n", "3", "–")
    page = Page(render(verify(bare)))
    assert ["n", "3", "–"] in page.rows
    nothing = Claim("bare", "s", "t", "f", (Part("p", "q", refuted),), bare.controls, "n")
    assert headline(verify(nothing)["bare"]) == ("n", "–", "–")
    Page(render(verify(nothing)))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.123456, "0.1235"),
        (np.float64(2.0), "2"),
        (12345678, "12345678"),
        (True, "True"),
        (Fraction(1, 3), "1/3"),
        ([0.5, Fraction(1, 2)], "[0.5, 1/2]"),
        (np.array([1.0, 2.5]), "[1, 2.5]"),
        ({"a": 1.0, "b": [2]}, "a = 1, b = [2]"),
        ("word", "word"),
        (1 + 2j, "(1+2j)"),
    ],
)
def test_numbers_are_shown_briefly(value, text):
    assert show(value) == text


def test_the_setting_is_said_and_tuning_only_where_it_is_true(digits):
    tuned = digits_setting(digits)
    assert "2 seeds, 1 epoch" in tuned
    assert "same constant step size 5" in tuned
    assert "held-out" in tuned
    other = run_digits(
        DigitsSettings(hidden=2, warm_epochs=1, epochs=1, seeds=1, batch_size=600, step_size=0.5)
    )
    assert "held-out" not in digits_setting(other)


@pytest.mark.parametrize(
    ("latex", "pictures"),
    [
        (r"\frac{1}{2} x^2", 1),
        (r"\begin{aligned} a &= b \\ b &= c \end{aligned}", 2),
        (r"\begin{cases} 1 & x > 0 \end{cases}", 0),
        ("", 0),
    ],
)
def test_formulas_are_drawn_or_said(latex, pictures):
    page = Page(formula(latex))
    assert len(page.all("svg")) == pictures
    assert len(page.all("code")) == (1 if latex and not pictures else 0)
    if latex:
        assert latex in page.text


def test_formulas_read_on_light_and_dark_paper():
    text = formula(r"\frac{1}{2} x^2 \geq 0") + text_with_formulas(
        r"For $x_1$ and $x_2$: $x_1 x_2$."
    )
    page = Page(text)
    pictures = page.all("svg")
    assert len(pictures) == 4
    # nothing behind the letters, which have the colour of the text round them
    assert {a["fill"] for a in page.all("path")} == {"currentColor"}
    assert not {"rect", "style", "metadata", "image", "g"} & {tag for tag, _ in page.tags}
    for colour in ("#fff", "white", "#000", "black", "background", "fill:"):
        assert colour not in text.lower()
    # no name that two of them could share, and nothing from elsewhere
    assert not [a for _, a in page.tags if "id" in a or "href" in a or "xlink:href" in a]
    assert "://" not in text
    # as large as the text, on its baseline, and read out as what it is
    for attributes in pictures:
        assert attributes["role"] == "img"
        assert attributes["width"].endswith("em")
        assert attributes["style"].startswith("vertical-align: -")
        _, top, width, height = map(float, attributes["viewbox"].split())
        assert float(attributes["width"][:-2]) == pytest.approx(width / 100, abs=0.01)
        assert top < 0 < top + height
    titles = [t for t in (r"\frac{1}{2} x^2 \geq 0", "x_1", "x_2", "x_1 x_2") if t in page.text]
    assert len(titles) == 4


def test_every_formula_of_the_book_that_is_drawn_stays_in_its_box():
    drawn = 0
    for claim in map(BOOK.load, BOOK.names):
        for svg in re.findall(r"<svg.*?</svg>", formula(claim.formula_latex)):
            box = [float(x) for x in re.search(r'viewBox="([^"]*)"', svg)[1].split()]
            path = re.search(r' d="([^"]*)"', svg)[1]
            corners = np.array(
                [
                    [float(x) for x in pair.split(",")]
                    for pair in re.findall(r"[-\d.]+,[-\d.]+", path)
                ]
            )
            assert (corners >= box[:2]).all()
            assert (corners <= np.add(box[:2], box[2:])).all()
            drawn += 1
    assert drawn > 5


def test_the_page_opens_with_the_w_and_the_toy_then_the_digits_then_the_claims(digits):
    names = ("basins", "sign-flips", "toy", "regularizer", "trajectory")
    pictures = [Picture(n, n.encode(), f"{n} has 7") for n in names]
    text = render(verify(claim("c")), digits, pictures)
    places = [
        text.index(mark)
        for mark in (
            "none refuted",
            "The W and the toy",
            'alt="toy has 7"',
            'alt="regularizer has 7"',
            "Handwritten digits",
            'alt="sign-flips has 7"',
            'alt="basins has 7"',
            "<h2>Claims</h2>",
            "Each claim in full",
        )
    ]
    assert places == sorted(places)
    assert len(Page(text).all("img")) == 5
    # without pictures there are no empty sections
    bare = render(verify(claim("c")))
    assert "The W and the toy" not in bare
    assert "Paths and basins" not in bare


def test_alt_texts_are_the_captions(digits):
    seen = plotting.description(plotting.toy(theta0=0.25))
    pictures = [Picture("toy", b"1", seen), Picture("x", b"2", "a <caption>")]
    text = render(verify(claim("c")), None, pictures)
    assert [i["alt"] for i in Page(text).all("img")] == [seen, "a <caption>"]
    assert "<figcaption>a &lt;caption&gt;</figcaption>" in text
    assert "0.25" in seen


def test_a_cell_is_one_box_beside_its_heading_and_tables_scroll_by_themselves(digits):
    page = Page(render(verify(claim("c")), digits, PICTURES))
    cells = [i for i, (tag, _) in enumerate(page.tags) if tag == "td"]
    assert cells
    for i in cells:
        assert page.tags[i + 1][0] == "div"
        assert page.tags[i][1]["data-head"]
    for kind in ("table", "img"):
        places = [i for i, (tag, _) in enumerate(page.tags) if tag == kind]
        assert all(page.tags[i - 1] == ("div", {"class": "wide"}) for i in places)


def test_formulas_without_matplotlib_are_said(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert formula("a < b") == '<div class="formula"><code>a &lt; b</code></div>'
