// The gallery is a page of its own and never part of the product's bundle.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  plugins: [svelte({ configFile: here('../svelte.config.js') })],
  build: { outDir: here('../../artefacts/gallery-page'), emptyOutDir: true, minify: false },
});
