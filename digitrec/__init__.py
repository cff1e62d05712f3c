"""Handwritten digit recognition, from raw pixels to software that reads your own handwriting.

The modules, in the order in which the course meets them:

``mnist``      the data: read, verify, split
``models``     the networks in Keras: build, train, save, load
``forward``    the same networks' forward propagation, in NumPy alone
``images``     a photograph becomes 28 × 28 digits
``evaluate``   how good a network is, and where it fails
``plots``      every figure of the book
``checks``     checks for the exercises
``simulate``   known digits as photographs on paper

Importing ``digitrec`` imports none of them, and never TensorFlow.
"""

__version__ = "1.0.0"
