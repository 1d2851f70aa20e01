import { expect, test, vi } from 'vitest';
import type { Ipc, Network as Record, Problem } from '../ipc';
import { Network } from './network.svelte';
import { Toasts } from './toasts.svelte';

const by = (proxy: string): Record => ({
  choice: { kind: 'automatic' },
  proxy,
  from: 'system',
  hasPassword: false,
  unkept: null,
});

test('a password is for the proxy that was shown, and where another one is taken by now that is told', async () => {
  const refused: Problem = { code: 'bad-input', owner: 'user', detail: '', reference: null };
  const setProxyLogin = vi.fn().mockRejectedValue(refused);
  const network = vi.fn().mockResolvedValueOnce(by('one:3128')).mockResolvedValue(by('two:3128'));
  const toasts = new Toasts();
  const all = new Network({ network, setProxyLogin } as unknown as Ipc, toasts);
  await all.load();
  expect(await all.logIn('one:3128', 'ada', 'secret')).toBe(false);
  expect(setProxyLogin).toHaveBeenCalledExactlyOnceWith('one:3128', 'ada', 'secret');
  expect(all.now?.proxy).toBe('two:3128');
  expect(toasts.now?.words).toMatch(/^Another proxy is used now\./);
});

test('what is forgotten is the password of the proxy that is shown', async () => {
  const forgetProxyLogin = vi.fn(() => Promise.resolve(by('one:3128')));
  const ipc = { network: () => Promise.resolve(by('one:3128')), forgetProxyLogin };
  const all = new Network(ipc as unknown as Ipc, new Toasts());
  await all.load();
  await all.logOut();
  expect(forgetProxyLogin).toHaveBeenCalledExactlyOnceWith('one:3128');
});
