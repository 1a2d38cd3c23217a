"""Numbers below the normal range count as 0 while a network trains, and only then."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from pqtheory.networks.training.denormals import are_flushed, flushed  # noqa: E402  (needs torch)

CPU = torch.device("cpu")


@pytest.fixture
def can() -> None:
    if not torch.set_flush_denormal(False):
        pytest.skip("this processor does not flush")


@pytest.mark.usefixtures("can")
def test_they_count_as_zero_inside_and_not_after() -> None:
    small = torch.tensor(1e-38)
    with flushed(CPU):
        assert small * 0.5 == 0
    assert small * 0.5 > 0


@pytest.mark.usefixtures("can")
def test_one_inside_another_and_an_error_leave_things_as_they_were() -> None:
    with flushed(CPU):
        with pytest.raises(KeyError), flushed(CPU):
            raise KeyError
        assert are_flushed()
    assert not are_flushed()


@pytest.mark.usefixtures("can")
def test_other_devices_are_left_alone() -> None:
    with flushed(torch.device("cuda")):
        assert not are_flushed()


@pytest.mark.usefixtures("can")
def test_training_flushes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from pqtheory.networks.training import RunFolder, loop, preset, side_by_side

    seen = []

    def made(*args: object) -> None:
        seen.append(are_flushed())
        raise KeyError

    monkeypatch.setattr(loop, "Run", made)
    monkeypatch.setattr(side_by_side, "_together", made)
    settings, folder = preset("corrected", "binaryconnect", task="language"), RunFolder(tmp_path)
    with pytest.raises(KeyError):
        loop.train(settings, None, folder)
    with pytest.raises(KeyError):
        side_by_side.train_together([(settings, folder)], None)
    assert seen == [True, True]
