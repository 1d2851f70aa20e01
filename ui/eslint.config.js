// What the formatter cannot see: faults in types and in Svelte, and which folder may know which.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const shell = { regex: '^@tauri-apps/', message: 'Only src/ipc talks to the shell.' };
const inside = { regex: '/text/', message: 'Words are asked of src/text, whatever their language.' };
const folders = (names, message) => ({ regex: `^\\.\\.?/(.*/)?(${names})(/|$)`, message });

/** Files of src, and what they may not import. */
const boundary = (files, ...patterns) => ({
  files: [`src/${files}.{ts,svelte}`],
  rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [shell, ...patterns] }] },
});

export default defineConfig(
  { ignores: ['dist/', 'src/ipc/bindings.ts'] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A Map inside a function is no state.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  {
    // What a component gives and takes is known to svelte-check only.
    files: ['**/*.svelte'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: globals.node },
  },
  boundary('{*,!(ipc)/**/*}'),
  boundary('parts/**/*', folders('views|state|ipc|text', 'Parts know no state, no ipc and no words.')),
  boundary('text/**/*', { regex: '^\\.\\./', allowTypeImports: true, message: 'Words import nothing else but types.' }),
  boundary('views/**/*', inside),
  boundary('state/**/*', inside, folders('views', 'State never knows who shows it.')),
);
