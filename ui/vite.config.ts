/// <reference types="vitest/config" />
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  // The window's own engine is recent on all three systems.
  build: { target: ['es2022', 'safari16'], modulePreload: { polyfill: false } },
  resolve: mode === 'test' ? { conditions: ['browser'] } : {},
  // A test reads the styles.
  test: { setupFiles: './src/text/setup.ts', css: true },
}));
