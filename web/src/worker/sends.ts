// Sends: things given to people without an account. The key is in the link's last part, which no server sees.
import { ask, ApiError } from './api';
import { fromBase64Url, toBase64Url } from './bytes';
import { open, openFile, openOpt, openText, seal, sealFile, sealOpt } from './encstring';
import { fetchFile, upload } from './items';
import { sendKey, sendProof } from './keys';
import { post, state, type RawSend } from './state';

export type Send = {
  id: string;
  accessId: string;
  type: 0 | 1;
  name: string;
  notes: string;
  text: string;
  hidden: boolean;
  fileName: string;
  size: number;
  max: number | null;
  count: number;
  password: boolean;
  disabled: boolean;
  hideEmail: boolean;
  expires: string | null;
  deletes: string;
  /** the link's last two parts */
  path: string;
};

function openSend(s: RawSend): Send {
  const seed = open(state.user, s.key);
  const k = sendKey(seed);
  return {
    id: s.id,
    accessId: s.accessId,
    type: s.type === 1 ? 1 : 0,
    name: openText(k, s.name),
    notes: openOpt(k, s.notes),
    text: openOpt(k, s.text?.text),
    hidden: s.text?.hidden ?? false,
    fileName: openOpt(k, s.file?.fileName),
    size: Number(s.file?.size ?? 0),
    max: s.maxAccessCount,
    count: s.accessCount,
    password: !!s.password,
    disabled: s.disabled,
    hideEmail: s.hideEmail,
    expires: s.expirationDate,
    deletes: s.deletionDate,
    path: `${s.accessId}/${toBase64Url(seed)}`,
  };
}

export async function sends(): Promise<Send[]> {
  await state.waiting;
  return state.sends.map(openSend).sort((a, b) => a.deletes.localeCompare(b.deletes));
}

export type NewSend = {
  name: string;
  text: string;
  hidden: boolean;
  notes: string;
  file: { name: string; bytes: Uint8Array } | null;
  password: string;
  max: number | null;
  hideEmail: boolean;
  expires: string | null;
  deletes: string;
};

/** Makes a Send and returns it with its link. */
export async function addSend(n: NewSend): Promise<Send> {
  const seed = crypto.getRandomValues(new Uint8Array(16));
  const k = sendKey(seed);
  const body = {
    type: n.file ? 1 : 0,
    authType: n.password ? 1 : 2,
    name: seal(k, n.name),
    notes: sealOpt(k, n.notes),
    key: seal(state.user, seed),
    maxAccessCount: n.max,
    expirationDate: n.expires,
    deletionDate: n.deletes,
    hideEmail: n.hideEmail,
    disabled: false,
    password: n.password ? await sendProof(n.password, seed) : null,
    text: n.file ? null : { text: seal(k, n.text), hidden: n.hidden },
    ...(n.file ? { file: { fileName: seal(k, n.file.name) } } : {}),
  };
  const made = n.file
    ? await addFile(body, n.file.bytes, k)
    : await state.session.json<RawSend>('/api/sends', { json: body });
  state.sends = [...state.sends, made];
  post({ event: 'sends' });
  return openSend(made);
}

async function addFile(
  body: Record<string, unknown>,
  bytes: Uint8Array,
  k: ReturnType<typeof sendKey>,
): Promise<RawSend> {
  const sealed = await sealFile(k, bytes);
  const r = await state.session.json<{ sendResponse: RawSend }>('/api/sends/file/v2', {
    json: { ...body, fileLength: sealed.length },
  });
  const s = r.sendResponse;
  try {
    await upload(`/api/sends/${s.id}/file/${s.file!.id}`, sealed, s.file!.fileName, 'send');
  } catch (e) {
    await state.session.json('/api/sends/' + s.id, { method: 'DELETE' }).catch(() => undefined);
    throw e;
  }
  return s;
}

export async function deleteSend(id: string): Promise<void> {
  await state.session.json('/api/sends/' + id, { method: 'DELETE' });
  state.sends = state.sends.filter((s) => s.id !== id);
  post({ event: 'sends' });
}

/** Stops a Send from being received, or lets it be received again. */
export async function disableSend(id: string, disabled: boolean): Promise<void> {
  const s = state.sends.find((x) => x.id === id);
  if (!s) throw new ApiError(404, 'gone', 'This Send is no longer there.');
  const changed = await state.session.json<RawSend>('/api/sends/' + id, {
    method: 'PUT',
    json: { ...s, password: null, disabled },
  });
  state.sends = state.sends.map((x) => (x.id === id ? changed : x));
  post({ event: 'sends' });
}

// The receiver's side: no account, only the link.

export type Received = {
  name: string;
  text: string;
  hidden: boolean;
  file: { id: string; name: string; size: number } | null;
  creator: string;
  token: string;
};

type RawReceived = {
  name: string;
  text: { text: string; hidden: boolean } | null;
  file: { id: string; fileName: string; size: string } | null;
  creatorIdentifier: string | null;
};

/** Opens a Send. ApiError's code says what is asked for: password_hash_b64_required, password_hash_b64_invalid, send_id_invalid, ... */
export async function receive(accessId: string, key: string, password: string): Promise<Received> {
  const seed = fromBase64Url(key);
  const k = sendKey(seed);
  const form: Record<string, string> = {
    grant_type: 'send_access',
    client_id: 'send',
    scope: 'api.send.access',
    send_id: accessId,
  };
  if (password) form.password_hash_b64 = await sendProof(password, seed);
  const t = (await (await ask('/identity/connect/token', { form })).json()) as { access_token: string };
  const s = (await (await ask('/api/sends/access', { method: 'POST', token: t.access_token })).json()) as RawReceived;
  return {
    name: openText(k, s.name),
    text: openOpt(k, s.text?.text),
    hidden: s.text?.hidden ?? false,
    file: s.file && { id: s.file.id, name: openText(k, s.file.fileName), size: Number(s.file.size) },
    creator: s.creatorIdentifier ?? '',
    token: t.access_token,
  };
}

/** Fetches and decrypts the file of a Send that was opened. */
export async function receiveFile(token: string, file: string, key: string): Promise<Uint8Array> {
  const r = (await (await ask('/api/sends/access/file/' + file, { method: 'POST', token })).json()) as { url: string };
  return openFile(sendKey(fromBase64Url(key)), await fetchFile(r.url));
}
