"""What axe finds on a page that keeps somebody from using it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: axe's rules that ask for a page's colours.
COLOUR_RULES = ("color-contrast", "link-in-text-block")

# Most words of a page of code, or of the library's reference, are one of a dozen pairs of ink and
# paper, and to tell a pair axe looks through all that lies at the word's place. One word of each
# pair is enough; the others keep their room.
ONE_OF_EACH = """() => {
  const seen = new Set();
  const papers = new Map();
  const paperOf = (e) => {
    if (!papers.has(e)) {
      const { backgroundColor: own, backgroundImage: image } = getComputedStyle(e);
      const clear = image === 'none' && own === 'rgba(0, 0, 0, 0)' && e.parentElement;
      papers.set(e, clear ? paperOf(e.parentElement) : `${own} ${image}`);
    }
    return papers.get(e);
  };
  const again = [];
  for (const e of document.querySelectorAll('.highlight span, dl.py *, span.pre')) {
    if (e.childElementCount) continue;
    if (e.textContent.trim().length < 2) { // too short for axe to judge, so no example of its pair
      again.push(e);
      continue;
    }
    const { color, fontSize, fontWeight, opacity, textDecorationLine: line } = getComputedStyle(e);
    const looks = [color, paperOf(e), fontSize, fontWeight, opacity, line];
    const pair = [...looks, !!e.closest('a')].join();
    if (seen.has(pair)) again.push(e);
    seen.add(pair);
  }
  for (const e of again) e.style.visibility = 'hidden';
  return () => again.forEach((e) => { e.style.visibility = ''; });
}"""


def violations(page: Page, context: str | None = None, *, colours_alone: bool = False) -> list[str]:
    """Return what is wrong: the rule, what it asks, and the first few elements.

    Parameters
    ----------
    page : Page
    context : str, optional
        A selector: what is outside is not looked at.
    colours_alone : bool
        Ask ``COLOUR_RULES`` only, else all of axe's rules, those of good practice as well.
    """
    # Preloading style sheets, axe resolves their imports against the page: they are not there.
    options: dict = {"preload": False, "resultTypes": ["violations"]}

    def run(**rules: object) -> list[str]:
        found = Axe().run(page, context=context, options=options | rules).response["violations"]
        return [
            f"{rule['id']}: {rule['help']}: "
            + "; ".join(node["html"][:160] for node in rule["nodes"][:4])
            for rule in found
        ]

    others = [] if colours_alone else run(rules={rule: {"enabled": False} for rule in COLOUR_RULES})
    shown = page.evaluate_handle(ONE_OF_EACH)
    colours = run(runOnly={"type": "rule", "values": list(COLOUR_RULES)})
    shown.evaluate("show => show()")
    return others + colours
