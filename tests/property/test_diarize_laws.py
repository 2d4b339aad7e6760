"""Laws of clustering and re-segmentation, whatever the voices."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from asr_qa.diarize.cluster import split_in_two
from asr_qa.diarize.resegment import cheapest_path

SIZE = 32


@st.composite
def two_clouds(draw: st.DrawFn) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Vectors around two centres, and which belong to the second."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    counts = draw(st.tuples(st.integers(8, 40), st.integers(8, 40)))
    labels = rng.permutation(np.repeat([False, True], counts))
    centres = np.eye(SIZE)[:2]
    found = centres[labels.astype(int)] + draw(st.floats(0.01, 0.5)) * rng.normal(size=(len(labels), SIZE)) / SIZE**0.5
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32), labels


@given(two_clouds())
@settings(deadline=None, max_examples=60)
def test_two_clouds_are_found_and_the_first_vector_is_in_the_first_group(
    clouds: tuple[NDArray[np.float32], NDArray[np.bool_]],
) -> None:
    vectors, labels = clouds
    split = split_in_two(vectors)
    assert split is not None
    assert not split.second[0]
    np.testing.assert_array_equal(split.second, labels != labels[0])


@given(two_clouds(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=40)
def test_order_does_not_matter(clouds: tuple[NDArray[np.float32], NDArray[np.bool_]], random: object) -> None:
    vectors, _ = clouds
    order = np.arange(len(vectors))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight, shuffled = split_in_two(vectors), split_in_two(vectors[order])
    assert straight is not None
    assert shuffled is not None
    together = straight.second[order]
    np.testing.assert_array_equal(shuffled.second, together if not together[0] else ~together)


@given(st.integers(0, 6))
def test_equal_vectors_are_one_voice(count: int) -> None:
    assert split_in_two(np.tile(np.eye(SIZE, dtype=np.float32)[0], (count, 1))) is None


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=9), st.lists(st.floats(0, 3), min_size=9, max_size=9))
@settings(deadline=None)
def test_no_path_is_cheaper(lean: list[float], costs: list[float]) -> None:
    values, change = np.array(lean), np.array(costs[: len(lean)])

    def cost(path: NDArray[np.bool_]) -> float:
        changes = path[1:] != path[:-1]
        return float(np.where(path, -values, values).sum() + change[1:][changes].sum())

    every = ((np.arange(2 ** len(lean))[:, None] >> np.arange(len(lean))) & 1).astype(np.bool_)
    # A change before the first frame is none: the call begins there.
    assert cost(cheapest_path(values, change)) <= min(map(cost, every)) + 1e-9
