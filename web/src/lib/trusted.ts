// Trusted Types: the only scripts that this page may start by address are its own worker and service worker.
interface Factory {
  createPolicy(name: string, rules: { createScriptURL(s: string): string }): { createScriptURL(s: string): string };
}

const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
const rules = {
  createScriptURL: (s: string): string => {
    const u = new URL(s, location.origin);
    if (u.origin !== location.origin || !/^\/(assets\/[\w.-]+\.js|sw\.js)$/.test(u.pathname))
      throw new TypeError('not a script of the vault');
    return s;
  },
};
const policy = factory?.createPolicy('vault-worker', rules) ?? rules;

export const scriptUrl = (s: string): string => policy.createScriptURL(s);
