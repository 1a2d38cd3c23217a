"""What is written beside the pixels of pictures and films, whole: metadata, commands, times, suffixes."""

import io
import subprocess

import numpy as np
import pytest
from PIL import Image

import pqtheory as pq
from pqtheory import plotting
from pqtheory.plotting import files, movie
from pqtheory.plotting.motion import Motion, Trace, _even, frames, taken_out, traced
from pqtheory.plotting.parts import describe, grid_of_axes


def small():
    figure, ((axes,),) = grid_of_axes(1, 1, 2.0, 1.0)
    return figure, axes


class Written:
    """A figure that keeps how it is saved."""

    def __init__(self, label):
        self.label, self.asked = label, None

    def get_label(self):
        return self.label

    def savefig(self, stream, **options):
        stream.write(b"pixels")
        self.asked = options


@pytest.mark.parametrize(
    ("kind", "metadata", "bare"),
    [
        (
            "png",
            {"Software": None, "Title": "What to see.", "Description": "What to see. And more."},
            {"Software": None},
        ),
        (
            "svg",
            {
                **{"Date": None, "Creator": None, "Title": "What to see."},
                "Description": "What to see. And more.",
            },
            {"Date": None, "Creator": None, "Title": None, "Description": None},
        ),
        (
            "pdf",
            {
                **{"CreationDate": None, "Creator": None, "Producer": None},
                **{"Title": "What to see.", "Subject": "What to see. And more."},
            },
            {
                **{"CreationDate": None, "Creator": None, "Producer": None},
                **{"Title": None, "Subject": None},
            },
        ),
    ],
)
def test_a_file_says_what_is_seen_and_neither_when_nor_by_what(kind, metadata, bare):
    for label, expected in (("What to see. And more.", metadata), ("", bare)):
        figure = Written(label)
        assert files._render(figure, kind) == b"pixels"
        assert figure.asked == {"format": kind, "dpi": 150, "metadata": expected}


def test_the_first_sentence():
    assert files.first_sentence("One. Two. Three.") == "One."
    assert files.first_sentence("One 0.5 at last.") == "One 0.5 at last."
    assert files.first_sentence("One") == "One."


def test_a_file_has_the_dots_of_its_style(tmp_path):
    for style, dots in (("screen", 150), ("paper", 600)):
        with plotting.styled(style):
            figure, _ = small()
        plotting.save(figure, tmp_path / "a.PNG")
        with Image.open(tmp_path / "a.PNG") as image:
            assert image.size[0] == round(dots * figure.get_figwidth())
        with Image.open(io.BytesIO(plotting.png(figure))) as image:
            assert image.size[0] == round(dots * figure.get_figwidth())


#: what is asked for, whether the picture moves, what the error says at the end
WRONG = [
    ("x.webp", True, "; did you mean '.gif'?"),
    ("x.webp", False, "; did you mean '.png'?"),
    ("x.GIF", False, "; this picture does not move; did you mean '.png'?"),
    ("x.mp4", False, "; this picture does not move; did you mean '.png'?"),
    ("x.mov", True, "; did you mean '.mp4'?"),
    ("x.mov", False, "; did you mean '.png'?"),
    ("x.jpeg", True, "; did you mean '.png'?"),
    ("x.eps", False, "; did you mean '.pdf'?"),
    ("x.html", False, "; did you mean '.svg'?"),
    ("x.pgn", False, "; did you mean '.png'?"),
    ("x", False, ""),
    ("x.zzzz", True, ""),
]


@pytest.mark.parametrize(("file", "moves", "hint"), WRONG)
def test_a_suffix_that_cannot_be_written(file, moves, hint):
    allowed = ".png, .svg, .pdf" + ", .gif, .mp4" * moves
    with pytest.raises(ValueError, match="file: expected") as error:
        plotting.check_file(file, moves=moves)
    assert str(error.value) == f"file: expected a name that ends in {allowed}, got {file!r}{hint}"


