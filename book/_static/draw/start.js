// A plain script, run before the page is shown: modules come from a web server only, not from a file. Where
// they come, the still picture is hidden at once, so that nothing jumps. data-module names another module.
if (location.protocol !== 'file:') {
  document.documentElement.classList.add('draw-live');
  const module = document.createElement('script');
  module.type = 'module';
  const { src, dataset } = /** @type {HTMLScriptElement} */ (document.currentScript);
  module.src = new URL(dataset.module ?? 'main.js', src).href;
  document.head.append(module);
}
