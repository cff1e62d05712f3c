"""Recipes: the learning rate of each step, what an epoch is made of, and impossible ones."""

from math import cos, pi

import numpy as np
import pytest

from digitrec import augment, recipes

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 28, 28), np.uint8)
LABELS = np.arange(40) % 10


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"epochs": 0}, "at least 1, found 0 and 8"),
        ({"batch_size": 0}, "at least 1, found 1 and 0"),
        ({"learning_rate": 0}, "above 0, found 0"),
        ({"learning_rate": -1}, "above 0, found -1"),
        ({"learning_rate": float("nan")}, "above 0, found nan"),
        ({"warm_up": 1}, "from 0 to below 1, found 1"),
        ({"warm_up": -0.1}, "found -0.1"),
        ({"warm_up": float("nan")}, "found nan"),
        ({"moves": -1}, "0 to 27 pixels, found -1"),
        ({"moves": 28}, "found 28"),
        ({"moves": 3, "augment": True}, "augment moves the images already, found 3"),
        ({"held_out": -5}, "held_out: expected at least 0, found -5"),
    ],
)
def test_impossible_recipe(arguments, says):
    usual = {"epochs": 1, "batch_size": 8, "learning_rate": 0.1}
    with pytest.raises(ValueError, match=says):
        recipes.Recipe(**{**usual, **arguments})


@pytest.mark.parametrize(
    ("warm_up", "step", "share"),
    [
        (None, 0, 1.0),
        (None, 16, 1.0),
        (0.25, 0, 0.0),
        (0.25, 2, 0.5),  # half-way up
        (0.25, 4, 1.0),  # at the top
        (0.25, 8, (1 + cos(pi / 3)) / 2),  # a third of the way down
        (0.25, 10, 0.5),  # a cosine is at half its height half-way down
        (0.25, 16, 0.0),
        (0.25, 99, 0.0),  # it does not climb again
        (0.0, 0, 1.0),
        (0.0, 8, 0.5),
        (0.0, 16, 0.0),
    ],
)
def test_learning_rate_over_16_steps(warm_up, step, share):
    # 155 images are 15 batches of 10 and one of 5: the last one counts as a step.
    recipe = recipes.Recipe(epochs=1, batch_size=10, learning_rate=0.5, warm_up=warm_up)
    assert recipe.steps(155) == 16
    assert recipe.schedule(155)(step) == pytest.approx(0.5 * share, abs=1e-15)


def test_a_warm_up_longer_than_the_training_leaves_a_step_to_fall():
    recipe = recipes.Recipe(epochs=1, batch_size=32, learning_rate=1.0, warm_up=0.9)
    assert recipe.steps(32) == 1
    assert recipe.schedule(32)(0) == 1.0


def test_plain_images_stay_as_they_are():
    recipe = recipes.Recipe(epochs=3, batch_size=16, learning_rate=0.1)
    x, y = recipe.change()(IMAGES, LABELS, np.random.default_rng(0))
    assert x is IMAGES
    assert y is LABELS
    assert recipe.steps(40) == 9


def test_moved_images_keep_their_labels():
    recipe = recipes.Recipe(epochs=3, batch_size=16, learning_rate=0.1, moves=2)
    x, y = recipe.change()(IMAGES, LABELS, np.random.default_rng(5))
    assert np.array_equal(x, augment.move(IMAGES, np.random.default_rng(5), 2))
    assert y is LABELS


def test_augmented_epochs_show_new_forms_and_what_is_no_digit():
    recipe = recipes.Recipe(epochs=3, batch_size=16, learning_rate=0.1, augment=True)
    change, rng = recipe.change(), np.random.default_rng(0)
    (first, targets), (second, _) = change(IMAGES, LABELS, rng), change(IMAGES, LABELS, rng)
    forms, others = recipes.forms_for(40), recipes.not_digits_for(40)
    assert forms / (40 + forms) == pytest.approx(recipes.FORMS_SHARE, abs=0.02)
    assert others == 6
    assert first.shape == second.shape == (40 + forms + others, 28, 28)
    assert recipe.examples(40) == 40 + forms + others
    assert recipe.steps(40) == 3 * -(-recipe.examples(40) // 16)
    assert np.array_equal(targets[:40].argmax(axis=1), LABELS)
    assert (targets[: 40 + forms].max(axis=1) == 1).all()
    assert (targets[40 + forms :] == np.float32(0.1)).all()
    assert (first != second).any(axis=(1, 2))[40:].all()


def test_a_few_digits_of_which_some_are_missing_can_be_augmented():
    recipe = recipes.Recipe(epochs=1, batch_size=16, learning_rate=0.1, augment=True)
    x, _ = recipe.change()(IMAGES, np.zeros(40, int), np.random.default_rng(0))
    assert x.shape == (recipe.examples(40), 28, 28)
