"""Pictures that move: their frames, their bytes, and what is said where there is none or no writer."""

import sys

import numpy as np
import pytest
from PIL import Image

from pqtheory import plotting
from pqtheory.plotting import movie
from pqtheory.plotting.motion import MOST_FRAMES, Motion, frames
from tests.cli.running import one_line, run

from .drawn import PICTURES, picture

MOVING = {"toy", "trajectory", "regularizer"}


#: pixels across, few enough to be fast
WIDTH = 320


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr("pqtheory.plotting.motion.WIDTH", WIDTH)


def film_of(figure):
    return list(frames(figure, figure.motion))


def test_which_pictures_move():
    assert {name for name in PICTURES if picture(name).motion is not None} == MOVING


def test_frames_show_the_paths_up_to_a_step():
    figure = plotting.toy(steps=4)
    before = plotting.png(figure)
    pictures = film_of(figure)
    assert len(pictures) == 5
    assert {p.shape for p in pictures} == {(pictures[0].shape[0], WIDTH, 3)}
    assert pictures[0].shape[0] % 2 == 0
    # every step adds to what is seen of the path; the picture itself is left as it was
    painted = [(p[:, WIDTH // 3 :] < 250).any(axis=-1).sum() for p in pictures]
    assert painted == sorted(set(painted))
    assert plotting.png(figure) == before


def test_lambda_grows():
    figure = plotting.regularizer(weights=(0.5,))
    axes, motion = figure.axes[1], figure.motion
    line, *_ = motion.moves
    assert line not in axes.get_lines()
    motion.show(0)
    theta, x = line.get_data()
    np.testing.assert_allclose(x, theta)
    motion.show(motion.last)
    theta, x = line.get_data()
    (still,) = [a for a in axes.get_lines() if a.get_label() == "$\\lambda = 0.5$"]
    np.testing.assert_array_equal(x, still.get_ydata())


@pytest.mark.parametrize("last", [0, 1, 7, MOST_FRAMES - 1, MOST_FRAMES, 5000])
def test_long_films_leave_out_steps_but_neither_the_first_nor_the_last(last):
    moments = Motion(last, lambda moment: None, ()).moments
    assert (moments[0], moments[-1]) == (0, last)
    assert len(moments) <= MOST_FRAMES + 1
    assert moments == sorted(set(moments))


def test_a_gif_has_a_frame_for_each_step_and_the_caption(tmp_path):
    files = [tmp_path / "a.gif", tmp_path / "b.GIF"]
    for file in files:
        plotting.save(plotting.toy(steps=3), file)
    assert files[0].read_bytes() == files[1].read_bytes()
    said = plotting.description(plotting.toy(steps=3))
    with Image.open(files[0]) as image:
        assert image.n_frames == 4
        assert image.info["comment"] == said.encode()
        assert image.info["loop"] == 0
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_an_mp4_is_a_film_the_same_every_time(tmp_path):
    try:
        movie.ffmpeg()
    except ImportError as error:
        pytest.skip(str(error))
    files = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    for file in files:
        plotting.save(plotting.toy(steps=3), file)
    content = files[0].read_bytes()
    assert content == files[1].read_bytes()
    assert content[4:8] == b"ftyp"
    assert b"Of two functions" in content


def test_without_a_writer_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    expected = "an .mp4 needs ffmpeg: pip install 'pqtheory[video]', or write a .gif"
    with pytest.raises(ImportError) as error:
        plotting.save(plotting.toy(steps=2), tmp_path / "toy.mp4")
    assert str(error.value) == expected
    said = one_line(run("plot", "toy", "--out", tmp_path / "toy.mp4"))
    assert said == f"pqtheory: --out: {expected}\n"
    assert not list(tmp_path.iterdir())


def test_a_writer_that_fails_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(movie, "ffmpeg", lambda: "/bin/false")
    with pytest.raises(OSError, match="ffmpeg failed: 1"):
        plotting.save(plotting.toy(steps=2), tmp_path / "toy.mp4")
    assert not list(tmp_path.iterdir())


def test_what_does_not_move_says_so(tmp_path):
    with pytest.raises(ValueError, match=r"\.pdf, got 'b.gif'; this picture does not move"):
        plotting.save(plotting.flips({"a": np.ones((2, 2))}), "b.gif")


def test_the_command_writes_a_film_and_prints_its_caption(tmp_path):
    file = tmp_path / "toy.gif"
    result = run("plot", "toy", "--steps", "2", "--out", file, "--caption")
    assert result.exit_code == 0, result.output
    first, said = result.stdout.splitlines()
    assert first == f"wrote {file}"
    assert said == plotting.description(plotting.toy(steps=2))
    with Image.open(file) as image:
        assert image.n_frames == 3
