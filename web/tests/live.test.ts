import { decode, encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { frameOf, Listener, messagesOf, type Notice } from '../src/worker/live';

const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((p) => [...p]));

describe('frames', () => {
  test.each([0, 1, 126, 127, 128, 129, 16_383, 16_384, 200_000])(
    'a message of %i bytes comes out as it went in',
    (n) => {
      const message = [1, {}, null, 'x'.repeat(n)];
      const [got, ...more] = messagesOf(frameOf(message));
      expect(more).toEqual([]);
      expect(decode(got!)).toEqual(message);
    },
  );

  test('the length is a varint, seven bits a byte, the low ones first', () => {
    const body = encode('x'.repeat(300));
    expect([...frameOf('x'.repeat(300)).subarray(0, 2)]).toEqual([(body.length & 0x7f) | 0x80, body.length >> 7]);
    expect([...frameOf([6])]).toEqual([2, 0x91, 6]);
  });

  test('several messages in one frame', () => {
    const frame = join(frameOf([6]), frameOf(['second']), frameOf('x'.repeat(500)));
    expect(messagesOf(frame).map((m) => decode(m))).toEqual([[6], ['second'], 'x'.repeat(500)]);
    expect(messagesOf(new Uint8Array())).toEqual([]);
  });

  test.each([
    ['a length without an end', Uint8Array.of(0xff, 0xff)],
    ['a length of more than is there', Uint8Array.of(9, 1)],
    ['a length that is endless', new Uint8Array(40).fill(0xff)],
  ])('%s is refused', (_, frame) => {
    expect(() => messagesOf(frame)).toThrow('live:');
  });
});

class Socket {
  static all: Socket[] = [];
  binaryType = '';
  sent: unknown[] = [];
  closed = false;
  onopen?: () => void;
  onmessage?: (e: { data: unknown }) => void;
  onclose?: () => void;
  constructor(readonly url: string) {
    Socket.all.push(this);
  }
  send(d: unknown): void {
    this.sent.push(d);
  }
  close(): void {
    this.closed = true;
    this.onclose?.();
  }
}

describe('the connection', () => {
  let heard: Notice[];
  let connects: number;
  let listener: Listener;
  const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
  const greet = (s: Socket): void => {
    s.onopen!();
    s.onmessage!({ data: '{}\x1e' });
  };

  beforeEach(async () => {
    vi.useFakeTimers();
    vi.stubGlobal('WebSocket', Socket);
    vi.stubGlobal('location', { origin: 'https://vault.example' });
    Socket.all = [];
    heard = [];
    connects = 0;
    listener = new Listener(
      async () => '/notifications/hub?access_token=t',
      (n) => heard.push(n),
      () => connects++,
    );
    await settle();
  });
  afterEach(() => {
    listener.close();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test('asks for MessagePack, and pings', async () => {
    const [s] = Socket.all;
    expect(s!.url).toBe('wss://vault.example/notifications/hub?access_token=t');
    greet(s!);
    expect(s!.sent[0]).toBe('{"protocol":"messagepack","version":1}\x1e');
    expect(connects).toBe(1);
    await vi.advanceTimersByTimeAsync(15_000);
    expect([...(s!.sent[1] as Uint8Array)]).toEqual([2, 0x91, 6]);
  });

  test('hears what other devices changed, and nothing else', () => {
    const [s] = Socket.all;
    greet(s!);
    const notice = [
      1,
      {},
      null,
      'ReceiveMessage',
      [{ Type: 0, ContextId: 'dev', Payload: { Id: 'item', RevisionDate: new Date(0) } }],
    ];
    const bare = [1, {}, null, 'ReceiveMessage', [{ Type: 5 }]];
    const frame = join(frameOf([6]), frameOf(notice), frameOf(bare));
    s!.onmessage!({ data: frame.buffer });
    expect(heard).toEqual([
      { kind: 0, id: 'item', device: 'dev' },
      { kind: 5, id: '', device: null },
    ]);
  });

  test('goes on after a frame that cannot be read', () => {
    const [s] = Socket.all;
    greet(s!);
    for (const bad of [
      new Uint8Array(40).fill(0xff),
      frameOf([1, {}, null, 'x']),
      frameOf(null),
      Uint8Array.of(2, 0xc1, 0xc1),
    ])
      s!.onmessage!({ data: bad.slice().buffer });
    s!.onmessage!({ data: frameOf([1, {}, null, 'ReceiveMessage', [{ Type: 5 }]]).buffer });
    expect(heard).toEqual([{ kind: 5, id: '', device: null }]);
  });

  test('comes back later each time, and at once less late after it stood', async () => {
    Socket.all[0]!.close();
    await vi.advanceTimersByTimeAsync(1_250);
    expect(Socket.all.length).toBe(2);
    Socket.all[1]!.close();
    await vi.advanceTimersByTimeAsync(1_400);
    expect(Socket.all.length).toBe(2);
    await vi.advanceTimersByTimeAsync(1_200);
    expect(Socket.all.length).toBe(3);
    greet(Socket.all[2]!);
    Socket.all[2]!.close();
    await vi.advanceTimersByTimeAsync(1_250);
    expect(Socket.all.length).toBe(4);
  });

  test('does not come back once closed', async () => {
    listener.close();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(Socket.all.length).toBe(1);
    expect(Socket.all[0]!.closed).toBe(true);
  });
});
