"""The lessons: texts to run through, and exercises that the toolkit itself checks."""

from pqtheory.lessons import lesson_1, lesson_2, lesson_3, lesson_4, lesson_5
from pqtheory.lessons.exercise import Exercise, Judgement
from pqtheory.lessons.texts import LESSONS, Lesson, as_notebook

#: by number
EXERCISES = {
    exercise.number: exercise
    for lesson in (lesson_1, lesson_2, lesson_3, lesson_4, lesson_5)
    for exercise in lesson.EXERCISES
}


def check(number: str, answer: object) -> Judgement:
    """Whether ``answer`` to exercise ``number`` is right; else a hint, never the answer.

    An answer is a number, several of them in a list or tuple, or a text such as "1/2, -0.25".

    Raises
    ------
    ValueError
        If there is no such exercise, or the answer is no number.
    """
    if number not in EXERCISES:
        raise ValueError(f"exercise: expected one of {', '.join(EXERCISES)}, got {number!r:.40}")
    if isinstance(answer, list | tuple):
        answer = ", ".join(str(part) for part in answer)
    return EXERCISES[number].judge(str(answer))


__all__ = ["EXERCISES", "LESSONS", "Exercise", "Judgement", "Lesson", "as_notebook", "check"]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
