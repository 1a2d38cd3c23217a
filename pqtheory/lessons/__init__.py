"""The lessons: texts to run through, and exercises that the toolkit itself checks."""

from pqtheory.lessons import lesson_1, lesson_2, lesson_3, lesson_4, lesson_5
from pqtheory.lessons.exercise import Exercise, Judgement, written
from pqtheory.lessons.texts import LESSONS, Lesson, as_notebook

#: by number
EXERCISES = {
    exercise.number: exercise
    for lesson in (lesson_1, lesson_2, lesson_3, lesson_4, lesson_5)
    for exercise in lesson.EXERCISES
}


def check(number: str | float, answer: object) -> Judgement:
    """Whether ``answer`` to exercise ``number`` is right; else a hint, never the answer.

    An answer is a number, several of them in an array, a list, a tuple or a set, or a text such as "1/2, -0.25". Of a
    float the fraction is taken that it stands for: 1 / 7 is 1/7.

    Raises
    ------
    ValueError
        If there is no such exercise, or the answer is no number.
    """
    number = str(number)
    if number not in EXERCISES:
        raise ValueError(f"exercise: expected one of {', '.join(EXERCISES)}, got {number!r:.40}")
    return EXERCISES[number].judge(written(answer))


__all__ = ["EXERCISES", "LESSONS", "Exercise", "Judgement", "Lesson", "as_notebook", "check"]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
