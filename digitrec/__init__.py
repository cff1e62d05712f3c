"""Handwritten digit recognition, from raw pixels to software that reads your own handwriting.

The modules, in the order in which the course meets them:

``mnist``           the data: read, verify, split
``forward``         the layers, in NumPy: the mathematics and nothing else
``backprop``        the same layers learn: gradients, optimisers, training in NumPy
``autodiff``        the same gradients without rules: automatic differentiation
``wrong_gradients`` mistakes to be found with the gradient check
``networks``        what a network is: architecture, card, weights; load it into NumPy or Keras
``compiled``        a network as a plan of calls that reads many images fast
``reading``         a picture becomes digits: a package, one stage a module
``sheet``           a sheet to fill in with your digits: printed, and found in a photograph
``samples``         digits of your hand, from such sheets and from pictures with known text
``scene``           what such a picture is simulated with: pen, paper, light, camera
``simulate``        known digits as photographs on paper
``forms``           the forms in which people write digits, and drawings of them
``augment``         training digits as other hands, pens and cameras would have made them
``blurred``         pages out of focus, and how sure a network is of their digits
``miscuts``         what the reader cuts wrongly: training images that are no digit
``recipes``         how long, how fast and on what the networks are trained
``training``        how a network is trained in Keras by a recipe
``learn``           a trained network learns your hand from a few samples
``hand``            what it learned, as a file
``shipped``         the networks that come with the package: trained, calibrated, stored
``evaluate``        how good a network is, and where it fails
``plots``           every figure of the book
``interactive``     figures that a reader of the page can ask questions
``checks``          checks for the exercises
``marking``         marks a class's notebooks: a package, one step a module
``quiet``           TensorFlow is imported without its reports
``notebook``        what a chapter needs from the notebook that it runs in
``__main__``        the command line

Importing ``digitrec`` imports none of them, and never TensorFlow.
"""

__version__ = "1.0.0"
