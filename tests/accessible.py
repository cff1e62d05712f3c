"""What axe finds on a page that keeps somebody from using it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: axe's rules that ask for a page's colours.
COLOUR_RULES = ("color-contrast", "link-in-text-block")

# To tell ink from paper, axe looks through all that lies at a word's place, and most of a page's
# words are one of a few dozen pairs. One example of each is enough; the others keep their room.
ONE_OF_EACH = """() => {
  const papers = new Map();
  const paperOf = (e) => {
    if (!papers.has(e)) {
      const { backgroundColor: own, backgroundImage: image, position } = getComputedStyle(e);
      // What is moved out of its place may lie on another paper than its parents'.
      const moved = ['absolute', 'fixed', 'sticky'].includes(position) ? e.className : '';
      const clear = !moved && image === 'none' && own === 'rgba(0, 0, 0, 0)' && e.parentElement;
      papers.set(e, clear ? paperOf(e.parentElement) : `${own} ${image} ${moved}`);
    }
    return papers.get(e);
  };
  const inkOf = (e) => {
    const { color, fontSize, fontWeight, opacity, textDecorationLine: line } = getComputedStyle(e);
    return [color, fontSize, fontWeight, opacity, line].join();
  };
  const shown = (e) => e.checkVisibility({ visibilityProperty: true });
  const seen = new Set();
  const again = new Map();
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const text = own.map((node) => node.data).join('').trim();
    if (!text || !shown(e)) continue;
    const link = e.closest('a');
    // A link has to differ from the words around it, too.
    const pair = [inkOf(e), paperOf(e), link && inkOf(link.parentElement)].join('|');
    // Too short for axe to judge, it is no example of its pair.
    if (text.length < 2 || seen.has(pair)) again.set(e, [...e.children].filter(shown));
    else {
      seen.add(pair);
      if (!link) continue;
      for (let up = e.parentElement; up; up = up.parentElement) again.delete(up);
    }
  }
  for (const [e, children] of again) {
    e.style.visibility = 'hidden';
    for (const child of children) if (!again.has(child)) child.style.visibility = 'visible';
  }
  return () => {
    for (const [e, children] of again)
      for (const changed of [e, ...children]) changed.style.visibility = '';
  };
}"""


#: Buttons change their colour gradually, and on a busy machine were asked for it on the way.
SETTLED = """() => document.getAnimations().every((each) =>
  !(each instanceof CSSTransition && each.transitionProperty.includes('color')))"""


def violations(page: Page, context: str | None = None) -> list[str]:
    """Return what is wrong in light and in dark: the rule, what it asks, and the first elements.

    The dark page differs in its colours only; so light is asked for all of axe's rules, those of
    good practice as well, and dark for ``COLOUR_RULES``.

    Parameters
    ----------
    page : Page
        Left light, as it was opened.
    context : str, optional
        A selector: what is outside is not looked at.
    """
    # Preloading style sheets, axe resolves their imports against the page: they are not there.
    options: dict = {"preload": False, "resultTypes": ["violations"]}

    def run(scheme: str, **rules: object) -> list[str]:
        found = Axe().run(page, context=context, options=options | rules).response["violations"]
        return [
            f"{rule['id']} ({scheme}): {rule['help']}: "
            + "; ".join(node["html"][:160] for node in rule["nodes"][:4])
            for rule in found
        ]

    found = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(
            "s => (document.documentElement.dataset.theme ?? s) === s", arg=scheme
        )
        page.wait_for_function(SETTLED)
        shown = page.evaluate_handle(ONE_OF_EACH)
        found += run(scheme, runOnly={"type": "rule", "values": list(COLOUR_RULES)})
        shown.evaluate("show => show()")
    return found + run("light", rules={rule: {"enabled": False} for rule in COLOUR_RULES})
