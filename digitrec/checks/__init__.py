"""Checks for the exercises: they say what is right, or what to look at next.

Each check takes a reader's answer, prints one line and returns a ``Verdict``. The line begins with
✓ or ✗. An answer that raises an error, never ends, changes its input or returns nothing is told so;
a reader never sees a traceback of ours.

A check compares the answer with the definition on several inputs, fresh ones each time and those
on which the usual mistakes show; what is expected is worked out before the answer is called.
Numbers are compared with a tolerance, so that another order of summation passes.

=============== ===================================================================================
``asking``      an answer is called: on copies, for a limited time; what goes wrong is a sentence
``comparing``   a result beside the definition's: the known mistake, or the element that differs
``together``    the results of all cases: the mistake that explains every one of them
``data``        chapter 1: labels, ink, the nearest mean
``dense``       chapter 2: parameters, the loss, a network of one's own
``layers``      chapter 3: layers and a network in NumPy
``convolution`` chapter 4: windows, pooling, kernels
``images``      chapter 5: the steps of the recipe
``thresholds``  chapter 5: a threshold, what is not answered, and a change that misleads
``page``        chapter 6: cuts, seams, candidates, gaps
``paths``       chapter 6: the best path
``rejection``   chapter 6: which digits of a page to answer
``gradients``   chapter 7: gradients, by hand and by differences
``learning``    chapter 7: steps, and a network that has learned
``hints``       what each check can say, without running it
=============== ===================================================================================
"""

from digitrec.checks import hints
from digitrec.checks.asking import CHECKS, Verdict
from digitrec.checks.convolution import edge_kernel, max_pool, output_size
from digitrec.checks.data import count_labels, mean_ink, nearest_mean
from digitrec.checks.dense import count_parameters, cross_entropy, small_network
from digitrec.checks.gradients import (
    PLANTED,
    leaky_relu_gradient,
    numeric_gradient,
    skip_gradient,
    smoothed_gradient,
    wrong_gradients,
)
from digitrec.checks.images import bright_ink, centre_of_mass, fit_box
from digitrec.checks.layers import dense_layer, forward_pass, leaky_relu
from digitrec.checks.learning import largest_rate, learned_in_numpy, nesterov
from digitrec.checks.page import candidates, cut_column, gap_prior, seam_cost
from digitrec.checks.paths import best_path, greedy_loses
from digitrec.checks.rejection import accept, blurred_pages
from digitrec.checks.thresholds import answers, disturb, otsu

__all__ = [
    "CHECKS",
    "PLANTED",
    "Verdict",
    "accept",
    "answers",
    "best_path",
    "blurred_pages",
    "bright_ink",
    "candidates",
    "centre_of_mass",
    "count_labels",
    "count_parameters",
    "cross_entropy",
    "cut_column",
    "dense_layer",
    "disturb",
    "edge_kernel",
    "fit_box",
    "forward_pass",
    "gap_prior",
    "greedy_loses",
    "hints",
    "largest_rate",
    "leaky_relu",
    "leaky_relu_gradient",
    "learned_in_numpy",
    "max_pool",
    "mean_ink",
    "nearest_mean",
    "nesterov",
    "numeric_gradient",
    "otsu",
    "output_size",
    "seam_cost",
    "skip_gradient",
    "small_network",
    "smoothed_gradient",
    "wrong_gradients",
]
