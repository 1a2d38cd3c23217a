"""Frames as a GIF file or an MP4 film; the same frames give the same bytes."""

import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from pqtheory._arrays import Array

#: seconds for which the last frame stays
STAYS = 2.0


def gif(frames: Iterable[Array], per_second: float, said: str) -> bytes:
    """A GIF file that begins anew when it has ended, with ``said`` as its comment.

    ``frames`` are pixels of shape (height, width, 3), uint8.
    """
    from PIL import Image

    pixels = list(frames)
    # the colours of all are those of the last, where everything has been drawn
    colours = Image.fromarray(pixels[-1]).quantize(256, method=Image.Quantize.MEDIANCUT)
    paper, place = pixels[-1][0, 0], colours.getpixel((0, 0))
    drawn = []
    for frame in pixels:
        image = Image.fromarray(frame).quantize(palette=colours, dither=Image.Dither.NONE)
        # Pillow takes a neighbour's colour for the paper's
        image.paste(place, mask=Image.fromarray((frame == paper).all(axis=-1)))
        drawn.append(image)
    # hundredths of a second
    each = [10 * round(100 / per_second)] * len(drawn)
    each[-1] = int(1000 * STAYS)
    stream = io.BytesIO()
    drawn[0].save(
        stream,
        format="GIF",
        save_all=True,
        append_images=drawn[1:],
        duration=each,
        loop=0,
        # a comment's letters
        comment=said.encode("ascii", "replace"),
    )
    return stream.getvalue()


def mp4(frames: Iterable[Array], per_second: float, said: str) -> bytes:
    """An MP4 film that every browser and slide program plays, with ``said`` as its comment.

    Raises
    ------
    ImportError
        If there is no ffmpeg.
    OSError
        If ffmpeg fails.
    """
    program = ffmpeg()
    frames = iter(frames)
    first = next(frames)
    height, width = first.shape[:2]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "film.mp4"
        command = [program, "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
        command += ["-s", f"{width}x{height}", "-r", f"{per_second:g}", "-i", "-"]
        # one thread and no version of the program: the bytes are a function of the frames
        command += ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18", "-threads", "1"]
        command += ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1"]
        command += ["-metadata", f"comment={said}", "-movflags", "+faststart", str(file)]
        # the frames come from a file, so that they need not all be in memory, nor be waited for
        with tempfile.TemporaryFile() as pixels:
            last = first
            for last in chain((first,), frames):
                pixels.write(last.tobytes())
            for _ in range(round(STAYS * per_second)):
                pixels.write(last.tobytes())
            pixels.seek(0)
            done = subprocess.run(command, stdin=pixels, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            why = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise OSError(f"ffmpeg failed: {''.join(why) or done.returncode}")
        return file.read_bytes()


def ffmpeg() -> str:
    """Where the program is: on the path, or in the package imageio-ffmpeg.

    Raises
    ------
    ImportError
        If it is nowhere.
    """
    found = shutil.which("ffmpeg")
    if found is not None:
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise ImportError(
            "an .mp4 needs ffmpeg: pip install 'pqtheory[video]', or write a .gif"
        ) from error
