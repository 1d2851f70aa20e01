// Whether a list of parts is one by CycloneDX's own schema (1.5). The schemas beside this file are CycloneDX's, under the Apache License
// 2.0, and as they are there. Source: https://github.com/CycloneDX/specification, schema/, e02a34a
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const Ajv = createRequire(new URL('../../ui/package.json', import.meta.url))('ajv');
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const schema = (name) => read(new URL(`${name}.schema.json`, import.meta.url));

// Two formats that are in no draft which ajv 6 knows; nothing is written in the first, and the second lets nearly everything pass.
const ajv = new Ajv({ allErrors: true, logger: false, unknownFormats: ['idn-email', 'iri-reference'] });
for (const beside of ['jsf-0.82', 'spdx']) ajv.addSchema(schema(beside));
const fits = ajv.compile(schema('bom-1.5'));
if (!fits(read(process.argv[2]))) {
    for (const { dataPath, message } of fits.errors.slice(0, 20)) console.error(`${dataPath} ${message}`);
    process.exit(1);
}
