// Security keys and passkeys, which only the page can ask for. What a passkey makes for opening the vault goes to
// the worker at once and nowhere else.

/** For what passkeys are asked to make a key: another purpose would get another key. */
const purpose = 'strongroom: open the vault';

const salt = async (): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(purpose)));

type Prf = { enabled?: boolean; results?: { first?: BufferSource } };

const prfOf = (c: PublicKeyCredential): Prf => (c.getClientExtensionResults() as { prf?: Prf }).prf ?? {};

const bytesOf = (b: BufferSource): Uint8Array =>
  b instanceof ArrayBuffer ? new Uint8Array(b) : new Uint8Array(b.buffer, b.byteOffset, b.byteLength);

/** The answer without results of extensions, which may hold what must not leave the browser. */
function plain(c: PublicKeyCredential): object {
  const { id, rawId, type, response } = c.toJSON();
  return { id, rawId, type, response };
}

/** Whether this browser can speak of keys as JSON; the oldest that are still used cannot. */
export const supported = (): boolean =>
  typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;

/** The person chose to do nothing: no fault of anybody's. */
export const cancelled = (e: unknown): boolean =>
  e instanceof DOMException && (e.name === 'NotAllowedError' || e.name === 'AbortError');

/** Asks for a key of the second step. */
export async function showKey(options: object): Promise<object> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
  return plain((await navigator.credentials.get({ publicKey })) as PublicKeyCredential);
}

/** Asks for a passkey, and for what it makes; null where it can make nothing. */
export async function showPasskey(options: object): Promise<{ response: object; prf: Uint8Array | null }> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
  publicKey.extensions = { ...publicKey.extensions, prf: { eval: { first: await salt() } } };
  const c = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const made = prfOf(c).results?.first;
  return { response: plain(c), prf: made ? bytesOf(made) : null };
}

/** Makes a security key of the second step. */
export async function makeKey(options: object): Promise<object> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON);
  return plain((await navigator.credentials.create({ publicKey })) as PublicKeyCredential);
}

/** Makes a passkey, and has it make what opens the vault; null where it cannot. */
export async function makePasskey(options: object): Promise<{ credential: object; prf: Uint8Array | null }> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON);
  const first = await salt();
  publicKey.extensions = { ...publicKey.extensions, prf: { eval: { first } } };
  const c = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const { enabled, results } = prfOf(c);
  if (results?.first) return { credential: plain(c), prf: bytesOf(results.first) };
  if (!enabled) return { credential: plain(c), prf: null };
  // Most make nothing while they are being made: asked once more, for this browser alone.
  const shown = (await navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      allowCredentials: [{ type: 'public-key', id: c.rawId }],
      userVerification: 'required',
      ...(publicKey.rp.id ? { rpId: publicKey.rp.id } : {}),
      extensions: { prf: { eval: { first } } },
    },
  })) as PublicKeyCredential;
  const made = prfOf(shown).results?.first;
  return { credential: plain(c), prf: made ? bytesOf(made) : null };
}
