/**
 * Some digits as a hand writes them: each stroke a path (as in SVG), in units of the pad, from where the pen comes down.
 * They are ours, drawn for the front page; the first is the one of the book's mark.
 */

/** @typedef {{digit: number, strokes: string[]}} Written */

/** @type {Written[]} */
export const WRITTEN = [
  { digit: 5, strokes: [
    'M370 215 C362 300 350 380 338 455 C400 410 480 392 550 402 C660 420 720 505 705 615 C688 740 570 812 450 800 C385 792 335 768 300 730',
    'M372 215 C470 226 580 222 690 202',
  ] },
  { digit: 4, strokes: [
    'M430 180 C405 320 355 450 295 560 C440 566 590 560 735 543',
    'M605 360 C598 520 585 690 562 845',
  ] },
  { digit: 8, strokes: [
    'M650 270 C610 185 475 155 395 222 C312 294 372 392 482 458 C602 528 690 600 660 716 C630 830 458 862 372 782 C288 696 350 590 470 500 C572 424 668 360 650 270',
  ] },
  { digit: 3, strokes: [
    'M318 262 C370 185 475 158 565 182 C662 210 690 312 640 388 C600 448 530 472 450 480 C572 478 685 530 694 640 C702 760 592 835 478 828 C400 822 335 788 296 728',
  ] },
  { digit: 7, strokes: [
    'M290 232 C425 245 570 238 708 212 C640 400 538 610 448 850',
    'M395 545 C478 530 570 524 655 528',
  ] },
];
