"""A picture becomes digits: one way for a stamp-sized drawing and for a photographed page.

============== ====================================================================================
module         what it makes
============== ====================================================================================
``limits``     the numbers that decide something, and why
``files``      a file or an array → gray pixels
``scale``      pictures made larger or smaller
``light``      light that falls off, evened out
``polarity``   dark ink or light
``pieces``     connected components, and cuts through them
``ink``        gray → ink: what is paper, how wide the pen is
``boxes``      what of the ink is a printed box or frame
``rules``      what of it is a printed line
``look``       all of that, at the scale at which the pen is five pixels wide
``edges``      pieces → those that may be writing
``lines``      which of them stand in one line
``band``       where a line's digits stand
``marks``      which pieces look like a comma or a slash
``lattice``    candidates for digits, and the likeliest path through them
``recipe``     a candidate → 28 × 28 pixels, as MNIST has them
``seen``       one way to see a picture, with a network: its digits, and how likely they are
``reader``     the likeliest of all ways: a ``Reading``
``one``        the steps for a picture of one digit, to look at
``annotation`` a reading, drawn over its picture
============== ====================================================================================

The network decides what a digit is: a picture of one digit is a page with one piece. Each module
imports those above it, and nothing of the training.
"""

from digitrec.reading.annotation import annotate as annotate
from digitrec.reading.annotation import annotate_file as annotate_file
from digitrec.reading.files import ImageError as ImageError
from digitrec.reading.files import Picture as Picture
from digitrec.reading.files import load_image as load_image
from digitrec.reading.files import to_gray as to_gray
from digitrec.reading.one import Preparation as Preparation
from digitrec.reading.one import just_resize as just_resize
from digitrec.reading.one import normalise as normalise
from digitrec.reading.one import prepare as prepare
from digitrec.reading.reader import Digit as Digit
from digitrec.reading.reader import Reading as Reading
from digitrec.reading.reader import read as read
from digitrec.reading.reader import read_file as read_file
from digitrec.reading.recipe import OPTIONAL_STEPS as OPTIONAL_STEPS
from digitrec.reading.recipe import Box as Box
from digitrec.reading.recipe import centre_by_mass as centre_by_mass
from digitrec.reading.recipe import crop as crop
from digitrec.reading.recipe import fit_box as fit_box
from digitrec.reading.recipe import match_pen as match_pen
from digitrec.reading.seen import Network as Network
