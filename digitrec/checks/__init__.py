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
``looping``     whether Python goes through the input step by step
``holding``     what an answer takes from elsewhere than its arguments
``data``        chapter 1: labels, ink, a split
``files``       chapter 1: a file of images or labels
``examples``    chapter 1: reading by examples
``dense``       chapter 2: parameters, steps, the loss
``stopping``    chapter 2: when to stop
``layers``      chapter 3: layers and a network in NumPy
``packing``     chapter 3: a weight in one byte, a network in few
``convolution`` chapter 4: windows, pooling, kernels, what a number sees
``training``    chapters 2 and 4: a network of one's own, trained on images that the check chooses
``images``      chapter 5: the steps of the recipe
``thresholds``  chapter 5: a threshold, what is not answered, and a change that misleads
``page``        chapter 6: cuts, seams, candidates
``paths``       chapter 6: the best path, and where greed loses
``gaps``        chapter 6: a prior for gaps
``rejection``   chapter 6: which digits of a page to answer
``gradients``   chapter 7: gradients by hand, and a hunt for wrong ones
``differences`` chapter 7: a gradient by differences
``learning``    chapter 7: steps, and a network that has learned
``reporting``   the project: what is answered, and a report of it
``project``     the project: a reader of one's own, and its points
``hints``       what each check can say, without running it
=============== ===================================================================================
"""

from digitrec.checks import hints
from digitrec.checks.asking import CHECKS, Verdict
from digitrec.checks.convolution import (
    edge_kernel,
    fold,
    max_pool,
    output_size,
    receptive_field,
)
from digitrec.checks.data import count_labels, split, thinnest
from digitrec.checks.dense import count_parameters, count_steps, cross_entropy, softmax_at
from digitrec.checks.differences import numeric_gradient
from digitrec.checks.examples import read_by_examples
from digitrec.checks.files import read_idx
from digitrec.checks.gaps import gap_prior
from digitrec.checks.gradients import (
    PLANTED,
    leaky_relu_gradient,
    skip_gradient,
    smoothed_gradient,
    wrong_gradients,
)
from digitrec.checks.images import bright_ink, centre_of_mass, fit_box
from digitrec.checks.layers import (
    dense_layer,
    first_difference,
    forward_pass,
    leaky_relu,
)
from digitrec.checks.learning import largest_rate, learned_in_numpy, nesterov
from digitrec.checks.packing import small_file, to_int8
from digitrec.checks.page import candidates, cut_column, seam_cost
from digitrec.checks.paths import best_path, greedy_loses
from digitrec.checks.project import (
    PROJECT_POINTS,
    project,
    project_forward,
    project_prepare,
    project_reads,
    project_reads_well,
)
from digitrec.checks.rejection import accept
from digitrec.checks.reporting import project_decide, project_report
from digitrec.checks.stopping import best_epoch
from digitrec.checks.thresholds import answers, disturb, otsu
from digitrec.checks.training import train_cnn, train_small

__all__ = [
    "CHECKS",
    "PLANTED",
    "PROJECT_POINTS",
    "Verdict",
    "accept",
    "answers",
    "best_epoch",
    "best_path",
    "bright_ink",
    "candidates",
    "centre_of_mass",
    "count_labels",
    "count_parameters",
    "count_steps",
    "cross_entropy",
    "cut_column",
    "dense_layer",
    "disturb",
    "edge_kernel",
    "first_difference",
    "fit_box",
    "fold",
    "forward_pass",
    "gap_prior",
    "greedy_loses",
    "hints",
    "largest_rate",
    "leaky_relu",
    "leaky_relu_gradient",
    "learned_in_numpy",
    "max_pool",
    "nesterov",
    "numeric_gradient",
    "otsu",
    "output_size",
    "project",
    "project_decide",
    "project_forward",
    "project_prepare",
    "project_reads",
    "project_reads_well",
    "project_report",
    "read_by_examples",
    "read_idx",
    "receptive_field",
    "seam_cost",
    "skip_gradient",
    "small_file",
    "smoothed_gradient",
    "softmax_at",
    "split",
    "thinnest",
    "to_int8",
    "train_cnn",
    "train_small",
    "wrong_gradients",
]
