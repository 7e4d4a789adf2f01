import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

export default ts.config(
  {
    ignores: [
      'dist',
      'test-results',
      'playwright-report',
      'node_modules',
      'public',
      'src/lib/icons.ts',
      'src/lib/words.ts',
      'src/api.gen.ts',
    ],
  },
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  { files: ['**/*.svelte', '**/*.svelte.ts'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'svelte/require-each-key': 'error',
      'svelte/prefer-svelte-reactivity': 'off' /* sets and maps are made anew, never changed in place */,
    },
  },
);
