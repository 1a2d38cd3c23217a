"""What a training says, warns of and ends in, whole."""

import importlib
import warnings

import pqtheory as pq
from pqtheory.cli import training_shown

# the package has the command under the name of its module
verify = importlib.import_module("pqtheory.cli.verify")


def test_what_a_training_says():
    kinds = {"latent": 0.5, "quantized": 0.25, "quantized, reestimated": 0.125}
    signs_of = {"all": {"change_from_start": 0.03125, "flips": 1.0}, "fc": {}}
    line = {"error": {"test": kinds, "held_out": {"latent": 0.75}}, "signs": signs_of}
    assert training_shown.brief_metrics(line) == (
        "test error: latent 50.00 %, quantized 25.00 %, quantized, reestimated 12.50 %; signs changed 3.12 %"
    )
    assert training_shown.brief_metrics({"perplexity": {"test": {"latent": 90.5}}}) == (
        "test perplexity: latent 90.50"
    )
    assert training_shown.brief_metrics({"signs": {}, "epoch": 1}) == ""
    said = []
    show = training_shown.show_steps(lambda *given: said.append(given))
    show(0, 3, 2, 10, {})
    show(1, 3, 4, 10, line)
    # an error is measured every few epochs only, the last one stays
    show(2, 3, 0, 10, {"signs": {"all": {"change_from_start": 0.5}}})
    assert said == [
        (2, 30, "epoch 1/3"),
        (14, 30, "epoch 2/3  error 25.00 %  signs 3.1 %"),
        (20, 30, "epoch 3/3  error 25.00 %  signs 50.0 %"),
    ]


def test_what_a_training_warns_of_is_collected_and_other_warnings_are_shown():
    from pqtheory.networks.training import FarFromLevelsWarning

    with warnings.catch_warnings(record=True) as others:
        warnings.simplefilter("always")
        with training_shown.advice_collected() as found:
            for text in ("far", "far"):
                warnings.warn(text, FarFromLevelsWarning, stacklevel=1)
            warnings.warn("other", UserWarning, stacklevel=1)
    assert found == ["far", "far"]
    assert [str(other.message) for other in others] == ["other"]


def test_the_table_of_the_digits():
    class Digits:
        """Figures at hand."""

        settings = pq.digits.DigitsSettings()

        def summary(self):
            names = (
                *("latent_error", "quantized_error", "late_quantized_error", "quantization_error"),
                *("change_from_start", "flips", "reversals"),
            )
            return {"BinaryConnect": dict.fromkeys(names, (0.125, 0.0625))}

    table = verify.digits_summary(Digits())
    assert (table.title, table.title_justify) == ("handwritten digits", "left")
    assert table.caption == pq.report.digits_setting(Digits())
    assert table.caption_justify == "left"
    assert [c.justify for c in table.columns] == ["left", *["right"] * 7]
    assert [list(c.cells) for c in table.columns] == [
        *(["BinaryConnect"], *[["12.50 ± 6.25 %"]] * 3, ["0.125"], *[["12.50 ± 6.25 %"]] * 3)
    ]
