// The server, as the worker talks to it. Tokens live here and nowhere else.

/** Why a request failed. status 0: the server was not reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

export type Tokens = { access: string; refresh: string; expires: number };

/** What kind of device this is, in the protocol's numbers; told with every request. */
export const client = { deviceType: 9 };

const deadline = 30_000;
export const longDeadline = 15 * 60_000;

type Init = {
  method?: string;
  json?: unknown;
  form?: Record<string, string>;
  body?: BodyInit;
  token?: string;
  timeout?: number;
};

function messageOf(r: Response, b: Record<string, unknown>): { code: string; message: string } {
  const model = b.ErrorModel as { Message?: string } | undefined;
  const first = Object.values((b.validationErrors as Record<string, string[]> | undefined) ?? {})[0]?.[0];
  const problem = (b.errors as { location?: string; message?: string }[] | undefined)?.[0];
  const named = r.headers.get('Error-Code') ?? b.code ?? b.error;
  const code = String(b.send_access_error_type ?? named ?? b.type ?? 'http-' + r.status);
  const text =
    first ??
    (problem && [problem.location, problem.message].filter(Boolean).join(' ')) ??
    model?.Message ??
    b.message ??
    b.detail;
  return { code, message: String(text ?? `The server answered ${r.status}.`) };
}

/** Asks the server; anything but success throws ApiError. */
export async function ask(path: string, init: Init = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Device-Type': String(client.deviceType) };
  let body = init.body;
  if (init.json !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(init.json);
  } else if (init.form) {
    headers['Content-Type'] = 'application/x-www-form-urlencoded';
    body = new URLSearchParams(init.form).toString();
  }
  if (init.token) headers.Authorization = 'Bearer ' + init.token;
  let r: Response;
  try {
    const signal = AbortSignal.timeout(init.timeout ?? deadline);
    r = await fetch(path, {
      method: init.method ?? (body == null ? 'GET' : 'POST'),
      headers,
      body: body ?? null,
      cache: 'no-store',
      credentials: 'same-origin', // the server has no cookies; what stands before it may: the desktop's gate, a proxy
      signal,
    });
  } catch (e) {
    throw new ApiError(
      0,
      'offline',
      e instanceof DOMException && e.name === 'TimeoutError'
        ? 'The server took too long.'
        : 'The server cannot be reached.',
    );
  }
  if (r.ok) return r;
  const b = (await r.json().catch(() => ({}))) as Record<string, unknown>;
  // A proxy without its server behind it is as good as offline; what the server itself says is not.
  if (r.status >= 502 && r.status <= 504 && !b.message && !b.code)
    throw new ApiError(0, 'offline', 'The server cannot be reached.', b);
  const { code, message } = messageOf(r, b);
  throw new ApiError(r.status, code, message, b);
}

/** A signed-in session: refreshes its access token in time, once for all who wait. */
export class Session {
  private refreshing: Promise<void> | undefined;
  /** Called once when the server says that the session has ended. */
  ended: () => void = () => undefined;

  constructor(public tokens: Tokens) {}

  async token(): Promise<string> {
    if (Date.now() > this.tokens.expires - 60_000)
      await (this.refreshing ??= this.refresh().finally(() => (this.refreshing = undefined)));
    return this.tokens.access;
  }

  async refresh(): Promise<void> {
    try {
      const form = { grant_type: 'refresh_token', client_id: 'web', refresh_token: this.tokens.refresh };
      this.tokens = tokensOf(
        (await (await ask('/identity/connect/token', { form })).json()) as TokenAnswer,
        this.tokens.refresh,
      );
    } catch (e) {
      if (e instanceof ApiError && e.status >= 400 && e.status < 429) this.ended();
      throw e;
    }
  }

  async fetch(path: string, init: Init = {}): Promise<Response> {
    try {
      return await ask(path, { ...init, token: await this.token() });
    } catch (e) {
      if (!(e instanceof ApiError) || e.status !== 401) throw e;
    }
    await this.refresh(); // another tab or an administrator may have ended what the clock still allowed
    return ask(path, { ...init, token: this.tokens.access });
  }

  async json<T>(path: string, init: Init = {}): Promise<T> {
    const r = await this.fetch(path, init);
    const s = await r.text();
    return (s ? JSON.parse(s) : undefined) as T;
  }
}

export type TokenAnswer = {
  access_token: string;
  refresh_token?: string;
  expires_in: number;
  Key: string;
  PrivateKey: string;
  AccountKeys?: { publicKeyEncryptionKeyPair?: { publicKey?: string }; securityState?: unknown };
  TwoFactorToken?: string;
  UserDecryptionOptions?: {
    WebAuthnPrfOption?: { EncryptedPrivateKey: string; EncryptedUserKey: string };
    MasterPasswordUnlock?: {
      Salt: string;
      MasterKeyEncryptedUserKey: string;
      Kdf: { KdfType: 0 | 1; Iterations: number; Memory: number | null; Parallelism: number | null };
    };
  };
};

export const tokensOf = (t: TokenAnswer, refresh = ''): Tokens => ({
  access: t.access_token,
  refresh: t.refresh_token ?? refresh,
  expires: Date.now() + t.expires_in * 1000,
});
