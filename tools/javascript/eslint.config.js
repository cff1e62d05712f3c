// ESLint's own recommended rules for the book's JavaScript; what is undefined or misused, TypeScript says.
import js from '@eslint/js';

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2022, sourceType: 'module' },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // TypeScript knows the browser's names, and reports any other.
      'no-undef': 'off',
      // A name that begins with _ is there for those who read the interface.
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
];
