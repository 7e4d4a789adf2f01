// The types of the REST door are those of its OpenAPI document: `make generate` writes both.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { expect, it } from 'vitest';

const here = (p: string): string => path.resolve(import.meta.dirname, p);

it('src/api.gen.ts is what the document makes', async () => {
  const ast = await openapiTS(pathToFileURL(here('../../internal/server/testdata/openapi.json')));
  expect(readFileSync(here('../src/api.gen.ts'), 'utf8')).toBe(COMMENT_HEADER + astToString(ast));
});
