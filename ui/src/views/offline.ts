import type { Overview } from '../ipc';

/** Whether the company is out of reach, for whatever reason. */
export function isOffline(overview: Overview): boolean {
  if (overview.kind === 'waiting')
    return ['captive-portal', 'proxy-auth', 'backend-down', 'untrusted-server'].includes(overview.code);
  return overview.kind === 'offline';
}
