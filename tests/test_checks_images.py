"""The checks of chapter 5, each with answers that are right and answers that are not."""

import math

import check_table
import cv2
import numpy as np

from digitrec import checks, networks

# --- the box ---


def fit(height, width, to_whole=round, least=1, side=20):
    factor = side / max(height, width)
    return max(least, to_whole(height * factor)), max(least, to_whole(width * factor))


def fit_by_cases(height, width):
    if height >= width:
        return 20, max(1, int(20 * width / height + 0.5))
    return max(1, int(20 * height / width + 0.5)), 20


def fit_by_array(height, width):
    size = np.array([height, width])
    return np.clip(np.rint(20 * size / size.max()), 1, None).astype(int)


def fit_in_whole_numbers(height, width):
    """A right answer that never leaves the whole numbers."""
    longer = max(height, width)
    return [max(1, (40 * side + longer) // (2 * longer)) for side in (height, width)]


def fit_twice(height, width):
    """A right answer with 20.0 for 20."""
    scale = max(height, width) / 20
    return tuple(np.maximum(1.0, np.round([height / scale, width / scale])))


def fit_only_shrinks(height, width):
    factor = min(1, 20 / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


# --- polarity ---


def by_median(image):
    middle = np.median(image)
    dark = middle - image.min() > image.max() - middle
    return 255 - image if dark else image


def by_mean(image):
    """A right answer: the few that differ pull the mean away from the median."""
    return np.invert(image) if image.mean() < np.median(image) else image


def by_half(image):
    """A right answer: more than half of all pixels lie on the paper's side."""
    bright = image > (int(image.min()) + int(image.max())) / 2
    return cv2.bitwise_not(image) if bright.mean() > 0.5 else image.copy()


def by_otsu(image):
    threshold, _ = cv2.threshold(image, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return ~image if (image > threshold).sum() * 2 > image.size else image


def by_rim(image):
    rim = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    paper = np.median(rim)
    return image ^ 255 if paper > (float(image.max()) + float(image.min())) / 2 else image


def by_histogram(image):
    paper = np.bincount(image.ravel() // 16 * 16 + 8).argmax()
    return 255 - image if abs(image.min() - paper) > abs(image.max() - paper) else image


def inverts(rule):
    return lambda image: 255 - image if rule(image) else image


def inverts_in_place(image):
    if np.median(image) > image.mean():
        np.subtract(255, image, out=image)
    return image


def stretches(image):
    image = by_median(image).astype(float)
    image -= image.min()
    return (image / image.max() * 255).astype(np.uint8)


# --- the centre of mass ---


def centre(images):
    found = []
    for image in images:
        mass = image.astype(float)
        rows, columns = np.indices(image.shape)
        if mass.any():
            found.append(((rows * mass).sum() / mass.sum(), (columns * mass).sum() / mass.sum()))
        else:
            found.append(((image.shape[0] - 1) / 2, (image.shape[1] - 1) / 2))
    return np.array(found)


def centre_at_once(images):
    mass = images / 255
    total = mass.sum(axis=(1, 2))
    rows, columns = (mass.sum(axis=axis) for axis in (2, 1))
    row = rows @ np.arange(rows.shape[1]) / np.where(total, total, 1)
    column = columns @ np.arange(columns.shape[1]) / np.where(total, total, 1)
    middle = (np.array(images.shape[1:]) - 1) / 2
    return np.where(total[:, None] > 0, np.stack([row, column], axis=-1), middle)


def centre_by_average(images):
    found = []
    for image in images:
        weights = image if image.any() else np.ones(image.shape)
        places = np.indices(image.shape).reshape(2, -1)
        found.append(np.average(places, axis=1, weights=weights.ravel()))
    return found


def centre_by_moments(images):
    found = []
    for image in images:
        m = cv2.moments(image if image.any() else np.ones_like(image))
        found.append([m["m01"] / m["m00"], m["m10"] / m["m00"]])
    return found


def centre_by_loops(images):
    """A right answer pixel by pixel, for small pictures and large ones."""
    found = []
    for image in images.tolist():
        mass = [(v, r, c) for r, row in enumerate(image) for c, v in enumerate(row) if v]
        mass = mass or [(1, r, c) for r, row in enumerate(image) for c, _ in enumerate(row)]
        total = sum(v for v, _, _ in mass)
        found.append(
            (sum(v * r for v, r, _ in mass) / total, sum(v * c for v, _, c in mass) / total)
        )
    return np.array(found)


def centre_unguarded(images):
    mass = images.astype(float)
    rows, columns = np.indices(images.shape[1:])
    return np.stack(
        [(k * mass).sum(axis=(1, 2)) / mass.sum(axis=(1, 2)) for k in (rows, columns)], 1
    )


def centre_in_uint8(images):
    rows, columns = np.indices(images.shape[1:], dtype=np.uint8)
    return np.stack(
        [
            (images * k).sum(axis=(1, 2)) / np.maximum(1, images.sum(axis=(1, 2)))
            for k in (rows, columns)
        ],
        1,
    )


def centre_blank(value):
    def answer(images):
        found = centre(images)
        found[~images.any(axis=(1, 2))] = value
        return found

    return answer


def centre_shared(images):
    rows, columns = np.indices(images.shape[1:])
    return [
        ((rows * image).sum() / images.sum(), (columns * image).sum() / images.sum())
        for image in images
    ]


def centre_square(images):
    """Takes the height for the width."""
    size = images.shape[1]
    rows, columns = np.indices((size, size))
    return [
        ((rows * i).sum() / max(1, i.sum()), (columns * i).sum() / max(1, i.sum())) for i in images
    ]


def clears(images):
    found = centre(images)
    images[images < 50] = 0
    return found


# --- Otsu's threshold ---


def between(counts, t):
    """Variance between the values up to t and those above."""
    p, v = counts / counts.sum(), np.arange(256)
    w = p[: t + 1].sum()
    if not counts[: t + 1].sum() or not counts[t + 1 :].sum():
        return 0.0
    low, high = p[: t + 1] @ v[: t + 1] / w, p[t + 1 :] @ v[t + 1 :] / p[t + 1 :].sum()
    return w * (1 - w) * (high - low) ** 2


def otsu(counts):
    return int(np.argmax([between(counts, t) for t in range(255)]))


def otsu_within(counts):
    """A right answer by the least variance within the classes."""
    values, best = np.arange(256), []
    for t in range(255):
        parts = (counts[: t + 1], values[: t + 1]), (counts[t + 1 :], values[t + 1 :])
        best.append(sum(n @ (v - n @ v / max(1, n.sum())) ** 2 for n, v in parts))
    return np.argmin(best)


def otsu_cumulative(counts):
    n, s = np.cumsum(counts)[:-1], np.cumsum(counts * np.arange(256))
    total = counts.sum()
    between = (s[-1] * (n / total) - s[:-1]) ** 2 / np.maximum(1, n * (total - n))
    return int(np.argmax(between))


def otsu_last(counts):
    """A right answer that takes the last of several that are best."""
    found = [between(counts, t) for t in range(255)]
    return max(t for t in range(255) if found[t] > max(found) * (1 - 1e-12))


def otsu_by_opencv(counts):
    pixels = np.repeat(np.arange(256), counts).astype(np.uint8)
    return cv2.threshold(pixels, 0, 255, cv2.THRESH_OTSU)[0]


def otsu_by(score):
    """A threshold by another score of the shares and the means."""

    def answer(counts):
        v, found = np.arange(256), []
        for t in range(255):
            parts = (counts[: t + 1], v[: t + 1]), (counts[t + 1 :], v[t + 1 :])
            if not all(n.any() for n, _ in parts):
                found.append(-np.inf)
                continue
            means = [np.average(values, weights=n) for n, values in parts]
            found.append(score([n.sum() / counts.sum() for n, _ in parts], means))
        return int(np.argmax(found))

    return answer


def otsu_with_nan(counts):
    v, found = np.arange(256), []
    for t in range(255):
        low, high = counts[: t + 1], counts[t + 1 :]
        m0 = (low * v[: t + 1]).sum() / low.sum()
        m1 = (high * v[t + 1 :]).sum() / high.sum()
        found.append(low.sum() * high.sum() * (m1 - m0) ** 2)
    return np.argmax(found)


def changes_counts(counts):
    found = otsu(counts)
    counts[0] += 1
    return found


# --- an answer, or none ---


def answered(p, least):
    return np.where(p.max(axis=1) >= least, p.argmax(axis=1), -1)


def answered_in_a_loop(p, least):
    return [int(row.argmax()) if row.max() >= least else -1 for row in p]


def answered_by_assignment(p, least):
    labels = p.argmax(axis=1)
    labels[p.max(axis=1) < least] = -1
    return labels


def answered_by_sorting(p, least):
    order = np.argsort(p, axis=1)[:, -1]
    return np.where(np.take_along_axis(p, order[:, None], 1)[:, 0] < least, -1, order)


def changes_probabilities(p, least):
    p[p < least] = 0
    return np.where(p.any(axis=1), p.argmax(axis=1), -1)


def answered_if_far_ahead(p, least):
    ordered = np.sort(p, axis=1)
    return np.where(ordered[:, -1] - ordered[:, -2] >= least, p.argmax(axis=1), -1)


# --- few pixels, and many misread ---


def two_lines(images):
    changed = images.copy()
    changed[:, 7:21, [6, 21]] = 255
    return changed


def two_lines_in_a_loop(images):
    changed = []
    for image in images:
        picture = np.array(image)
        for row in range(7, 21):
            picture[row, 6] = picture[row, 21] = 255
        changed.append(picture)
    return np.array(changed)


def two_lines_by_opencv(images):
    changed = []
    for image in images:
        picture = cv2.line(image.copy(), (6, 7), (6, 20), 255)
        changed.append(cv2.line(picture, (21, 7), (21, 20), 255))
    return np.stack(changed)


def two_grey_lines(images):
    lines = np.zeros((28, 28), np.uint8)
    lines[7:21, [6, 21]] = 230
    return np.maximum(images, lines)


def drawn_in_place(images):
    images[:, 7:21, [6, 21]] = 255
    return images


def paints(row, column):
    def answer(images):
        changed = images.copy()
        changed[:, row, column] = 255
        return changed

    return answer


def otsu_of_counts(counts):
    """Means of the counts, not of the values."""
    scores = []
    for t in range(255):
        low, high = counts[: t + 1], counts[t + 1 :]
        scores.append(low.sum() * high.sum() * (high.mean() - low.mean()) ** 2.0)
    return int(np.argmax(scores))


def centre_from_one(images):
    """Counts rows and columns from 1, but for blank pictures."""
    blank = ~images.any(axis=(1, 2))
    return np.where(blank[:, None], (np.array(images.shape[1:]) - 1) / 2, centre(images) + 1)


def bright_by_uint8(image):
    """Differences in uint8: none is below 0."""
    apart = image - np.uint8(np.median(image))
    return 255 - image if -int(apart.min()) > apart.max() else image


cnn = networks.load_numpy("cnn")


def asks_the_network(images):
    return images + (cnn.predict(images).argmax(axis=1) < 0)[:, None, None].astype(np.uint8)


def asks_by_another(images):
    return asks_the_network(images)


def asks_inside():
    network = cnn
    return lambda images: two_lines(images) if [network for _ in images] else images


RIGHT = {
    checks.fit_box: [
        fit,
        fit_by_cases,
        fit_by_array,
        fit_in_whole_numbers,
        fit_twice,
        lambda h, w: [max(1, math.floor(20 * side / max(h, w) + 0.5)) for side in (h, w)],
    ],
    checks.bright_ink: [by_median, by_mean, by_half, by_otsu, by_rim, by_histogram],
    checks.centre_of_mass: [
        centre,
        centre_at_once,
        centre_by_average,
        centre_by_moments,
        centre_by_loops,
    ],
    checks.otsu: [
        otsu,
        otsu_within,
        otsu_cumulative,
        otsu_last,
        otsu_by_opencv,
        lambda c: np.array(otsu(c)),
        otsu_by(lambda w, m: w[0] * w[1] * (m[1] - m[0]) ** 2),
    ],
    checks.answers: [
        answered,
        answered_in_a_loop,
        answered_by_assignment,
        answered_by_sorting,
        lambda p, least: answered(p, least).astype(float),
        lambda p, least: (p.argmax(axis=1) + 1) * (p >= least).any(axis=1) - 1,
        lambda p, least: answered(p, least).astype(np.int8).tolist(),
    ],
    checks.disturb: [two_lines, two_lines_in_a_loop, two_lines_by_opencv, two_grey_lines],
}
WRONG = {
    checks.fit_box: [
        (lambda h, w: fit(h, w, math.floor), "nearer to 9"),
        (lambda h, w: fit(h, w, int), "nearer to 9"),
        (lambda h, w: (max(1, 20 * h // max(h, w)), max(1, 20 * w // max(h, w))), "nearer to 9"),
        (lambda h, w: fit(h, w, math.ceil), "nearer to 11"),
        (lambda h, w: (20 * h / max(h, w), 20 * w / max(h, w)), "pixels are whole"),
        (lambda h, w: fit(h, w, float), "pixels are whole"),
        (lambda h, w: fit(h, w, lambda side: round(side, 1)), "should be"),
        (lambda h, w: fit(h, w, least=0), "vanishes"),
        (lambda h, w: fit(h, w, int, least=0), "vanishes|nearer to 9"),
        (lambda h, w: (20, 20), "block"),
        (lambda h, w: fit(w, h), "other way round"),
        (
            lambda h, w: (max(1, round(h * 20 / min(h, w))), max(1, round(w * 20 / min(h, w)))),
            "the longer side that",
        ),
        (lambda h, w: (20, max(1, round(w * 20 / h))), "height is not always"),
        (lambda h, w: (max(1, round(h * 20 / w)), 20), "width is not always"),
        (fit_only_shrinks, "should grow"),
        (lambda h, w: fit(h, w, side=28), "whole picture"),
        (lambda h, w: (h, w), "came in"),
        (lambda h, w: (20, w) if h > w else (h, 20), "same factor"),
        (lambda h, w: fit(h, w, least=2), "should be"),
        (lambda h, w: fit(h, w)[0], "(height, width)"),
        (lambda h, w: (*fit(h, w), 1), "(height, width)"),
        (lambda h, w: max(1, round(20 * h / max(h, w))), "(height, width)"),
        (lambda h, w: fit(h, w, side=19), "should be"),
        (lambda h, w: f"{fit(h, w)}", "found str"),
        (lambda size: fit(*size), "raised TypeError"),
    ],
    checks.bright_ink: [
        (lambda image: 255 - image, "every picture, one whose ink is bright"),
        (lambda image: image, "every picture comes back as it was"),
        (bright_by_uint8, "no numbers below 0"),
        (inverts(lambda image: np.median(image) > 127), "may be of any grey"),
        (inverts(lambda image: image.mean() > 127), "may be of any grey"),
        (inverts(lambda image: image.mean() > 128), "may be of any grey"),
        (inverts(lambda image: (image > 127).mean() > 0.5), "may be of any grey"),
        (inverts(lambda image: image[0, 0] > 127), "a corner may be"),
        (inverts(lambda image: image[0, 0] > image.mean()), "a corner may be"),
        (inverts(lambda image: image[-1, -1] > 127), "a corner may be"),
        (inverts(lambda image: image[0, 0] > image.max() / 2), "came back|a corner may be"),
        (inverts(lambda image: image.max() > 200), "brightest pixel"),
        (inverts(lambda image: image.min() < 50), "came back"),
        (inverts(lambda image: image.mean() > image.max() / 2), "came back"),
        (inverts(lambda image: image.mean() > np.median(image)), "other way round"),
        (
            lambda image: (
                image.max() - by_median(image) if by_median(image) is image else image.max() - image
            ),
            "came|255|inverts",
        ),
        (lambda image: image if by_median(image) is image else image.max() - image, "255 − image"),
        (lambda image: by_median(image) / 255, "expected a picture of uint8, found float64"),
        (lambda image: by_median(image).astype(float), "found float64"),
        (lambda image: by_median(image).astype(int), "found int64"),
        (lambda image: by_median(image).tolist(), "found list"),
        (inverts(lambda image: image[:3, :3].mean() > image.mean()), "a corner may be"),
        (inverts(lambda image: np.median(image) > image.max() / 2), "came back inverted"),
        (lambda image: np.where(image > np.median(image), image, 255 - image), "should be"),
        (lambda image: by_median(image).T, "shape (34, 45), found shape (45, 34)"),
        (stretches, "contrast"),
        (lambda image: (255 * (by_median(image) > 127)).astype(np.uint8), "came|greys|be"),
        (inverts_in_place, "changed its input"),
        (lambda image: by_median(image)[4:-4, 4:-4], "shape"),
        (lambda image: by_median(image) > 127, "found bool"),
        (lambda image: -image, "came back|inverted is|should be"),
    ],
    checks.centre_of_mass: [
        (lambda images: centre(images)[:, ::-1], "other way round"),
        (lambda images: centre(images > 0), "counts the same"),
        (lambda images: centre(images > 127), "counts the same"),
        (lambda images: centre(images.astype(float) ** 2), "not with its square"),
        (lambda images: centre(255 - images), "paper's centre"),
        (lambda images: centre(images) + 1, "number 0"),
        (centre_from_one, "number 0"),
        (
            lambda images: np.tile(centre(images.astype(float).sum(0)[None]), (len(images), 1)),
            "its own",
        ),
        (centre_shared, "by its own sum"),
        (
            lambda images: np.stack(
                [(k * images.astype(float)).mean((1, 2)) for k in np.indices(images.shape[1:])], 1
            ),
            "how many there are",
        ),
        (lambda images: centre(images).round(), "do not round"),
        (lambda images: centre(images).astype(int), "do not round"),
        (lambda images: centre(images).T, "expected (row, column) for each image"),
        (lambda images: centre(images)[0], "expected (row, column) for each image"),
        (centre_unguarded, "blank"),
        (lambda images: np.nan_to_num(centre_unguarded(images)), "blank"),
        (centre_blank(0), "blank"),
        (centre_blank(14), "blank"),
        (centre_blank((np.nan, 13.5)), "should be"),
        (centre_blank((13.5, 13.5)), "in its middle"),
        (lambda images: centre(images[:1]).repeat(len(images), axis=0), "should be"),
        (lambda images: centre(np.where(images > 30, images, 0)), "should be"),
        (centre_in_uint8, "should be|blank"),
        (centre_square, "raised ValueError"),
        (clears, "changed its input"),
        (lambda images: [np.unravel_index(i.argmax(), i.shape) for i in images], "brightest"),
        (lambda images: centre(images) - (np.array(images.shape[1:]) - 1) / 2, "top left"),
        (lambda images: centre(images.swapaxes(1, 2)), "other way round"),
        (
            lambda images: [c for i, c in zip(images, centre(images), strict=True) if i.any()],
            "each image",
        ),
        (lambda images: np.average(np.argwhere(images)[:, 1:], axis=0), "each image"),
    ],
    checks.otsu: [
        (lambda c: otsu(c) + 1, "one too many"),
        (lambda c: otsu(c) - 1, "one too few"),
        (lambda c: max(between(c, t) for t in range(255)), "greatest variance"),
        (lambda c: c @ np.arange(256) / c.sum(), "mean of all values"),
        (lambda c: int(c @ np.arange(256) / c.sum()), "mean of all"),
        (lambda c: int(np.argmax([between(c, t) for t in range(1, 255)])), "not begin at 0"),
        (otsu_of_counts, "means of the values, weighted"),
        (lambda c: np.searchsorted(c.cumsum(), c.sum() / 2), "median"),
        (lambda c: c.argmax(), "most frequent"),
        (lambda c: 127, "half of 255"),
        (lambda c: 128, "half of 255"),
        (lambda c: otsu(c) / 255, "not a part of 255"),
        (lambda c: [between(c, t) for t in range(255)], "one threshold"),
        (lambda c: 255 - otsu(c), "bright end"),
        (lambda c: otsu(c[::-1]), "expected|bright end"),
        (lambda c: np.nan, "expected"),
        (lambda c: otsu(c) + 0.5, "expected"),
        (lambda c: np.flatnonzero(c)[[0, -1]].mean(), "midway between|half of 255"),
        (changes_counts, "changed its input"),
        (lambda c: otsu(c.astype(np.uint8)), "expected|class is empty"),
        (lambda c: otsu(np.sort(c)), "expected"),
        (otsu_with_nan, "class is empty"),
        (otsu_by(lambda w, m: m[1] - m[0]), "both classes"),
        (otsu_by(lambda w, m: w[0] * w[1] * (m[1] - m[0])), "is not squared"),
        (otsu_by(lambda w, m: w[0] * w[1]), "that is the median"),
        (otsu_by(lambda w, m: w[0] * (m[1] - m[0]) ** 2), "both classes|far out"),
        (otsu_by(lambda w, m: -w[0] * w[1] * (m[1] - m[0]) ** 2), "far out"),
        (lambda c: otsu(np.minimum(c, 20)), "expected"),
    ],
    checks.answers: [
        (lambda p, least: np.where(p.max(axis=1) > least, p.argmax(axis=1), -1), "is enough"),
        (lambda p, least: p.argmax(axis=1), "every row"),
        (lambda p, least: np.where(p.max(axis=1) < least, p.argmax(axis=1), -1), "other way round"),
        (lambda p, least: np.where(p.max(axis=1) >= least, -1, p.argmax(axis=1)), "other way"),
        (lambda p, least: np.where(p.max(axis=1) >= least, p.max(axis=1), -1), "give a class"),
        (lambda p, least: answered(p, least) * (p.max(axis=1) >= least), "0 is a digit"),
        (lambda p, least: np.where(p.max(axis=1) >= least, p.argmax(axis=1), 10), "answered is −1"),
        (lambda p, least: np.where(p.max(axis=1) >= least, p.argmax(axis=1), np.nan), "is −1"),
        (lambda p, least: answered(p, 0.5), "that is given"),
        (lambda p, least: np.where(p.mean(axis=1) >= least, p.argmax(axis=1), -1), "always 0.1"),
        (lambda p, least: np.where(p.max() >= least, p.argmax(axis=1), -1), "of its own"),
        (lambda p, least: (p >= least).argmax(axis=1), "nothing is large enough"),
        (lambda p, least: p.max(axis=1) >= least, "which one"),
        (lambda p, least: answered(p, least) + (p.max(axis=1) >= least), "number 0"),
        (lambda p, least: p.argmax(axis=0), "a number for each row"),
        (lambda p, least: p.argmax(axis=1)[p.max(axis=1) >= least], "a number for each row"),
        (lambda p, least: [str(k) for k in answered(p, least)], "a number for each row"),
        (
            lambda p, least: [k if k >= 0 else None for k in answered(p, least)],
            "a number for each row",
        ),
        (lambda p, least: answered(p, least)[:, None], "a number for each row"),
        (changes_probabilities, "changed its input"),
        (lambda p, least: answered(p, least - 1e-3), "should be -1"),
        (lambda p, least: answered(p.round(1), least), "should be"),
        (lambda p, least: np.sort(answered(p, least)), "should be"),
        (lambda p, least: answered(p, least).astype(np.uint8), "yours is 255"),
        (answered_if_far_ahead, "above the second"),
        (lambda p, least: answered(p, least) if len(p) > 1 else [0], "expected -1|be -1|should be"),
    ],
    checks.disturb: [
        (asks_the_network, "names a network"),
        (asks_by_another, "names a network"),
        (asks_inside(), "names a network"),
        (lambda images: networks.load_numpy("cnn") and two_lines(images), "names a network"),
        (lambda images: images, "no pixel has changed"),
        (lambda images: images // 2, "pixels have changed"),
        (lambda images: images[:, ::-1], "pixels have changed"),
        (paints(14, slice(4, 24)), "CNN still reads"),
        (paints(14, slice(None)), "short and two pixels thick"),
        (paints(14, 14), "more pixels"),
        (paints(slice(7, 9), slice(None)), "pixels have changed"),
        (lambda images: 255 - images, "784 pixels have changed"),
        (lambda images: np.zeros_like(images), "pixels have changed"),
        (lambda images: two_lines(images).astype(float), "uint8, found float64"),
        (lambda images: two_lines(images) / 255, "uint8"),
        (lambda images: two_lines(images)[0], "pictures of shape"),
        (lambda images: two_lines(images)[:500], "pictures of shape"),
        (lambda images: two_lines(images).tolist(), "found list"),
        (lambda images: images[::-1].copy(), "pixels have changed"),
        (drawn_in_place, "changed its input"),
        (lambda image: paints(7, slice(0, 27))(image[None])[0], "raised IndexError|pixels"),
        (lambda images: np.roll(images, 1, axis=2), "pixels have changed"),
    ],
}
test_right, test_wrong, test_odd = check_table.tests(RIGHT, WRONG)
