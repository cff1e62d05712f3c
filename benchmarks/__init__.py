"""The benchmarks: what the book's page "What it costs" shows, and some that rules are chosen by.

Each is a command, ``python -m benchmarks.NAME``, with the options that ``measure.command`` gives to
all of them, and writes ``results/NAME.json``:

============ ================================================= ==================================
NAME         measures                                          shown or used
============ ================================================= ==================================
inference    how fast the CNN reads MNIST's test images        page: Reading digits
training     what the networks reach for how much training     page: Learning
backprop     training in NumPy beside training in Keras        page: Learning
photos       how well, and how fast, photographs are read      page: Photographs
footprint    memory, start-up, reading the data                page: Memory, Before anything …
build        how long the book takes to build                  page: Building this book
draw         how fast the drawing page is                      page: The drawing page
train        how fast a network learns in a browser            page: Watch it learn
conditions   how well simulated handwriting is read            limits of the reading; a test
priors       what a path through the lattice should cost       ``COSTS`` of the reading
unsure       what the drawing page shows as "?"                ``tools/browser_model.py``
hand         how a few samples of a hand help; finding sheets  chapter: How a network learns
============ ================================================= ==================================

``hands`` prints how other hands than MNIST's are read, and what is taken for a digit; it writes
nothing. The shipped network is judged by it; what chooses is validation images.
``pictures`` prints how any pictures with labels are read, and writes nothing, either; ``agreement``
what the drawing page and the library read differently; ``site`` what each page costs a reader.

They share ``measure`` (timing, summaries, the command line, the files), ``memory`` (of a process),
``readings`` (counting what was read right) and ``borrowed`` (packages for one run).
"""
