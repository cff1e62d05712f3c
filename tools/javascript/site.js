// Makes one style sheet and one script of those that all pages of the book load (book/_ext/assets.py). What is read is
// JSON: {folder, theirs, own, script, content}. `theirs` are style sheets of the theme and the extensions, of which rules
// go that no page can use, since no file of the content names their classes; the book's own stay as they are.
// What is printed is JSON as well: {sheet, script}.
import { build, transform } from 'esbuild';
import { PurgeCSS } from 'purgecss';
import { text } from 'node:stream/consumers';

// Classes that a script puts together: Bootstrap's tips are "bs-" + "tooltip" + "-auto".
const PUT_TOGETHER = [/tooltip/];

/** @type {{folder: string, theirs: string[], own: string[], script: string, content: string[]}} */
const { folder, theirs, own, script, content } = JSON.parse(await text(process.stdin));

/**
 * Joins style sheets of the folder; what they load is addressed from there.
 * @param {string[]} sheets
 * @returns {Promise<string>}
 */
async function join(sheets) {
  const { outputFiles } = await build({
    stdin: {
      contents: sheets.map((sheet) => `@import "./${sheet}";`).join('\n'),
      resolveDir: folder,
      loader: 'css',
    },
    bundle: true,
    minify: true,
    write: false,
    outdir: folder,
    outbase: folder,
    assetNames: '[dir]/[name]',
    loader: { '.png': 'file', '.svg': 'file', '.ttf': 'file', '.woff': 'file', '.woff2': 'file' },
    charset: 'utf8',
    logLevel: 'error',
  });
  const sheet = outputFiles.find(({ path }) => path.endsWith('.css'));
  if (!sheet) throw new Error(`expected a style sheet of ${sheets}, found none`);
  return sheet.text;
}

const [used] = await new PurgeCSS().purge({
  content,
  css: [{ raw: await join(theirs) }],
  safelist: { greedy: PUT_TOGETHER },
});
if (!used) throw new Error(`expected a style sheet of ${theirs}, found none`);
// Not a module, and without a format: the names at its top stay what they are.
const small = await transform(script, { minify: true, charset: 'utf8', logLevel: 'error' });
process.stdout.write(JSON.stringify({ sheet: used.css + (await join(own)), script: small.code }));
