// Prints the icons of a Font Awesome script, such as the book's theme has, as JSON:
// style → name → [width, height, other names, code, outline].
import { pathToFileURL } from 'node:url';

const window = {};
Object.assign(globalThis, { window });
await import(pathToFileURL(process.argv[2]).href);
process.stdout.write(JSON.stringify(Reflect.get(window, '___FONT_AWESOME___').styles));
