"""Every limit of the reading, with its unit, its reason, and what fixed it.

*Pens* are widths of the pen, *heights* those of the page's digits. ``conditions`` is the benchmark
on rendered pages, ``photos`` the one on photographs (``benchmarks/``).
"""

# --- Files ---
#: Pixels. A small file can unpack to more memory than a computer has; a photograph has 12 million.
MAX_PIXELS = 64_000_000
#: Pixels. Larger pictures are reduced while they are read: a page's digits stay 40 pixels high.
LONGEST_SIDE = 2048
#: Pixels. A picture with a shorter side cannot show a digit.
SMALLEST_SIDE = 8
#: Of 255: on white paper a brighter drawing would not be seen.
BRIGHT_DRAWING = 192
#: A colour is read instead of the brightness where it has so many times its contrast: red on green.
COLOURED = 1.6

# --- Light ---
#: Share (0 … 1). Where narrow light and narrow dark ink differ by less, both readings are tried.
SURE_POLARITY = 0.9
#: Pixels. A picture with a shorter longer side is filled by one digit: paper is sought around it.
COARSE = 64
#: Share of the shorter side: a window that nearly all strokes are narrower than, before the pen is
#: known.
FIRST_WINDOW = 0.4
#: Pens, and share of the longer side: the window once it is known. Shadows are wider.
WINDOW_PENS, WINDOW_SHARE = 12, 0.03

#: Of 255: paper is no darker, or grain would be divided by next to nothing.
DARKEST_PAPER = 16
#: A sheet's border, in a picture of so many pixels: the light changes by this factor's logarithm.
SHEET_PIXELS, SHEET_BORDER = 256, 0.12
#: Share of the picture that a sheet on a table fills.
SHEET_SHARE = 0.15, 0.93

#: Share of the variance that two brightnesses explain in evenly lit ink (grain 0.64, slope 0.75).
TWO_SHADES = 0.82

#: Shares of a picture: ink that fills more than a fifth of it may hide the paper from any window.
EVEN_SHARE = 0.1, 0.8

#: Deviations of paper and ink that lie between two even brightnesses.
EVEN_GAP = 6

# --- Ink ---
#: Share of the longer side that a picture is blurred by where its grain hides the strokes.
CALM = 0.006
#: Share of the light that ink takes away, at least. Less is a shade of the paper.
CONTRAST = 0.06
#: Standard deviations of the grain: what stands out from it by less is grain.
SIGNAL_TO_NOISE = 5.0
#: Of the usual piece of ink, by its longer side: what is shorter is grain, and tells no pen.
GRAIN_SIZE = 0.3
#: Halvings of the picture in which grain is sought, the first among them: that of coarse paper.
GRAIN_SCALES = 3
#: Share of the longer side: only so near to ink is paper compared with it.
NEAR_INK = 0.06
#: Share of the threshold down to which a fading stroke is followed.
FADED = 0.7
#: Pixels that the pen is wide at the scale of reading. Finer only shows the paper's grain.
PEN_PIXELS = 5.0
#: Pixels: all ink of a picture stays so large; a small digit of a wide pen would lose its holes.
SMALLEST_INK = 80
#: Small pictures are enlarged so many times at most: more shows nothing new.
LARGEST_ENLARGEMENT = 4.0

# --- Rules and boxes ---
#: Pens that a box is wide and high, at least; a loop of a digit is smaller.
BOX_PENS = 5
#: Share of its least rectangle that a box's hull fills. An ellipse fills 0.79.
BOX_FILLED = 0.92
#: So many straight strokes of one height, higher than the rest by this factor, are sides of boxes.
EQUAL_SIDES, SIDE_HEIGHT = 3, 1.3
#: Rows that a rule climbs in each column, at most: 20°.
STEEPEST_RULE = 0.36
#: Share of its length that a rule may depart from a straight line, as a page bends.
BEND = 0.015
#: Share of a rule's length whose runs lie on one straight line; so many lines are looked at, the
#: likeliest first, until so many in a row are no rules.
VOTES, MOST_RULES, MOST_FAILED = 0.3, 400, 12
#: Share of a rule that no stroke stands on, once the page has shown one.
STANDING_ON_RULE = 0.25