def test_a_film_needs_its_writer_before_it_is_drawn(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(movie, "ffmpeg", lambda: asked.append("ffmpeg"))
    assert plotting.check_file(tmp_path / "a.MP4", moves=True) == tmp_path / "a.MP4"
    assert asked == ["ffmpeg"]
    plotting.check_file("a.gif", moves=True)
    assert asked == ["ffmpeg"]


PIXELS = [np.full((2, 4, 3), shade, dtype=np.uint8) for shade in (10, 20)]


def test_a_gif_in_full():
    red, paper = [200, 0, 0], [255, 255, 255]
    first = np.full((4, 4, 3), 255, dtype=np.uint8)
    second = first.copy()
    second[2:, 2:] = red
    content = movie.gif(iter([first, second]), 8.0, "said – so")
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.n_frames, image.size) == ("GIF", 2, (4, 4))
        assert image.info["comment"] == b"said ? so"
        assert image.info["loop"] == 0
        times = []
        for number, frame in enumerate((first, second)):
            image.seek(number)
            times.append(image.info["duration"])
            np.testing.assert_array_equal(np.asarray(image.convert("RGB")), frame)
    # hundredths of a second, and the last one stays
    assert times == [120, 2000]
    assert paper == first[0, 0].tolist()


@pytest.fixture
def program(monkeypatch):
    """A program in place of ffmpeg, which keeps what it was given."""
    given = {}

    def run(command, *, stdin, stderr, check):
        given.update(command=command, pixels=stdin.read(), stderr=stderr, check=check)
        with open(command[-1], "wb") as file:
            file.write(b"film")
        return subprocess.CompletedProcess(command, given.get("code", 0), stderr=given.get("said"))

    monkeypatch.setattr(movie, "ffmpeg", lambda: "/the/ffmpeg")
    monkeypatch.setattr(subprocess, "run", run)
    return given


def test_an_mp4_in_full(program):
    assert movie.mp4(PIXELS, 2.5, "said") == b"film"
    *command, file = program["command"]
    assert " ".join(command) == (
        "/the/ffmpeg -loglevel error -f rawvideo -pix_fmt rgb24 -s 4x2 -r 2.5 -i - -c:v libx264 -pix_fmt yuv420p "
        "-crf 18 -threads 1 -fflags +bitexact -flags:v +bitexact -map_metadata -1 -metadata comment=said "
        "-movflags +faststart"
    )
    assert file.endswith("film.mp4")
    # the last frame stays for two seconds
    assert program["pixels"] == b"".join(p.tobytes() for p in PIXELS) + 5 * PIXELS[1].tobytes()
    assert (program["stderr"], program["check"]) == (subprocess.PIPE, False)
    assert movie.mp4(PIXELS[:1], 1.0, "") == b"film"
    assert program["pixels"] == 3 * PIXELS[0].tobytes()


@pytest.mark.parametrize(
    ("said", "why"), [(b"one\nlast \xff line\n\n", "last \ufffd line"), (b"", "7")]
)
def test_an_ffmpeg_that_fails(program, said, why):
    program.update(code=7, said=said)
    with pytest.raises(OSError, match="ffmpeg failed: ") as error:
        movie.mp4(PIXELS, 2.5, "said")
    assert str(error.value) == f"ffmpeg failed: {why}"


