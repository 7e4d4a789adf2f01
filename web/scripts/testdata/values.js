// Values that several of the files hold. All invented.
export const pem = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxP8M3H9tcf9dJZ8e
MZIJngGz6K/2kZ4i9vOl/ZPXS4ahRANCAASaWnlgYTWHe/7C1Vl2NKeoGjWrkntV
QQ3yp7G0QcEX/2F+QaeTCO0ywez7gxrpLCWYwFAlvucekygPQklDb0rT
-----END PRIVATE KEY-----
`;
export const ssh = {
  privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACAWef43fs/eMoLayfZYM6228+MhJAFFGl2hnHCtkDM3vQAAAJiLcVSsi3FU
rAAAAAtzc2gtZWQyNTUxOQAAACAWef43fs/eMoLayfZYM6228+MhJAFFGl2hnHCtkDM3vQ
AAAEApdmfCbCA+n33tlVXWM/Nf0kcX6sw+wdEZkEEov2+tSBZ5/jd+z94ygtrJ9lgzrbbz
4yEkAUUaXaGccK2QMze9AAAAEmRlcGxveUBleGFtcGxlLmNvbQECAw==
-----END OPENSSH PRIVATE KEY-----
`,
  publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBZ5/jd+z94ygtrJ9lgzrbbz4yEkAUUaXaGccK2QMze9 deploy@example.com',
  fingerprint: 'SHA256:O+eInKFwwUdLUzAIC6Gijp/mlAMdmcgPr01SzXdwHXY',
};
/** A password that every separator, quote and script tries to break. */
export const hard = `p"a,s;s'w\\ö🔑=<&>rd `;
export const multiline = 'first line\nsecond, "quoted" line\n\tthird line behind a tab';
export const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** A CSV as programs write it: every cell quoted where it must be. */
export const csv = (rows, separator = ',', end = '\r\n') =>
  rows.map((r) => r.map((c) => (/[",;\t\r\n]/.test(c) || c !== c.trim() ? `"${c.replaceAll('"', '""')}"` : c)).join(separator)).join(end) + end;