# --- Pieces and lines ---
#: Of very many pieces of ink only the largest are looked at: the rest is grain.
MOST_PIECES = 1500
#: Pens. What is smaller is a speck; and heights, beside digits.
SPECK_PENS, SPECK = 1.2, 0.12
#: Pens: a gap in a dotted stroke.
BRIDGE = 0.8
#: Pixels, and share of the picture: digits less high cannot be told from grain.
SMALLEST_DIGIT, SMALLEST_SHARE = 8, 0.01
#: Pens: nor is a digit less high, but the bits of a rule are.
SMALLEST_PENS = 1.4
#: Heights. A smaller piece does not make a line of its own; it goes to one that is so near.
STANDS_ALONE, NEAR_LINE = 0.3, 0.8
#: Share of the height in which a digit overlaps the end of its line.
LINE_OVERLAP = 1 / 3
#: Degrees that lines may climb or fall.
STEEPEST_LINE = 40
#: Heights. Narrower pieces are one digit; cuts are so far apart; and there are at most so many.
CUT_WIDTH, CUT_APART, MOST_CUTS = 0.75, 0.3, 6
#: Pens of ink that a cut may cross: two digits touch in a point, or share a stroke.
CUT_PENS = 4

# --- Edges ---
#: So many pieces that keep clear of the edges, or one of this share of the shorter side, tell how
#: high digits are; of this part of that height they are whole digits.
MANY_CLEAR, TALL_CLEAR, WHOLE_SIZE = 4, 0.35, 0.5
#: Share of the picture's rim that what lies around a digit fills.
AROUND = 0.8
#: Heights: nothing that is written is so high or so wide.
TOO_LARGE = 4, 12
#: Heights: what is thin and longer is a piece of a rule.
LONG_RULE = 2.3
#: Share of the shorter side in which a frame just inside the edge lies.
RIM = 0.02
#: Heights: what lies along an edge is less deep and longer.
DEEP, ALONG_EDGE = 0.5, 1.15
#: Pens of ink in its length: a stroke has one, what is filled has more.
FILLED_PENS = 2.5
#: Shares of the height and of the shorter side that digits keep clear of the edges.
CLEAR_OF_EDGE = 0.06, 0.02

# --- The lattice: what is a logarithm of a probability ---
#: Segments that one digit may consist of.
MOST_JOINED = 6
#: Heights that a candidate of several segments may be wide and high.
WIDEST, TALLEST = 1.5, 2.2
#: A class's probability is taken to be no less: one candidate alone cannot forbid a path.
LEAST_PROBABILITY = 1e-6
#: What a path costs: for a cut through ink, by its pens up to one; for each join side by side; for
#: each height of a gap that is joined, beside or above; for the squared logarithm of a size beyond
#: ``SIZES``; for what of a digit is missing in its line (``IN_BAND``); for leaving out a segment,
#: and for one as large as a digit, besides. ``python -m benchmarks.priors`` learns them.
COSTS = {
    "cut": 2.5,
    "join": 0.3,
    "gap": 8.0,
    "over": 1.0,
    "size": 8.0,
    "band": 6.0,
    "speck": 0.3,
    "skip": 6.0,
}
#: Heights of the line's digits within which a digit is usual; share of it that stands in its line.
SIZES, IN_BAND = (0.5, 1.5), 0.6
#: For each piece more that a picture of a single digit has.
WHOLE_COST = 0.4
#: Of the digit's longer side: so far apart are the pieces of a picture's only digit.
NEARBY = 0.4
#: Pieces that a single digit may have.
MOST_IN_WHOLE = 12
#: Mean logarithm a digit, below which other ways to see the picture are tried, and its other sides.
UNSURE, TURNED = -0.7, -0.15
#: So many digits, or pieces, tell what a page is like: which side is up, how high its digits are.
MANY = 4
#: Mean logarithm a digit of what is nothing, unless this share of the digits is certain, or the ink
#: takes away more of the light: what is plainly written is at least a question mark.
HOPELESS, CERTAIN, FAINT = -1.5, 0.4, 0.3
#: Share of the ink that is lost at its edge in a pen's width: less is a shadow's.
SOFTEST = 1.2
#: Strokes that may be taken for rules: a page has more of them.
FEW_RULES = 2
#: By so much evidence, that of a digit being 1, another way and another side must be likelier.
BETTER, TURN_EVIDENCE = 0.2, 1.0

# --- MNIST's recipe (LeCun et al., 1998, section III-A) ---
#: Pixels: the field, and the box that the digit is scaled into.
FIELD, BOX = 28, 20
#: Pixels of the box: about 5 in 100 of MNIST's pens are thinner, about 3 in 100 wider.
MNIST_PEN = (1.7, 4.5)
#: The pen is measured and changed in a box so many times finer.
FINER = 8
#: Pixels around a digit, at the scale of reading, that its soft edge may reach.
SOFT_EDGE = 3
#: Share of a pixel that is covered with ink where it belongs to the digit's rectangle.
COVERED = 0.15
