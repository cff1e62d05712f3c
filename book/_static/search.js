// On the page of the search. It shows some words around what it found, for which it fetches the pages. From a folder that is
// not allowed, so there it shows their titles only.
if (location.protocol === 'file:') {
  // @ts-expect-error: Sphinx's own, in documentation_options.js
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
