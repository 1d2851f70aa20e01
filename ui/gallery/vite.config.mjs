// The gallery is a page of its own and never part of the product's bundle.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// The page is held to what the product's window is held to; a breach is a complaint in the console.
const { app } = JSON.parse(readFileSync(here('../../src-tauri/tauri.conf.json'), 'utf8'));

export default defineConfig({
  root: here('.'),
  plugins: [svelte({ configFile: here('../svelte.config.js') })],
  preview: { headers: { 'Content-Security-Policy': app.security.csp } },
  build: { outDir: here('../../artefacts/gallery-page'), emptyOutDir: true, minify: false, assetsInlineLimit: 0 },
});
