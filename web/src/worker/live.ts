// Listens to what other devices change: SignalR's MessagePack frames on a WebSocket.
import { decode, encode, ExtensionCodec, decodeTimestampExtension, EXT_TIMESTAMP } from '@msgpack/msgpack';

/** A notice of PROTOCOL section 5: its kind, what it is about, and which device did it. */
export type Notice = { kind: number; id: string; device: string | null };

const extensions = new ExtensionCodec();
extensions.register({ type: EXT_TIMESTAMP, encode: () => null, decode: decodeTimestampExtension });

/** Splits a frame into its messages, each behind its length as a varint. A length of more than five bytes,
 * or of more than the frame holds, throws: taken as it is it could lead backwards, and for ever. */
export function messagesOf(frame: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let i = 0; i < frame.length;) {
    let n = 0;
    let unit = 1;
    for (let more = true; more; unit *= 128) {
      if (i >= frame.length || unit > 128 ** 4) throw new Error('live: the length of a message');
      const b = frame[i++]!;
      n += (b & 0x7f) * unit;
      more = (b & 0x80) !== 0;
    }
    if (i + n > frame.length) throw new Error('live: half a message');
    out.push(frame.subarray(i, i + n));
    i += n;
  }
  return out;
}

/** One message in a frame of its own. */
export function frameOf(message: unknown): Uint8Array {
  const body = encode(message);
  const head: number[] = [];
  for (let n = body.length; ; n >>>= 7) {
    head.push(n > 0x7f ? (n & 0x7f) | 0x80 : n);
    if (n <= 0x7f) break;
  }
  const out = new Uint8Array(head.length + body.length);
  out.set(head);
  out.set(body, head.length);
  return out;
}

const first = 1_000;
const longest = 60_000;

/** A connection that comes back by itself, later each time. path(token) is where it goes. */
export class Listener {
  private ws: WebSocket | undefined;
  private retry = first;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(
    private readonly path: () => Promise<string>,
    private readonly heard: (n: Notice) => void,
    /** called each time the connection stands: what was missed meanwhile must be asked for */
    private readonly connected: () => void = () => undefined,
    /** called when a connection that stood has ended by itself */
    private readonly lost: () => void = () => undefined,
  ) {
    void this.connect();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.ws?.close();
  }

  private async connect(): Promise<void> {
    let path: string;
    try {
      path = await this.path();
    } catch {
      this.again();
      return;
    }
    if (this.closed) return;
    const ws = new WebSocket(location.origin.replace(/^http/, 'ws') + path);
    this.ws = ws;
    ws.binaryType = 'arraybuffer';
    let ping: ReturnType<typeof setInterval> | undefined;
    ws.onopen = () => {
      ws.send('{"protocol":"messagepack","version":1}\x1e');
      ping = setInterval(() => ws.send(frameOf([6]) as unknown as ArrayBuffer), 15_000);
      this.retry = first;
    };
    let greeted = false;
    ws.onmessage = (e: MessageEvent<string | ArrayBuffer>) => {
      if (!greeted) {
        greeted = true;
        this.connected();
      } else if (typeof e.data !== 'string') this.read(new Uint8Array(e.data));
    };
    ws.onclose = () => {
      clearInterval(ping);
      if (greeted && !this.closed) this.lost();
      this.again();
    };
  }

  private again(): void {
    if (this.closed) return;
    this.timer = setTimeout(() => void this.connect(), this.retry * (0.75 + Math.random() / 2));
    this.retry = Math.min(this.retry * 2, longest);
  }

  private read(frame: Uint8Array): void {
    try {
      for (const b of messagesOf(frame)) this.readOne(decode(b, { extensionCodec: extensions }));
    } catch {
      // A frame that cannot be read is left alone: the next begins anew, and a sync brings what it told of.
    }
  }

  private readOne(m: unknown): void {
    if (!Array.isArray(m) || m[0] !== 1) return;
    const arg = (m[4] as [{ Type: number; ContextId?: string | null; Payload?: { Id?: string } }])[0];
    this.heard({ kind: arg.Type, id: arg.Payload?.Id ?? '', device: arg.ContextId ?? null });
  }
}
