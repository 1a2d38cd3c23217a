"""What an exercise is: a question, and a check that says right, or wrong with a hint; it never says the answer."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from pqtheory._messages import brief

#: numbers are written in no more letters, and without large exponents: some of them would not fit in memory
LONGEST, HUGE = 40, re.compile(r"[eE][+-]?\d{3,}")
#: denominators of the fractions that a float may stand for
LARGEST_DENOMINATOR = 10**6


@final
@dataclass(frozen=True)
class Judgement:
    """Whether an answer is right, and where it is not, what to think about."""

    right: bool
    hint: str = ""

    def __repr__(self) -> str:
        return "right" if self.right else f"not yet: {self.hint}"


@final
@dataclass(frozen=True)
class Exercise:
    """A question of a lesson.

    Attributes
    ----------
    number : str
        Lesson and place, such as "1.2".
    question : str
        In one line.
    hint_for : callable
        The hint for an answer, a tuple of fractions; "" where it is right.
    count : int or None
        How many numbers an answer has; None where that is a part of the question.
    """

    number: str
    question: str
    hint_for: Callable[[tuple[Fraction, ...]], str]
    count: int | None = 1

    def __repr__(self) -> str:
        return f"<Exercise {self.number}: {self.question}>"

    def judge(self, answer: str) -> Judgement:
        """Look at an answer as it is written.

        Raises
        ------
        ValueError
            If it is no number, or not as many as are asked for.
        """
        numbers = parsed(answer)
        if self.count is not None and len(numbers) != self.count:
            many = "one number" if self.count == 1 else f"{self.count} numbers with commas between"
            raise ValueError(f"answer: expected {many}, got {brief(answer)}")
        hint = self.hint_for(numbers)
        return Judgement(hint == "", hint)


def parsed(answer: Any) -> tuple[Fraction, ...]:
    """The numbers of "1/2, -0.25".

    Raises
    ------
    ValueError
        If one of them is no fraction or decimal number.
    """
    # a space may stand beside a sign or a stroke; "1 2" is no number, and not 12
    parts = [re.sub(r"\s*/\s*", "/", part.strip()) for part in str(answer).split(",")]
    parts = [re.sub(r"^([+-])\s+", r"\1", part.replace("\N{MINUS SIGN}", "-")) for part in parts]
    try:
        if any(len(part) > LONGEST or HUGE.search(part) for part in parts):
            raise ValueError("too long")
        return tuple(Fraction(part) for part in parts)
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(
            "answer: expected numbers such as 3/4 or 0.75, with commas between them and without words or units, "
            f"got {brief(answer)}"
        ) from error


def written(answer: Any) -> str:
    """An answer as a text: numbers with commas between, and of a float the fraction that it was divided from."""
    if isinstance(answer, np.ndarray):
        answer = answer.ravel().tolist()
    if isinstance(answer, list | tuple | set | frozenset):
        return ", ".join(written(part) for part in answer)
    if isinstance(answer, float) and np.isfinite(answer):
        simple = Fraction(answer).limit_denominator(LARGEST_DENOMINATOR)
        return str(simple if float(simple) == answer else float(answer))
    return str(answer)
