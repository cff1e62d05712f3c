"""Every limit of the reading, with its unit and its reason.

*Pens* are widths of the pen, *heights* those of the page's digits. ``python -m
benchmarks.conditions`` says what a change of one of them does to each kind of picture.
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
#: Pixels of the longer side, and the percentile of the differences from what is around: a colour's
#: contrast. Where something is written, its strokes fill 1 % of the picture.
COLOUR_PIXELS, COLOUR_PERCENTILE = 256, 99

# --- Light ---
#: Pixels of the longer side at which the light of the whole picture is found: strokes are narrow.
LIGHT_PIXELS = 40
#: How often its slopes are weighed anew; after a few rounds they hardly change.
LIGHT_ROUNDS = 5
#: Logarithm: the light falls off by no less, to four fifths; less is no trouble. And, in a picture
#: of ``LIGHT_PIXELS``, by which half of the slopes differ from the light's, at most: with more
#: clutter there is no paper to tell it from.
LIGHT_FALL, LIGHT_SLOPE = 0.25, 0.025
#: Share (0 … 1). Where narrow light and narrow dark ink differ by less, both readings are tried.
SURE_POLARITY = 0.9
#: Pixels. A picture with a shorter longer side is filled by one digit: paper is sought around it.
COARSE = 64
#: Of the shorter side: the width of a picture's rim; of the longer one: that of the strip along a
#: sheet's border, in which ink is the border's.
RIM = 0.03
#: Shares of the rim that light pixels fill: up to the first, paper may be dark, from the second on
#: light; if the largest circle in it is so many times as wide as that in the ink.
PAPER_RIM, WIDER_CIRCLE = (0.3, 0.7), 1.2
#: Shares of the longer side: a window of a few of a page's digits, and, in a coarse picture, half.
STROKES_WINDOW = 0.08, 0.5
#: Pixels of the longer side at which a page's strokes are still seen, and paper between them.
STROKES_PIXELS = 512
#: Pixels of the longer side that show a close-up's digit, the light, which changes slowly, and
#: whether the paper is dark.
CLOSE_UP_PIXELS = 128
#: Share of the shorter side: a window that nearly all strokes are narrower than, of a close-up, and
#: of any picture before the pen is known.
FIRST_WINDOW = 0.4
#: Pens, and share of the longer side: the window once it is known. Shadows are wider.
WINDOW_PENS, WINDOW_SHARE = 12, 0.03

#: Pixels of the shorter side: a thumbnail. Its strokes may be as narrow as grain.
THUMBNAIL = 64
#: Pixels: the median's window, in which a bright grain is no paper; of strokes and of a close-up.
CALM_WINDOW = 3, 5
#: Of the window: the deviation by which the paper is smoothed, so that no window's shape is left.
SMOOTHED = 1 / 8

#: Of 255: paper is no darker, or grain would be divided by next to nothing.
DARKEST_PAPER = 16
#: A sheet's border, in a picture of so many pixels: the light changes by this factor's logarithm.
SHEET_PIXELS, SHEET_BORDER = 256, 0.12
#: Share of the picture that a sheet on a table fills, at most.
SHEET_SHARE = 0.93

#: Share of the variance that two brightnesses explain in evenly lit ink (grain 0.64, slope 0.75).
TWO_SHADES = 0.82

# --- Ink ---
#: Pixels of the longer side at which the pen is first measured. A smaller picture is not enlarged
#: beyond it: that would cost time and show nothing new.
FIRST_LOOK = 1024
#: Share of the longer side that a picture is blurred by where its grain hides the strokes.
CALM = 0.006
#: Pens by which ink is blurred that is not enlarged: grain becomes calm, strokes stay.
CALM_PENS = 0.15
#: Share of the light that ink takes away, at least. Less is a shade of the paper.
CONTRAST = 0.06
#: Standard deviations of the grain: what stands out from it by less is grain.
SIGNAL_TO_NOISE = 5.0
#: Of the usual piece of ink, by its longer side: what is shorter is grain, and tells no pen.
GRAIN_SIZE = 0.3
#: Share of the longer side: a window around ink; only paper in it is compared with the ink.
NEAR_INK = 0.06
#: Share of the threshold down to which a fading stroke is followed.
FADED = 0.7
#: Percentiles of how dark ink is, its soft edge aside; and share of the dark that the pale is, at
#: least, in ink of one darkness, such as what is drawn on a screen.
PALE_AND_DARK, EVEN_INK = (5, 90), 0.8
#: Pixels that the pen is wide at the scale of reading. Finer only shows the paper's grain.
PEN_PIXELS = 5.0
#: Pixels: all ink of a picture stays so large; a small digit of a wide pen would lose its holes.
SMALLEST_INK = 80

# --- Rules and boxes ---
#: Pens that a box is wide and high, at least; a loop of a digit is smaller.
BOX_PENS = 5
#: Share of its least rectangle that a box's hull fills. An ellipse fills 0.79.
BOX_FILLED = 0.92
#: Share of many boxes that have a digit. Squared paper has far more empty squares: its lines are
#: rules, and digits cross them.
BOXES_IN_USE = 0.5
#: So many upright strokes, so many times as high as thick, are the teeth of a comb, if their
#: heights and distances are alike up to this share.
EQUAL_SIDES, TOOTH, ALIKE = 3, 2, 0.1
#: Shares of a comb: of its teeth, more are found, for a digit may hide one; of the gaps between
#: them, no fewer hold a digit.
TEETH_SEEN, GAPS_USED = 0.75, 0.5
#: Pixels that a frame's inner edge is rough.
ROUGH_EDGE = 2
#: Pixels: the soft edge of a frame or a rule, beyond its thickness. Ink that reaches farther out is
#: a stroke that crosses it.
RULE_EDGE = 1.5
#: Radians that a rule climbs, at most: 20°.
STEEPEST_RULE = 0.36
#: Degrees between the directions in which rules are sought: a row in 230 columns.
ANGLE_STEP = 0.25
#: A rule is longer than each of: a share of the picture, so many pens, so many heights, that is
#: digits side by side. Or it goes across: nearly all of the picture, and more than a height.
RULE_LENGTH, RULE_ACROSS = (0.3, 40, 4), (0.85, 0, 1.1)
#: The same once the page has shown rules, of which digits may leave but shorter pieces; in place of
#: pens, so many times the thickness of those rules.
RULE_REST = 0.1, 15, 2
#: It is interrupted for no longer than the longest of: a share of the picture, so many pens, and,
#: once the page has shown rules, so many heights: a digit may stand on it and hide it.
RULE_GAP = 0.02, 4, 1.2
#: Share of a rule's length: pictures with nothing so long, gaps included, are not looked at.
LINKED = 0.95
#: Share of a rule's columns that have ink.
INKED = 0.8
#: Pens that a rule is thick, at most, or times the thickness of those that the page has shown.
RULE_PENS = 1.6
#: Points on each side, and one in so many of a rule's: their median row is where it passes.
FOLLOWED = 12, 20
#: Of its height: what is narrower may be an upright rule, and does not tell how large writing is.
UPRIGHT = 0.2
#: Share of the picture's side that a rule may depart from a straight line, as a page bends.
BEND = 0.015
#: Share of a rule's length whose runs lie on one straight line; so many lines are looked at, the
#: likeliest first, until so many in a row are no rules.
VOTES, MOST_RULES, MOST_FAILED = 0.3, 400, 12
#: Share of a rule that no stroke stands on; and once the page has shown one.
FREE_OF_STROKES, STANDING_ON_RULE = 0.5, 0.25

# --- Pieces and lines ---
#: Of very many pieces of ink only the largest are looked at: the rest is grain.
MOST_PIECES = 1500
#: Pens. What is smaller is a speck.
SPECK_PENS = 1.2
#: Pens: a gap in a dotted stroke.
BRIDGE = 0.8
#: Pixels: digits less high cannot be told from grain.
SMALLEST_DIGIT = 8
#: Pens: what is less high does not tell how high digits are.
TELLS_HEIGHT = 2.5
#: Pens: a straight stroke is no thicker, a comma's crumb included; a bent one covers more.
THIN_PENS = 2.0
#: Heights. A smaller piece does not make a line of its own; it goes to one within a height.
STANDS_ALONE = 0.3
#: Heights. What is less high is a part of a digit, or a comma; what is less wide is one digit.
DIGIT_SIZE = 0.75
#: Share of the height in which a digit overlaps the end of its line.
LINE_OVERLAP = 1 / 3
#: Heights between their middles, and times the line's usual step: from both on, a number may begin
#: that stands beside the line. If it is in it, they overlap by this share.
SIDE_BY_SIDE, OVERLAP_BESIDE = (1.7, 2), 2 / 3
#: Degrees that lines may climb or fall.
STEEPEST_LINE = 40
#: Degrees between the turns that are tried; and heights: how wide each digit's hump is on the
#: upright axis.
TURN_STEP, HEAP = 0.5, 0.3
#: Share of its score that the steepest turn loses, others in proportion; and by which factor a turn
#: must be better than none: most pages lie level.
LEVEL, CLEARLY_TURNED = 0.25, 1.15
#: Heights: cuts are so far apart.
CUT_APART = 0.3
#: What a seam pays for a column aside, in pixels of ink: it goes straight where that costs none.
SEAM_ASIDE = 0.05

# --- Edges ---
#: Of the shorter side: a piece clear of the edges that is higher tells how high digits are.
TALL_CLEAR = 0.35
#: Share of the picture's rim that what lies around a digit fills.
AROUND = 0.7
#: Heights: what lies along an edge is less deep and longer.
DEEP, ALONG_EDGE = 0.5, 1.15
#: Heights, from … to: so high is a digit that touches an edge, and no wider than the second.
SIZES_AT_EDGE = 0.7, 2
#: Pens of ink in its length, and share of its rectangle: a stroke has one pen of ink, and a digit
#: some; what is filled has more, and covers more.
FILLED_PENS, FILLED_SHARE = 2.5, 0.25
#: Pens that a blot is wide and high, at least: no stroke is, and ink in which such a disc fits is
#: filled; and how much it is like a disc: the share of its
#: longer side that the shorter one is, and of its rectangle in which the two agree.
BLOT = 3, 0.85
#: So many pieces along an edge are the rings of a binding, if their sizes are alike up to this
#: share, and their forms agree in this share of a rectangle; two digits' mostly do not.
RINGS, RINGS_ALIKE, SAME_FORM = 16, 0.25, 0.75
#: Shares of the picture's height and of its shorter side that digits keep clear of the edges.
CLEAR_OF_EDGE = 0.06, 0.02

# --- The lattice: what is a logarithm of a probability ---
#: Segments, or pieces, that one digit may consist of.
MOST_JOINED = 6
#: Heights that a candidate of several segments may be wide.
WIDEST = 1.5
#: A class's probability is taken to be no less: one candidate alone cannot forbid a path.
LEAST_PROBABILITY = 1e-6
#: What a path costs: for a cut through ink, by its pens up to one; for each join side by side; for
#: each height of a gap that is joined, beside or above; for the squared logarithm of a size beyond
#: ``SIZES``; for what of a digit is missing in its line (``IN_BAND``); for leaving out a segment,
#: and for one as large as a digit, besides; for a comma or a slash as a digit. Chosen on validation
#: pages; those that ``python -m benchmarks.priors`` learns, for comparison, read these no better.
COSTS = {
    "cut": 2.5,
    "join": 0.3,
    "gap": 8.0,
    "over": 1.0,
    "size": 8.0,
    "band": 6.0,
    "speck": 0.3,
    "skip": 6.0,
    "mark": 6.0,
}
#: Heights of the line's digits within which a digit is usual; share of it that stands in its line.
SIZES, IN_BAND = (0.5, 1.5), 0.6
#: Heights that a slash reaches out of its line above and below, at least.
SLASH_OUT = 0.07
#: Heights below the line's top at which a comma begins, at least.
COMMA_TOP = 0.5
#: Of the narrower one's width: two segments that share so much stand one above the other.
ABOVE = 0.5
#: For each piece more that a picture of a single digit has.
WHOLE_COST = 0.4
#: Of the digit's longer side: so far apart are the pieces of a picture's only digit.
NEARBY = 0.4
#: Of a single digit's height: so high is its tallest piece, at least; and so wide is it, at most: a
#: 0 at the edge may be cut off.
TALLEST_OF_WHOLE, WIDEST_WHOLE = 0.4, 2.0
#: Mean logarithm a digit, below which it is not plain what a picture says, and other ways to see it
#: and its other sides are tried.
TURNED = -0.15
#: Share of the ink around the digits: where they are less, the rest may cover others.
NEARLY_ALL = 0.8
#: So many digits, or pieces, tell what a page is like: which side is up, how high its digits are.
MANY = 4
#: Mean logarithm a digit: below it, or where many digits do not convince, the last ways are tried,
#: too. Below it, and where they do not convince, faint ink is nothing; but none is faint that takes
#: away the second share of the light: what is plainly written is at least a question mark.
HOPELESS, FAINT = -1.5, 0.3
#: Pieces: of a page that has more, at most so many are asked first. Grain has thousands.
SAMPLED = 100
#: Share of the ink that is lost at its edge in a pen's width: less is a shadow's.
SOFTEST = 1.2
#: By so much evidence, that of a digit being 1, another way or another side must be likelier.
BETTER = 0.2

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

# --- Annotation ---
#: Pixels: a smaller picture is enlarged, so that the labels are legible; a larger one reduced.
LEGIBLE, LONGEST_ANNOTATED = 400, 10_000
#: Pixels: how high a label is at the font's size of 1, and of how wide and high a digit together.
FONT_PIXELS, LABELLED = 22, 60
