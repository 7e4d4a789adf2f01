// Writes web/testdata: a file of each kind that the import reads. Run: npm run testdata
// What is sealed has fresh keys and salts at each run; all else is the same.
import { mkdirSync, writeFileSync } from 'node:fs';
import { onePux, proton, protonZip } from './archives.js';
import { organization, plain, restricted, sealed } from './bitwarden.js';
import { kdbx, xml } from './keepass.js';
import { tables } from './tables.js';

const dir = new URL('../../testdata/', import.meta.url);
mkdirSync(dir, { recursive: true });
const write = (name, data) => writeFileSync(new URL(name, dir), data);
const json = (v) => JSON.stringify(v, null, 2) + '\n';

for (const [name, text] of Object.entries(tables)) write(name, text);
write('bitwarden.json', json(plain));
write('bitwarden-organization.json', json(organization));
write('bitwarden-password-pbkdf2.json', json(await sealed('file password', { kdfType: 0, kdfIterations: 5000 })));
write('bitwarden-password-argon2.json', json(await sealed('file password', { kdfType: 1, kdfIterations: 2, kdfMemory: 16, kdfParallelism: 1 })));
write('bitwarden-account.json', json(restricted()));
write('1password.1pux', onePux());
write('proton.json', json(proton));
write('proton.zip', protonZip());
write('keepass.xml', await xml());
write('keepass-3.kdbx', await kdbx(3));
for (const kdf of ['aes', 'argon2d', 'argon2id']) write(`keepass-4-${kdf}.kdbx`, await kdbx(4, kdf));
