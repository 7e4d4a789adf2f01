// The first bytes of KeePass's files, version 2 (.kdbx) and version 1 (.kdb).
export const isKdbx = (b: Uint8Array): boolean => begins(b, [0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5]);
export const isKdb = (b: Uint8Array): boolean => begins(b, [0x03, 0xd9, 0xa2, 0x9a, 0x65, 0xfb, 0x4b, 0xb5]);

const begins = (b: Uint8Array, magic: number[]): boolean => magic.every((x, i) => b[i] === x);