def test_which_ffmpeg(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    assert movie.ffmpeg() == "/bin/ffmpeg"


def test_moments_of_a_film():
    def moments(last):
        return Motion(last, lambda moment: None, ()).moments

    assert moments(3) == [0, 1, 2, 3]
    assert moments(119) == list(range(120))
    assert moments(120) == [*range(0, 120, 2), 120]
    assert moments(238) == [*range(0, 238, 2), 238]
    assert moments(239) == [*range(0, 239, 3), 239]


def test_pixels_are_even_and_a_copy():
    pixels = np.arange(5 * 7 * 3).reshape(5, 7, 3)
    found = _even(pixels)
    np.testing.assert_array_equal(found, pixels[:4, :6])
    assert not np.shares_memory(found, pixels)
    assert _even(pixels[:4, :6]).shape == (4, 6, 3)


def test_traces_show_what_there_is_at_a_moment():
    _, axes = small()
    lines = [axes.plot([0, 1, 2], [3, 4, 5])[0] for _ in range(2)]
    x, y = np.array([0, 1, 2]), np.array([3, 4, 5])
    motion = traced([Trace(lines[0], x, y), Trace(lines[1], x, y, alone=True)])
    assert (motion.last, motion.per_second) == (2, 20.0)
    assert list(motion.moves) == lines
    assert list(motion.still) == []
    assert [tuple(pair) for pair in motion.added] == [(axes, lines[1])]
    assert list(axes.lines) == lines[:1]
    motion.show(1)
    np.testing.assert_array_equal(lines[0].get_data(), [[0, 1], [3, 4]])
    np.testing.assert_array_equal(lines[1].get_data(), [[1], [4]])
    assert taken_out(lines[0]) == (axes, lines[0])
    assert not axes.lines


def test_a_film_leaves_the_figure_as_it_was_also_where_it_breaks_off(monkeypatch):
    monkeypatch.setattr("pqtheory.plotting.motion.WIDTH", 100)
    figure, axes = small()
    still, line, other = (axes.plot([0, 1], [0, 1])[0] for _ in range(3))
    added = [taken_out(other)]
    seen = []

    def show(moment):
        seen.append(moment)
        if moment == 2:
            raise KeyError(moment)

    before = figure.dpi, figure.get_layout_engine()
    found = frames(figure, Motion(1, show, [line, other], added, [still]))
    first = next(found)
    assert first.shape == (50, 100, 3)
    assert (still.get_visible(), line.get_visible(), other.get_visible()) == (False, True, True)
    (last,) = found
    assert last.shape == (50, 100, 3)
    # what comes last is what stands still
    assert seen == [0, 1, 1]
    assert all(artist.get_visible() for artist in (still, line, other))
    assert list(axes.lines) == [still, line]
    assert (figure.dpi, figure.get_layout_engine()) == before


def test_a_notebook_shows_a_hundred_dots_an_inch():
    with plotting.styled("slides"):
        figure, _ = small()
    with Image.open(io.BytesIO(figure._repr_png_())) as image:
        assert image.format == "PNG"
        assert image.size[0] == round(100 * figure.get_figwidth())


def test_a_caption_is_one_line_that_can_be_shown():
    figure, _ = small()
    assert describe(figure, "One \n  two\x1b.") is figure
    assert plotting.description(figure) == "One two\\x1b."


def test_lambda_grows_to_the_largest_finite_weight():
    def shown(weights):
        motion = plotting.regularizer(weights=weights).motion
        line, lower, upper, text = motion.moves
        motion.show(30)
        half = text.get_text(), lower.get_data(), upper.get_data()
        motion.show(motion.last)
        return motion.last, half, text.get_text(), np.array(line.get_ydata())

    last, half, text, _ = shown((0.25, 0.5))
    assert (last, text) == (60, "$\\lambda = 0.50$")
    assert half == ("$\\lambda = 0.25$", ([0.0], [-0.25]), ([0.0], [0.25]))
    assert shown((0.25, np.inf))[2] == "$\\lambda = 0.25$"
    assert shown((np.inf,))[2] == "$\\lambda = 1.00$"
    motion = plotting.regularizer().motion
    assert len(motion.added) == 4
    # of the picture that stands still every prox with its two circles and their line, and the legend
    assert len(motion.still) == 3 * 4 + 1


def test_the_toy_moves_along_its_functions():
    figure = plotting.toy(0.5, 0.25, 0.0, 2)
    motion = figure.motion
    assert (motion.last, len(motion.moves), len(motion.added)) == (2, 8, 4)
    run = pq.simulate(pq.methods.BinaryConnect(0.25), pq.problems.TwoFunctionToy(-1), [0.5], 2)
    motion.show(1)
    line = motion.moves[3]
    (x,), (y,) = line.get_data()
    assert (x, y) == (run.latent[1, 0], abs(run.latent[1, 0] - 0.5) - 0.5)
    assert [axes for axes, _ in motion.added] == [figure.axes[0]] * 4
